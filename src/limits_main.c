// SPDX-License-Identifier: MIT
/* `concbench limits`: options, then one measurement, then a table or CSV. */
#include "limits_main.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "exit.h"
#include "limits.h"
#include "options.h"

enum { LIMITS_TIME = 256, LIMITS_CSV };

static const struct options_row limits_options[] = {
	{LIMITS_TIME, "time", "TIME", "how long to measure, all in all (default: 1s)"},
	{LIMITS_CSV, "csv", NULL, "CSV also on a terminal (in a pipe it is CSV anyway)"},
	{0},
};

int limits_main(int argc, char **argv)
{
	int64_t time_ns = CLOCK_NS_PER_S;
	bool csv = !isatty(STDOUT_FILENO);
	struct limits limits;
	const char *value;
	int id;

	while ((id = options_next(argc, argv, limits_options, &value)) != OPTIONS_END) {
		if (id == OPTIONS_HELP) {
			printf("usage: concbench limits\n\nMeasures this machine's primitives and derives the "
				   "floor under each workload's operation.\n\n");
			options_print(stdout, limits_options);
			return EXIT_OK;
		}
		if (id == OPTIONS_BAD)
			return EXIT_USAGE;
		if (id == LIMITS_CSV)
			csv = true;
		else if (options_time("--time", value, 200 * CLOCK_NS_PER_MS, 60 * CLOCK_NS_PER_S,
							  &time_ns))
			return EXIT_USAGE;
	}
	if (optind < argc) {
		fprintf(stderr, "concbench: %s: limits takes options only\n", argv[optind]);
		return EXIT_USAGE;
	}
	limits_measure(&limits, (int)(time_ns / CLOCK_NS_PER_MS));
	if (csv)
		limits_print_csv(&limits, stdout);
	else
		limits_print(&limits, stdout);
	return EXIT_OK;
}
