// SPDX-License-Identifier: MIT
/*
 * splitmix64: a small seeded generator for orders, coin flips and random sign vectors.
 *
 * It has no period to fear at the few thousand draws taken here and, unlike rand(), it gives the
 * same numbers everywhere, so that a recorded seed repeats a run. Steele, Lea and Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014.
 */
#ifndef CONCBENCH_SPLITMIX_H
#define CONCBENCH_SPLITMIX_H

#include <stdint.h>

static inline uint64_t splitmix_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* A number in 0..bound-1 (bound > 0). The bias is below bound / 2^32, nothing at these sizes. */
static inline uint32_t splitmix_below(uint64_t *state, uint32_t bound)
{
	return (uint32_t)(((splitmix_next(state) >> 32) * bound) >> 32);
}

/* A number in [0, 1). */
static inline double splitmix_unit(uint64_t *state)
{
	return (double)(splitmix_next(state) >> 11) * 0x1p-53;
}

#endif
