// SPDX-License-Identifier: MIT
/* The timer queue: order, ties, bounds, and how it keeps the loop running or lets it go. */
#include "timerq.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock.h"

enum { MANY = 20000 };

struct record {
	struct timerq queue;
	struct ev_loop *loop;
	int64_t deadlines[MANY]; /* by id */
	uint64_t order[MANY];    /* ids as they expired */
	uint32_t expired;
	uint32_t early;
	uint32_t again; /* entries that callbacks have still to push */
};

static void record_expired(void *ctx, uint64_t id)
{
	struct record *record = ctx;

	record->early += clock_now_ns() < record->deadlines[id];
	record->order[record->expired++] = id;
}

static void record_open(struct record **state, uint32_t capacity, timerq_fn *expired)
{
	struct record *record = calloc(1, sizeof(*record));

	assert_non_null(record);
	record->loop = ev_loop_new(EVFLAG_AUTO);
	assert_non_null(record->loop);
	assert_int_equal(timerq_init(&record->queue, record->loop, capacity, expired, record), 0);
	*state = record;
}

static void record_close(struct record *record)
{
	timerq_release(&record->queue);
	ev_loop_destroy(record->loop);
	free(record);
}

static void record_push(struct record *record, uint64_t id, int64_t deadline_ns)
{
	record->deadlines[id] = deadline_ns;
	assert_int_equal(timerq_push(&record->queue, deadline_ns, id), 0);
}

/* All `count` expired, none early, each once and in order of deadlines. */
static void record_check(const struct record *record, uint32_t count)
{
	uint8_t seen[MANY] = {0};

	assert_int_equal(record->expired, count);
	assert_int_equal(record->early, 0);
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(seen[record->order[i]]++, 0);
		if (i > 0)
			assert_true(record->deadlines[record->order[i - 1]] <=
						record->deadlines[record->order[i]]);
	}
}

static void test_empty_queue_lets_the_loop_end(void **state)
{
	struct record *record;

	(void)state;
	record_open(&record, 4, record_expired);
	ev_run(record->loop, 0);
	record_push(record, 0, clock_now_ns() + CLOCK_NS_PER_MS);
	ev_run(record->loop, 0);
	record_check(record, 1);
	ev_run(record->loop, 0);
	record_check(record, 1);
	record_close(record);
}

static void test_expires_in_order_and_never_early(void **state)
{
	struct record *record;
	int64_t now_ns = clock_now_ns();

	(void)state;
	record_open(&record, 5, record_expired);
	record_push(record, 0, now_ns + 3 * CLOCK_NS_PER_MS);
	record_push(record, 1, now_ns + 1 * CLOCK_NS_PER_MS);
	record_push(record, 2, now_ns + 2 * CLOCK_NS_PER_MS);
	record_push(record, 3, now_ns + 9 * CLOCK_NS_PER_MS);
	record_push(record, 4, now_ns + 100 * CLOCK_NS_PER_US);
	ev_run(record->loop, 0);
	record_check(record, 5);
	record_close(record);
}

static void test_equal_deadlines_keep_the_order_of_pushes(void **state)
{
	struct record *record;
	int64_t deadline_ns = clock_now_ns() + CLOCK_NS_PER_MS;

	(void)state;
	record_open(&record, 1000, record_expired);
	for (uint64_t id = 0; id < 1000; id++)
		record_push(record, id, deadline_ns);
	ev_run(record->loop, 0);
	record_check(record, 1000);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(record->order[i], i);
	record_close(record);
}

static void test_past_deadlines_are_due_at_once(void **state)
{
	struct record *record;

	(void)state;
	record_open(&record, 4, record_expired);
	record_push(record, 0, clock_now_ns() - CLOCK_NS_PER_S);
	record_push(record, 1, 0);
	record_push(record, 2, -1);
	record_push(record, 3, INT64_MIN);
	ev_run(record->loop, 0);
	record_check(record, 4);
	record_close(record);
}

static void test_full_queue_refuses(void **state)
{
	struct record *record;

	(void)state;
	record_open(&record, 3, record_expired);
	for (uint64_t id = 0; id < 3; id++)
		record_push(record, id, 1);
	assert_int_equal(timerq_push(&record->queue, 1, 3), -ENOSPC);
	ev_run(record->loop, 0);
	record_check(record, 3);
	record_push(record, 3, 2);
	ev_run(record->loop, 0);
	record_check(record, 4);
	record_close(record);
}

/* Splits the deadlines: some in the past, some ahead, so that both ways of expiry are taken. */
static void push_random(struct record *record, uint32_t count, int64_t spread_ns)
{
	int64_t now_ns = clock_now_ns();
	uint64_t seed = 1;

	for (uint32_t id = 0; id < count; id++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		record_push(record, id, now_ns + (int64_t)(seed >> 33) % spread_ns - spread_ns / 2);
	}
}

static void test_random_deadlines_come_out_sorted(void **state)
{
	static const int64_t spreads_ns[] = {1, 100, CLOCK_NS_PER_MS, 60 * CLOCK_NS_PER_MS};

	(void)state;
	for (size_t i = 0; i < sizeof(spreads_ns) / sizeof(*spreads_ns); i++) {
		for (uint32_t count = 10; count <= MANY; count *= 2) {
			struct record *record;

			record_open(&record, MANY, record_expired);
			push_random(record, count, spreads_ns[i]);
			ev_run(record->loop, 0);
			record_check(record, count);
			record_close(record);
		}
	}
}

/* Each callback pushes one more: late, and in the past, by turns. */
static void expired_push_again(void *ctx, uint64_t id)
{
	struct record *record = ctx;
	uint32_t next = MANY - record->again;
	int64_t ahead_ns = record->again % 2 ? -CLOCK_NS_PER_MS : 20 * CLOCK_NS_PER_US;

	record_expired(ctx, id);
	if (record->again == 0)
		return;
	record->again--;
	record_push(record, next, clock_now_ns() + ahead_ns);
}

static void test_callbacks_may_push(void **state)
{
	struct record *record;

	(void)state;
	record_open(&record, 1, expired_push_again);
	record->again = 500;
	record_push(record, 0, clock_now_ns());
	ev_run(record->loop, 0);
	assert_int_equal(record->expired, 501);
	assert_int_equal(record->early, 0);
	record_close(record);
}

/* A callback that is always due again must not keep the loop from looking at other watchers. */
static void stop_pushing(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct record *record = timer->data;

	(void)loop;
	(void)revents;
	record->again = 0;
}

static void expired_push_forever(void *ctx, uint64_t id)
{
	struct record *record = ctx;

	record->expired++;
	if (record->again > 0)
		timerq_push(&record->queue, 0, id);
}

static void test_the_loop_is_not_starved(void **state)
{
	struct record *record;
	ev_timer timer;

	(void)state;
	record_open(&record, 4, expired_push_forever);
	record->again = 1;
	ev_timer_init(&timer, stop_pushing, 0.002, 0.);
	timer.data = record;
	ev_timer_start(record->loop, &timer);
	assert_int_equal(timerq_push(&record->queue, 0, 0), 0);
	ev_run(record->loop, 0);
	assert_true(record->expired > 1);
	record_close(record);
}

/* In order of pushes the heap stays empty; this is what makes a million own deadlines cheap. */
static void test_deadlines_in_order_never_reach_the_heap(void **state)
{
	struct record *record;
	int64_t now_ns = clock_now_ns();

	(void)state;
	record_open(&record, MANY, record_expired);
	for (int64_t round = 0; round < 3; round++) {
		record->expired = 0;
		for (uint64_t id = 0; id < MANY / 2; id++)
			record_push(record, id, now_ns + (int64_t)id);
		assert_int_equal(record->queue.heap_length, 0);
		ev_run(record->loop, 0);
		record_check(record, MANY / 2);
	}
	record_close(record);
}

static void test_length_max_is_what_was_pending_at_a_time(void **state)
{
	struct record *record;
	int64_t now_ns = clock_now_ns();

	(void)state;
	record_open(&record, 8, record_expired);
	assert_int_equal(record->queue.length_max, 0);
	/* Two after each other, then three at a time, one of them through the heap. */
	for (uint64_t id = 0; id < 2; id++) {
		record_push(record, id, now_ns);
		ev_run(record->loop, 0);
	}
	assert_int_equal(record->queue.length_max, 1);
	record_push(record, 2, now_ns);
	record_push(record, 3, now_ns + 1);
	record_push(record, 4, now_ns);
	ev_run(record->loop, 0);
	assert_int_equal(record->queue.length_max, 3);
	record_check(record, 5);
	record_close(record);
}

static void test_release_with_pending_entries(void **state)
{
	struct record *record;

	(void)state;
	record_open(&record, 4, record_expired);
	record_push(record, 0, clock_now_ns() + 3600 * CLOCK_NS_PER_S);
	ev_run(record->loop, EVRUN_NOWAIT);
	record_push(record, 1, clock_now_ns() + 1800 * CLOCK_NS_PER_S);
	timerq_release(&record->queue);
	/* Nothing is left active: this returns. */
	ev_run(record->loop, 0);
	assert_int_equal(record->expired, 0);
	ev_loop_destroy(record->loop);
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_queue_lets_the_loop_end),
		cmocka_unit_test(test_expires_in_order_and_never_early),
		cmocka_unit_test(test_equal_deadlines_keep_the_order_of_pushes),
		cmocka_unit_test(test_past_deadlines_are_due_at_once),
		cmocka_unit_test(test_full_queue_refuses),
		cmocka_unit_test(test_random_deadlines_come_out_sorted),
		cmocka_unit_test(test_callbacks_may_push),
		cmocka_unit_test(test_the_loop_is_not_starved),
		cmocka_unit_test(test_deadlines_in_order_never_reach_the_heap),
		cmocka_unit_test(test_length_max_is_what_was_pending_at_a_time),
		cmocka_unit_test(test_release_with_pending_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
