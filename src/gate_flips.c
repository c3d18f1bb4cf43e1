// SPDX-License-Identifier: MIT
/*
 * Sign flips and label permutations: which vectors there are, and T under all of them.
 */
#include "gate_flips.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "splitmix.h"

/* n over k, or `cap` + 1 where that is smaller. */
static uint64_t choose_capped(uint32_t n, uint32_t k, uint64_t cap)
{
	uint64_t count = 1;

	for (uint32_t i = 1; i <= k; i++) {
		count = count * (n - k + i) / i;
		if (count > cap)
			return cap + 1;
	}
	return count;
}

static void vector_store(struct gate_flips *flips, uint32_t f, uint64_t mask)
{
	for (uint32_t g = 0; g < flips->n_groups; g++)
		flips->index[g][f] =
			(uint16_t)((mask >> (g * flips->bits)) & ((UINT64_C(1) << flips->bits) - 1));
}

/* A random choice of `k` of `n` slots: each slot is taken with the chance that is left for it. */
static uint64_t labels_draw(uint64_t *random, uint32_t n, uint32_t k)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (splitmix_below(random, n - i) < k) {
			mask |= UINT64_C(1) << i;
			k--;
		}
	}
	return mask;
}

/* The next larger number with as many bits set (Gosper; HAKMEM item 175). */
static uint64_t labels_next(uint64_t mask)
{
	uint64_t lowest = mask & -mask;
	uint64_t ripple = mask + lowest;

	return ripple | (((mask ^ ripple) >> 2) / lowest);
}

static void labels_fill(struct gate_flips *flips, uint32_t n_b, uint64_t seed)
{
	uint64_t identity = ((UINT64_C(1) << n_b) - 1) << (flips->n_slots - n_b);
	uint64_t mask = (UINT64_C(1) << n_b) - 1;

	vector_store(flips, 0, identity);
	for (uint32_t f = 1; f < flips->n; f++) {
		/* The identity is the largest of all, so counting up leaves it to the end. */
		if (flips->n <= GATE_FLIPS_EXACT) {
			vector_store(flips, f, mask);
			mask = labels_next(mask);
		} else {
			vector_store(flips, f, labels_draw(&seed, flips->n_slots, n_b));
		}
	}
}

static void signs_fill(struct gate_flips *flips, uint64_t seed)
{
	vector_store(flips, 0, 0);
	for (uint32_t f = 1; f < flips->n; f++)
		vector_store(flips, f, flips->n <= GATE_FLIPS_EXACT ? f : splitmix_next(&seed) >> 8);
}

int gate_flips_init(struct gate_flips *flips, const struct gate_design *design)
{
	uint32_t n_slots = gate_slots(design);
	uint32_t n_b = n_slots - gate_slots_a(design);
	bool drawn = design->unpaired ? choose_capped(n_slots, n_b, GATE_FLIPS_EXACT) > GATE_FLIPS_EXACT
								  : (UINT64_C(1) << n_slots) > GATE_FLIPS_EXACT;
	uint16_t *indexes;

	*flips = (struct gate_flips){.n_slots = n_slots};
	flips->n_groups = (n_slots + GATE_GROUP_BITS - 1) / GATE_GROUP_BITS;
	if (flips->n_groups == 0)
		flips->n_groups = 1;
	flips->bits = (n_slots + flips->n_groups - 1) / flips->n_groups;
	if (drawn)
		flips->n = GATE_FLIPS_DRAWN + 1;
	else if (design->unpaired)
		flips->n = (uint32_t)choose_capped(n_slots, n_b, GATE_FLIPS_EXACT);
	else
		flips->n = 1u << n_slots;
	indexes = calloc((size_t)flips->n * flips->n_groups, sizeof(*indexes));
	if (!indexes)
		return -ENOMEM;
	for (uint32_t g = 0; g < flips->n_groups; g++)
		flips->index[g] = indexes + (size_t)g * flips->n;
	if (design->unpaired)
		labels_fill(flips, n_b, design->seed);
	else
		signs_fill(flips, design->seed);
	return 0;
}

void gate_flips_release(struct gate_flips *flips)
{
	free(flips->index[0]);
	*flips = (struct gate_flips){0};
}

/* table[m] = start + the sum of those weights whose bit is set in m. */
static void table_fill(const double *weights, uint32_t bits, double start, double *table)
{
	table[0] = start;
	for (uint32_t bit = 0; bit < bits; bit++) {
		uint32_t half = 1u << bit;

		for (uint32_t m = 0; m < half; m++)
			table[half + m] = table[m] + weights[bit];
	}
}

void gate_flips_spread(const struct gate_flips *flips, const struct gate_weights *weights,
					   double *t)
{
	enum { TABLE = 1 << GATE_GROUP_BITS };
	double first[TABLE];
	double table[TABLE];
	const uint16_t *restrict index = flips->index[0];

	table_fill(weights->weight, flips->bits, weights->offset, first);
	if (flips->n_groups == 1) {
		for (uint32_t f = 0; f < flips->n; f++)
			t[f] = first[index[f]];
	}
	for (uint32_t g = 1; g < flips->n_groups; g++) {
		const uint16_t *restrict next = flips->index[g];

		table_fill(weights->weight + g * flips->bits, flips->bits, 0, table);
		if (g == 1) { /* two at a time: a pass over all vectors less */
			for (uint32_t f = 0; f < flips->n; f++)
				t[f] = first[index[f]] + table[next[f]];
		} else {
			for (uint32_t f = 0; f < flips->n; f++)
				t[f] += table[next[f]];
		}
	}
}
