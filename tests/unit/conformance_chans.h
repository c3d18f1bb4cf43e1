// SPDX-License-Identifier: MIT
/* Conformance: channels and locks. */
#ifndef CONCBENCH_CONFORMANCE_CHANS_H
#define CONCBENCH_CONFORMANCE_CHANS_H

#include <errno.h>

#include "conformance.h"

/* What the tasks of a case share, and which of them this one is. */
struct chan_arg {
	struct chan *chan, *other;
	struct lock *lock;
	uint64_t number;
};

/* Long enough for a task that should wait to go on if it does not; too short fails nothing. */
static void let_others_run(const struct task_ops *t)
{
	task_sleep_until(t, clock_now_ns() + CLOCK_NS_PER_MS);
}

static void chan_order_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct chan *chan = chan_open(t, 5);
	uint64_t put = 0, got = 0;

	(void)arg;
	(void)fd;
	if (!WANT(arena, chan != NULL))
		return;
	for (unsigned round = 0; round < 20; round++) {
		for (; put - got < 5; put++)
			WANT(arena, chan_put(t, chan, UINT64_MAX - put) == 0);
		for (unsigned n = 1 + round % 5; n > 0; n--, got++)
			WANT(arena, value_is(chan_get(t, chan), UINT64_MAX - got));
	}
	chan_close(t, chan);
	WANT(arena, chan_put(t, chan, 1) == -EPIPE);
	for (; got < put; got++)
		WANT(arena, value_is(chan_get(t, chan), UINT64_MAX - got));
	for (int i = 0; i < 3; i++)
		WANT(arena, value_ended(chan_get(t, chan)));
	chan_close(t, chan);
	chan_free(t, chan);
	WANT(arena, chan_open(t, 0) == NULL);
}

/* Cell 0 counts values that are in. */
static void full_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct chan_arg *with = arg;

	(void)fd;
	for (uint64_t i = 0; i < 10; i++) {
		WANT(arena, chan_put(t, with->chan, i) == 0);
		cell_add(arena, 0, 1);
	}
}

static void full_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct chan_arg with = {.chan = chan_open(t, 3)};

	(void)arg;
	(void)fd;
	WANT(arena, task_spawn(t, full_task, &with, sizeof(with), -1) == 0);
	for (uint64_t i = 0; i < 10; i++) {
		const int64_t in = i + 3 < 10 ? (int64_t)i + 3 : 10;

		cell_wait(t, arena, 0, in);
		let_others_run(t);
		WANT(arena, cell_value(arena, 0) == in);
		WANT(arena, value_is(chan_get(t, with.chan), i));
	}
	WANT(arena, task_join(t) == 0);
	chan_free(t, with.chan);
}

/* Cell 0 counts values that are out. */
static void empty_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct chan_arg *with = arg;

	(void)fd;
	for (uint64_t i = 0; i < 5; i++) {
		WANT(arena, value_is(chan_get(t, with->chan), i));
		cell_add(arena, 0, 1);
	}
}

static void empty_chan_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct chan_arg with = {.chan = chan_open(t, 3)};

	(void)arg;
	(void)fd;
	WANT(arena, task_spawn(t, empty_task, &with, sizeof(with), -1) == 0);
	for (int64_t i = 0; i < 5; i++) {
		cell_wait(t, arena, 0, i);
		let_others_run(t);
		WANT(arena, cell_value(arena, 0) == i);
		WANT(arena, chan_put(t, with.chan, (uint64_t)i) == 0);
	}
	WANT(arena, task_join(t) == 0);
	chan_free(t, with.chan);
}

/* Cell 0 counts those that are about to wait: half of them to get, half of them to put. */
static void chan_close_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct chan_arg *with = arg;

	(void)fd;
	cell_add(arena, 0, 1);
	if (with->number % 2)
		WANT(arena, value_ended(chan_get(t, with->chan)));
	else
		WANT(arena, chan_put(t, with->other, 9) == -EPIPE);
}

static void chan_close_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct chan_arg with = {.chan = chan_open(t, 2), .other = chan_open(t, 1)};

	(void)arg;
	(void)fd;
	WANT(arena, chan_put(t, with.other, 7) == 0);
	for (; with.number < 8; with.number++)
		WANT(arena, task_spawn(t, chan_close_task, &with, sizeof(with), -1) == 0);
	cell_wait(t, arena, 0, 8);
	let_others_run(t);
	chan_close(t, with.chan);
	chan_close(t, with.other);
	WANT(arena, task_join(t) == 0);
	WANT(arena, value_is(chan_get(t, with.other), 7));
	WANT(arena, value_ended(chan_get(t, with.other)));
	chan_free(t, with.chan);
	chan_free(t, with.other);
}

enum { CHAN_ITEMS = 10000, CHAN_SIDES = 4 };

/* Cells from 8 on: a bit for each item, set by who gets it. Cell 0 counts them. */
static void consume_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct chan_arg *with = arg;
	uint64_t last[CHAN_SIDES] = {0};
	struct gen_value got;

	(void)fd;
	while ((got = chan_get(t, with->chan)).more) {
		const uint64_t item = got.value - 1;
		const int64_t bit = (int64_t)(1ULL << item % 64);

		if (!WANT(arena, item < CHAN_ITEMS))
			return;
		WANT(arena, !(atomic_fetch_or(cell(arena, 8 + (unsigned)(item / 64)), bit) & bit));
		/* What one producer puts stays in order. */
		WANT(arena, got.value > last[item % CHAN_SIDES]);
		last[item % CHAN_SIDES] = got.value;
		cell_add(arena, 0, 1);
	}
}

static void produce_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct chan_arg *with = arg;

	(void)fd;
	for (uint64_t item = with->number; item < CHAN_ITEMS; item += CHAN_SIDES)
		WANT(arena, chan_put(t, with->chan, item + 1) == 0);
}

static void many_of(const struct task_ops *t, struct arena *arena, uint32_t capacity)
{
	struct chan_arg with = {.chan = chan_open(t, capacity)};

	for (; with.number < CHAN_SIDES; with.number++) {
		WANT(arena, task_spawn(t, consume_task, &with, sizeof(with), -1) == 0);
		WANT(arena, task_spawn(t, produce_task, &with, sizeof(with), -1) == 0);
	}
	cell_wait(t, arena, 0, CHAN_ITEMS);
	chan_close(t, with.chan);
	WANT(arena, task_join(t) == 0);
	chan_free(t, with.chan);
}

static void chan_many_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	many_of(t, arena, 7);
}

static void chan_narrow_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	many_of(t, arena, 1);
}

/* Gives each value back, one larger, until the first channel is closed. */
static void answer_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct chan_arg *with = arg;
	struct gen_value got;

	(void)fd;
	while ((got = chan_get(t, with->chan)).more)
		WANT(arena, chan_put(t, with->other, got.value + 1) == 0);
}

static void ping_pong_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct chan_arg with = {.chan = chan_open(t, 1), .other = chan_open(t, 1)};

	(void)arg;
	(void)fd;
	WANT(arena, task_spawn(t, answer_task, &with, sizeof(with), -1) == 0);
	for (uint64_t i = 0; i < 2000; i++) {
		WANT(arena, chan_put(t, with.chan, i) == 0);
		WANT(arena, value_is(chan_get(t, with.other), i + 1));
	}
	chan_close(t, with.chan);
	WANT(arena, task_join(t) == 0);
	chan_free(t, with.chan);
	chan_free(t, with.other);
}

enum { LOCK_TASKS = 4, LOCK_SECTIONS = 500 };

/* Cell 0 is what the lock protects, cell 1 says how many are inside. */
static void lock_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct chan_arg *with = arg;

	(void)fd;
	for (int i = 0; i < LOCK_SECTIONS; i++) {
		int64_t value;

		lock_acquire(t, with->lock);
		WANT(arena, atomic_fetch_add(cell(arena, 1), 1) == 0);
		value = atomic_load_explicit(cell(arena, 0), memory_order_relaxed);
		if (i % 16 == 0)
			task_yield(t);
		atomic_store_explicit(cell(arena, 0), value + 1, memory_order_relaxed);
		cell_add(arena, 1, -1);
		lock_release(t, with->lock);
	}
}

static void lock_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	static const enum task_lock kinds[] = {TASK_LOCK_MUTEX, TASK_LOCK_SPIN, TASK_LOCK_RWLOCK,
										   TASK_LOCK_SEMAPHORE};

	(void)arg;
	(void)fd;
	for (unsigned i = 0; i < 4; i++) {
		struct chan_arg with = {.lock = lock_open(t, kinds[i])};

		/* Where all tasks are on one thread there is none to spin for. */
		if (!with.lock && kinds[i] == TASK_LOCK_SPIN && !arena_param(arena, CASE_PIDS))
			continue;
		if (!WANT(arena, with.lock != NULL))
			return;
		atomic_store(cell(arena, 0), 0);
		for (int n = 0; n < LOCK_TASKS; n++)
			WANT(arena, task_spawn(t, lock_task, &with, sizeof(with), -1) == 0);
		WANT(arena, task_join(t) == 0);
		WANT(arena, cell_value(arena, 0) == LOCK_TASKS * LOCK_SECTIONS);
		lock_free(t, with.lock);
	}
}

static const struct conformance_case chan_cases[] = {
	{.name = "order of channel values", .task = chan_order_root, .tasks = 1},
	{.name = "full channel waits", .task = full_root, .tasks = 1},
	{.name = "empty channel waits", .task = empty_chan_root, .tasks = 1},
	{.name = "closed channel wakes all", .task = chan_close_root, .tasks = 8},
	{.name = "channel of 4 and 4", .task = chan_many_root, .tasks = 8, .total = CHAN_ITEMS},
	{.name = "channel of 4 and 4 for 1", .task = chan_narrow_root, .tasks = 8, .total = CHAN_ITEMS},
	{.name = "channel there and back", .task = ping_pong_root, .tasks = 1},
	{.name = "locks", .task = lock_root, .tasks = LOCK_TASKS},
};

#endif
