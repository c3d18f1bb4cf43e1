// SPDX-License-Identifier: MIT
/*
 * From rows to the verdict table: makes the series, groups them into families, asks the gate.
 *
 * Gating and advisory figures are families of their own, so that figures that cannot turn a run
 * red do not cost those that can any power. A pair_id is STAGE.BLOCK (the gate's `ab` writes it
 * so); of each cell only the pairs of its last stage count, and each stage is a family: what the
 * first stage picked out is judged by the second alone (screen.h). Blocks are numbered in the
 * order of their names, so the order of rows in a file changes nothing.
 */
#ifndef CONCBENCH_JUDGE_H
#define CONCBENCH_JUDGE_H

#include <stdbool.h>

#include "comparable.h"
#include "dataset.h"
#include "verdict.h"

enum { JUDGE_ARCHIVE_RUNS_MIN = 5 };

struct judge_order {
	const struct metric_rules *rules;
	struct comparable_rules comparable;
	bool gate_archived; /* unpaired files may gate, with enough runs on side A */
	uint64_t seed;      /* of the gate's random flips */

	/* For the self-test: every second block swaps its sides; then B gets worse by `inject`. */
	bool swap_sides;
	double inject; /* a log ratio */
};

/*
 * Judges a data set. The table refers to the cells of the data set. Returns 0, -ENOMEM, or -EBADMSG
 * with one line in *error where the two sides must not be compared.
 */
int judge_run(const struct judge_order *order, const struct dataset *dataset,
			  struct verdict_table *table, char error[DATASET_ERROR_MAX]);

#endif
