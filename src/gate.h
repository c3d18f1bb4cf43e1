// SPDX-License-Identifier: MIT
/*
 * The regression gate: from paired measurements to one verdict a series, with a bound on the
 * chance of any false red over the whole suite. Pure: no clock, no globals, no I/O.
 *
 * A series is one (cell, metric). Its values are log ratios d_r = s (ln B_r - ln A_r), one a pair,
 * with s chosen by the caller so that a positive value is always a change for the worse.
 *
 *   psi_r = clamp(d_r - delta, +-3u), u = median |d - delta|      (delta = 0: the plain test)
 *   q     = sqrt(mean psi^2),  q0 = median of q over all series
 *   T     = mean(psi) / sqrt(q^2 + (q0/2)^2)
 *
 * Where u = 0 (most pairs agree exactly) nothing is clipped.
 * q0 keeps a series that happens to be very quiet from looking significant. The null
 * distribution comes from flipping the signs of whole blocks of pairs, the same flips for every
 * series, so that what is common to a block (drift, a noisy neighbour) stays common: all 2^n
 * vectors for n <= 12 blocks, else 10,000 seeded ones and the identity. Adjusted p-values are the
 * step-down maxT of Westfall and Young, "Resampling-based multiple testing", 1993.
 *
 * Series of different length (missing pairs). A pair's sign is that of its block, and a missing
 * pair contributes nothing under every flip, so each series keeps its exact marginal test. T is
 * compared as T sqrt(n): with equal n that changes no order, with unequal n it keeps short series,
 * whose T is wider, from setting the critical value for all. A series below GATE_PAIRS_MIN pairs
 * is no member of the family.
 *
 * Simultaneous limits invert the test on a grid of 0.5 % (geometric, hence the same seen from
 * either side). Shift `delta` of series i is rejected when at most 5 % of the flips make its own T
 * at delta, or the largest T of all *other* series at delta = 0, reach T_i(delta): the others
 * stay as they are. Taking them at zero instead of at their unknown shifts costs nothing where
 * they are unchanged; where they are not, their q is larger and their flipped T wider, so the
 * limits only become more careful. At delta = 0 it is exactly the single-step maxT test. The
 * limit reported is the first grid point that is rejected. Each limit holds at 95 %
 * simultaneously; it is one-sided.
 *
 * Unpaired values (two jobs) are log values times s; blocks are repetitions, and labels are
 * permuted instead of signs: all of them up to 4,096, else 10,000 seeded ones and the identity.
 * psi is taken about the pooled median and T from the difference of means. Jobs differ by more
 * than repetitions do, so such a verdict is advice; its limits take the critical value at
 * delta = 0 for speed.
 */
#ifndef CONCBENCH_GATE_H
#define CONCBENCH_GATE_H

#include <stdbool.h>
#include <stdint.h>

enum { GATE_PAIRS_MIN = 5 };

#define GATE_ALPHA 0.05
#define GATE_GRID 0.005 /* of the limits: 0.5 % */

enum gate_verdict {
	GATE_EQUIVALENT,   /* worse by the margin or more is excluded */
	GATE_INCONCLUSIVE, /* neither shown nor excluded */
	GATE_IMPROVED,
	GATE_REGRESSED,
};

struct gate_series {
	const double *values;  /* paired: d_r; unpaired: s ln x */
	const uint32_t *slots; /* the block of each value, below `n_slots`, each at most once */
	uint32_t n;
	double margin; /* 0.05: worse by 5 % matters */
};

struct gate_design {
	bool unpaired;      /* slots below n_slots_a are repetitions of A, the others of B */
	uint32_t n_slots_a; /* only when unpaired */
	uint32_t n_slots;
	uint64_t seed;       /* of the random flips */
	bool without_limits; /* leaves lower and upper at -+INFINITY; for screening */
};

struct gate_result {
	uint32_t n;      /* pairs; unpaired: values on the smaller side */
	double t;        /* T at delta = 0 */
	double p_raw;    /* of this series alone, for the worse */
	double p_worse;  /* adjusted over the family */
	double p_better; /* likewise, for the better */
	double theta;    /* Hodges-Lehmann estimate, a log ratio; > 0 is worse */
	double lower;    /* simultaneous limits, log ratios; -+INFINITY: none */
	double upper;    /* also the smallest change for the worse that could be excluded */
	bool too_few;    /* fewer than GATE_PAIRS_MIN pairs */
	enum gate_verdict verdict;
};

/*
 * Judges `n` series as one family. Values must be finite. Returns 0, -ENOMEM, or -EINVAL where a
 * slot is out of range.
 */
int gate_run(const struct gate_design *design, const struct gate_series *series, uint32_t n,
			 struct gate_result *results);

/* "regressed", "improved", "equivalent", "inconclusive". */
const char *gate_verdict_word(enum gate_verdict verdict);

#endif
