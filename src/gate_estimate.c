// SPDX-License-Identifier: MIT
/* The median of very many sums without making them; see gate_estimate.h. */
#include "gate_estimate.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gate_stat.h"
#include "stats.h"

/* How exactly the estimate of a log ratio is found: far below what any report shows. */
#define ESTIMATE_ERROR 1e-8

/* Of so many sums the two in the middle are the same for every purpose. */
#define SUMS_MANY 10000

enum { STEPS_MAX = 300 };

/* ---- sorting ---- */

enum {
	DIGIT_BITS = 8,
	DIGITS = 64 / DIGIT_BITS,
	DIGIT_MASK = (1 << DIGIT_BITS) - 1,
	RADIX_MIN = 256
};

/*
 * A double's bits as a number that is ordered as the doubles are: those below zero turned over, the
 * others put above them.
 */
static uint64_t order_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits ^ (bits >> 63 ? UINT64_MAX : UINT64_C(1) << 63);
}

/* Ascending, by radix: digit after digit from the lowest, each pass keeping the order before it. */
static void sort_by_radix(double *values, uint32_t n, double *spare)
{
	uint32_t starts[DIGITS][1 << DIGIT_BITS] = {{0}};

	for (uint32_t i = 0; i < n; i++) {
		uint64_t order = order_of(values[i]);

		for (int digit = 0; digit < DIGITS; digit++)
			starts[digit][order >> (digit * DIGIT_BITS) & DIGIT_MASK]++;
	}
	for (int digit = 0; digit < DIGITS; digit++) {
		double *from = digit % 2 == 0 ? values : spare;
		double *to = digit % 2 == 0 ? spare : values;
		uint32_t start = 0;

		for (uint32_t i = 0; i <= DIGIT_MASK; i++) {
			uint32_t count = starts[digit][i];

			starts[digit][i] = start;
			start += count;
		}
		for (uint32_t i = 0; i < n; i++) {
			uint64_t order = order_of(from[i]) >> (digit * DIGIT_BITS);

			to[starts[digit][order & DIGIT_MASK]++] = from[i];
		}
	}
}

/* Ascending. The thousands of values of a large file are sorted three times as fast by radix. */
static void sort_values(double *values, uint32_t n, double *spare)
{
	if (n < RADIX_MIN)
		stats_sort(values, n);
	else
		sort_by_radix(values, n, spare);
}

/* ---- sums ---- */

/* Two lists, ascending, whose sums p[i] + r[j] are ranked: all of them, or those with i <= j. */
struct sums {
	const double *p, *r;
	uint32_t n, m;
	bool triangle; /* r is p */
};

/* How many sums are at most x. One walk along the border between those that are and are not. */
static uint64_t sums_rank(const struct sums *sums, double x)
{
	uint64_t count = 0;
	uint32_t i = 0;
	uint32_t j = sums->m; /* p[i] + r[j - 1] is what is looked at */

	while (i < sums->n && j > (sums->triangle ? i : 0)) {
		if (sums->p[i] + sums->r[j - 1] > x) {
			j--;
			continue;
		}
		count += sums->triangle ? j - i : j;
		i++;
	}
	return count;
}

/*
 * The k-th smallest sum (k from 1), by narrowing an interval that holds it until nothing is left of
 * it: O(n) a step, where listing all n^2 sums would not do for long series. The rank is nearly a
 * straight line over a short interval, so the next point is where that line would be k; an end that
 * stays twice counts half (the Illinois rule), and every third step halves the interval whatever
 * the ranks are, which bounds their number.
 */
static double sums_kth(const struct sums *sums, uint64_t n_sums, uint64_t k)
{
	double low = sums->p[0] + sums->r[0];
	double high = sums->p[sums->n - 1] + sums->r[sums->m - 1];
	double below = (double)sums_rank(sums, low) - ((double)k - 0.5);
	double above = (double)n_sums - ((double)k - 0.5);
	int stayed = 0; /* > 0: the low end, < 0: the high end */

	if (below > 0)
		return low;
	for (int i = 0; i < STEPS_MAX; i++) {
		double share = i % 3 == 2 ? 0.5 : below / (below - above);
		double middle = low + (high - low) * share;
		double excess;

		if (high - low < ESTIMATE_ERROR || middle <= low || middle >= high)
			break;
		excess = (double)sums_rank(sums, middle) - ((double)k - 0.5);
		if (excess > 0) {
			high = middle;
			above = excess;
			stayed = stayed > 0 ? stayed : 0;
			below /= ++stayed > 1 ? 2 : 1;
		} else {
			low = middle;
			below = excess;
			stayed = stayed < 0 ? stayed : 0;
			above /= --stayed < -1 ? 2 : 1;
		}
	}
	return low + (high - low) / 2;
}

static double sums_median(const struct sums *sums)
{
	uint64_t n_sums =
		sums->triangle ? (uint64_t)sums->n * (sums->n + 1) / 2 : (uint64_t)sums->n * sums->m;
	double upper = sums_kth(sums, n_sums, n_sums / 2 + 1);

	if (n_sums % 2 == 1 || n_sums > SUMS_MANY)
		return upper;
	return (sums_kth(sums, n_sums, n_sums / 2) + upper) / 2;
}

double gate_hodges_lehmann(const struct gate_design *design, const struct gate_series *series,
						   double *scratch)
{
	uint32_t n_a = gate_count_a(design, series);
	uint32_t n_b = series->n - n_a;
	double *a = scratch;
	double *b = scratch + n_a;
	uint32_t at_a = 0;
	uint32_t at_b = 0;

	if (n_b == 0 || (design->unpaired && n_a == 0))
		return NAN;
	for (uint32_t i = 0; i < series->n; i++) {
		if (design->unpaired && series->slots[i] < design->n_slots_a)
			a[at_a++] = -series->values[i];
		else
			b[at_b++] = series->values[i];
	}
	sort_values(a, n_a, scratch + series->n);
	sort_values(b, n_b, scratch + series->n);
	if (design->unpaired)
		return sums_median(&(struct sums){.p = a, .n = n_a, .r = b, .m = n_b});
	return sums_median(&(struct sums){.p = b, .n = n_b, .r = b, .m = n_b, .triangle = true}) / 2;
}
