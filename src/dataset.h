// SPDX-License-Identifier: MIT
/*
 * The rows of one or two files, kept as small as a comparison needs them: texts that repeat are
 * stored once, figures as one number a metric. A million rows take about 100 MB; as struct result
 * they would take 4 GB.
 *
 *   cells[]   workload, version, backend, variant, params: the key that rows are compared by
 *   rows[]    -> cell, pair, run, and the metrics' values
 */
#ifndef CONCBENCH_DATASET_H
#define CONCBENCH_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "interner.h"
#include "metrics.h"
#include "result.h"

enum { DATASET_NO_PAIR = UINT32_MAX, DATASET_SIDES = 2, DATASET_ERROR_MAX = 512 };

struct dataset_cell {
	char *workload, *backend, *variant, *params; /* in one allocation, at `workload` */
	int64_t version;
};

struct dataset_row {
	uint32_t cell;
	uint32_t pair;              /* number in `pairs`, or DATASET_NO_PAIR */
	uint32_t run;               /* number in `runs` */
	uint8_t side;               /* 0 is A (the base), 1 is B */
	bool ok;                    /* its receipt holds; otherwise its figures are not to be used */
	bool failed;                /* not ok, although the machine could have run it */
	double values[METRICS_MAX]; /* in the order of `metrics`; NAN: not measured */
};

/* What has to agree for figures to be comparable, from the first good row of a side. */
struct dataset_host {
	bool known;
	char host_id[32];
	char cpu_model[128];
	char cpus[24];
	char kernel[128];
	char governor[32];
};

struct dataset {
	struct interner keys, pairs, runs;
	struct dataset_cell *cells; /* as many as `keys` */
	uint32_t cells_capacity;
	struct dataset_row *rows;
	size_t n_rows, rows_capacity;
	struct dataset_host hosts[DATASET_SIDES];
	char mixed[DATASET_ERROR_MAX]; /* set when one side itself comes from two hosts */
	bool by_file; /* set by the caller: pairs are ignored, a row's side is that of its file */
};

/*
 * Adds a row to a side (0 or 1). A row with a pair_id goes by its own `side` column instead, unless
 * `by_file` is set.
 * Returns 0, -ENOMEM, or -EINVAL where `side` is neither A nor B.
 */
int dataset_add(struct dataset *dataset, const struct result *result, int side);

/*
 * Adds all rows of a file ("-": standard input). `partial`: a file that was cut short is taken as
 * far as it goes. Returns 0, or -errno with one line in *error.
 */
int dataset_read(struct dataset *dataset, const char *path, int side, bool partial,
				 char error[DATASET_ERROR_MAX]);

void dataset_release(struct dataset *dataset);

/* "workload backend params", with the variant's options where it has any, in buf. */
char *dataset_cell_text(const struct dataset_cell *cell, char *buf, size_t size);

/*
 * Writes "FIELD: X in A, Y in B" for the first field in which two hosts differ; false if none.
 */
bool dataset_hosts_differ(const struct dataset_host *a, const struct dataset_host *b,
						  char error[DATASET_ERROR_MAX]);

#endif
