// SPDX-License-Identifier: MIT
/*
 * The statistic of one series (see gate.h): clipping, scale, weights, median.
 *
 * Clipping and scale do not change when signs are flipped or labels permuted, so T under any flip
 * is linear in the flip: offset + sum of weight[slot] over the slots that are flipped (paired) or
 * labelled B (unpaired). That is what makes thousands of flips cheap.
 */
#ifndef CONCBENCH_GATE_STAT_H
#define CONCBENCH_GATE_STAT_H

#include <stdint.h>

#include "gate.h"

/*
 * At most this many slots are flipped one by one. Beyond, neighbouring blocks share a flip: a
 * subgroup of all flips, so the test stays valid, and 40 coins are far more than 10,000 draws see.
 */
enum { GATE_SLOTS_MAX = 40 };

struct gate_weights {
	double offset; /* T sqrt(n) with nothing flipped, or with every label A */
	double weight[GATE_SLOTS_MAX];
	double variance; /* of T sqrt(n) under sign flips; at most 1 unless slots are folded */
};

/* The slot of GATE_SLOTS_MAX (unpaired: half of them a side) that a design's `slot` falls into. */
uint32_t gate_slot_fold(const struct gate_design *design, uint32_t slot);

/* How many folded slots there are, of A or in all. */
uint32_t gate_slots_a(const struct gate_design *design);
uint32_t gate_slots(const struct gate_design *design);

/* Number of values in a series that belong to A (0 when paired). */
uint32_t gate_count_a(const struct gate_design *design, const struct gate_series *series);

/*
 * What a series is reduced to at one `delta`: its q, and T sqrt(n) with its weights as they would
 * be for a scale of 1. `scratch` has room for 2 n doubles, here and below.
 */
struct gate_sums {
	double q;
	double t;
	double offset, slot[GATE_SLOTS_MAX];
};

void gate_sum(const struct gate_design *design, const struct gate_series *series, double delta,
			  double *scratch, struct gate_sums *sums);

/*
 * The weights of T sqrt(n) with the family's q0; returns T sqrt(n) itself. All are multiplied by
 * `direction`, +1 to look for the worse or -1 for the better.
 */
double gate_weigh(const struct gate_sums *sums, double q0, double direction,
				  struct gate_weights *weights);

/* The factor between T and T sqrt(n). */
double gate_root(const struct gate_design *design, const struct gate_series *series);

/* The median; reorders `values`. NAN when n = 0. */
double gate_median(double *values, uint32_t n);

#endif
