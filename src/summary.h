// SPDX-License-Identifier: MIT
/*
 * What a run found out about each cell, over its repetitions: medians, spread, and the merged
 * histogram. It becomes the table on the terminal.
 */
#ifndef CONCBENCH_SUMMARY_H
#define CONCBENCH_SUMMARY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "hist.h"
#include "plan.h"
#include "result.h"

struct summary_cell {
	/* [repetitions], NAN where not measured */
	double *ops_per_s, *cpu_ns_per_op, *mem_bytes;
	double *speedup;
	double *times_limit; /* each trial's cost over the floor measured beside it */
	size_t n_trials, n_ok, n_noisy;
	double ops, errors;        /* of all trials that are ok */
	enum result_status status; /* the worst */
	char reason[RESULT_TEXT_MAX];
	struct hist latency;
	int64_t lat_batch;
};

struct summary {
	const struct plan *plan;
	struct summary_cell *cells; /* one for each of the plan's */
	uint32_t repetitions;
};

/* Makes room for every trial of a plan. 0 or -ENOMEM. */
int summary_init(struct summary *summary, const struct plan *plan);
void summary_release(struct summary *summary);

/* Adds one trial of cell number `cell`, with its samples. 0 or -ENOMEM. */
int summary_add(struct summary *summary, size_t cell, const struct result *result,
				const struct hist *latency);

/* How many of the cells that have been tried have `status` as their worst. */
size_t summary_count(const struct summary *summary, enum result_status status);

/* Prints the table of all cells that have been tried. 0 or -errno. */
int summary_print(const struct summary *summary, FILE *out);

#endif
