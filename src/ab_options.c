// SPDX-License-Identifier: MIT
/* Options of `ab` and `aa`; see ab_options.h. */
#include "ab_options.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "ab_session.h"
#include "clock.h"
#include "options.h"

void ab_options_init(struct ab_options *options)
{
	*options = (struct ab_options){0};
	if (getrandom(&options->seed, sizeof(options->seed), 0) != sizeof(options->seed))
		options->seed = (uint64_t)clock_now_ns();
	options->seed &= INT32_MAX; /* fits a signed column and is easy to type */
}

bool ab_option(struct ab_options *options, int id, const char *value, int *status)
{
	int64_t number = 0;

	*status = 0;
	switch (id) {
	case 'w':
		options->choice.workloads = value;
		return true;
	case 'b':
		options->choice.backends = value;
		return true;
	case 'p':
		if (options->choice.n_settings == AB_SETTINGS_MAX) {
			fprintf(stderr, "concbench: -p %s: more than %d parameters\n", value, AB_SETTINGS_MAX);
			*status = -EINVAL;
		} else {
			options->choice.settings[options->choice.n_settings++] = value;
		}
		return true;
	case AB_PAIRS:
		*status = options_count("--pairs", value, 1, AB_PAIRS_MAX, &number);
		options->pairs = (uint32_t)number;
		return true;
	case AB_SEED:
		*status = options_count("--seed", value, 0, INT64_MAX, &number);
		options->seed = (uint64_t)number;
		return true;
	default:
		return false;
	}
}
