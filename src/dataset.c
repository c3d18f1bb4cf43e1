// SPDX-License-Identifier: MIT
/*
 * Rows of result files in memory; see dataset.h.
 */
#include "dataset.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_reader.h"

#define SIZE_OF(field) sizeof(((struct result *)0)->field)

/* Each text of the key with a line end, and the version. */
enum {
	KEY_MAX = SIZE_OF(workload) + SIZE_OF(backend) + SIZE_OF(variant) + SIZE_OF(params) + 32,
};

/* ---- cells ---- */

/* Appends `text` and a line end to the key, so that fields cannot be confused with each other. */
static size_t key_append(char *key, size_t length, const char *text)
{
	size_t n = strlen(text);

	memcpy(key + length, text, n);
	key[length + n] = '\n';
	return length + n + 1;
}

static int cell_store(struct dataset *dataset, uint32_t number, const struct result *result)
{
	struct dataset_cell *cell;
	size_t sizes[4] = {strlen(result->workload) + 1, strlen(result->backend) + 1,
					   strlen(result->variant) + 1, strlen(result->params) + 1};
	char *text = malloc(sizes[0] + sizes[1] + sizes[2] + sizes[3]);

	if (!text)
		return -ENOMEM;
	if (number == dataset->cells_capacity) {
		uint32_t capacity = number ? 2 * number : 64;
		struct dataset_cell *cells = realloc(dataset->cells, capacity * sizeof(*cells));

		if (!cells) {
			free(text);
			return -ENOMEM;
		}
		dataset->cells = cells;
		dataset->cells_capacity = capacity;
	}
	cell = &dataset->cells[number];
	cell->version = result->workload_version;
	cell->workload = memcpy(text, result->workload, sizes[0]);
	cell->backend = memcpy(cell->workload + sizes[0], result->backend, sizes[1]);
	cell->variant = memcpy(cell->backend + sizes[1], result->variant, sizes[2]);
	cell->params = memcpy(cell->variant + sizes[2], result->params, sizes[3]);
	return 0;
}

/* The number of the row's cell, or -ENOMEM. */
static int64_t cell_intern(struct dataset *dataset, const struct result *result)
{
	char key[KEY_MAX];
	size_t length = 0;
	uint32_t n = dataset->keys.n;
	int64_t number;

	length = key_append(key, length, result->params);
	length = key_append(key, length, result->variant);
	length = key_append(key, length, result->backend);
	length = key_append(key, length, result->workload);
	/* Its digits, whatever their order: printf would cost more than all the rest. */
	for (int64_t version = result->workload_version; version > 0; version /= 10)
		key[length++] = (char)('0' + version % 10);
	number = interner_add(&dataset->keys, key, length);
	if (number == n && cell_store(dataset, n, result) < 0)
		return -ENOMEM;
	return number;
}

char *dataset_cell_text(const struct dataset_cell *cell, char *buf, size_t size)
{
	snprintf(buf, size, "%s %s%s%s%s%s", cell->workload, cell->backend, *cell->variant ? ":" : "",
			 cell->variant, *cell->params ? " " : "", cell->params);
	return buf;
}

/* ---- hosts ---- */

static void host_set(struct dataset_host *host, const struct result *result)
{
	host->known = true;
	snprintf(host->host_id, sizeof(host->host_id), "%s", result->host_id);
	snprintf(host->cpu_model, sizeof(host->cpu_model), "%s", result->cpu_model);
	if (result->cpus != RESULT_NONE)
		snprintf(host->cpus, sizeof(host->cpus), "%" PRId64, result->cpus);
	snprintf(host->kernel, sizeof(host->kernel), "%s", result->kernel);
	snprintf(host->governor, sizeof(host->governor), "%s", result->governor);
}

static bool text_differs(const char *field, const char *a, const char *b, char *error)
{
	if (!strcmp(a, b))
		return false;
	snprintf(error, DATASET_ERROR_MAX, "%s: '%s' in A, '%s' in B", field, a, b);
	return true;
}

bool dataset_hosts_differ(const struct dataset_host *a, const struct dataset_host *b,
						  char error[DATASET_ERROR_MAX])
{
	return text_differs("host_id", a->host_id, b->host_id, error) ||
		   text_differs("cpu_model", a->cpu_model, b->cpu_model, error) ||
		   text_differs("cpus", a->cpus, b->cpus, error) ||
		   text_differs("kernel", a->kernel, b->kernel, error) ||
		   text_differs("governor", a->governor, b->governor, error);
}

/* Notes the first row of a side; a later row from elsewhere makes the side mixed. */
static void host_note(struct dataset *dataset, int side, const struct result *result)
{
	struct dataset_host *host = &dataset->hosts[side];
	struct dataset_host other = {0};
	char differs[DATASET_ERROR_MAX];

	if (!host->known) {
		host_set(host, result);
		return;
	}
	if (dataset->mixed[0] ||
		(!strcmp(host->host_id, result->host_id) && !strcmp(host->kernel, result->kernel) &&
		 !strcmp(host->cpu_model, result->cpu_model) && !strcmp(host->governor, result->governor)))
		return;
	host_set(&other, result);
	if (dataset_hosts_differ(host, &other, differs))
		snprintf(dataset->mixed, sizeof(dataset->mixed), "%.*s (both within %c)",
				 (int)sizeof(dataset->mixed) - 20, differs, "AB"[side]);
}

/* ---- rows ---- */

static struct dataset_row *row_append(struct dataset *dataset)
{
	if (dataset->n_rows == dataset->rows_capacity) {
		size_t capacity = dataset->rows_capacity ? 2 * dataset->rows_capacity : 256;
		struct dataset_row *rows = realloc(dataset->rows, capacity * sizeof(*rows));

		if (!rows)
			return NULL;
		dataset->rows = rows;
		dataset->rows_capacity = capacity;
	}
	return &dataset->rows[dataset->n_rows];
}

int dataset_add(struct dataset *dataset, const struct result *result, int side)
{
	int64_t cell = cell_intern(dataset, result);
	int64_t run = interner_add(&dataset->runs, result->run_id, strlen(result->run_id));
	int64_t pair = DATASET_NO_PAIR;
	struct dataset_row *row = row_append(dataset);

	if (*result->pair_id && !dataset->by_file) {
		pair = interner_add(&dataset->pairs, result->pair_id, strlen(result->pair_id));
		if (strcmp(result->side, "A") && strcmp(result->side, "B"))
			return -EINVAL;
		side = result->side[0] == 'B';
	}
	if (!row || cell < 0 || run < 0 || pair < 0)
		return -ENOMEM;
	*row = (struct dataset_row){
		.cell = (uint32_t)cell,
		.pair = (uint32_t)pair,
		.run = (uint32_t)run,
		.side = (uint8_t)side,
		.ok = result->status == RESULT_OK,
		.failed = result->status != RESULT_OK && result->status != RESULT_UNSUPPORTED &&
				  result->status != RESULT_LIMITED,
	};
	for (size_t m = 0; m < n_metrics; m++)
		row->values[m] = metric_value(&metrics[m], result);
	dataset->n_rows++;
	if (result->status == RESULT_OK) /* a trial that never began knows no host */
		host_note(dataset, side, result);
	return 0;
}

static int rows_read(struct dataset *dataset, struct csv_reader *reader, int side,
					 struct csv_error *error)
{
	struct result result;
	int status;

	result_init(&result);
	while ((status = csv_reader_next(reader, &result, error)) > 0) {
		status = dataset_add(dataset, &result, side);
		if (status == 0)
			continue;
		*error = (struct csv_error){.line = reader->line};
		if (status == -EINVAL)
			snprintf(error->message, sizeof(error->message),
					 "side: '%s' is neither A nor B, in a row with a pair_id", result.side);
		else
			snprintf(error->message, sizeof(error->message), "%s", strerror(-status));
		return status;
	}
	return status;
}

int dataset_read(struct dataset *dataset, const char *path, int side, bool partial,
				 char error[DATASET_ERROR_MAX])
{
	struct csv_reader reader;
	struct csv_error where;
	int status = csv_reader_open(&reader, path, &where);

	if (status == 0) {
		reader.allow_partial = partial;
		status = rows_read(dataset, &reader, side, &where);
		csv_reader_close(&reader);
	}
	if (status < 0)
		csv_error_text(&where, path, error, DATASET_ERROR_MAX);
	return status;
}

void dataset_release(struct dataset *dataset)
{
	for (uint32_t i = 0; i < dataset->keys.n; i++)
		free(dataset->cells[i].workload);
	free(dataset->cells);
	free(dataset->rows);
	interner_release(&dataset->keys);
	interner_release(&dataset->pairs);
	interner_release(&dataset->runs);
	*dataset = (struct dataset){0};
}
