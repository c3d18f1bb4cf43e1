// SPDX-License-Identifier: MIT
/*
 * A histogram as a bar chart in plain ASCII, 80 columns wide, for example:
 *
 *     1.02 us |####################                    |          41
 *     1.29 us |########################################|        9532  p50 p90
 *     1.64 us |##############################          |         427  p99
 *
 * Both scales are logarithmic: a row spans as many times its lowest value as any other row, which
 * stands before it; and a bar grows with the logarithm of the count behind it, because a tail of
 * ten samples beside a body of a million is what one looks for.
 */
#ifndef CONCBENCH_HIST_CHART_H
#define CONCBENCH_HIST_CHART_H

#include <stddef.h>
#include <stdio.h>

#include "hist.h"

/* The percentiles that are marked in a chart, and whatever else is said of a histogram. */
struct hist_mark {
	const char *name; /* "p99.9" */
	double percent;
};

enum { HIST_MARKS = 5 };

extern const struct hist_mark hist_marks[HIST_MARKS];

/* Draws a histogram without overflow; nothing where there are no samples. */
void hist_chart_print(const struct hist *hist, FILE *out);

#endif
