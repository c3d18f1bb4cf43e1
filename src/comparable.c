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

#define PLACEMENT "placement="

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

/* Whether two lists of settings are equal but for the placement. */
static bool same_but_placement(const char *a, const char *b)
{
	while (*a || *b) {
		size_t n_a = strcspn(a, ";");
		size_t n_b = strcspn(b, ";");
		bool both_placement =
			!strncmp(a, PLACEMENT, strlen(PLACEMENT)) && !strncmp(b, PLACEMENT, strlen(PLACEMENT));

		if (!both_placement && (n_a != n_b || memcmp(a, b, n_a)))
			return false;
		a += n_a + (a[n_a] == ';');
		b += n_b + (b[n_b] == ';');
	}
	return true;
}

enum difference { OTHER_CELL, OTHER_PARAMS, OTHER_VARIANT, OTHER_VERSION, OTHER_PLACEMENT };

/* How near a cell of B comes to one of A; a larger value is nearer. */
static enum difference cell_difference(const struct dataset_cell *a, const struct dataset_cell *b)
{
	bool same_variant = !strcmp(a->variant, b->variant);
	bool same_params = !strcmp(a->params, b->params);

	if (strcmp(a->workload, b->workload) || strcmp(a->backend, b->backend))
		return OTHER_CELL;
	if (a->version != b->version)
		return same_variant && same_params ? OTHER_VERSION : OTHER_CELL;
	if (same_params)
		return OTHER_VARIANT;
	if (!same_variant)
		return OTHER_CELL;
	return same_but_placement(a->params, b->params) ? OTHER_PLACEMENT : OTHER_PARAMS;
}

/* The cell that only B has and that is nearest to `a`, which only A has. */
static enum difference nearest_find(const struct comparable *comparable,
									const struct dataset *dataset, uint32_t a, uint32_t *nearest)
{
	enum difference best = OTHER_CELL;

	for (uint32_t b = 0; b < dataset->keys.n; b++) {
		enum difference difference;

		if ((comparable->present[b] & (COMPARABLE_A | COMPARABLE_B)) != COMPARABLE_B ||
			comparable->cell_of[b] != b)
			continue;
		difference = cell_difference(&dataset->cells[a], &dataset->cells[b]);
		if (difference > best) {
			best = difference;
			*nearest = b;
		}
	}
	return best;
}

static int cells_refuse(const struct dataset_cell *a, const struct dataset_cell *b,
						enum difference difference, char *error)
{
	if (difference == OTHER_VERSION)
		snprintf(error, DATASET_ERROR_MAX,
				 "workload_version of %s: %" PRId64 " in A, %" PRId64 " in B", a->workload,
				 a->version, b->version);
	else if (difference == OTHER_VARIANT)
		snprintf(error, DATASET_ERROR_MAX, "variant of %s %s: '%.150s' in A, '%.150s' in B",
				 a->workload, a->backend, a->variant, b->variant);
	else
		snprintf(error, DATASET_ERROR_MAX, "params of %s %s: '%.150s' in A, '%.150s' in B",
				 a->workload, a->backend, a->params, b->params);
	return -EBADMSG;
}

/* Explains cells that only A has by what B has instead; what nothing explains is missing. */
static int cells_check(struct comparable *comparable, const struct dataset *dataset,
					   bool across_hosts, char *error)
{
	uint32_t n_common = 0;

	for (uint32_t a = 0; a < dataset->keys.n; a++) {
		unsigned sides = comparable->present[a] & (COMPARABLE_A | COMPARABLE_B);
		enum difference difference;
		uint32_t b = a;

		n_common += sides == (COMPARABLE_A | COMPARABLE_B);
		if (sides != COMPARABLE_A)
			continue;
		difference = nearest_find(comparable, dataset, a, &b);
		if (difference == OTHER_PLACEMENT && across_hosts) {
			comparable->cell_of[b] = a;
			comparable->present[a] |= comparable->present[b];
			comparable->other_host = true;
			n_common++;
		} else if (difference != OTHER_CELL) {
			return cells_refuse(&dataset->cells[a], &dataset->cells[b], difference, error);
		}
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
					 bool across_hosts, char error[DATASET_ERROR_MAX])
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
		status = hosts_check(comparable, dataset, across_hosts, error);
	if (status == 0)
		status = cells_check(comparable, dataset, across_hosts, error);
	return status;
}

void comparable_release(struct comparable *comparable)
{
	free(comparable->cell_of);
	free(comparable->present);
}
