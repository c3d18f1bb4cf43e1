// SPDX-License-Identifier: MIT
/*
 * The statistic of one series. See gate.h for the formulas and gate_stat.h for the contract.
 */
#include "gate_stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_A_MAX = GATE_SLOTS_MAX / 2, HALVINGS_MAX = 200 };

/* How exactly the estimate of a log ratio is found: far below what any report shows. */
#define ESTIMATE_ERROR 1e-8

/* Of so many sums the two in the middle are the same for every purpose. */
#define SUMS_MANY 10000

static uint32_t fold(uint32_t slot, uint32_t n, uint32_t max)
{
	return n <= max ? slot : (uint32_t)((uint64_t)slot * max / n);
}

uint32_t gate_slots_a(const struct gate_design *design)
{
	if (!design->unpaired)
		return 0;
	return design->n_slots_a < SLOTS_A_MAX ? design->n_slots_a : SLOTS_A_MAX;
}

uint32_t gate_slots(const struct gate_design *design)
{
	uint32_t rest = design->n_slots - (design->unpaired ? design->n_slots_a : 0);
	uint32_t max = design->unpaired ? SLOTS_A_MAX : GATE_SLOTS_MAX;

	return gate_slots_a(design) + (rest < max ? rest : max);
}

uint32_t gate_slot_fold(const struct gate_design *design, uint32_t slot)
{
	if (!design->unpaired)
		return fold(slot, design->n_slots, GATE_SLOTS_MAX);
	if (slot < design->n_slots_a)
		return fold(slot, design->n_slots_a, SLOTS_A_MAX);
	return gate_slots_a(design) +
		   fold(slot - design->n_slots_a, design->n_slots - design->n_slots_a, SLOTS_A_MAX);
}

uint32_t gate_count_a(const struct gate_design *design, const struct gate_series *series)
{
	uint32_t n_a = 0;

	if (!design->unpaired)
		return 0;
	for (uint32_t i = 0; i < series->n; i++)
		n_a += series->slots[i] < design->n_slots_a;
	return n_a;
}

static void swap(double *a, double *b)
{
	double kept = *a;

	*a = *b;
	*b = kept;
}

/*
 * Puts the k-th smallest value at values[k], none larger before it (Hoare's quickselect). Each
 * pass narrows low..high; the middle element as pivot keeps sorted input fast.
 */
static double select_kth(double *values, uint32_t n, uint32_t k)
{
	int64_t low = 0;
	int64_t high = (int64_t)n - 1;

	while (low < high) {
		double pivot = values[(low + high) / 2];
		int64_t i = low;
		int64_t j = high;

		while (i <= j) {
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i <= j)
				swap(&values[i++], &values[j--]);
		}
		if (k <= j)
			high = j;
		else if (k >= i)
			low = i;
		else
			break;
	}
	return values[k];
}

double gate_median(double *values, uint32_t n)
{
	double upper;
	double lower;

	if (n == 0)
		return NAN;
	upper = select_kth(values, n, n / 2);
	if (n % 2 == 1)
		return upper;
	lower = values[0];
	for (uint32_t i = 1; i < n / 2; i++)
		lower = fmax(lower, values[i]);
	return (lower + upper) / 2;
}

/* The first half of `scratch` becomes psi: shifted by delta, centred when unpaired, clipped. */
static void psi_fill(const struct gate_design *design, const struct gate_series *series,
					 double delta, double *scratch)
{
	uint32_t n = series->n;
	double *psi = scratch;
	double *sorted = scratch + n;
	double bound;

	for (uint32_t i = 0; i < n; i++) {
		bool shifts = !design->unpaired || series->slots[i] >= design->n_slots_a;

		psi[i] = series->values[i] - (shifts ? delta : 0);
	}
	if (design->unpaired) {
		double centre;

		memcpy(sorted, psi, n * sizeof(*psi));
		centre = gate_median(sorted, n);
		for (uint32_t i = 0; i < n; i++)
			psi[i] -= centre;
	}
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = fabs(psi[i]);
	bound = 3 * gate_median(sorted, n);
	if (!(bound > 0))
		return; /* most values agree exactly: there is no scale to clip by */
	for (uint32_t i = 0; i < n; i++)
		psi[i] = fmax(-bound, fmin(bound, psi[i]));
}

static double root_mean_square(const double *psi, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += psi[i] * psi[i];
	return n > 0 ? sqrt(sum / n) : 0;
}

double gate_scale(const struct gate_design *design, const struct gate_series *series, double delta,
				  double *scratch)
{
	psi_fill(design, series, delta, scratch);
	return root_mean_square(scratch, series->n);
}

double gate_root(const struct gate_design *design, const struct gate_series *series)
{
	double n_a = gate_count_a(design, series);
	double n_b = series->n - n_a;

	if (!design->unpaired)
		return sqrt(series->n);
	return n_a > 0 && n_b > 0 ? sqrt(n_a * n_b / (n_a + n_b)) : 0;
}

double gate_weigh(const struct gate_design *design, const struct gate_series *series, double delta,
				  double q0, double direction, double *scratch, struct gate_weights *weights)
{
	double q = gate_scale(design, series, delta, scratch);
	double scale = sqrt(q * q + q0 * q0 / 4);
	double n_a = gate_count_a(design, series);
	double n_b = series->n - n_a;
	double unit = scale > 0 ? direction * gate_root(design, series) / scale : 0;
	double t = 0;
	double picked; /* what a value adds to T when its slot is picked */
	double resting;

	memset(weights, 0, sizeof(*weights));
	if (unit == 0)
		return 0;
	resting = design->unpaired ? -unit / n_a : unit / n_b;
	picked = design->unpaired ? unit / n_b : -unit / n_b;
	for (uint32_t i = 0; i < series->n; i++) {
		uint32_t slot = series->slots[i];
		bool is_picked = design->unpaired && slot >= design->n_slots_a;

		weights->offset += resting * scratch[i];
		weights->weight[gate_slot_fold(design, slot)] += (picked - resting) * scratch[i];
		t += (is_picked ? picked : resting) * scratch[i];
	}
	for (uint32_t slot = 0; slot < GATE_SLOTS_MAX; slot++)
		weights->variance += weights->weight[slot] * weights->weight[slot] / 4;
	return t;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

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
 * The k-th smallest sum (k from 1), by halving an interval that holds it until nothing is left of
 * it: O(n) a step, where listing all n^2 sums would not do for long series.
 */
static double sums_kth(const struct sums *sums, uint64_t k)
{
	double low = sums->p[0] + sums->r[0];
	double high = sums->p[sums->n - 1] + sums->r[sums->m - 1];

	if (sums_rank(sums, low) >= k)
		return low;
	for (int i = 0; i < HALVINGS_MAX; i++) {
		double middle = low + (high - low) / 2;

		if (high - low < ESTIMATE_ERROR || middle <= low || middle >= high)
			break;
		if (sums_rank(sums, middle) >= k)
			high = middle;
		else
			low = middle;
	}
	return low + (high - low) / 2;
}

static double sums_median(const struct sums *sums)
{
	uint64_t n_sums =
		sums->triangle ? (uint64_t)sums->n * (sums->n + 1) / 2 : (uint64_t)sums->n * sums->m;
	double upper = sums_kth(sums, n_sums / 2 + 1);

	if (n_sums % 2 == 1 || n_sums > SUMS_MANY)
		return upper;
	return (sums_kth(sums, n_sums / 2) + upper) / 2;
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
	qsort(a, n_a, sizeof(*a), compare_doubles);
	qsort(b, n_b, sizeof(*b), compare_doubles);
	if (design->unpaired)
		return sums_median(&(struct sums){.p = a, .n = n_a, .r = b, .m = n_b});
	return sums_median(&(struct sums){.p = b, .n = n_b, .r = b, .m = n_b, .triangle = true}) / 2;
}
