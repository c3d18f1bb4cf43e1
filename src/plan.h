// SPDX-License-Identifier: MIT
/*
 * The plan: which cells a run measures, and in which order.
 *
 * Cells are the product of workloads, parameter lists and backend variants; cells with the same key
 * are planned once. Trials go in blocks, one repetition of every cell a block, each block shuffled
 * anew from the seed: whatever drifts on the machine meets all cells alike. A cell that cannot run
 * here is planned once, for its row.
 */
#ifndef CONCBENCH_PLAN_H
#define CONCBENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell.h"
#include "cell_set.h"
#include "setting.h"

enum {
	PLAN_CELLS_MAX = CELL_SET_MAX,
	PLAN_REPETITIONS_MAX = 10000,
	PLAN_WORKLOADS_MAX = 64,
};

/* PLAN_DEFAULTS is none of a workload's lists: every parameter stands at its own default. */
enum plan_profile { PLAN_QUICK, PLAN_STANDARD, PLAN_FULL, PLAN_DEFAULTS };

/* What the user asked for; texts as on the command line. */
struct plan_order {
	const char *workloads; /* comma-separated names; NULL: all */
	const char *backends;  /* comma-separated variants; NULL: all, each with its defaults */
	struct settings settings;
	enum plan_profile profile;
	bool sweep;           /* the main parameter of each workload in its series; see sweep.h */
	uint32_t repetitions; /* 0: the profile's */
	uint64_t seed;
};

struct plan_trial {
	uint32_t cell;
	uint32_t rep; /* from 1 */
};

struct plan {
	struct cell *cells;
	size_t n_cells;
	struct plan_trial *trials;
	size_t n_trials;
	struct cell_set set;           /* while it is made */
	char unswept[PARAM_ERROR_MAX]; /* workloads that a sweep left out; "": none */
};

/*
 * Makes the plan. Returns 0, or -EINVAL (bad input) / -ENOMEM with one line in
 * error[PARAM_ERROR_MAX] that names the option, the value and what is allowed.
 */
int plan_make(const struct plan_order *order, struct plan *plan, char *error);

void plan_release(struct plan *plan);

/* "quick", "standard", "full" or "defaults"; -EINVAL for another word. */
int plan_profile_parse(const char *word);

/*
 * What the trial of a cell is expected to take, all its passes, in ns. `done` says whether it has
 * been calibrated already.
 */
int64_t plan_trial_ns(const struct cell *cell);

#endif
