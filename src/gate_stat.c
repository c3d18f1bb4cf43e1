// SPDX-License-Identifier: MIT
/*
 * The statistic of one series. See gate.h for the formulas and gate_stat.h for the contract.
 */
#include "gate_stat.h"

#include <math.h>
#include <string.h>

enum { SLOTS_A_MAX = GATE_SLOTS_MAX / 2 };

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

/* Puts those of values[low..high) first that are below the bound, or at it where `with_equal`. */
static uint32_t partition(double *values, uint32_t low, uint32_t high, double bound,
						  bool with_equal)
{
	uint32_t end = low;

	/* Without a branch on the values: which way they go cannot be predicted. */
	for (uint32_t i = low; i < high; i++) {
		double value = values[i];

		values[i] = values[end];
		values[end] = value;
		end += with_equal ? value <= bound : value < bound;
	}
	return end;
}

static double median_of_3(double a, double b, double c)
{
	double low = a < b ? a : b;
	double high = a < b ? b : a;

	if (c < low)
		return low;
	return c > high ? high : c;
}

/*
 * Puts the k-th smallest value at values[k], none larger before it (quickselect; values that equal
 * the pivot are set apart, because many may). Each pass narrows low..high.
 */
static double select_kth(double *values, uint32_t n, uint32_t k)
{
	uint32_t low = 0;
	uint32_t high = n;

	while (high - low > 1) {
		double pivot = median_of_3(values[low], values[low + (high - low) / 2], values[high - 1]);
		uint32_t equal = partition(values, low, high, pivot, false);
		uint32_t above;

		if (k < equal) {
			high = equal;
			continue;
		}
		above = partition(values, equal, high, pivot, true);
		if (k < above)
			break;
		low = above;
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
		lower = values[i] > lower ? values[i] : lower;
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
	for (uint32_t i = 0; i < n; i++) {
		double most = psi[i] < bound ? psi[i] : bound;

		psi[i] = most > -bound ? most : -bound;
	}
}

static double root_mean_square(const double *psi, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += psi[i] * psi[i];
	return n > 0 ? sqrt(sum / n) : 0;
}

double gate_root(const struct gate_design *design, const struct gate_series *series)
{
	double n_a = gate_count_a(design, series);
	double n_b = series->n - n_a;

	if (!design->unpaired)
		return sqrt(series->n);
	return n_a > 0 && n_b > 0 ? sqrt(n_a * n_b / (n_a + n_b)) : 0;
}

void gate_sum(const struct gate_design *design, const struct gate_series *series, double delta,
			  double *scratch, struct gate_sums *sums)
{
	double n_a = gate_count_a(design, series);
	double n_b = series->n - n_a;
	double root = gate_root(design, series);
	double resting = 0; /* what a value adds to T when its slot is not picked, */
	double picked = 0;  /* and when it is */

	psi_fill(design, series, delta, scratch);
	*sums = (struct gate_sums){.q = root_mean_square(scratch, series->n)};
	if (root > 0) {
		resting = design->unpaired ? -root / n_a : root / n_b;
		picked = design->unpaired ? root / n_b : -root / n_b;
	}
	for (uint32_t i = 0; i < series->n; i++) {
		uint32_t slot = series->slots[i];
		bool is_picked = design->unpaired && slot >= design->n_slots_a;

		sums->offset += resting * scratch[i];
		sums->slot[gate_slot_fold(design, slot)] += (picked - resting) * scratch[i];
		sums->t += (is_picked ? picked : resting) * scratch[i];
	}
}

double gate_weigh(const struct gate_sums *sums, double q0, double direction,
				  struct gate_weights *weights)
{
	double scale = sqrt(sums->q * sums->q + q0 * q0 / 4);
	double unit = scale > 0 ? direction / scale : 0;

	*weights = (struct gate_weights){.offset = unit * sums->offset};
	for (uint32_t slot = 0; slot < GATE_SLOTS_MAX; slot++) {
		weights->weight[slot] = unit * sums->slot[slot];
		weights->variance += weights->weight[slot] * weights->weight[slot] / 4;
	}
	return unit * sums->t;
}
