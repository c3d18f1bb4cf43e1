// SPDX-License-Identifier: MIT
/*
 * Receipts: each way in which a pass can fall short of what was asked for has its own words, and
 * the peak of overlapping intervals is that of counting them one by one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "receipt.h"
#include "splitmix.h"

enum { PAGE = 4096, REASON_MAX = 256 };
enum { PARAM_TASKS, PARAM_ALL_ALIVE };
enum { ROUNDS = 3, TASKS = 4, DIGEST = 42 };

/* ---- a workload of fixed work, and one by duration ---- */

static uint32_t tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[PARAM_TASKS];
}

static bool all_alive(const int64_t *params)
{
	return params[PARAM_ALL_ALIVE] != 0;
}

static uint64_t round_ops(const int64_t *params)
{
	return (uint64_t)params[PARAM_TASKS];
}

static uint64_t round_digest(const int64_t *params)
{
	(void)params;
	return DIGEST;
}

static const struct workload fixed_work = {
	.name = "fixed",
	.roles = {{.name = "all"}},
	.n_roles = 1,
	.tasks = tasks,
	.all_alive = all_alive,
	.round_ops = round_ops,
	.round_digest = round_digest,
};

static const struct workload by_duration = {
	.name = "duration",
	.roles = {{.name = "server"}, {.name = "client"}},
	.n_roles = 2,
	.tasks = tasks,
};

/* One pass: what was asked for, and an arena that reports exactly that until a test spoils it. */
struct pass_fixture {
	int64_t params[ARENA_PARAMS_MAX];
	struct receipt_order order;
	struct arena *arena;
	struct receipt receipt;
	char reason[REASON_MAX];
};

static struct pass_fixture fixture(const struct workload *workload)
{
	const struct arena_sizing sizing = {.n_slices = 2 * TASKS, .n_tasks = TASKS, .n_samples = 1};
	size_t size = arena_size(&sizing);
	struct pass_fixture pass = {
		.params = {[PARAM_TASKS] = TASKS},
		.order = {.workload = workload, .rounds = ROUNDS},
		.arena = aligned_alloc(PAGE, size),
	};

	assert_non_null(pass.arena);
	memset(pass.arena, 0, size);
	arena_init(pass.arena, &sizing);
	for (uint32_t i = 0; i < TASKS; i++) {
		arena_task_begin(pass.arena, i, 10 + i);
		arena_task_end(pass.arena, i, 100 + i);
	}
	return pass;
}

static struct pass_fixture fixed_fixture(void)
{
	struct pass_fixture pass = fixture(&fixed_work);

	for (int i = 0; i < ROUNDS; i++)
		arena_round_end(pass.arena, TASKS, DIGEST);
	return pass;
}

static struct pass_fixture duration_fixture(void)
{
	struct pass_fixture pass = fixture(&by_duration);

	for (uint32_t i = 0; i < 2 * TASKS; i++)
		*arena_slice(pass.arena, i) =
			(struct arena_slice){.ops = 20, .window_ops = i < TASKS ? 0 : 15, .bytes = 1280};
	return pass;
}

static int take(struct pass_fixture *pass)
{
	pass->order.params = pass->params;
	return receipt_take(&pass->order, pass->arena, &pass->receipt, pass->reason, REASON_MAX);
}

static void expect_invalid(struct pass_fixture *pass, const char *reason)
{
	assert_int_equal(take(pass), -EBADMSG);
	assert_string_equal(pass->reason, reason);
	free(pass->arena);
}

static void expect_valid(struct pass_fixture *pass)
{
	pass->reason[0] = '\0';
	if (take(pass))
		fail_msg("%s", pass->reason);
	free(pass->arena);
}

/* ---- the peak ---- */

static void the_peak_of_known_intervals(void **state)
{
	const int64_t begins[] = {1, 2, 3, 10, 12};
	const int64_t ends[] = {10, 4, 10, 11, 13};

	(void)state;
	assert_int_equal(receipt_peak(begins, ends, 0), 0);
	assert_int_equal(receipt_peak(begins, ends, 1), 1);
	assert_int_equal(receipt_peak(begins, ends, 3), 3);
	assert_int_equal(receipt_peak(begins, ends, 5),
					 3); /* an end at 10 comes before a begin at 10 */
	assert_int_equal(receipt_peak(begins + 3, ends + 3, 2), 1);
}

static void a_task_that_never_ended_does_not_count(void **state)
{
	const int64_t begins[] = {1, 1, 1}, ends[] = {5, 0, 5}, none[] = {0, 0, 0};

	(void)state;
	assert_int_equal(receipt_peak(begins, ends, 3), 2);
	assert_int_equal(receipt_peak(begins, none, 3), 0);
}

/* At every begin: how many intervals hold it. */
static int64_t peak_by_counting(const int64_t *begins, const int64_t *ends, size_t n)
{
	int64_t peak = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t alive = 0;

		for (size_t j = 0; j < n && ends[i]; j++)
			alive += ends[j] && begins[j] <= begins[i] && begins[i] < ends[j];
		if (alive > peak)
			peak = alive;
	}
	return peak;
}

static void the_peak_of_random_intervals_is_that_of_counting(void **state)
{
	enum { N = 60, RUNS = 300 };
	uint64_t rng = 1;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		int64_t begins[N], ends[N];
		size_t n = splitmix_below(&rng, N) + 1;
		uint32_t span = splitmix_below(&rng, 100) + 1; /* small ones make many ties */

		for (size_t i = 0; i < n; i++) {
			begins[i] = 1 + splitmix_below(&rng, span);
			ends[i] = begins[i] + 1 + splitmix_below(&rng, span);
			if (splitmix_below(&rng, 10) == 0)
				ends[i] = 0;
		}
		assert_int_equal(receipt_peak(begins, ends, n), peak_by_counting(begins, ends, n));
	}
}

/* ---- fixed work ---- */

static void fixed_work_as_asked_for_is_valid(void **state)
{
	struct pass_fixture pass = fixed_fixture();

	(void)state;
	expect_valid(&pass);
	assert_int_equal(pass.receipt.tasks, TASKS);
	assert_int_equal(pass.receipt.tasks_peak, TASKS);
	assert_int_equal(pass.receipt.rounds, ROUNDS);
	assert_int_equal(pass.receipt.ops, ROUNDS * TASKS);
	assert_int_equal(pass.receipt.digest, DIGEST);
	assert_int_equal(pass.receipt.errors, 0);
}

static void a_round_too_few_or_too_many_is_invalid(void **state)
{
	struct pass_fixture pass = fixed_fixture();

	(void)state;
	pass.arena->rounds_done--;
	expect_invalid(&pass, "2 rounds were done, 3 asked for");
	pass = fixed_fixture();
	arena_round_end(pass.arena, TASKS, DIGEST);
	expect_invalid(&pass, "4 rounds were done, 3 asked for");
}

static void fewer_operations_are_invalid(void **state)
{
	struct pass_fixture pass = fixed_fixture();

	(void)state;
	pass.arena->round_ops = TASKS - 1;
	expect_invalid(&pass, "a round had 3 operations, 4 expected");
}

static void a_wrong_digest_is_invalid(void **state)
{
	struct pass_fixture pass = fixed_fixture();

	(void)state;
	pass.arena->round_digest = 255;
	expect_invalid(&pass, "the digest is 00000000000000ff, 000000000000002a expected");
}

static void a_later_round_that_differs_is_invalid(void **state)
{
	struct pass_fixture pass = fixture(&fixed_work);

	(void)state;
	arena_round_end(pass.arena, TASKS, DIGEST);
	arena_round_end(pass.arena, TASKS, DIGEST + 1);
	arena_round_end(pass.arena, TASKS, DIGEST);
	expect_invalid(&pass, "1 rounds differed from the first");
}

static void samples_without_room_are_invalid(void **state)
{
	struct pass_fixture pass = fixed_fixture();

	(void)state;
	arena_sample_put(pass.arena, 1, 5);
	arena_sample_put(pass.arena, 2, 5);
	expect_invalid(&pass, "2 latency samples found no room");
}

static void tasks_that_were_not_all_alive_at_once_are_invalid_where_that_is_demanded(void **state)
{
	struct pass_fixture pass = fixed_fixture();

	(void)state;
	arena_task_end(pass.arena, 0, 12); /* before two others began */
	expect_valid(&pass);
	assert_int_equal(pass.receipt.tasks_peak, TASKS - 1);
	pass = fixed_fixture();
	arena_task_end(pass.arena, 0, 12);
	pass.params[PARAM_ALL_ALIVE] = 1;
	expect_invalid(&pass, "3 tasks were alive at once, 4 expected");
	pass = fixed_fixture();
	pass.params[PARAM_ALL_ALIVE] = 1;
	expect_valid(&pass);
}

/* ---- work by duration ---- */

static void both_sides_in_agreement_are_valid(void **state)
{
	struct pass_fixture pass = duration_fixture();

	(void)state;
	expect_valid(&pass);
	assert_int_equal(pass.receipt.ops, TASKS * 15); /* the client's, inside the window */
	assert_int_equal(pass.receipt.bytes, TASKS * 1280);
	assert_int_equal(pass.receipt.errors, 0);
}

static void bytes_that_differ_between_the_sides_are_invalid(void **state)
{
	struct pass_fixture pass = duration_fixture();

	(void)state;
	arena_slice(pass.arena, 1)->bytes--;
	expect_invalid(&pass, "5119 bytes at the server, 5120 at the client");
}

static void operations_that_differ_between_the_sides_are_invalid(void **state)
{
	struct pass_fixture pass = duration_fixture();

	(void)state;
	arena_slice(pass.arena, TASKS)->ops++;
	expect_invalid(&pass, "80 operations at the server, 81 at the client");
}

static void an_error_on_either_side_is_invalid(void **state)
{
	struct pass_fixture pass = duration_fixture();

	(void)state;
	arena_slice(pass.arena, 0)->errors = 1;
	arena_slice(pass.arena, 2 * TASKS - 1)->errors = 2;
	expect_invalid(&pass, "3 operations failed");
	assert_int_equal(pass.receipt.errors, 3);
}

static void nothing_inside_the_window_is_invalid(void **state)
{
	struct pass_fixture pass = duration_fixture();

	(void)state;
	for (uint32_t i = 0; i < 2 * TASKS; i++)
		arena_slice(pass.arena, i)->window_ops = 0;
	expect_invalid(&pass, "no operation ended inside the window");
}

/* A foreign server reports nothing: what the client says has to do. */
static void a_foreign_side_is_not_asked(void **state)
{
	struct pass_fixture pass = duration_fixture();

	(void)state;
	pass.order.foreign = true;
	for (uint32_t i = 0; i < TASKS; i++) {
		*arena_slice(pass.arena, i) = (struct arena_slice){0};
		arena_task_end(pass.arena, i, 0);
	}
	expect_valid(&pass);
	assert_int_equal(pass.receipt.ops, TASKS * 15);
	pass = duration_fixture();
	pass.order.foreign = true;
	arena_slice(pass.arena, TASKS)->errors = 1;
	expect_invalid(&pass, "1 operations failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_peak_of_known_intervals),
		cmocka_unit_test(a_task_that_never_ended_does_not_count),
		cmocka_unit_test(the_peak_of_random_intervals_is_that_of_counting),
		cmocka_unit_test(fixed_work_as_asked_for_is_valid),
		cmocka_unit_test(a_round_too_few_or_too_many_is_invalid),
		cmocka_unit_test(fewer_operations_are_invalid),
		cmocka_unit_test(a_wrong_digest_is_invalid),
		cmocka_unit_test(a_later_round_that_differs_is_invalid),
		cmocka_unit_test(samples_without_room_are_invalid),
		cmocka_unit_test(tasks_that_were_not_all_alive_at_once_are_invalid_where_that_is_demanded),
		cmocka_unit_test(both_sides_in_agreement_are_valid),
		cmocka_unit_test(bytes_that_differ_between_the_sides_are_invalid),
		cmocka_unit_test(operations_that_differ_between_the_sides_are_invalid),
		cmocka_unit_test(an_error_on_either_side_is_invalid),
		cmocka_unit_test(nothing_inside_the_window_is_invalid),
		cmocka_unit_test(a_foreign_side_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
