// SPDX-License-Identifier: MIT
/*
 * The table of a run, compared with what it should look like to the last space; and the scaled
 * figures in it.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hist.h"
#include "table.h"
#include "text.h"

/* A cell of group `params` that ran five times; figures that a test does not set are missing. */
static struct table_cell make_cell(const char *params, const char *variant, double ops_per_s)
{
	return (struct table_cell){
		.workload = "work",
		.params = params,
		.variant = variant,
		.n_ok = 5,
		.n_trials = 5,
		.ops_per_s = ops_per_s,
		.spread = NAN,
		.cpu_ns_per_op = NAN,
		.mem_bytes_per_task = NAN,
		.times_limit = NAN,
		.speedup = NAN,
	};
}

static void expect(const struct table_cell *cells, size_t n, struct table_style style,
				   const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(table_print(out, cells, n, &style), 0);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void columns_are_aligned_and_the_best_is_marked(void **state)
{
	struct hist hist;
	struct table_cell cells[] = {
		make_cell("n=1", "call", 500e6),
		make_cell("n=1", "coro", 100e6),
		make_cell("n=1", "thread", 250e3),
	};

	(void)state;
	assert_int_equal(hist_init(&hist, HIST_HOUR_NS), 0);
	for (int i = 1; i <= 3000; i++)
		hist_add(&hist, 10 * i);
	cells[0].baseline = true;
	cells[0].cpu_ns_per_op = 2;
	cells[0].lat_kind = "value";
	cells[1].cpu_ns_per_op = 9.996;
	cells[1].mem_bytes_per_task = 4240;
	cells[1].times_limit = 2.5;
	cells[1].latency = &hist;
	cells[1].lat_batch = 10;
	cells[1].spread = 0.0214;
	cells[2].cpu_ns_per_op = 4000;
	cells[2].mem_bytes_per_task = 25000;
	cells[2].latency = &hist;
	/* Each line in two halves. Of 3,000 samples only 3 lie beyond p99.9: it is left out. */
	expect(cells, 3, (struct table_style){0},
		   "work  n=1  (latency: value)\n"
		   "variant     rate    spread  x call   x limit      p50   "
		   "    p99       max    CPU/op   memory/task   runs\n"
		   "call     500 M/s         -    1.00         -        -   "
		   "      -         -   2.00 ns             -      5\n"
		   "coro     100 M/s*  +-2.1 %    5.00*     2.50  1.50 us*  "
		   "2.97 us*  3.00 us*  10.0 ns*     4.14 KiB*     5\n"
		   "thread   250 k/s         -    2000         -  15.0 us   "
		   "29.7 us   30.0 us   4.00 us      24.4 KiB      5\n");
	hist_release(&hist);
}

static void rows_without_figures_say_why(void **state)
{
	struct table_cell cells[] = {
		make_cell("n=1", "process", NAN),
		make_cell("n=1", "call", NAN),
	};

	(void)state;
	cells[0].n_ok = 0;
	cells[0].status = RESULT_LIMITED;
	cells[0].reason = "pids: 100004 wanted, the cgroup allows 30000";
	cells[1].n_ok = 0;
	cells[1].status = RESULT_UNSUPPORTED;
	expect(cells, 2, (struct table_style){0},
		   "work  n=1\n"
		   "variant  runs\n"
		   "process  limited: pids: 100004 wanted, the cgroup allows 30000\n"
		   "call     unsupported\n");
	expect(cells, 1, (struct table_style){.width = 32},
		   "work  n=1\n"
		   "variant  runs\n"
		   "process  limited: pids: 100004\n"
		   "         wanted, the cgroup\n"
		   "         allows 30000\n");
}

static void notes_follow_the_figures(void **state)
{
	struct table_cell cells[] = {
		make_cell("", "a", 10),
		make_cell("", "b", 20),
	};

	(void)state;
	cells[0].n_noisy = 2;
	cells[1].n_ok = 4;
	cells[1].n_noisy = 1;
	cells[1].status = RESULT_FAILED;
	cells[1].reason = "killed by signal 9";
	expect(cells, 2, (struct table_style){0},
		   "work\n"
		   "variant     rate   runs\n"
		   "a        10.0 /s      5  2 noisy\n"
		   "b        20.0 /s*   4/5  failed: killed by signal 9; 1 noisy\n");
}

static void reasons_do_not_repeat_the_name_in_front_of_them(void **state)
{
	struct table_cell cells[] = {
		make_cell("", "call", NAN),
		make_cell("", "coro:stack=copy io=auto", NAN),
		make_cell("", "thread", NAN),
		make_cell("", "event", NAN),
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		cells[i].n_ok = 0;
		cells[i].status = RESULT_UNSUPPORTED;
	}
	cells[0].reason = "call: cannot wait";
	cells[1].reason = "coro: has no files";
	cells[2].reason = "event: the client's backend";
	cells[3].reason = "eventfd: none left";
	expect(cells, 4, (struct table_style){0},
		   "work\n"
		   "variant                  runs\n"
		   "call                     unsupported: cannot wait\n"
		   "coro:stack=copy io=auto  unsupported: has no files\n"
		   "thread                   unsupported: event: the client's backend\n"
		   "event                    unsupported: eventfd: none left\n");
}

static void operations_that_went_wrong_are_told(void **state)
{
	struct table_cell cells[] = {
		make_cell("lock=none", "thread", 10),
		make_cell("lock=none", "process", 20),
	};

	(void)state;
	cells[0].error_share = 0.1234;
	cells[0].n_noisy = 1;
	cells[1].error_share = 0.00001;
	expect(cells, 2, (struct table_style){0},
		   "work  lock=none\n"
		   "variant     rate   runs\n"
		   "thread   10.0 /s      5  errors: 12 % of the operations; 1 noisy\n"
		   "process  20.0 /s*     5  errors: 0.001 % of the operations\n");
}

static void groups_come_in_the_order_of_their_first_cells(void **state)
{
	const struct table_cell cells[] = {
		make_cell("n=2", "a", 10),
		make_cell("n=1", "a", 30),
		make_cell("n=2", "b", 20),
	};

	(void)state;
	expect(cells, 3, (struct table_style){0},
		   "work  n=2\n"
		   "variant     rate   runs\n"
		   "a        10.0 /s      5\n"
		   "b        20.0 /s*     5\n"
		   "\n"
		   "work  n=1\n"
		   "variant     rate  runs\n"
		   "a        30.0 /s     5\n");
	expect(cells, 0, (struct table_style){0}, "");
}

static void figures_that_look_the_same_are_both_the_best(void **state)
{
	const struct table_cell cells[] = {
		make_cell("", "a", 1001),
		make_cell("", "b", 1002),
		make_cell("", "c", 900),
	};

	(void)state;
	expect(cells, 3, (struct table_style){0},
		   "work\n"
		   "variant      rate   runs\n"
		   "a        1.00 k/s*     5\n"
		   "b        1.00 k/s*     5\n"
		   "c          900 /s      5\n");
}

static void colour_is_bold_and_nothing_else(void **state)
{
	const struct table_cell cells[] = {make_cell("", "a", 10), make_cell("", "b", 20)};

	(void)state;
	expect(cells, 2, (struct table_style){.colour = true},
		   "\033[1mwork\033[0m\n"
		   "variant     rate   runs\n"
		   "a        10.0 /s      5\n"
		   "b        \033[1m20.0 /s\033[0m\033[1m*\033[0m     5\n");
}

static void a_full_device_is_an_error(void **state)
{
	const struct table_cell cell = make_cell("", "a", 10);
	const int modes[] = {_IOFBF, _IONBF}; /* fails when flushed, fails while printing */

	(void)state;
	for (int i = 0; i < 2; i++) {
		FILE *out = fopen("/dev/full", "w");

		assert_non_null(out);
		setvbuf(out, NULL, modes[i], BUFSIZ);
		assert_int_equal(table_print(out, &cell, 1, &(struct table_style){0}), -EIO);
		fclose(out);
	}
}

static void figures_have_three_digits_and_a_fitting_unit(void **state)
{
	char buf[TEXT_SCALED_MAX];

	(void)state;
	assert_string_equal(text_scale_ns(0, buf), "0.000 ns");
	assert_string_equal(text_scale_ns(0.52, buf), "0.520 ns");
	assert_string_equal(text_scale_ns(0.99951, buf), "1.00 ns");
	assert_string_equal(text_scale_ns(2.314, buf), "2.31 ns");
	assert_string_equal(text_scale_ns(9.996, buf), "10.0 ns");
	assert_string_equal(text_scale_ns(99.96, buf), "100 ns");
	assert_string_equal(text_scale_ns(999.4, buf), "999 ns");
	assert_string_equal(text_scale_ns(999.6, buf), "1.00 us");
	assert_string_equal(text_scale_ns(14.25e6, buf), "14.2 ms");
	assert_string_equal(text_scale_ns(3600e9, buf), "3600 s");
	assert_string_equal(text_scale_ns(NAN, buf), "-");
	assert_string_equal(text_scale_bytes(96, buf), "96.0 B");
	assert_string_equal(text_scale_bytes(1000, buf), "0.977 KiB");
	assert_string_equal(text_scale_bytes(1024, buf), "1.00 KiB");
	assert_string_equal(text_scale_bytes(-2048, buf), "-2.00 KiB");
	assert_string_equal(text_scale_bytes(0x1p62, buf), "4194304 TiB");
	assert_string_equal(text_scale_rate(812, buf), "812 /s");
	assert_string_equal(text_scale_rate(12345678, buf), "12.3 M/s");
	assert_string_equal(text_scale_rate((double)INFINITY, buf), "-");
	assert_string_equal(text_scale_ratio(0.98, buf), "0.980");
	assert_string_equal(text_scale_ratio(12345, buf), "12345");
	assert_string_equal(text_scale_ratio(1e300, buf), "1e+300");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned_and_the_best_is_marked),
		cmocka_unit_test(rows_without_figures_say_why),
		cmocka_unit_test(notes_follow_the_figures),
		cmocka_unit_test(reasons_do_not_repeat_the_name_in_front_of_them),
		cmocka_unit_test(operations_that_went_wrong_are_told),
		cmocka_unit_test(groups_come_in_the_order_of_their_first_cells),
		cmocka_unit_test(figures_that_look_the_same_are_both_the_best),
		cmocka_unit_test(colour_is_bold_and_nothing_else),
		cmocka_unit_test(a_full_device_is_an_error),
		cmocka_unit_test(figures_have_three_digits_and_a_fitting_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
