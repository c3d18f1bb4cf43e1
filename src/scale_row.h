// SPDX-License-Identifier: MIT
/*
 * One row of results as `scale` sees it: its N, what its trial cost, and how these are read from
 * the columns.
 */
#ifndef CONCBENCH_SCALE_ROW_H
#define CONCBENCH_SCALE_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "result.h"
#include "scale_data.h"
#include "word.h"
#include "workload.h"

struct scale_row {
	uint32_t series;
	double size;
	enum result_status status;
	const char *reason;
	bool noisy;
	bool of_round, of_tasks; /* its rounds are of N operations, it has N tasks */
	double least_ns;
	double beyond; /* the elapsed time of an operation without its share of least_ns */
	double costs[SCALE_COSTS];
	double alive;
};

/*
 * Fills in what follows from the columns once the row's size is set. `workload` is NULL for one
 * that this build does not know.
 */
void scale_row_measure(struct scale_row *row, const struct result *result,
					   const struct workload *workload);

/* The value of a parameter in "k=v;k=v"; false if it is not there. */
bool scale_params_find(const char *params, const char *name, struct word *value);

/* The same text without that parameter, in buf[RESULT_PARAMS_MAX]. */
char *scale_params_without(const char *params, const char *name, char *buf);

#endif
