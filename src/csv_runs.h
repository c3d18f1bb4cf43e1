// SPDX-License-Identifier: MIT
/*
 * Counts the rows of each run in a CSV file, so that a run that was cut short, or one that is in
 * the file twice, is noticed at its end. Rows may come in any order.
 */
#ifndef CONCBENCH_CSV_RUNS_H
#define CONCBENCH_CSV_RUNS_H

#include <stddef.h>
#include <stdint.h>

#include "csv_error.h"
#include "result.h"

struct csv_run;

/* Start with {0}. */
struct csv_runs {
	struct csv_run *parts; /* heap: rows of one run that follow each other, mostly all of it */
	size_t n_parts, capacity;
};

/* Counts a row, which stands in `line`. 0, -EBADMSG (seq beyond planned) or -ENOMEM. */
int csv_runs_add(struct csv_runs *runs, const struct result *row, int64_t line,
				 struct csv_error *error);

/*
 * At the end of the file: 0 if each run has the rows that it planned, -ENODATA if one has fewer or
 * there are no rows at all, -EBADMSG if one has more.
 */
int csv_runs_check(struct csv_runs *runs, struct csv_error *error);

void csv_runs_release(struct csv_runs *runs);

#endif
