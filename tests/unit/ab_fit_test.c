// SPDX-License-Identifier: MIT
/* What build B is asked for where it does not have all the settings that build A has. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ab_fit.h"

/* One cell of a plan; its texts are released with it. */
static struct ab_plan plan_of(const char *variant, const char *params)
{
	struct ab_plan plan = {.cells = calloc(1, sizeof(*plan.cells)), .n_cells = 1};
	struct ab_cell *cell = plan.cells;

	assert_non_null(cell);
	cell->workload = malloc(16);
	assert_non_null(cell->workload);
	memcpy(cell->workload, "ring\0coro", 10);
	cell->backend = cell->workload + 5;
	for (int side = 0; side < DATASET_SIDES; side++)
		cell->requests[side] = (struct ab_request){strdup(variant), strdup(params)};
	return plan;
}

/* Fits a cell of A with one list of settings, as variant (or else as parameters). */
static int fit(bool variant, const char *list, const char *default_a, const char *default_b,
			   char *fitted)
{
	struct ab_plan plan = plan_of(variant ? list : "", variant ? "" : list);
	struct ab_plan defaults[DATASET_SIDES] = {
		plan_of(variant ? default_a : "", variant ? "" : default_a),
		plan_of(variant ? default_b : "", variant ? "" : default_b),
	};
	char error[AB_ERROR_MAX];
	int status = ab_fit(&plan, defaults, error);
	const struct ab_request *requests = plan.cells[0].requests;

	strcpy(fitted, status < 0 ? error : variant ? requests[1].variant : requests[1].params);
	assert_string_equal(variant ? requests[0].variant : requests[0].params, list);
	ab_plan_release(&plan);
	for (int side = 0; side < DATASET_SIDES; side++)
		ab_plan_release(&defaults[side]);
	return status;
}

static void builds_with_the_same_settings_are_asked_for_the_same(void **state)
{
	char fitted[AB_ERROR_MAX];

	(void)state;
	assert_int_equal(fit(false, "hops=9;tasks=2", "hops=1;tasks=1", "hops=7;tasks=7", fitted), 0);
	assert_string_equal(fitted, "hops=9;tasks=2");
	assert_int_equal(fit(true, "", "", "", fitted), 0);
	assert_string_equal(fitted, "");
}

static void what_only_b_has_is_asked_for_at_its_default(void **state)
{
	char fitted[AB_ERROR_MAX];

	(void)state;
	assert_int_equal(fit(false, "tasks=2", "tasks=1", "hops=7;order=seq;tasks=7", fitted), 0);
	assert_string_equal(fitted, "tasks=2;hops=7;order=seq");
	assert_int_equal(fit(true, "", "", "queue=ring", fitted), 0);
	assert_string_equal(fitted, "queue=ring");
}

static void what_b_lacks_is_dropped_at_its_default_only(void **state)
{
	char fitted[AB_ERROR_MAX];

	(void)state;
	assert_int_equal(fit(false, "hops=7;tasks=2", "hops=7;tasks=1", "tasks=7", fitted), 0);
	assert_string_equal(fitted, "tasks=2");
	assert_int_equal(fit(true, "queue=ring", "queue=ring", "", fitted), 0);
	assert_string_equal(fitted, "");
	assert_int_equal(fit(false, "hops=9;tasks=2", "hops=7;tasks=1", "tasks=7", fitted), -EINVAL);
	assert_string_equal(fitted, "ring: 'hops=9' in A, no 'hops' in B");
	assert_int_equal(fit(true, "queue=condvar", "queue=ring", "", fitted), -EINVAL);
	assert_string_equal(fitted, "coro: 'queue=condvar' in A, no 'queue' in B");
}

static void unknown_defaults_change_nothing(void **state)
{
	struct ab_plan plan = plan_of("queue=ring", "hops=9");
	struct ab_plan defaults[DATASET_SIDES] = {plan_of("", ""), {NULL, 0}};
	char error[AB_ERROR_MAX];

	(void)state;
	assert_int_equal(ab_fit(&plan, defaults, error), 0);
	assert_string_equal(plan.cells[0].requests[1].variant, "queue=ring");
	assert_string_equal(plan.cells[0].requests[1].params, "hops=9");
	/* Another workload's defaults say nothing either. */
	defaults[1] = plan_of("", "");
	memcpy(defaults[1].cells[0].workload, "lock", 5);
	assert_int_equal(ab_fit(&plan, defaults, error), 0);
	assert_string_equal(plan.cells[0].requests[1].params, "hops=9");
	ab_plan_release(&plan);
	ab_plan_release(&defaults[0]);
	ab_plan_release(&defaults[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_with_the_same_settings_are_asked_for_the_same),
		cmocka_unit_test(what_only_b_has_is_asked_for_at_its_default),
		cmocka_unit_test(what_b_lacks_is_dropped_at_its_default_only),
		cmocka_unit_test(unknown_defaults_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
