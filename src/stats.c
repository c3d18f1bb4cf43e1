// SPDX-License-Identifier: MIT
/*
 * Small robust statistics over repetitions.
 */
#include "stats.h"

#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

void stats_sort(double *values, size_t n)
{
	if (n > 1)
		qsort(values, n, sizeof(*values), compare_doubles);
}

double stats_quantile(const double *sorted, size_t n, double q)
{
	if (n == 0)
		return NAN;

	double rank = q * (double)(n - 1);
	size_t below = (size_t)rank;
	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] + (rank - (double)below) * (sorted[below + 1] - sorted[below]);
}

double stats_median(const double *sorted, size_t n)
{
	return stats_quantile(sorted, n, 0.5);
}

double stats_spread(const double *sorted, size_t n)
{
	if (n < 2)
		return NAN;
	double range = stats_quantile(sorted, n, 0.75) - stats_quantile(sorted, n, 0.25);
	return range / 2 / stats_median(sorted, n);
}

double stats_hodges_lehmann(const double *values, size_t n, double *scratch)
{
	size_t n_means = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++)
			scratch[n_means++] = (values[i] + values[j]) / 2;
	stats_sort(scratch, n_means);
	return stats_median(scratch, n_means);
}

/* The share of Student's distribution within -t .. +t, where t = sqrt(df) tan(angle). */
static double t_share(size_t df, double angle)
{
	const double square = cos(angle) * cos(angle);
	double term = df % 2 ? cos(angle) : 1;
	double sum = 0;

	for (size_t i = df % 2 ? 3 : 2; i <= df; i += 2) {
		sum += term;
		term *= square * (double)(i - 1) / (double)i;
	}
	return df % 2 ? 2 / M_PI * (angle + sin(angle) * sum) : sin(angle) * sum;
}

double stats_t95(size_t df)
{
	double low = 0;
	double high = M_PI / 2;

	/* Each step halves the interval: 60 of them leave nothing of it. */
	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (t_share(df, middle) < 0.95)
			low = middle;
		else
			high = middle;
	}
	return sqrt((double)df) * tan(low);
}
