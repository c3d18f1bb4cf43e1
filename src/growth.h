// SPDX-License-Identifier: MIT
/*
 * How a cost grows with the size: the power law it follows, in words, and the size at which it
 * leaves that law.
 *
 * A size leaves the line when its cost lies outside the prediction limits of the line through the
 * smaller sizes, of which there must be GROWTH_BASE, and is off by a factor of GROWTH_FACTOR or
 * more: very quiet figures have such narrow limits that nothing stays within them. Where a fixed
 * part is possible both lines are asked, with it and without, and only what neither expects has
 * left. The fit that is reported then is that of the smaller sizes.
 */
#ifndef CONCBENCH_GROWTH_H
#define CONCBENCH_GROWTH_H

#include <stdbool.h>
#include <stddef.h>

#include "power_fit.h"

enum { GROWTH_BASE = 4 };

#define GROWTH_FACTOR 1.25

/*
 * Exponents within 0.1 of 0 are constant and of 1 linear: less than a factor of 1.26 over a decade.
 */
#define GROWTH_SAME 0.1

/* Limits further apart than this say nothing. */
#define GROWTH_ABOUT 0.5

struct growth {
	bool fitted; /* otherwise there were fewer than POWER_FIT_MIN sizes */
	struct power_fit fit;
	size_t n_fitted; /* the smallest ones; the next has left the line, if there is one */
	/* Cost over that of the line, where it left and at the largest size; NAN: it did not. */
	double factor, last_factor;
};

/* Costs (> 0) at n different sizes (> 0) in ascending order. */
struct growth growth_find(const double *sizes, const double *costs, size_t n, bool may_be_fixed);

enum { GROWTH_WORDS_MAX = 64 };

/*
 * The class or the two classes that the limits of the exponent lie in: "linear", "constant or less
 * than linear"; "about linear" where they reach a little into both neighbours; else "unclear".
 * Writes into buf[GROWTH_WORDS_MAX] and returns it.
 */
char *growth_words(const struct power_fit *fit, char *buf);

#endif
