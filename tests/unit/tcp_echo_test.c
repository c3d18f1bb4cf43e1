// SPDX-License-Identifier: MIT
/* tcp_echo's accounts in the open loop: what is due, late, left, and sampled; time is made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tcp_echo.h"

#define MS CLOCK_NS_PER_MS

/* One connection, a message due every millisecond, on whole milliseconds; a window of 100 ms. */
enum { CONNS = 1, RATE = 1000 };

static const int64_t open_ns = 1000 * MS, close_ns = 1100 * MS;

struct fixture {
	struct arena *arena;
	struct tcp_echo_tally tally;
	int64_t now_ns;
};

/* The connection has just had the reply to its first message. */
static enum tcp_echo_turn setup(struct fixture *fixture, int64_t now_ns)
{
	int64_t params[ARENA_PARAMS_MAX] = {
		[TCP_ECHO_CONNS] = CONNS,
		[TCP_ECHO_SIZE] = 64,
		[TCP_ECHO_DURATION] = close_ns - open_ns,
		[TCP_ECHO_WARMUP] = 50 * MS,
		[TCP_ECHO_RATE] = RATE,
	};
	struct arena_sizing sizing = tcp_echo_sizing(params, 1);
	size_t size = arena_size(&sizing);
	struct arena *arena = aligned_alloc(4096, size);

	assert_non_null(arena);
	memset(arena, 0, size);
	arena_init(arena, &sizing);
	memcpy(arena->params, params, sizeof(params));
	*fixture = (struct fixture){.arena = arena, .now_ns = now_ns};
	fixture->tally.slice = tcp_echo_slice(arena, TCP_ECHO_ROLE_CLIENT, 0);
	fixture->tally.slice->ops = 1;
	return tcp_echo_answered(arena, &fixture->tally, now_ns);
}

static void plan(struct fixture *fixture)
{
	arena_window_plan(fixture->arena, open_ns, close_ns);
}

static void teardown(struct fixture *fixture)
{
	free(fixture->arena);
}

/* Serves the messages, each in `service_ns`, for as long as they are due before `until_ns`. */
static enum tcp_echo_turn serve(struct fixture *fixture, enum tcp_echo_turn turn,
								int64_t service_ns, int64_t until_ns)
{
	struct tcp_echo_tally *tally = &fixture->tally;

	while (turn != TCP_ECHO_END && tally->start_ns < until_ns) {
		if (turn == TCP_ECHO_WAIT) {
			fixture->now_ns = tally->wake_ns;
			turn = tcp_echo_turn(fixture->arena, tally, fixture->now_ns);
			continue;
		}
		fixture->now_ns += service_ns;
		tally->slice->ops++;
		turn = tcp_echo_answered(fixture->arena, tally, fixture->now_ns);
	}
	return turn;
}

/* How many samples of a lane (0: response, 1: service) are `ns` or more. */
static int count_from(const struct fixture *fixture, uint64_t lane, int64_t ns)
{
	const int64_t *samples = arena_samples(fixture->arena);
	int n = 0;

	for (uint64_t i = lane; i < fixture->arena->n_samples; i += 2)
		n += samples[i] > ns;
	return n;
}

static void a_quick_server_leaves_nothing(void **state)
{
	struct fixture f;
	enum tcp_echo_turn turn = setup(&f, 950 * MS);

	(void)state;
	plan(&f);
	turn = serve(&f, turn, MS / 10, INT64_MAX);
	assert_int_equal(turn, TCP_ECHO_END);
	assert_int_equal(f.tally.slice->due, 100);
	assert_int_equal(f.tally.slice->late, 0);
	assert_int_equal(f.tally.slice->backlog, 0);
	assert_int_equal(count_from(&f, 0, 0), 100);
	assert_int_equal(count_from(&f, 0, MS / 10 + 1), 0);
	assert_int_equal(count_from(&f, 1, MS / 10), 100);
	teardown(&f);
}

/* All that fell due in a stall of 20 ms waited for its end; only one was in service meanwhile. */
static void a_stall_delays_whatever_falls_due_in_it(void **state)
{
	struct fixture f;
	enum tcp_echo_turn turn = setup(&f, 950 * MS);

	(void)state;
	plan(&f);
	turn = serve(&f, turn, 1, 1040 * MS);
	turn = serve(&f, turn, 20 * MS, 1041 * MS);
	turn = serve(&f, turn, 1, INT64_MAX);
	assert_int_equal(turn, TCP_ECHO_END);
	assert_int_equal(f.tally.slice->due, 100);
	assert_int_equal(f.tally.slice->backlog, 0);
	assert_int_equal(count_from(&f, 0, 0), 100);
	for (int ms = 1; ms <= 20; ms++)
		assert_int_equal(count_from(&f, 0, ms * MS), 21 - ms);
	assert_int_equal(count_from(&f, 1, MS), 1);
	assert_int_equal(f.tally.slice->late,
					 19); /* sent 19, 18, ... 1 ms (and 18 ns) after it was due */
	teardown(&f);
}

static void what_a_closing_window_leaves_is_backlog(void **state)
{
	struct fixture f;
	enum tcp_echo_turn turn = setup(&f, 950 * MS);

	(void)state;
	plan(&f);
	turn = serve(&f, turn, 1, 1060 * MS);
	turn = serve(&f, turn, 70 * MS, 1061 * MS);
	assert_int_equal(turn, TCP_ECHO_END);
	assert_int_equal(f.tally.slice->due, 100);
	assert_int_equal(f.tally.slice->backlog, 40); /* in service since 1060, and 39 never sent */
	assert_int_equal(count_from(&f, 0, 0), 61);
	assert_int_equal(count_from(&f, 0, 70 * MS), 1);
	teardown(&f);
}

/* A backlog of the warm-up that is made up for inside the window has samples, but was due before.
 */
static void what_was_due_before_the_window_is_not_due_in_it(void **state)
{
	struct fixture f;
	enum tcp_echo_turn turn = setup(&f, 950 * MS);

	(void)state;
	plan(&f);
	turn = serve(&f, turn, 60 * MS, 951 * MS);
	turn = serve(&f, turn, 1, INT64_MAX);
	assert_int_equal(turn, TCP_ECHO_END);
	assert_int_equal(f.tally.slice->due, 100);
	assert_int_equal(f.tally.slice->backlog, 0);
	assert_int_equal(count_from(&f, 0, 0), 150);
	assert_int_equal(count_from(&f, 0, 5 * MS), 56); /* due at 950 ... 1005, sent from 1010 on */
	teardown(&f);
}

/* A window that is not planned yet may close before the next message is due. */
static void nobody_sleeps_beyond_a_window_that_is_not_planned(void **state)
{
	struct fixture f;
	enum tcp_echo_turn turn;

	(void)state;
	setup(&f, 950 * MS);
	f.tally.start_ns = 5000 * MS;
	turn = tcp_echo_turn(f.arena, &f.tally, 951 * MS);
	assert_int_equal(turn, TCP_ECHO_WAIT);
	assert_int_equal(f.tally.wake_ns, (951 + 50 + 100) * MS);
	plan(&f);
	turn = tcp_echo_turn(f.arena, &f.tally, 952 * MS);
	assert_int_equal(turn, TCP_ECHO_WAIT);
	assert_int_equal(f.tally.wake_ns, close_ns);
	assert_int_equal(tcp_echo_turn(f.arena, &f.tally, close_ns), TCP_ECHO_END);
	assert_int_equal(f.tally.slice->backlog, 0);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quick_server_leaves_nothing),
		cmocka_unit_test(a_stall_delays_whatever_falls_due_in_it),
		cmocka_unit_test(what_a_closing_window_leaves_is_backlog),
		cmocka_unit_test(what_was_due_before_the_window_is_not_due_in_it),
		cmocka_unit_test(nobody_sleeps_beyond_a_window_that_is_not_planned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
