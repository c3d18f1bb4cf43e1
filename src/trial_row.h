// SPDX-License-Identifier: MIT
/*
 * The row of a trial: what a pass that went well left in its arena and page, as columns. Nothing is
 * judged here but the noise.
 */
#ifndef CONCBENCH_TRIAL_ROW_H
#define CONCBENCH_TRIAL_ROW_H

#include "cell.h"
#include "pass.h"
#include "receipt.h"
#include "result.h"
#include "trial.h"

/* Everything that the throughput pass has to say but its samples, and its receipt. */
void trial_row_throughput(const struct cell *cell, const struct pass_outcome *outcome,
						  const struct receipt *receipt, struct result *result);

/* The samples of whichever pass took them, by way of the context's histograms. */
void trial_row_latency(struct trial_context *context, const struct cell *cell,
					   const struct arena *arena, struct result *result);

/* The noise inside a pass's window. */
void trial_row_noise(const struct cell *cell, const struct pass_outcome *outcome,
					 struct result *result);

#endif
