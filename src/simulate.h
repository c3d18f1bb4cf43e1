// SPDX-License-Identifier: MIT
/*
 * Simulated measurements on a noisy shared machine, for the gate's self-test and for the table of
 * its false-alarm share and power.
 *
 * The log time of a run is a walk that all runs share (drift of the machine, 0.5 % a run), noise
 * of 3-5 % that differs from cell to cell, and in one run of 50 an outlier of 10-50 %. A and B of
 * a pair run back to back in the order of a coin flip.
 */
#ifndef CONCBENCH_SIMULATE_H
#define CONCBENCH_SIMULATE_H

#include <stdint.h>

struct simulate {
	uint64_t random; /* the seed, then the generator's state */
	double drift;
};

struct simulate_pair {
	double a, b; /* log times */
};

/* The standard deviation of a cell's noise, drawn from 3-5 %. */
double simulate_noise(struct simulate *simulate);

/* One pair of a cell with this noise whose B side is slower by `shift` (a log ratio). */
struct simulate_pair simulate_pair(struct simulate *simulate, double noise, double shift);

#endif
