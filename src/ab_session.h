// SPDX-License-Identifier: MIT
/*
 * Paired, interleaved measurement of two builds: what `ab` and `aa` are made of.
 *
 * A pair is one trial of each build, back to back, in the order of a coin flip; a block is one
 * pair of every cell, in an order shuffled anew. Both come from the recorded seed. Two stages,
 * screen and confirm (screen.h), or a single one. A pair measured while the machine was busy
 * (`noisy`) is measured again before anybody looks at its time, at most AB_AGAIN_MAX times.
 */
#ifndef CONCBENCH_AB_SESSION_H
#define CONCBENCH_AB_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "ab_plan.h"
#include "csv.h"
#include "dataset.h"
#include "judge.h"
#include "progress.h"

enum { AB_AGAIN_MAX = 3, AB_PAIRS_MAX = 1000 };

/* A cell that neither build can run here: its two rows, which stand for every further pair. */
struct ab_unable {
	struct result rows[DATASET_SIDES];
};

struct ab_session {
	/* Set by the caller. */
	const char *binaries[DATASET_SIDES];
	const struct ab_plan *plan;
	uint64_t seed;
	uint32_t pairs;           /* of a single stage; 0: screen and confirm */
	int64_t budget_ns;        /* 0: none */
	struct csv *csv;          /* each row is written there at once; NULL: nowhere */
	struct judge_order order; /* with the rules, for the screen */

	/* The outcome. */
	struct dataset dataset;
	uint32_t n_remeasured;
	int64_t trials_ns; /* spent in trials, out of */
	int64_t total_ns;

	/* Private. */
	char run_id[32];
	uint64_t random;
	struct progress progress;
	uint32_t n_done;
	struct ab_unable **unable; /* [cells] */
	uint32_t *dataset_cells;   /* [cells] the cell's number in the data set */
};

/* What a stage of so many pairs of all cells should take, in ns. */
int64_t ab_expected_ns(const struct ab_plan *plan, uint32_t pairs);

/*
 * Measures everything. Returns 0, -EINTR, -ENOEXEC (a binary could not be run), -EBADMSG (the two
 * builds do not measure the same cells), -EIO (a row could not be written), -ENOMEM; with one line
 * in *error. What was measured until then is in the data set and in the CSV.
 */
int ab_session_run(struct ab_session *session, char error[DATASET_ERROR_MAX]);

void ab_session_release(struct ab_session *session);

#endif
