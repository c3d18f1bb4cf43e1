// SPDX-License-Identifier: MIT
/*
 * Summaries: repetitions of a cell become one row, and the worst of them is what it is called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "planned.h"
#include "summary.h"

enum { REPETITIONS = 3 };

struct summed {
	struct plan plan;
	struct summary summary;
	struct hist latency;
};

/* In place, because the summary points to the plan. */
static void summed_start(struct summed *summed)
{
	summed->plan = planned(&(struct planned){
		"fib_generators", "call,coro", {"generators=1", "values=1k"}, .repetitions = REPETITIONS});
	assert_int_equal(summary_init(&summed->summary, &summed->plan), 0);
	assert_int_equal(hist_init(&summed->latency, HIST_HOUR_NS), 0);
}

static void summed_end(struct summed *summed)
{
	hist_release(&summed->latency);
	summary_release(&summed->summary);
	plan_release(&summed->plan);
}

static void add(struct summed *summed, size_t cell, enum result_status status, double ops_per_s)
{
	struct result result;

	result_init(&result);
	result.status = status;
	result.throughput_ops_per_s = ops_per_s;
	result.cpu_ns_per_op = 1e9 / ops_per_s;
	result.lat_batch = 1;
	snprintf(result.reason, sizeof(result.reason), "reason %d", (int)status);
	assert_int_equal(summary_add(&summed->summary, cell, &result, &summed->latency), 0);
}

static char *printed(const struct summed *summed)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(summary_print(&summed->summary, out), 0);
	fclose(out);
	return text;
}

static void errors_are_shared_out_over_all_operations(void **state)
{
	struct summed summed;
	char *text;

	(void)state;
	summed_start(&summed);
	for (int i = 0; i < 2; i++) {
		struct result result;

		result_init(&result);
		result.ops = 1000;
		result.errors = i * 100;
		result.throughput_ops_per_s = 10;
		assert_int_equal(summary_add(&summed.summary, 0, &result, &summed.latency), 0);
	}
	text = printed(&summed);
	assert_non_null(strstr(text, "errors: 5 % of the operations"));
	free(text);
	summed_end(&summed);
}

static void the_median_of_the_repetitions_is_printed(void **state)
{
	struct summed summed;
	char *text;

	(void)state;
	summed_start(&summed);
	add(&summed, 0, RESULT_OK, 900);
	add(&summed, 0, RESULT_OK, 100);
	add(&summed, 0, RESULT_OK, 200);
	text = printed(&summed);
	assert_non_null(strstr(text, "200 /s"));
	assert_null(strstr(text, "900 /s"));
	assert_non_null(strstr(text, "generators=1 values=1k"));
	assert_null(strstr(text, "coro")); /* not tried yet */
	free(text);
	summed_end(&summed);
}

/* In a slow second of the machine both a trial and the floor beside it are slow. */
static void a_trial_is_compared_with_the_floor_beside_it(void **state)
{
	static const double seconds[][2] = {{1000, 500000}, {4000, 125000}, {3000, 66667}};
	struct summed summed;
	char *text;

	(void)state;
	summed_start(&summed);
	for (int i = 0; i < REPETITIONS; i++) {
		struct result result;

		result_init(&result);
		result.throughput_ops_per_s = seconds[i][0];
		result.limit_ns_per_op = seconds[i][1];
		assert_int_equal(summary_add(&summed.summary, 1, &result, &summed.latency), 0);
	}
	text = printed(&summed);
	assert_non_null(strstr(text, "x limit"));
	assert_non_null(strstr(text, "2.00")); /* of 2, 2 and 5; the medians would make 2.67 */
	free(text);
	summed_end(&summed);
}

static void a_speedup_is_shown_where_there_is_one(void **state)
{
	static const double speedups[REPETITIONS] = {1.25, 7.75, 1.75};
	struct summed summed;
	char *text;

	(void)state;
	summed_start(&summed);
	add(&summed, 1, RESULT_OK, 100);
	text = printed(&summed);
	assert_null(strstr(text, "speedup"));
	free(text);
	summed_end(&summed);

	summed_start(&summed);
	for (int i = 0; i < REPETITIONS; i++) {
		struct result result;

		result_init(&result);
		result.throughput_ops_per_s = 100;
		result.speedup = speedups[i];
		assert_int_equal(summary_add(&summed.summary, 1, &result, &summed.latency), 0);
	}
	text = printed(&summed);
	assert_non_null(strstr(text, "speedup"));
	assert_non_null(strstr(text, "1.75"));
	free(text);
	summed_end(&summed);
}

static void the_worst_repetition_names_the_cell(void **state)
{
	struct summed summed;
	const struct summary_cell *cell;
	char *text;

	(void)state;
	summed_start(&summed);
	cell = &summed.summary.cells[1];
	add(&summed, 1, RESULT_OK, 100);
	add(&summed, 1, RESULT_TIMEOUT, 1);
	add(&summed, 1, RESULT_INVALID, 1);
	assert_int_equal(cell->status, RESULT_TIMEOUT);
	assert_string_equal(cell->reason, "reason 5");
	assert_int_equal(cell->n_trials, 3);
	assert_int_equal(cell->n_ok, 1);
	assert_int_equal(summary_count(&summed.summary, RESULT_TIMEOUT), 1);
	assert_int_equal(summary_count(&summed.summary, RESULT_INVALID), 0);
	assert_int_equal(summary_count(&summed.summary, RESULT_OK), 0); /* cell 0 was not tried */
	text = printed(&summed);
	assert_non_null(strstr(text, "1/3"));
	assert_non_null(strstr(text, "timeout: reason 5"));
	free(text);
	summed_end(&summed);
}

static void samples_of_all_good_repetitions_are_merged(void **state)
{
	struct summed summed;

	(void)state;
	summed_start(&summed);
	hist_add(&summed.latency, 5);
	add(&summed, 0, RESULT_OK, 100);
	hist_reset(&summed.latency);
	hist_add(&summed.latency, 70);
	hist_add(&summed.latency, 30);
	add(&summed, 0, RESULT_OK, 100);
	add(&summed, 0, RESULT_FAILED, 100);
	assert_int_equal(summed.summary.cells[0].latency.count, 3);
	assert_int_equal(summed.summary.cells[0].latency.max_ns, 70);
	assert_int_equal(summed.summary.cells[0].latency.min_ns, 5);
	summed_end(&summed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_median_of_the_repetitions_is_printed),
		cmocka_unit_test(errors_are_shared_out_over_all_operations),
		cmocka_unit_test(a_trial_is_compared_with_the_floor_beside_it),
		cmocka_unit_test(a_speedup_is_shown_where_there_is_one),
		cmocka_unit_test(the_worst_repetition_names_the_cell),
		cmocka_unit_test(samples_of_all_good_repetitions_are_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
