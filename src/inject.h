// SPDX-License-Identifier: MIT
/*
 * `run --inject WORKLOAD/BACKEND:+25%`: makes the rounds of some cells slower by a known share, so
 * that the gate can be tested against a regression that is certainly there.
 */
#ifndef CONCBENCH_INJECT_H
#define CONCBENCH_INJECT_H

#include "plan.h"

/*
 * Applies `text` to the plan; cells it does not name stay as they are, and it may name none. Only
 * fixed work can be slowed down. Returns 0, or -EINVAL with one line in error[PARAM_ERROR_MAX].
 */
int inject_apply(const char *text, struct plan *plan, char *error);

#endif
