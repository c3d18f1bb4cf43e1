// SPDX-License-Identifier: MIT
/*
 * What the gate looks at in a row: one table, a row a metric, and the rules by which a user moves
 * margins or decides what gates.
 *
 * The estimate of a change is a log ratio that is positive for the worse, so every metric reads
 * the same way round: throughput that falls from 110 to 100 is "slower by 10 %".
 */
#ifndef CONCBENCH_METRICS_H
#define CONCBENCH_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "result.h"

enum { METRIC_TAIL_SAMPLES = 30, METRIC_ERROR_MAX = 256, METRICS_MAX = 8 };

struct metric {
	const char *name;   /* in reports and in options */
	const char *column; /* of the CSV */
	const char *unit;
	const char *worse, *better; /* "slower by 5 %", "faster by 5 %" */
	bool higher_is_better;
	bool gates;          /* by default; otherwise advisory */
	double margin;       /* by default; 0.05: worse by 5 % matters */
	double share_beyond; /* of the samples, for a percentile; 0: no percentile */
	size_t offset;       /* in struct result */
	bool is_integer;     /* int64_t there, else double */
};

extern const struct metric metrics[];
extern const size_t n_metrics; /* at most METRICS_MAX */

/* The metric of that name, or NULL. */
const struct metric *metric_find(const char *name);

/*
 * A row's figure. NAN where it was not measured, is not above zero (it has no logarithm), or is a
 * percentile with fewer than METRIC_TAIL_SAMPLES samples beyond it.
 */
double metric_value(const struct metric *metric, const struct result *result);

/* +1 where lower is better, -1 where higher is. */
double metric_sign(const struct metric *metric);

/* ---- rules ---- */

/* For cells that match, sets what is not NAN or negative. Empty texts and NULL match all. */
struct metric_rule {
	char workload[64];
	char backend[64];
	char params[RESULT_PARAMS_MAX]; /* "k=v;k=v": each of them is among the cell's */
	const struct metric *metric;
	double margin;
	int gates; /* 1, 0, or -1: as it is */
};

struct metric_rules {
	struct metric_rule *rules; /* the last one that matches has its way */
	size_t n;
};

/* A rule for all cells from "METRIC=PERCENT". 0, -ENOMEM, or -EINVAL with *error filled in. */
int metric_rules_add(struct metric_rules *rules, const char *text, char error[METRIC_ERROR_MAX]);

/*
 * Adds the rules of a CSV file with the columns workload, backend, params, metric, margin_pct and
 * gate (yes, no), in any order; an empty field or `*` is any. No quotes: no field needs a comma.
 * Returns 0 or -errno (-EBADMSG: malformed), with "FILE:LINE: ..." in *error.
 */
int metric_rules_read(struct metric_rules *rules, const char *path, char error[METRIC_ERROR_MAX]);

void metric_rules_release(struct metric_rules *rules);

struct metric_policy {
	double margin;
	bool gates;
};

/* What holds for one metric of one cell. */
struct metric_policy metric_policy(const struct metric_rules *rules, const struct metric *metric,
								   const char *workload, const char *backend, const char *params);

#endif
