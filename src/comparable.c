// SPDX-License-Identifier: MIT
/*
 * Refusals; see comparable.h.
 */
#include "comparable.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_difference.h"
#include "setting_list.h"

/* Pairs everywhere or nowhere, and which cells each side has. */
static int rows_survey(struct comparable *comparable, const struct dataset *dataset, char *error)
{
	size_t n_paired = 0;

	for (size_t i = 0; i < dataset->n_rows; i++) {
		const struct dataset_row *row = &dataset->rows[i];

		n_paired += row->pair != DATASET_NO_PAIR;
		comparable->present[row->cell] |= (uint8_t)(COMPARABLE_A << row->side);
		if (row->ok)
			comparable->present[row->cell] |= (uint8_t)(COMPARABLE_A_OK << row->side);
	}
	comparable->paired = n_paired > 0;
	if (n_paired == 0 || n_paired == dataset->n_rows)
		return 0;
	snprintf(error, DATASET_ERROR_MAX, "pair_id: set in %zu rows and empty in %zu", n_paired,
			 dataset->n_rows - n_paired);
	return -EBADMSG;
}

static int hosts_check(struct comparable *comparable, const struct dataset *dataset,
					   bool across_hosts, char *error)
{
	const struct dataset_host *hosts = dataset->hosts;

	if (dataset->mixed[0])
		memcpy(error, dataset->mixed, DATASET_ERROR_MAX);
	comparable->other_host =
		dataset->mixed[0] ||
		(hosts[0].known && hosts[1].known && dataset_hosts_differ(&hosts[0], &hosts[1], error));
	return comparable->other_host && !across_hosts ? -EBADMSG : 0;
}

/* Counts A's runs; unpaired, a run on both sides would be compared with itself. */
static int runs_check(struct comparable *comparable, const struct dataset *dataset, char *error)
{
	uint8_t *sides = calloc(dataset->runs.n + 1, 1);
	int status = 0;

	if (!sides)
		return -ENOMEM;
	for (size_t i = 0; i < dataset->n_rows; i++)
		sides[dataset->rows[i].run] |= (uint8_t)(1 << dataset->rows[i].side);
	for (uint32_t run = 0; run < dataset->runs.n; run++) {
		comparable->n_runs_a += sides[run] & 1;
		if (sides[run] != 3 || comparable->paired)
			continue;
		snprintf(error, DATASET_ERROR_MAX, "run_id: '%s' in A, the same run in B",
				 dataset->runs.texts[run]);
		status = -EBADMSG;
	}
	free(sides);
	return status;
}

/* ---- cells ---- */

/* Whether the cell is one that only this side has, and not yet taken for one of the other's. */
static bool is_alone(const struct comparable *comparable, uint32_t cell, unsigned side)
{
	return (comparable->present[cell] & (COMPARABLE_A | COMPARABLE_B)) == side &&
		   comparable->cell_of[cell] == cell;
}

/* What is nearest to a cell, and how many are equally near. */
struct nearest {
	enum cell_difference difference;
	uint32_t cell;
	uint32_t n;
};

/* Whether all settings that one list has and the other lacks are among those of `assumed`. */
static bool additions_assumed(struct setting_changes changes, const char *assumed)
{
	struct setting_change change;

	while (setting_changes_next(&changes, &change)) {
		if (!setting_list_has(assumed, change.a.text ? change.a : change.b))
			return false;
	}
	return true;
}

static enum cell_difference difference_of(const struct comparable *comparable,
										  const struct comparable_rules *rules,
										  const struct dataset_cell *a,
										  const struct dataset_cell *b)
{
	enum cell_difference difference = cell_difference(a, b);
	const char *assumed = rules->assumed ? rules->assumed : "";

	if (difference != OTHER_KEYS)
		return difference;
	if (comparable->paired ||
		(additions_assumed(setting_changes_of(a->params, b->params), assumed) &&
		 additions_assumed(setting_changes_of(a->variant, b->variant), assumed)))
		return ASSUMED_KEYS;
	return OTHER_KEYS;
}

/* Of the cells that only `side` has, the one that is nearest to a cell of the other side. */
static struct nearest nearest_find(const struct comparable *comparable,
								   const struct dataset *dataset,
								   const struct comparable_rules *rules, uint32_t of, unsigned side)
{
	struct nearest nearest = {.difference = OTHER_CELL};

	for (uint32_t cell = 0; cell < dataset->keys.n; cell++) {
		enum cell_difference difference;

		if (!is_alone(comparable, cell, side))
			continue;
		difference = difference_of(comparable, rules, &dataset->cells[of], &dataset->cells[cell]);
		if (difference == OTHER_CELL || difference < nearest.difference)
			continue;
		if (difference > nearest.difference)
			nearest = (struct nearest){.difference = difference, .cell = cell};
		nearest.n++;
	}
	return nearest;
}

/* Says that more than one cell could be meant. */
static int ambiguous(const struct dataset *dataset, uint32_t cell, int side, uint32_t n,
					 char *error)
{
	char text[DATASET_ERROR_MAX / 2];

	snprintf(error, DATASET_ERROR_MAX,
			 "cell: '%s' in %c, and %u in %c that differ from it in settings that one side lacks",
			 dataset_cell_text(&dataset->cells[cell], text, sizeof(text)), "AB"[side], n,
			 "BA"[side]);
	return -EBADMSG;
}

/* Notes what one of two lists lacks. `owner` is the workload or the backend. 0 or -ENOMEM. */
static int additions_note(struct comparable *comparable, const char *owner, const char *noun,
						  struct setting_changes changes)
{
	struct setting_change change;
	char note[DATASET_ERROR_MAX];

	while (setting_changes_next(&changes, &change)) {
		struct word setting = change.a.text ? change.a : change.b;

		snprintf(note, sizeof(note), "%.100s: %c has %s %.*s that %c lacks", owner,
				 change.a.text ? 'A' : 'B', noun, (int)setting.length, setting.text,
				 change.a.text ? 'B' : 'A');
		if (interner_add(&comparable->added, note, strlen(note)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Cells that differ in keys alone become one, if each is the only one that can be meant. */
static int additions_accept(struct comparable *comparable, const struct dataset *dataset,
							const struct comparable_rules *rules, uint32_t a,
							const struct nearest *b, char *error)
{
	const struct dataset_cell *cell_a = &dataset->cells[a];
	const struct dataset_cell *cell_b = &dataset->cells[b->cell];
	struct nearest back = nearest_find(comparable, dataset, rules, b->cell, COMPARABLE_A);
	int status;

	if (b->n > 1)
		return ambiguous(dataset, a, 0, b->n, error);
	if (back.n > 1)
		return ambiguous(dataset, b->cell, 1, back.n, error);
	status = additions_note(comparable, cell_a->workload, "a parameter",
							setting_changes_of(cell_a->params, cell_b->params));
	if (status < 0)
		return status;
	return additions_note(comparable, cell_a->backend, "an option",
						  setting_changes_of(cell_a->variant, cell_b->variant));
}

/*
 * Looks for what B has instead of a cell that only A has. Returns 1 when that is now counted as
 * A's, 0 when there is nothing (the cell is missing in B), or -errno with *error filled in.
 */
static int cell_explain(struct comparable *comparable, const struct dataset *dataset,
						const struct comparable_rules *rules, uint32_t a, char *error)
{
	struct nearest b = nearest_find(comparable, dataset, rules, a, COMPARABLE_B);
	int status = 0;

	if (b.difference == OTHER_CELL)
		return 0;
	if (b.difference == ASSUMED_KEYS) {
		status = additions_accept(comparable, dataset, rules, a, &b, error);
	} else if (b.difference == OTHER_PLACEMENT && rules->across_hosts) {
		comparable->other_host = true;
	} else {
		cell_difference_words(&dataset->cells[a], &dataset->cells[b.cell], error);
		if (b.difference == OTHER_KEYS)
			snprintf(error + strlen(error), DATASET_ERROR_MAX - strlen(error),
					 " (--assume KEY=VALUE says what the other does)");
		status = -EBADMSG;
	}
	if (status < 0)
		return status;
	comparable->cell_of[b.cell] = a;
	comparable->present[a] |= comparable->present[b.cell];
	return 1;
}

static int cells_check(struct comparable *comparable, const struct dataset *dataset,
					   const struct comparable_rules *rules, char *error)
{
	uint32_t n_common = 0;

	for (uint32_t a = 0; a < dataset->keys.n; a++) {
		unsigned sides = comparable->present[a] & (COMPARABLE_A | COMPARABLE_B);
		int status = 0;

		n_common += sides == (COMPARABLE_A | COMPARABLE_B);
		if (sides == COMPARABLE_A)
			status = cell_explain(comparable, dataset, rules, a, error);
		if (status < 0)
			return status;
		n_common += (uint32_t)status;
	}
	if (n_common > 0)
		return 0;
	snprintf(error, DATASET_ERROR_MAX, "no common cell: %s on %s in A, %s on %s in B",
			 dataset->hosts[0].known ? dataset->cells[0].workload : "nothing",
			 dataset->hosts[0].known ? dataset->cells[0].backend : "nothing",
			 dataset->hosts[1].known ? dataset->cells[dataset->keys.n - 1].workload : "nothing",
			 dataset->hosts[1].known ? dataset->cells[dataset->keys.n - 1].backend : "nothing");
	return -EBADMSG;
}

int comparable_check(struct comparable *comparable, const struct dataset *dataset,
					 const struct comparable_rules *rules, char error[DATASET_ERROR_MAX])
{
	int status;

	*comparable = (struct comparable){
		.cell_of = calloc(dataset->keys.n + 1, sizeof(uint32_t)),
		.present = calloc(dataset->keys.n + 1, 1),
	};
	if (!comparable->cell_of || !comparable->present)
		return -ENOMEM;
	for (uint32_t i = 0; i < dataset->keys.n; i++)
		comparable->cell_of[i] = i;
	status = rows_survey(comparable, dataset, error);
	if (status == 0)
		status = runs_check(comparable, dataset, error);
	if (status == 0)
		status = hosts_check(comparable, dataset, rules->across_hosts, error);
	if (status == 0)
		status = cells_check(comparable, dataset, rules, error);
	return status;
}

void comparable_release(struct comparable *comparable)
{
	free(comparable->cell_of);
	free(comparable->present);
	interner_release(&comparable->added);
}
