// SPDX-License-Identifier: MIT
/*
 * Screen and confirm: few pairs of every cell, then fresh ones of those that look slower.
 *
 * The screen is generous (p <= .10 of the series alone, an estimate beyond half the margin); what
 * it flags is judged by the fresh pairs only, in a family of its own. Choosing by one set of pairs
 * and judging by another keeps the family-wise bound, and costs about 6 pairs a cell instead of
 * 10. Without the rule that only fresh pairs count this would be re-running until red.
 */
#ifndef CONCBENCH_SCREEN_H
#define CONCBENCH_SCREEN_H

#include <math.h>
#include <stdbool.h>

#include "gate.h"

enum { SCREEN_PAIRS = 5, SCREEN_CONFIRM_PAIRS = 15 };

#define SCREEN_ALPHA 0.10

static inline bool screen_flags(const struct gate_result *result, double margin)
{
	return result->p_raw <= SCREEN_ALPHA && result->theta > log1p(margin) / 2;
}

#endif
