// SPDX-License-Identifier: MIT
/* The Hodges-Lehmann estimate of a series' change (see gate.h). */
#ifndef CONCBENCH_GATE_ESTIMATE_H
#define CONCBENCH_GATE_ESTIMATE_H

#include "gate.h"

/*
 * Median of pairwise means (paired) or of all differences B - A (unpaired). `scratch` has room for
 * 2 n doubles. NAN where a side has no values.
 */
double gate_hodges_lehmann(const struct gate_design *design, const struct gate_series *series,
						   double *scratch);

#endif
