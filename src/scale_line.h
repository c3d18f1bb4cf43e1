// SPDX-License-Identifier: MIT
/*
 * One cost of one series, fitted: what the verb `scale` has to say, before it is put into words.
 *
 * Only sizes with a figure above 0 count. Context switches are not fitted where there are fewer
 * than one in a hundred operations, at the largest size of a round and else at every size: these
 * are the machine's, not the model's.
 */
#ifndef CONCBENCH_SCALE_LINE_H
#define CONCBENCH_SCALE_LINE_H

#include "growth.h"
#include "scale_data.h"

struct scale_line {
	const char *name, *unit; /* of the cost */
	bool sums;               /* of N operations or tasks, otherwise of one */
	size_t n, n_good;        /* sizes with a figure above 0, of those with good trials */
	bool negligible;
	struct growth growth; /* not fitted when negligible, or too few */
	double first, first_cost, last, last_cost;
	double leaves_at; /* NAN: it does not */
};

/* Where a series ends, and why. */
struct scale_stop {
	double last; /* the largest size with good trials; NAN: none */
	const struct scale_size
		*first; /* the smallest size beyond, none of whose trials is good, or NULL */
};

/* 0 or -ENOMEM. */
int scale_line_find(const struct scale_series *series, enum scale_cost cost,
					struct scale_line *line);

struct scale_stop scale_stop_find(const struct scale_series *series);

#endif
