// SPDX-License-Identifier: MIT
/*
 * Plans for tests, in the words of the command line.
 */
#ifndef CONCBENCH_PLANNED_H
#define CONCBENCH_PLANNED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* What `concbench run -w WORKLOADS -b BACKENDS -p SETTING... -r REPETITIONS` asks for. */
struct planned {
	const char *workloads, *backends;
	const char *settings[8]; /* NULL behind the last */
	uint32_t repetitions;
	enum plan_profile profile;
	uint64_t seed;
	bool sweep;
};

static inline int planned_try(const struct planned *words, struct plan *plan, char *error)
{
	struct plan_order order = {
		.workloads = words->workloads,
		.backends = words->backends,
		.profile = words->profile,
		.repetitions = words->repetitions,
		.seed = words->seed,
		.sweep = words->sweep,
	};

	while (order.settings.n < 8 && words->settings[order.settings.n]) {
		order.settings.list[order.settings.n] = words->settings[order.settings.n];
		order.settings.n++;
	}
	return plan_make(&order, plan, error);
}

/* A plan that must come about. */
static inline struct plan planned(const struct planned *words)
{
	char error[PARAM_ERROR_MAX];
	struct plan plan;

	if (planned_try(words, &plan, error)) {
		fprintf(stderr, "planned: %s\n", error);
		abort();
	}
	return plan;
}

#endif
