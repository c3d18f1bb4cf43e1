// SPDX-License-Identifier: MIT
/*
 * `run --sweep`: each workload's main parameter in a geometric series, for `concbench scale`.
 *
 * A workload's row has the series as a profile has its defaults, the main parameter first:
 * "tasks=33,100,330 sleep=100ms". It comes before the profile's values and after the user's, so a
 * `-p` for the main parameter is another series. A workload without one is left out of the sweep.
 */
#ifndef CONCBENCH_SWEEP_H
#define CONCBENCH_SWEEP_H

#include <stddef.h>

#include "workload.h"

/* The row of the workload's main parameter, or NULL: it has no series. */
const struct param_row *sweep_param(const struct workload *workload);

/* The list that the sweep has for a parameter: a copy in buf, or NULL. */
const char *sweep_list(const struct workload *workload, const struct param_row *row, char *buf,
					   size_t size);

/*
 * Takes the workloads without a series out of chosen[n], their names into unswept[PARAM_ERROR_MAX].
 * Returns how many are left, or -EINVAL with one line in error[PARAM_ERROR_MAX] when that is none.
 */
int sweep_keep(const struct workload **chosen, int n, char *unswept, char *error);

#endif
