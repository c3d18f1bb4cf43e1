// SPDX-License-Identifier: MIT
/*
 * What a file of results says of growth: its rows as series, one for each workload, backend variant
 * and set of the other parameters, and in each what the trials cost at every size.
 *
 *   series[]   workload, backend, variant, params without the swept one
 *     sizes[]  ascending: the size N, how many trials were good, the median of each cost
 *
 * The median of the repetitions is taken, because one disturbed trial must not tilt a line.
 */
#ifndef CONCBENCH_SCALE_DATA_H
#define CONCBENCH_SCALE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataset.h"
#include "param.h"
#include "result.h"

enum scale_cost {
	/* Of the operations of a round, or of one operation: see `of_round`. */
	SCALE_TIME, /* elapsed */
	SCALE_CPU,
	SCALE_SWITCHES, /* context switches */
	/* Of all tasks, or of one task: see `of_tasks`. */
	SCALE_SPAWN,
	SCALE_DRAIN,
	SCALE_MEMORY,
	SCALE_COSTS,
};

/* The others, those that are not ok, at one size. */
struct scale_other {
	uint32_t n;
	enum result_status status; /* the worst of them, and why */
	const char *reason;
};

struct scale_size {
	double size;
	uint32_t n_ok, n_noisy; /* trials that hold, and how many of these were noisy */
	struct scale_other other;
	double costs[SCALE_COSTS]; /* NAN: not measured */
	double alive;              /* tasks alive at once; NAN: not known */
};

struct scale_series {
	const char *workload, *backend, *variant;
	const char *others; /* the params without the swept one */
	int64_t version;
	const char *by;          /* the swept parameter */
	enum param_kind by_kind; /* how its values are written */
	/*
	 * A round consists of N operations (N tasks that sleep), so what it costs grows with N, and
	 * costs are those of a round. Otherwise N is how many share the work, and they are those of
	 * one operation.
	 */
	bool of_round;
	bool of_tasks; /* there are N tasks; their costs are those of all. Otherwise of one */
	/* The least that a round takes, mostly sleeping; not part of its SCALE_TIME. 0: none. */
	double least_ns;
	struct scale_size *sizes;
	size_t n_sizes;
};

struct scale_row;

struct scale_data {
	struct scale_series *series; /* sorted by workload, other parameters, backend */
	size_t n_series;
	struct interner unscaled; /* workloads left out: no parameter is known to be their N */
	uint32_t n_zero;          /* rows left out: N is 0, which has no logarithm */
	/* Private. */
	struct dataset dataset;      /* cells and hosts */
	struct interner keys, texts; /* of the series; of reasons and parameters */
	struct scale_row *rows;
	size_t n_rows, rows_capacity;
};

/*
 * Reads a file ("-": standard input) into series by the parameter `by`, or by each workload's main
 * one when `by` is NULL. Returns 0, or -errno with one line in *error. Release it in any case.
 */
int scale_data_read(struct scale_data *data, const char *path, const char *by, bool partial,
					char error[DATASET_ERROR_MAX]);

void scale_data_release(struct scale_data *data);

/* Whether a cost of the series is one of N things together. */
bool scale_series_sums(const struct scale_series *series, enum scale_cost cost);

#endif
