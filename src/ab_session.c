// SPDX-License-Identifier: MIT
/*
 * Measuring pairs; see ab_session.h. From single trials at the top to stages at the end.
 */
#include "ab_session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_difference.h"
#include "clock.h"
#include "screen.h"
#include "splitmix.h"
#include "verdict.h"

_Static_assert((int)AB_ERROR_MAX <= (int)DATASET_ERROR_MAX, "messages are handed through");

/* What a trial takes beyond what the plan says: two programs started, the arena, the row. */
#define TRIAL_START_NS (25 * CLOCK_NS_PER_MS)

/* A stage: so many blocks of some of the cells. */
struct stage {
	uint32_t number;
	uint32_t *cells;
	uint32_t n_cells;
	uint32_t pairs;
};

int64_t ab_expected_ns(const struct ab_plan *plan, uint32_t pairs)
{
	int64_t sum_ns = 0;

	for (size_t i = 0; i < plan->n_cells; i++)
		sum_ns += plan->cells[i].expected_ns + TRIAL_START_NS;
	return sum_ns * 2 * pairs;
}

static void cells_shuffle(uint64_t *random, uint32_t *cells, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t other = splitmix_below(random, i);
		uint32_t kept = cells[i - 1];

		cells[i - 1] = cells[other];
		cells[other] = kept;
	}
}

/* One trial of each build, in the order of a coin flip. */
static int pair_measure(struct ab_session *session, const struct ab_cell *cell,
						struct result rows[DATASET_SIDES], char *error)
{
	int first = (int)(splitmix_next(&session->random) >> 63);
	int64_t start_ns = clock_now_ns();
	int status = 0;

	for (int turn = 0; status == 0 && turn < DATASET_SIDES; turn++) {
		int side = turn == 0 ? first : !first;

		status = ab_trial(session->binaries[side], cell, side, &rows[side], error);
	}
	session->trials_ns += clock_now_ns() - start_ns;
	return status;
}

/* A pair that nobody disturbed, or the last of several attempts. Times are not looked at. */
static int pair_measure_quietly(struct ab_session *session, const struct ab_cell *cell,
								struct result rows[DATASET_SIDES], char *error)
{
	for (int again = 0;; again++) { /* ends at AB_AGAIN_MAX */
		int status = pair_measure(session, cell, rows, error);

		if (status < 0 || again == AB_AGAIN_MAX || (rows[0].noisy != 1 && rows[1].noisy != 1))
			return status;
		session->n_remeasured++;
	}
}

static bool side_unable(const struct result *row)
{
	return row->status == RESULT_UNSUPPORTED || row->status == RESULT_LIMITED;
}

/* Measures a pair, or repeats what is known of a cell that cannot be run here. */
static int pair_take(struct ab_session *session, uint32_t cell, struct result rows[DATASET_SIDES],
					 char *error)
{
	struct ab_unable **unable = &session->unable[cell];
	int status;

	if (*unable) {
		memcpy(rows, (*unable)->rows, sizeof((*unable)->rows));
		return 0;
	}
	status = pair_measure_quietly(session, &session->plan->cells[cell], rows, error);
	if (status < 0 || !side_unable(&rows[0]) || !side_unable(&rows[1]))
		return status;
	*unable = malloc(sizeof(**unable));
	if (!*unable)
		return -ENOMEM;
	memcpy((*unable)->rows, rows, sizeof((*unable)->rows));
	return 0;
}

/* The place of a row in this session: its run, number, pair and side. */
static void row_place(const struct ab_session *session, const struct stage *stage, uint32_t block,
					  int side, struct result *row)
{
	row->schema = RESULT_SCHEMA;
	row->seq = session->n_done + 1;
	row->planned = (int64_t)stage->n_cells * stage->pairs * DATASET_SIDES;
	row->rep = block + 1;
	row->seed = (int64_t)session->seed;
	snprintf(row->run_id, sizeof(row->run_id), "%.24s-%u", session->run_id, stage->number);
	snprintf(row->pair_id, sizeof(row->pair_id), "%u.%u", stage->number, block + 1);
	snprintf(row->side, sizeof(row->side), "%c", "AB"[side]);
}

/* A refused cell has no key of its own: it is the one that the other side measured. */
static void key_copy(struct result *to, const struct result *from)
{
	to->workload_version = from->workload_version;
	memcpy(to->variant, from->variant, sizeof(to->variant));
	memcpy(to->params, from->params, sizeof(to->params));
}

static int rows_keep(struct ab_session *session, struct result rows[DATASET_SIDES], char *error)
{
	for (int side = 0; side < DATASET_SIDES; side++) {
		int status = dataset_add(&session->dataset, &rows[side], side);

		if (status < 0) {
			snprintf(error, DATASET_ERROR_MAX, "out of memory");
			return status;
		}
		status = session->csv ? csv_write_row(session->csv, &rows[side]) : 0;
		if (status < 0) {
			snprintf(error, DATASET_ERROR_MAX, "a row could not be written: %s", strerror(-status));
			return -EIO;
		}
	}
	return 0;
}

/* Both builds must have measured the same cell, but for settings that one of them lacks. */
static int key_check(struct ab_session *session, const struct result rows[DATASET_SIDES],
					 uint32_t cell, char *error)
{
	const struct dataset *dataset = &session->dataset;
	const struct dataset_row *last = &dataset->rows[dataset->n_rows - 1];
	const struct dataset_cell *a = &dataset->cells[last[-1].cell];
	const struct dataset_cell *b = &dataset->cells[last->cell];

	session->dataset_cells[cell] = last[-1].cell;
	if (a == b || rows[0].status != RESULT_OK || rows[1].status != RESULT_OK)
		return 0;
	switch (cell_difference(a, b)) {
	case OTHER_KEYS:
		return 0;
	case OTHER_CELL:
		snprintf(error, DATASET_ERROR_MAX, "%s %s: the two builds measured different cells",
				 rows[0].workload, rows[0].backend);
		return -EBADMSG;
	default:
		cell_difference_words(a, b, error);
		return -EBADMSG;
	}
}

static int pair_do(struct ab_session *session, const struct stage *stage, uint32_t block,
				   uint32_t cell, char *error)
{
	struct result rows[DATASET_SIDES];
	int status;

	progress_update(&session->progress, session->n_done / DATASET_SIDES,
					session->plan->cells[cell].workload);
	status = pair_take(session, cell, rows, error);
	if (status < 0)
		return status;
	for (int side = 0; side < DATASET_SIDES; side++) {
		if (!*rows[side].params)
			key_copy(&rows[side], &rows[!side]);
	}
	for (int side = 0; side < DATASET_SIDES; side++) {
		row_place(session, stage, block, side, &rows[side]);
		session->n_done++;
	}
	status = rows_keep(session, rows, error);
	return status < 0 ? status : key_check(session, rows, cell, error);
}

static int stage_run(struct ab_session *session, struct stage *stage, char *error)
{
	int64_t expected_ns = ab_expected_ns(session->plan, stage->pairs) * stage->n_cells /
						  (int64_t)session->plan->n_cells;
	int status = 0;

	session->n_done = 0;
	progress_begin(&session->progress, 2, stage->n_cells * stage->pairs, expected_ns);
	for (uint32_t block = 0; status == 0 && block < stage->pairs; block++) {
		cells_shuffle(&session->random, stage->cells, stage->n_cells);
		for (uint32_t i = 0; status == 0 && i < stage->n_cells; i++)
			status = pair_do(session, stage, block, stage->cells[i], error);
	}
	progress_clear(&session->progress);
	return status;
}

/* Keeps of the stage's cells those of which a gating figure looks slower. */
static int cells_screen(struct ab_session *session, struct stage *stage, char *error)
{
	struct verdict_table table;
	uint32_t n_kept = 0;
	int status = judge_run(&session->order, &session->dataset, &table, error);

	if (status < 0)
		return status;
	for (uint32_t i = 0; i < stage->n_cells; i++) {
		uint32_t cell = stage->cells[i];
		const struct dataset_cell *key = &session->dataset.cells[session->dataset_cells[cell]];
		bool flagged = false;

		for (size_t r = 0; r < table.n_rows; r++) {
			const struct verdict_row *row = &table.rows[r];

			flagged = flagged || (row->cell == key && row->kind == VERDICT_JUDGED && row->gates &&
								  screen_flags(&row->gate, row->margin));
		}
		if (flagged)
			stage->cells[n_kept++] = cell;
	}
	stage->n_cells = n_kept;
	verdict_release(&table);
	return 0;
}

/* How many fresh pairs the budget has room for, judging by what a pair has taken so far. */
static uint32_t confirm_pairs(const struct ab_session *session, const struct stage *stage,
							  int64_t spent_ns)
{
	int64_t pair_ns = spent_ns / ((int64_t)session->plan->n_cells * SCREEN_PAIRS) + 1;
	int64_t pairs;

	if (session->budget_ns == 0)
		return SCREEN_CONFIRM_PAIRS;
	pairs = (session->budget_ns - spent_ns) / (pair_ns * (stage->n_cells ? stage->n_cells : 1));
	if (pairs > SCREEN_CONFIRM_PAIRS)
		return SCREEN_CONFIRM_PAIRS;
	return pairs < GATE_PAIRS_MIN ? GATE_PAIRS_MIN : (uint32_t)pairs;
}

static int stages_run(struct ab_session *session, struct stage *stage, char *error)
{
	int64_t start_ns = clock_now_ns();
	int status;

	stage->number = 1;
	stage->pairs = session->pairs ? session->pairs : SCREEN_PAIRS;
	status = stage_run(session, stage, error);
	if (status == 0 && session->pairs == 0) {
		status = cells_screen(session, stage, error);
		stage->number = 2;
		stage->pairs = confirm_pairs(session, stage, clock_now_ns() - start_ns);
		if (status == 0 && stage->n_cells > 0)
			status = stage_run(session, stage, error);
	}
	session->total_ns = clock_now_ns() - start_ns;
	return status;
}

int ab_session_run(struct ab_session *session, char error[DATASET_ERROR_MAX])
{
	uint32_t n_cells = (uint32_t)session->plan->n_cells;
	struct stage stage = {.cells = calloc(n_cells + 1, sizeof(uint32_t)), .n_cells = n_cells};
	time_t now = time(NULL);
	struct tm utc;
	int status;

	session->random = session->seed;
	session->unable = calloc(n_cells + 1, sizeof(struct ab_unable *));
	session->dataset_cells = calloc(n_cells + 1, sizeof(uint32_t));
	gmtime_r(&now, &utc);
	strftime(session->run_id, sizeof(session->run_id), "%Y%m%dT%H%M%SZ", &utc);
	snprintf(session->run_id + strlen(session->run_id),
			 sizeof(session->run_id) - strlen(session->run_id), "-%06" PRIx32,
			 (uint32_t)(session->seed & 0xffffff));
	if (stage.cells && session->unable && session->dataset_cells) {
		for (uint32_t i = 0; i < n_cells; i++)
			stage.cells[i] = i;
		status = stages_run(session, &stage, error);
	} else {
		snprintf(error, DATASET_ERROR_MAX, "out of memory");
		status = -ENOMEM;
	}
	free(stage.cells);
	return status;
}

void ab_session_release(struct ab_session *session)
{
	for (size_t i = 0; session->unable && i < session->plan->n_cells; i++)
		free(session->unable[i]);
	free(session->unable);
	free(session->dataset_cells);
	dataset_release(&session->dataset);
	session->unable = NULL;
	session->dataset_cells = NULL;
}
