// SPDX-License-Identifier: MIT
/*
 * Rows -> series -> families -> verdict rows; see judge.h. judge_run at the end reads top-down.
 */
#include "judge.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate_stat.h"
#include "row_order.h"

/* One figure's observations: `values` and `slots` of struct judge from `first` on. */
struct figure {
	uint32_t row; /* of the verdict table */
	uint32_t stage;
	size_t first;
	uint32_t n;
};

struct judge {
	const struct judge_order *order;
	const struct dataset *dataset;
	struct verdict_table *table;
	struct comparable comparable;
	struct row_order rows;
	struct figure *figures;
	size_t n_figures;
	double *values;
	uint32_t *slots;
	size_t n_values;
	double *scratch;               /* as many as rows, twice */
	uint32_t n_failed;             /* cells without a good row on either side, some of them bad, */
	uint32_t failed;               /* and the first of these */
	uint32_t n_slots_a, n_slots_b; /* unpaired: the longest series of each side */
};

static void judge_release(struct judge *judge)
{
	comparable_release(&judge->comparable);
	row_order_release(&judge->rows);
	free(judge->figures);
	free(judge->values);
	free(judge->slots);
	free(judge->scratch);
}

static int judge_allocate(struct judge *judge)
{
	const struct dataset *dataset = judge->dataset;
	size_t n_rows = dataset->n_rows + 1;
	size_t n_cells = dataset->keys.n + 1;

	judge->figures = calloc(n_cells * n_metrics, sizeof(*judge->figures));
	judge->values = calloc(n_rows * n_metrics, sizeof(*judge->values));
	judge->slots = calloc(n_rows * n_metrics, sizeof(*judge->slots));
	judge->scratch = calloc(2 * n_rows, sizeof(*judge->scratch));
	judge->table->rows = calloc(n_cells * n_metrics, sizeof(*judge->table->rows));
	if (!judge->figures || !judge->values || !judge->slots || !judge->scratch ||
		!judge->table->rows)
		return -ENOMEM;
	return 0;
}

/* ---- series ---- */

/* A figure of a row as a log value, larger is worse; NAN where there is none. */
static double log_value(const struct judge *judge, const struct row_place *place, size_t metric)
{
	const struct dataset_row *row = &judge->dataset->rows[place->index];

	return row->ok ? metric_sign(&metrics[metric]) * log(row->values[metric]) : NAN;
}

static double log_ratio(const struct judge *judge, const struct row_place *a, size_t metric)
{
	double ratio = log_value(judge, a + 1, metric) - log_value(judge, a, metric);

	if (judge->order->swap_sides && a->block % 2 == 1)
		ratio = -ratio;
	return ratio + judge->order->inject;
}

static void observe(struct judge *judge, struct figure *figure, double value, uint32_t slot)
{
	if (!isfinite(value))
		return;
	judge->values[judge->n_values] = value;
	judge->slots[judge->n_values++] = slot;
	figure->n++;
}

static void observe_pairs(struct judge *judge, struct figure *figure, const struct row_place *rows,
						  size_t n, size_t metric)
{
	figure->stage = rows[n - 1].stage;
	for (size_t i = 0; i + 1 < n; i++) {
		if (rows[i].stage == figure->stage && rows[i + 1].block == rows[i].block &&
			rows[i].side == 0 && rows[i + 1].side == 1)
			observe(judge, figure, log_ratio(judge, &rows[i], metric), rows[i].block);
	}
}

/* B's slots follow A's; where they start is known only when all cells have been seen. */
static void observe_sides(struct judge *judge, struct figure *figure, const struct row_place *rows,
						  size_t n, size_t metric)
{
	uint32_t counts[DATASET_SIDES] = {0, 0};

	for (size_t i = 0; i < n; i++) {
		uint32_t slot = counts[rows[i].side]++;

		observe(judge, figure, log_value(judge, &rows[i], metric),
				rows[i].side ? slot | 1u << 31 : slot);
	}
	judge->n_slots_a = counts[0] > judge->n_slots_a ? counts[0] : judge->n_slots_a;
	judge->n_slots_b = counts[1] > judge->n_slots_b ? counts[1] : judge->n_slots_b;
}

/* The median of one side's figures, in their unit. */
static double side_median(struct judge *judge, const struct row_place *rows, size_t n,
						  size_t metric, int side)
{
	uint32_t n_found = 0;

	for (size_t i = 0; i < n; i++) {
		const struct dataset_row *row = &judge->dataset->rows[rows[i].index];

		if (row->ok && row->side == side && isfinite(row->values[metric]))
			judge->scratch[n_found++] = row->values[metric];
	}
	return gate_median(judge->scratch, n_found);
}

static struct verdict_row *row_add(struct judge *judge, uint32_t cell, enum verdict_kind kind)
{
	struct verdict_row *row = &judge->table->rows[judge->table->n_rows++];

	*row = (struct verdict_row){.cell = &judge->dataset->cells[cell], .kind = kind};
	return row;
}

static void figure_add(struct judge *judge, const struct row_place *rows, size_t n, size_t metric)
{
	const struct dataset_cell *cell = &judge->dataset->cells[rows[0].cell];
	struct metric_policy policy = metric_policy(judge->order->rules, &metrics[metric],
												cell->workload, cell->backend, cell->params);
	double a = side_median(judge, rows, n, metric, 0);
	double b = side_median(judge, rows, n, metric, 1);
	struct figure *figure;
	struct verdict_row *row;

	if (isnan(a) && isnan(b))
		return; /* nobody measures it here */
	figure = &judge->figures[judge->n_figures++];
	*figure = (struct figure){.row = (uint32_t)judge->table->n_rows, .first = judge->n_values};
	row = row_add(judge, rows[0].cell, VERDICT_JUDGED);
	row->metric = &metrics[metric];
	row->gates = policy.gates;
	row->margin = policy.margin;
	row->a = a;
	row->b = b;
	if (judge->comparable.paired)
		observe_pairs(judge, figure, rows, n, metric);
	else
		observe_sides(judge, figure, rows, n, metric);
}

/* Counts a cell without a good row on either side, unless it just cannot run there. */
static void failed_add(struct judge *judge, const struct row_place *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!judge->dataset->rows[rows[i].index].failed)
			continue;
		if (judge->n_failed++ == 0)
			judge->failed = rows[0].cell;
		return;
	}
}

/* All rows of one cell. Without a good row on either side it says nothing and is left out. */
static void cell_add(struct judge *judge, const struct row_place *rows, size_t n)
{
	uint32_t cell = rows[0].cell;
	unsigned good = judge->comparable.present[cell] & (COMPARABLE_A_OK | COMPARABLE_B_OK);
	const struct dataset_cell *key = &judge->dataset->cells[cell];

	if (good == COMPARABLE_A_OK) {
		struct verdict_row *row = row_add(judge, cell, VERDICT_MISSING);

		for (size_t m = 0; m < n_metrics; m++)
			row->gates |= metric_policy(judge->order->rules, &metrics[m], key->workload,
										key->backend, key->params)
							  .gates;
	} else if (good == COMPARABLE_B_OK) {
		row_add(judge, cell, VERDICT_NEW);
	} else if (good) {
		for (size_t m = 0; m < n_metrics; m++)
			figure_add(judge, rows, n, m);
	} else {
		failed_add(judge, rows, n);
	}
}

static void figures_collect(struct judge *judge)
{
	size_t n = judge->dataset->n_rows;
	size_t next;

	for (size_t i = 0; i < n; i = next) {
		next = i + 1;
		while (next < n && judge->rows.rows[next].cell == judge->rows.rows[i].cell)
			next++;
		cell_add(judge, &judge->rows.rows[i], next - i);
	}
	for (size_t i = 0; i < judge->n_values && !judge->comparable.paired; i++) {
		if (judge->slots[i] >> 31)
			judge->slots[i] = (judge->slots[i] & ~(1u << 31)) + judge->n_slots_a;
	}
}

/* ---- families ---- */

static struct gate_design design_of(const struct judge *judge, uint32_t stage)
{
	struct gate_design design = {.seed = judge->order->seed};

	if (!judge->comparable.paired) {
		design.unpaired = true;
		design.n_slots_a = judge->n_slots_a;
		design.n_slots = judge->n_slots_a + judge->n_slots_b;
		return design;
	}
	design.n_slots = judge->rows.n_blocks[stage];
	return design;
}

static bool figure_in(const struct judge *judge, const struct figure *figure, uint32_t stage,
					  bool gates)
{
	return figure->stage == stage && judge->table->rows[figure->row].gates == gates;
}

/* Judges the figures of one stage that do (or do not) gate. `series` and `results` have room. */
static int family_judge(struct judge *judge, uint32_t stage, bool gates, struct gate_series *series,
						struct gate_result *results)
{
	struct gate_design design = design_of(judge, stage);
	uint32_t n = 0;
	int status;

	for (size_t i = 0; i < judge->n_figures; i++) {
		const struct figure *figure = &judge->figures[i];

		if (figure_in(judge, figure, stage, gates))
			series[n++] = (struct gate_series){.values = judge->values + figure->first,
											   .slots = judge->slots + figure->first,
											   .n = figure->n,
											   .margin = judge->table->rows[figure->row].margin};
	}
	status = n > 0 ? gate_run(&design, series, n, results) : 0;
	n = 0;
	for (size_t i = 0; status == 0 && i < judge->n_figures; i++) {
		if (figure_in(judge, &judge->figures[i], stage, gates))
			judge->table->rows[judge->figures[i].row].gate = results[n++];
	}
	return status;
}

static int families_judge(struct judge *judge)
{
	struct gate_series *series = calloc(judge->n_figures + 1, sizeof(*series));
	struct gate_result *results = calloc(judge->n_figures + 1, sizeof(*results));
	uint32_t last_stage = 0;
	int status = series && results ? 0 : -ENOMEM;

	for (size_t i = 0; i < judge->n_figures; i++)
		last_stage = judge->figures[i].stage > last_stage ? judge->figures[i].stage : last_stage;
	for (uint32_t stage = 0; status == 0 && stage <= last_stage; stage++) {
		status = family_judge(judge, stage, true, series, results);
		if (status == 0)
			status = family_judge(judge, stage, false, series, results);
	}
	free(series);
	free(results);
	return status;
}

static int failed_note(struct judge *judge)
{
	char cell[DATASET_ERROR_MAX];
	char note[DATASET_ERROR_MAX + 128];

	if (judge->n_failed == 0)
		return 0;
	snprintf(note, sizeof(note), "left out, because trials failed on both sides: %s%s",
			 dataset_cell_text(&judge->dataset->cells[judge->failed], cell, sizeof(cell)),
			 judge->n_failed > 1 ? ", and others" : "");
	return verdict_note(judge->table, note);
}

/* Says in the table what makes it advice, what was taken as equal, and what is left out. */
static int notes_add(struct judge *judge)
{
	struct verdict_table *table = judge->table;
	const struct interner *added = &judge->comparable.added;
	bool archived = judge->order->gate_archived;
	int status = 0;

	table->unpaired = !judge->comparable.paired;
	if (judge->comparable.other_host) {
		table->advisory = true;
		status = verdict_note(table, "hosts or placement differ: advisory, nothing gates");
	}
	if (table->unpaired && (!archived || judge->comparable.n_runs_a < JUDGE_ARCHIVE_RUNS_MIN)) {
		table->advisory = true;
		if (status == 0)
			status = verdict_note(table, "two jobs, not pairs: advisory, nothing gates");
		if (status == 0 && archived)
			status = verdict_note(table, "--gate-archived needs 5 runs in the base");
	}
	for (uint32_t i = 0; status == 0 && i < added->n; i++)
		status = verdict_note(table, added->texts[i]);
	return status == 0 ? failed_note(judge) : status;
}

int judge_run(const struct judge_order *order, const struct dataset *dataset,
			  struct verdict_table *table, char error[DATASET_ERROR_MAX])
{
	struct judge judge = {.order = order, .dataset = dataset, .table = table};
	int status;

	*table = (struct verdict_table){0};
	status = comparable_check(&judge.comparable, dataset, &order->comparable, error);
	if (status == 0)
		status = judge_allocate(&judge);
	if (status == 0)
		status = row_order_make(&judge.rows, dataset, &judge.comparable, error);
	if (status == 0) {
		figures_collect(&judge);
		status = notes_add(&judge);
	}
	if (status == 0)
		status = families_judge(&judge);
	judge_release(&judge);
	if (status < 0)
		verdict_release(table);
	if (status == -ENOMEM)
		snprintf(error, DATASET_ERROR_MAX, "out of memory");
	return status;
}
