// SPDX-License-Identifier: MIT
/*
 * The set of sign flips, or of label permutations, that a family is judged by.
 *
 * Vector 0 is the identity. A vector is stored as one table index for each group of up to 10
 * slots; a series' value under all vectors is then one addition a group from small tables of
 * subset sums, instead of one a slot.
 */
#ifndef CONCBENCH_GATE_FLIPS_H
#define CONCBENCH_GATE_FLIPS_H

#include <stdint.h>

#include "gate_stat.h"

enum {
	GATE_FLIPS_EXACT = 4096, /* up to this many vectors all are taken: 2^12 */
	GATE_FLIPS_DRAWN = 10000,
	GATE_GROUP_BITS = 10,
	GATE_GROUPS = GATE_SLOTS_MAX / GATE_GROUP_BITS,
};

struct gate_flips {
	uint32_t n; /* vectors, the identity included */
	uint32_t n_slots, n_groups, bits;
	uint16_t *index[GATE_GROUPS]; /* one allocation; index[g][f] picks from table g */
};

/* Sets up the vectors for a design. Returns 0 or -ENOMEM. */
int gate_flips_init(struct gate_flips *flips, const struct gate_design *design);
void gate_flips_release(struct gate_flips *flips);

/* t[f] = offset + sum of the weights that vector f picks, for all f. */
void gate_flips_spread(const struct gate_flips *flips, const struct gate_weights *weights,
					   double *t);

#endif
