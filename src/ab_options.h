// SPDX-License-Identifier: MIT
/* The options that `ab` and `aa` share: which cells, how many pairs, which seed. */
#ifndef CONCBENCH_AB_OPTIONS_H
#define CONCBENCH_AB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ab_plan.h"
#include "conclude.h"

enum { AB_PAIRS = CONCLUDE_END, AB_SEED, AB_OPTIONS_END };

#define AB_OPTIONS                                                                           \
	{'w', "workloads", "LIST", "workloads, comma-separated (default: the quick profile's)"}, \
		{'b', "backends", "LIST", "backends with options, as for run"},                      \
		{'p', "param", "KEY=VALUE", "a parameter, or a sweep, as for run; repeatable"},      \
		{AB_PAIRS, "pairs", "N",                                                             \
		 "N pairs of every cell in one stage (default: 5, then 15 "                          \
		 "fresh ones of cells that look slower)"},                                           \
	{                                                                                        \
		AB_SEED, "seed", "N", "seed of orders and coin flips (default: random, recorded)"    \
	}

struct ab_options {
	struct ab_choice choice;
	uint32_t pairs; /* 0: two stages */
	uint64_t seed;
};

/* Draws the default seed. */
void ab_options_init(struct ab_options *options);

/* Whether the option is one of the shared ones; if so takes it, *status is 0 or -errno. */
bool ab_option(struct ab_options *options, int id, const char *value, int *status);

#endif
