// SPDX-License-Identifier: MIT
/*
 * Two builds of different age: what only one of them knows.
 *
 * The plan is build A's. A parameter or option that B does not have is left out of what B is asked
 * for, if it stands at A's default; one that only B has is asked for at B's default. So both do the
 * same work as long as a new setting's default is to do what was done before there was one; where
 * it is not, the workload's version has to be raised, which `ab` refuses to compare. A setting that
 * B does not have and that stands at another value is an error. Settings that both builds have are
 * asked for at A's values, whatever B's defaults are.
 *
 * Which settings were left out or added is seen from the rows' own `variant` and `params`, and said
 * in the report (comparable.h).
 */
#ifndef CONCBENCH_AB_FIT_H
#define CONCBENCH_AB_FIT_H

#include "ab_plan.h"

/*
 * Fits what B is asked for. `defaults` are those of both builds (ab_plan_defaults); without cells
 * they say nothing, and the plan stays as it is. Returns 0, -ENOMEM, or -EINVAL with one line in
 * *error.
 */
int ab_fit(struct ab_plan *plan, const struct ab_plan defaults[DATASET_SIDES],
		   char error[AB_ERROR_MAX]);

#endif
