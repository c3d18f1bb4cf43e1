// SPDX-License-Identifier: MIT
/*
 * From rows to series: which series a row belongs to, what its trial cost, medians by size.
 */
#include "scale_data.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_reader.h"
#include "scale_row.h"
#include "stats.h"
#include "sweep.h"
#include "word.h"

/* ---- the series of a row ---- */

static struct scale_row *row_append(struct scale_data *data)
{
	if (data->n_rows == data->rows_capacity) {
		size_t capacity = data->rows_capacity ? 2 * data->rows_capacity : 256;
		struct scale_row *rows = realloc(data->rows, capacity * sizeof(*rows));

		if (!rows)
			return NULL;
		data->rows = rows;
		data->rows_capacity = capacity;
	}
	return &data->rows[data->n_rows];
}

/* A text of our own that is there as long as `data`; NULL: no memory. */
static const char *text_keep(struct scale_data *data, const char *text)
{
	int64_t at = interner_add(&data->texts, text, strlen(text));

	return at < 0 ? NULL : data->texts.texts[at];
}

static int series_append(struct scale_data *data, const struct scale_series *series)
{
	size_t size = (data->n_series + 1) * sizeof(*data->series);
	struct scale_series *grown = realloc(data->series, size);

	if (!grown)
		return -ENOMEM;
	data->series = grown;
	data->series[data->n_series++] = *series;
	return 0;
}

/* The number of the series that a cell belongs to, or -ENOMEM. */
static int64_t series_intern(struct scale_data *data, const struct dataset_cell *cell,
							 const struct workload *workload, const char *by)
{
	char others[RESULT_PARAMS_MAX];
	char key[2 * RESULT_PARAMS_MAX];
	const struct param_row *row = workload ? param_find(workload->params, by, strlen(by)) : NULL;
	struct scale_series series = {
		.workload = cell->workload,
		.backend = cell->backend,
		.variant = cell->variant,
		.version = cell->version,
		.by_kind = row ? row->kind : PARAM_COUNT,
		.of_round = true,
		.of_tasks = true,
	};
	int64_t at;

	scale_params_without(cell->params, by, others);
	snprintf(key, sizeof(key), "%s\n%s\n%s\n%s\n%" PRId64, others, cell->variant, cell->backend,
			 cell->workload, cell->version);
	at = interner_add(&data->keys, key, strlen(key));
	if (at < 0 || at < (int64_t)data->n_series)
		return at;
	series.others = text_keep(data, others);
	series.by = text_keep(data, by);
	if (!series.others || !series.by || series_append(data, &series) < 0)
		return -ENOMEM;
	return at;
}

/* Takes the row in at its size. 0 or -ENOMEM. */
static int row_keep(struct scale_data *data, const struct result *result,
					const struct workload *workload, const char *by, double size)
{
	const struct dataset_row *known = &data->dataset.rows[data->dataset.n_rows - 1];
	struct scale_row *row = row_append(data);
	int64_t series = series_intern(data, &data->dataset.cells[known->cell], workload, by);
	const char *reason = text_keep(data, result->reason);

	if (!row || series < 0 || !reason)
		return -ENOMEM;
	*row = (struct scale_row){
		.series = (uint32_t)series,
		.size = size,
		.status = result->status,
		.reason = reason,
	};
	scale_row_measure(row, result, workload);
	if (row->status == RESULT_OK) {
		data->series[series].of_round &= row->of_round;
		data->series[series].of_tasks &= row->of_tasks;
	}
	data->n_rows++;
	return 0;
}

/* 0, also for a row that is left out, or -errno; *error is filled in for -EBADMSG. */
static int row_add(struct scale_data *data, const struct result *result, const char *by,
				   char *error)
{
	const struct workload *workload = workload_find(result->workload, strlen(result->workload));
	const struct param_row *swept = workload && !by ? sweep_param(workload) : NULL;
	struct word word;
	double size;
	char *end;

	if (swept)
		by = swept->name;
	if (dataset_add(&data->dataset, result, 0) < 0)
		return -ENOMEM;
	if (!by || !scale_params_find(result->params, by, &word)) {
		const char *name = result->workload;

		return interner_add(&data->unscaled, name, strlen(name)) < 0 ? -ENOMEM : 0;
	}
	size = strtod(word.text, &end);
	if (word.length == 0 || end != word.text + word.length || !isfinite(size) || size < 0) {
		snprintf(error, DATASET_ERROR_MAX, "%.64s=%.*s is no number to scale by", by,
				 (int)word.length, word.text);
		return -EBADMSG;
	}
	if (size > 0)
		return row_keep(data, result, workload, by, size);
	data->n_zero++;
	return 0;
}

/* ---- sizes ---- */

bool scale_series_sums(const struct scale_series *series, enum scale_cost cost)
{
	return cost < SCALE_SPAWN ? series->of_round : series->of_tasks;
}

static int row_compare(const void *left, const void *right)
{
	const struct scale_row *a = left;
	const struct scale_row *b = right;

	if (a->series != b->series)
		return a->series < b->series ? -1 : 1;
	return (a->size > b->size) - (a->size < b->size);
}

/* A row's cost as the series counts it. */
static double row_cost(const struct scale_series *series, const struct scale_row *row, int cost)
{
	double value = series->of_round && cost == SCALE_TIME ? row->beyond : row->costs[cost];

	return scale_series_sums(series, (enum scale_cost)cost) ? row->size * value : value;
}

/* The rows of one size, of which `scratch` has room for one cost. */
static void size_set(struct scale_series *series, struct scale_size *size,
					 const struct scale_row *rows, size_t n, double *scratch)
{
	*size = (struct scale_size){.size = rows->size, .alive = NAN};
	for (size_t i = 0; i < n; i++) {
		if (rows[i].status == RESULT_OK) {
			size->n_ok++;
			size->n_noisy += rows[i].noisy;
			size->alive = fmax(size->alive, rows[i].alive);
			series->least_ns = series->of_round ? rows[i].least_ns : 0;
			continue;
		}
		if (size->other.n++ == 0 || rows[i].status > size->other.status) {
			size->other.status = rows[i].status;
			size->other.reason = rows[i].reason;
		}
	}
	for (int cost = 0; cost < SCALE_COSTS; cost++) {
		size_t n_known = 0;

		for (size_t i = 0; i < n; i++) {
			double value = row_cost(series, &rows[i], cost);

			if (rows[i].status == RESULT_OK && !isnan(value))
				scratch[n_known++] = value;
		}
		stats_sort(scratch, n_known);
		size->costs[cost] = stats_median(scratch, n_known);
	}
}

/* How many rows from `first` on are of one size of one series. */
static size_t rows_alike(const struct scale_data *data, size_t first)
{
	size_t n = 1;

	while (first + n < data->n_rows && !row_compare(&data->rows[first], &data->rows[first + n]))
		n++;
	return n;
}

static int sizes_make(struct scale_data *data)
{
	double *scratch = calloc(data->n_rows, sizeof(*scratch));
	int status = scratch ? 0 : -ENOMEM;

	qsort(data->rows, data->n_rows, sizeof(*data->rows), row_compare);
	for (size_t i = 0, n; status == 0 && i < data->n_rows; i += n) {
		struct scale_series *series = &data->series[data->rows[i].series];
		size_t size = (series->n_sizes + 1) * sizeof(*series->sizes);
		struct scale_size *grown = realloc(series->sizes, size);

		n = rows_alike(data, i);
		if (!grown) {
			status = -ENOMEM;
			break;
		}
		series->sizes = grown;
		size_set(series, &series->sizes[series->n_sizes++], &data->rows[i], n, scratch);
	}
	free(scratch);
	return status;
}

static int series_compare(const void *left, const void *right)
{
	const struct scale_series *a = left;
	const struct scale_series *b = right;
	int order = strcmp(a->workload, b->workload);

	if (order == 0)
		order = (a->version > b->version) - (a->version < b->version);
	if (order == 0)
		order = strcmp(a->others, b->others);
	if (order == 0)
		order = strcmp(a->backend, b->backend);
	return order ? order : strcmp(a->variant, b->variant);
}

/* ---- a file ---- */

static int rows_read(struct scale_data *data, struct csv_reader *reader, const char *by,
					 struct csv_error *where, char *error)
{
	struct result result;
	int status;

	result_init(&result);
	while ((status = csv_reader_next(reader, &result, where)) > 0) {
		if (*result.pair_id)
			return csv_error_malformed(where, reader->line, "pair_id",
									   "rows of two builds; scale takes those of concbench run");
		status = row_add(data, &result, by, error);
		if (status == -EBADMSG)
			return csv_error_malformed(where, reader->line, "params", "%s", error);
		if (status < 0)
			return csv_error_system(where, status, "reading");
	}
	return status;
}

/* What was read has to be good for something. 0, or -EBADMSG with one line in *error. */
static int data_check(const struct scale_data *data, const char *path, const char *by, char *error)
{
	if (data->dataset.mixed[0])
		snprintf(error, DATASET_ERROR_MAX, "%.200s: rows of two hosts: %.250s", path,
				 data->dataset.mixed);
	else if (data->n_series == 0 && by)
		snprintf(error, DATASET_ERROR_MAX, "%.200s: --by: no row has a parameter '%.64s' above 0",
				 path, by);
	else if (data->n_series == 0)
		snprintf(error, DATASET_ERROR_MAX,
				 "%.200s: the main parameter of none of its workloads is known; see --by", path);
	else
		return 0;
	return -EBADMSG;
}

int scale_data_read(struct scale_data *data, const char *path, const char *by, bool partial,
					char error[DATASET_ERROR_MAX])
{
	struct csv_reader reader;
	struct csv_error where;
	int status = csv_reader_open(&reader, path, &where);

	if (status == 0) {
		reader.allow_partial = partial;
		status = rows_read(data, &reader, by, &where, error);
		csv_reader_close(&reader);
	}
	if (status < 0) {
		csv_error_text(&where, path, error, DATASET_ERROR_MAX);
		return status;
	}
	status = data_check(data, path, by, error);
	if (status == 0 && sizes_make(data) < 0) {
		snprintf(error, DATASET_ERROR_MAX, "%.200s: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	if (status == 0)
		qsort(data->series, data->n_series, sizeof(*data->series), series_compare);
	return status;
}

void scale_data_release(struct scale_data *data)
{
	for (size_t i = 0; i < data->n_series; i++)
		free(data->series[i].sizes);
	free(data->series);
	free(data->rows);
	interner_release(&data->unscaled);
	interner_release(&data->keys);
	interner_release(&data->texts);
	dataset_release(&data->dataset);
	*data = (struct scale_data){0};
}
