// SPDX-License-Identifier: MIT
/*
 * Small robust statistics over repetitions. Every function that says "sorted" wants its values in
 * ascending order (stats_sort), none of them NaN; without values the answer is NAN.
 */
#ifndef CONCBENCH_STATS_H
#define CONCBENCH_STATS_H

#include <stddef.h>

/* Sorts in place, ascending. */
void stats_sort(double *values, size_t n);

/*
 * The quantile `q` (0..1) by linear interpolation between the two nearest ranks (Hyndman and Fan's
 * type 7, what R and NumPy do by default).
 */
double stats_quantile(const double *sorted, size_t n, double q);

double stats_median(const double *sorted, size_t n);

/* Half the interquartile range over the median: 0.02 reads as +-2 %. NAN for fewer than 2 values.
 */
double stats_spread(const double *sorted, size_t n);

/*
 * The Hodges-Lehmann estimate of the centre: the median of the n (n + 1) / 2 means of all pairs, a
 * value paired with itself included. `scratch` has room for that many. Any order.
 */
double stats_hodges_lehmann(const double *values, size_t n, double *scratch);

/*
 * Student's t with `df` (>= 1) degrees of freedom: 95 % of the distribution lie within -t .. +t.
 * From the finite series for whole degrees of freedom, Abramowitz and Stegun 26.7.3 and 26.7.4.
 */
double stats_t95(size_t df);

#endif
