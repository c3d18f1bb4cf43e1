// SPDX-License-Identifier: MIT
/*
 * Putting rows into order; see row_order.h.
 */
#include "row_order.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A pair_id: its stage, and its number among the ids of that stage. */
struct pair_place {
	const char *text;
	uint32_t pair; /* number in the data set */
	uint32_t stage, block;
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair_place *x = a;
	const struct pair_place *y = b;

	if (x->stage != y->stage)
		return x->stage < y->stage ? -1 : 1;
	return strverscmp(x->text, y->text);
}

/* The number (0..99) before the dot; 1 for an id of another form. */
static uint32_t stage_of(const char *pair_id)
{
	size_t digits = strspn(pair_id, "0123456789");

	if (digits == 0 || digits > 2 || pair_id[digits] != '.')
		return 1;
	return (uint32_t)strtoul(pair_id, NULL, 10);
}

/* The place of each pair, by its number in the data set. NULL: no memory. */
static struct pair_place *pairs_place(struct row_order *order, const struct dataset *dataset)
{
	uint32_t n = dataset->pairs.n;
	struct pair_place *sorted = calloc(n + 1, sizeof(*sorted));
	struct pair_place *places = calloc(n + 1, sizeof(*places));

	if (!sorted || !places) {
		free(sorted);
		free(places);
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++) {
		const char *text = dataset->pairs.texts[i];

		sorted[i] = (struct pair_place){.text = text, .pair = i, .stage = stage_of(text)};
	}
	qsort(sorted, n, sizeof(*sorted), compare_pairs);
	for (uint32_t i = 0; i < n; i++) {
		sorted[i].block = order->n_blocks[sorted[i].stage]++;
		places[sorted[i].pair] = sorted[i];
	}
	free(sorted);
	return places;
}

static int compare_cells(const void *a, const void *b, void *all)
{
	const struct dataset_cell *cells = all;
	const struct dataset_cell *x = &cells[*(const uint32_t *)a];
	const struct dataset_cell *y = &cells[*(const uint32_t *)b];
	int order = strcmp(x->workload, y->workload);

	if (order == 0)
		order = strverscmp(x->params, y->params);
	if (order == 0)
		order = strcmp(x->backend, y->backend);
	if (order == 0)
		order = strverscmp(x->variant, y->variant);
	return order;
}

/* The rank of each cell. NULL: no memory. */
static uint32_t *cells_rank(const struct dataset *dataset)
{
	uint32_t n = dataset->keys.n;
	uint32_t *sorted = calloc(n + 1, sizeof(*sorted));
	uint32_t *ranks = calloc(n + 1, sizeof(*ranks));

	if (!sorted || !ranks) {
		free(sorted);
		free(ranks);
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = i;
	qsort_r(sorted, n, sizeof(*sorted), compare_cells, dataset->cells);
	for (uint32_t i = 0; i < n; i++)
		ranks[sorted[i]] = i;
	free(sorted);
	return ranks;
}

static int compare_rows(const void *a, const void *b)
{
	const struct row_place *x = a;
	const struct row_place *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->stage != y->stage)
		return x->stage < y->stage ? -1 : 1;
	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	if (x->side != y->side)
		return x->side < y->side ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static struct row_place row_place_of(const struct dataset *dataset,
									 const struct comparable *comparable, const uint32_t *ranks,
									 const struct pair_place *places, size_t index)
{
	const struct dataset_row *row = &dataset->rows[index];
	uint32_t cell = comparable->cell_of[row->cell];
	struct row_place place = {
		.rank = ranks[cell], .cell = cell, .index = (uint32_t)index, .side = row->side};

	if (comparable->paired) {
		place.stage = places[row->pair].stage;
		place.block = places[row->pair].block;
	}
	return place;
}

/* Sorts the rows of one cell, unless they came in order: then a large file needs no sorting. */
static void cell_sort(struct row_place *rows, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (compare_rows(&rows[i - 1], &rows[i]) > 0) {
			qsort(rows, n, sizeof(*rows), compare_rows);
			return;
		}
	}
}

/* Deals the rows out to their cells, then sorts each cell. 0 or -ENOMEM. */
static int rows_sort(struct row_order *order, const struct dataset *dataset,
					 const struct comparable *comparable, const uint32_t *ranks,
					 const struct pair_place *places)
{
	size_t *ends = calloc(dataset->keys.n + 1, sizeof(*ends)); /* by rank */
	size_t start = 0;

	if (!ends)
		return -ENOMEM;
	for (size_t i = 0; i < order->n; i++)
		ends[ranks[comparable->cell_of[dataset->rows[i].cell]]]++;
	for (uint32_t rank = 0; rank < dataset->keys.n; rank++) {
		size_t n = ends[rank];

		ends[rank] = start;
		start += n;
	}
	for (size_t i = 0; i < order->n; i++) {
		struct row_place place = row_place_of(dataset, comparable, ranks, places, i);

		order->rows[ends[place.rank]++] = place;
	}
	start = 0;
	for (uint32_t rank = 0; rank < dataset->keys.n; rank++) {
		cell_sort(order->rows + start, ends[rank] - start);
		start = ends[rank];
	}
	free(ends);
	return 0;
}

static int duplicates_check(const struct row_order *order, const struct dataset *dataset,
							char *error)
{
	char cell[DATASET_ERROR_MAX / 2];

	for (size_t i = 1; i < order->n; i++) {
		const struct row_place *place = &order->rows[i];
		const struct row_place *before = place - 1;

		if (place->cell != before->cell || place->stage != before->stage ||
			place->block != before->block || place->side != before->side)
			continue;
		snprintf(error, DATASET_ERROR_MAX, "pair_id: '%s' occurs twice on side %c of %s",
				 dataset->pairs.texts[dataset->rows[place->index].pair], "AB"[place->side],
				 dataset_cell_text(&dataset->cells[place->cell], cell, sizeof(cell)));
		return -EBADMSG;
	}
	return 0;
}

int row_order_make(struct row_order *order, const struct dataset *dataset,
				   const struct comparable *comparable, char error[DATASET_ERROR_MAX])
{
	struct pair_place *places;
	uint32_t *ranks;
	int status = -ENOMEM;

	*order = (struct row_order){.n = dataset->n_rows};
	places = pairs_place(order, dataset);
	ranks = cells_rank(dataset);
	order->rows = calloc(order->n + 1, sizeof(*order->rows));
	if (places && ranks && order->rows) {
		status = rows_sort(order, dataset, comparable, ranks, places);
		if (status == 0 && comparable->paired)
			status = duplicates_check(order, dataset, error);
	}
	free(places);
	free(ranks);
	return status;
}

void row_order_release(struct row_order *order)
{
	free(order->rows);
	*order = (struct row_order){0};
}
