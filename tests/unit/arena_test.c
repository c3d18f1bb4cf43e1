// SPDX-License-Identifier: MIT
/*
 * The arena: where its parts lie, how samples are told from untouched slots, and who is heard when
 * several fail.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"

enum { PAGE = 4096 };

static struct arena *arena_new(const struct arena_sizing *sizing)
{
	size_t size = arena_size(sizing);
	struct arena *arena = aligned_alloc(PAGE, size);

	assert_non_null(arena);
	memset(arena, 0, size);
	arena_init(arena, sizing);
	return arena;
}

static void parts_are_whole_pages_one_behind_the_other(void **state)
{
	const struct arena_sizing sizing = {.n_slices = 65, .n_tasks = 513, .n_samples = 2000};
	struct arena *arena = arena_new(&sizing);

	(void)state;
	assert_int_equal(arena->slices_at, PAGE);
	assert_int_equal(arena->begin_at, arena->slices_at + 2 * PAGE);
	assert_int_equal(arena->end_at, arena->begin_at + 2 * PAGE);
	assert_int_equal(arena->samples_at, arena->end_at + 2 * PAGE);
	assert_int_equal(arena->size, arena->samples_at + 4 * PAGE);
	assert_int_equal(arena->size, arena_size(&sizing));
	assert_int_equal((uintptr_t)arena_slice(arena, 1) - (uintptr_t)arena_slice(arena, 0), 64);
	assert_int_equal((uintptr_t)arena_slice(arena, 0) % 64, 0);
	free(arena);
}

static void the_last_of_each_part_is_inside_and_of_its_own(void **state)
{
	const struct arena_sizing sizing = {.n_slices = 64, .n_tasks = 512, .n_samples = 512};
	struct arena *arena = arena_new(&sizing);

	(void)state;
	arena_touch(arena); /* ASan sees a touch behind the end */
	arena_slice(arena, 63)->errors = 1;
	arena_task_begin(arena, 511, 2);
	arena_task_end(arena, 511, 3);
	arena_sample_put(arena, 511, 4);
	assert_int_equal(arena_slice(arena, 63)->errors, 1);
	assert_int_equal(arena_begins_ns(arena)[511], 2);
	assert_int_equal(arena_ends_ns(arena)[511], 3);
	assert_int_equal(arena_samples(arena)[511], 5);
	assert_int_equal(arena_begins_ns(arena)[0], 0);
	assert_int_equal(arena_ends_ns(arena)[0], 0);
	assert_int_equal(arena_samples(arena)[0], 0);
	free(arena);
}

static void a_sample_of_0_is_not_an_untouched_slot(void **state)
{
	(void)state;
	assert_int_equal(arena_sample_encode(0), 1);
	assert_int_equal(arena_sample_encode(7), 8);
	assert_int_equal(arena_sample_encode(-1), -1);
	assert_int_equal(arena_sample_encode(-500), -500);
}

static void a_sample_behind_the_last_slot_is_dropped_and_counted(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){.n_samples = 2});

	(void)state;
	arena_sample_put(arena, 1, 10);
	assert_int_equal(atomic_load(&arena->samples_dropped), 0);
	arena_sample_put(arena, 2, 10);
	arena_sample_put(arena, UINT64_MAX, 10);
	assert_int_equal(atomic_load(&arena->samples_dropped), 2);
	free(arena);
}

static void samplers_take_chunks_of_the_pool_in_turn(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){.n_samples = 3 * ARENA_CHUNK});
	struct arena_sampler one = {0}, two = {0};

	(void)state;
	arena_sampler_put(arena, &one, 100);
	arena_sampler_put(arena, &two, 200);
	for (int i = 1; i < ARENA_CHUNK + 1; i++)
		arena_sampler_put(arena, &one, 100 + i);
	assert_int_equal(arena_samples(arena)[0], 101);
	assert_int_equal(arena_samples(arena)[ARENA_CHUNK - 1], 100 + ARENA_CHUNK);
	assert_int_equal(arena_samples(arena)[ARENA_CHUNK], 201);
	assert_int_equal(arena_samples(arena)[ARENA_CHUNK + 1], 0);
	assert_int_equal(arena_samples(arena)[2 * ARENA_CHUNK], 101 + ARENA_CHUNK);
	assert_int_equal(atomic_load(&arena->samples_dropped), 0);
	free(arena);
}

static void a_pool_that_is_used_up_drops_and_counts(void **state)
{
	/* Half a chunk at the end is nobody's. */
	struct arena *arena = arena_new(&(struct arena_sizing){.n_samples = ARENA_CHUNK * 3 / 2});
	struct arena_sampler sampler = {0};

	(void)state;
	for (int i = 0; i < ARENA_CHUNK + 3; i++)
		arena_sampler_put(arena, &sampler, i);
	assert_int_equal(atomic_load(&arena->samples_dropped), 3);
	assert_int_equal(arena_samples(arena)[ARENA_CHUNK - 1], ARENA_CHUNK);
	assert_int_equal(arena_samples(arena)[ARENA_CHUNK], 0);
	free(arena);
}

static void the_first_failure_is_the_one_that_counts(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){0});
	int report[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(report), 0);
	arena->report_fd = report[1];
	arena_fail(arena, "connect", -ECONNREFUSED);
	arena_fail(arena, "something else", ENOMEM);
	assert_string_equal(arena->reason, "connect: Connection refused");
	assert_int_equal(atomic_load(&arena->failed), 1);
	close(report[1]);
	assert_int_equal(read(report[0], &byte, 1), 1);
	assert_int_equal(byte, ARENA_REPORT_FAILED);
	assert_int_equal(read(report[0], &byte, 1), 0);
	close(report[0]);
	free(arena);
}

static void a_failure_without_an_errno_is_just_its_words(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){0});

	(void)state;
	arena_fail(arena, "stack overflow", 0); /* and no report where nobody listens */
	assert_string_equal(arena->reason, "stack overflow");
	free(arena);
}

static void a_long_reason_is_cut_not_spilled(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){.n_slices = 1});
	char what[2 * ARENA_REASON_MAX];

	(void)state;
	memset(what, 'x', sizeof(what) - 1);
	what[sizeof(what) - 1] = '\0';
	arena_fail(arena, what, EINVAL);
	assert_int_equal(strlen(arena->reason), ARENA_REASON_MAX - 1);
	assert_memory_equal(arena->reason, what, ARENA_REASON_MAX - 1);
	free(arena);
}

static void rounds_that_differ_from_the_first_are_counted(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){0});

	(void)state;
	arena_round_end(arena, 10, 5);
	arena_round_end(arena, 10, 5);
	arena_round_end(arena, 9, 5);
	arena_round_end(arena, 10, 6);
	assert_int_equal(arena->rounds_done, 4);
	assert_int_equal(arena->round_ops, 10);
	assert_int_equal(arena->round_digest, 5);
	assert_int_equal(arena->rounds_differing, 2);
	free(arena);
}

static void rounds_end_by_number_or_while_calibrating_by_the_window(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){0});

	(void)state;
	arena->pass = ARENA_PASS_THROUGHPUT;
	arena->rounds = 2;
	assert_true(arena_round_wanted(arena, 1));
	assert_false(arena_round_wanted(arena, 2));
	arena->pass = ARENA_PASS_CALIBRATE;
	arena->rounds = UINT64_MAX;
	arena->window_ns = 1;
	atomic_store(&arena->open_ns, clock_now_ns() - CLOCK_NS_PER_S);
	assert_true(arena_round_wanted(arena, 0)); /* at least one, however long */
	assert_false(arena_round_wanted(arena, 1));
	arena->window_ns = 3600 * CLOCK_NS_PER_S;
	assert_true(arena_round_wanted(arena, 1));
	free(arena);
}

static void a_window_is_out_of_reach_until_it_is_planned(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){0});

	(void)state;
	assert_int_equal(arena_open_ns(arena), INT64_MAX);
	assert_int_equal(arena_close_ns(arena), INT64_MAX);
	arena_window_plan(arena, 5, 9);
	assert_int_equal(arena_open_ns(arena), 5);
	assert_int_equal(arena_close_ns(arena), 9);
	free(arena);
}

static void nobody_wakes_in_the_memory_pass(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){.n_tasks = 2});

	(void)state;
	arena->pass = ARENA_PASS_THROUGHPUT;
	assert_int_equal(arena_deadline(arena, 100, 7), 107);
	arena->pass = ARENA_PASS_MEMORY;
	assert_true(arena_deadline(arena, 100, 7) >= 3600 * CLOCK_NS_PER_S);
	free(arena);
}

static void the_last_task_to_begin_wakes_the_driver_in_the_memory_pass(void **state)
{
	struct arena *arena = arena_new(&(struct arena_sizing){.n_tasks = 2});
	int report[2];
	char bytes[2];

	(void)state;
	assert_int_equal(pipe(report), 0);
	arena->report_fd = report[1];
	arena->pass = ARENA_PASS_MEMORY;
	arena_task_begin(arena, 1, 1);
	arena_report(arena, ARENA_REPORT_READY);
	arena_task_begin(arena, 0, 1);
	assert_int_equal(read(report[0], bytes, 2), 2);
	assert_int_equal(bytes[0], ARENA_REPORT_READY);
	assert_int_equal(bytes[1], ARENA_REPORT_ALIVE);
	close(report[0]);
	close(report[1]);
	free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_whole_pages_one_behind_the_other),
		cmocka_unit_test(the_last_of_each_part_is_inside_and_of_its_own),
		cmocka_unit_test(a_sample_of_0_is_not_an_untouched_slot),
		cmocka_unit_test(a_sample_behind_the_last_slot_is_dropped_and_counted),
		cmocka_unit_test(samplers_take_chunks_of_the_pool_in_turn),
		cmocka_unit_test(a_pool_that_is_used_up_drops_and_counts),
		cmocka_unit_test(the_first_failure_is_the_one_that_counts),
		cmocka_unit_test(a_failure_without_an_errno_is_just_its_words),
		cmocka_unit_test(a_long_reason_is_cut_not_spilled),
		cmocka_unit_test(rounds_that_differ_from_the_first_are_counted),
		cmocka_unit_test(rounds_end_by_number_or_while_calibrating_by_the_window),
		cmocka_unit_test(a_window_is_out_of_reach_until_it_is_planned),
		cmocka_unit_test(nobody_wakes_in_the_memory_pass),
		cmocka_unit_test(the_last_task_to_begin_wakes_the_driver_in_the_memory_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
