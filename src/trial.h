// SPDX-License-Identifier: MIT
/*
 * A trial: one measurement of one cell, one CSV row. It is put together from passes in fresh
 * processes: throughput always; latency in a pass of its own where operations are too short to be
 * timed one by one; memory where tasks can be held alive. Every column comes from the throughput
 * pass except latency and memory; `status` is the worst of the passes, `noisy` is any.
 */
#ifndef CONCBENCH_TRIAL_H
#define CONCBENCH_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "cell.h"
#include "env.h"
#include "hist.h"
#include "limits.h"
#include "noise.h"
#include "result.h"

/* What all trials of a run share. */
struct trial_context {
	struct noise_reader noise;
	struct env env;
	bool no_latency; /* take no samples, to see what taking them costs */
	bool floors;     /* measure the machine's floor beside each throughput pass */
	struct limits_gauge gauge;
	int64_t timeout_ns;  /* of each pass; 0: three times what is expected, and ten seconds */
	struct hist latency; /* scratch: of the trial just run */
	struct hist service; /* likewise, its service times; empty but for an open loop */
};

/* Reads the environment and opens the noise counters. 0 or -ENOMEM. */
int trial_context_init(struct trial_context *context);
void trial_context_release(struct trial_context *context);

/*
 * Runs one trial, calibrating the cell first where that is due, and fills in every column of
 * `result` but the identity. context->latency then holds its samples. Whatever goes wrong in the
 * trial is in result->status and reason.
 */
void trial_run(struct trial_context *context, struct cell *cell, struct result *result);

#endif
