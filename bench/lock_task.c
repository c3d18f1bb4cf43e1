// SPDX-License-Identifier: MIT
/*
 * lock in direct style: each task waits for its share of a round in a channel of its own, does it,
 * and says so in a channel that all of them have. There is no other style: callbacks on one thread
 * never interleave, so there is nothing to exclude.
 */
#include "lock.h"

#include <errno.h>
#include <stdlib.h>

#include "task.h"

/* What a task is told. */
struct adder {
	struct chan *start, *done;
	struct lock *lock; /* NULL for atomic and none */
	uint32_t task;
};

static void spend(int64_t section_ns)
{
	int64_t end_ns;

	if (section_ns == 0)
		return;
	end_ns = clock_now_ns() + section_ns;
	while (clock_now_ns() < end_ns)
		; /* ends by the clock */
}

/* The section, for who holds the lock. */
static void add_alone(struct arena *arena, int64_t section_ns)
{
	/* Volatile, so that the number is in memory while the lock is held. */
	volatile uint64_t *number = arena_words(arena);
	uint64_t value = *number;

	spend(section_ns);
	*number = value + 1;
}

static void add_locked(const struct task_ops *t, struct arena *arena, struct lock *lock, uint64_t n)
{
	const int64_t section_ns = arena_param(arena, LOCK_SECTION);

	for (; n > 0; n--) {
		lock_acquire(t, lock);
		add_alone(arena, section_ns);
		lock_release(t, lock);
	}
}

static void add_atomic(struct arena *arena, uint64_t n)
{
	const int64_t section_ns = arena_param(arena, LOCK_SECTION);

	for (; n > 0; n--) {
		spend(section_ns);
		atomic_fetch_add_explicit(lock_number(arena), 1, memory_order_relaxed);
	}
}

static void add_unprotected(struct arena *arena, uint64_t n)
{
	const int64_t section_ns = arena_param(arena, LOCK_SECTION);
	_Atomic uint64_t *number = lock_number(arena);

	for (; n > 0; n--) {
		uint64_t value = atomic_load_explicit(number, memory_order_relaxed);

		spend(section_ns);
		atomic_store_explicit(number, value + 1, memory_order_relaxed);
	}
}

static void add(const struct task_ops *t, struct arena *arena, struct lock *lock, uint64_t n)
{
	if (lock)
		add_locked(t, arena, lock, n);
	else if (arena_param(arena, LOCK_LOCK) == LOCK_ATOMIC)
		add_atomic(arena, n);
	else
		add_unprotected(arena, n);
}

/* Does `n` sections behind a lock, and times the wait of the last one of each batch. */
static void add_sampled(const struct task_ops *t, struct arena *arena, const struct adder *self,
						uint64_t n, uint64_t *samples)
{
	const int64_t section_ns = arena_param(arena, LOCK_SECTION);
	const uint64_t tasks = (uint64_t)arena_param(arena, LOCK_TASKS);

	for (; n >= arena->batch; n -= arena->batch) {
		int64_t start_ns, wait_ns;

		add_locked(t, arena, self->lock, arena->batch - 1);
		start_ns = clock_now_ns();
		lock_acquire(t, self->lock);
		wait_ns = clock_now_ns() - start_ns;
		add_alone(arena, section_ns);
		lock_release(t, self->lock);
		/* Not while others wait. */
		arena_sample_put(arena, (*samples)++ * tasks + self->task, wait_ns);
	}
	add_locked(t, arena, self->lock, n);
}

static void adder(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct adder *self = arg;
	uint64_t samples = 0;
	struct gen_value share;

	(void)fd;
	arena_task_begin(arena, self->task, clock_now_ns());
	chan_put(t, self->done, 0);
	/* Ends when the root closes the channel. */
	while ((share = chan_get(t, self->start)).more) {
		if (arena->pass == ARENA_PASS_LATENCY)
			add_sampled(t, arena, self, share.value, &samples);
		else
			add(t, arena, self->lock, share.value);
		chan_put(t, self->done, share.value);
	}
	arena_task_end(arena, self->task, clock_now_ns());
}

/* ---- the root ---- */

struct team {
	uint32_t tasks;
	struct chan *done;
	struct lock *lock;
	struct chan *starts[]; /* one for each task */
};

/* Waits for all tasks; the sum of what they say that they have done. */
static uint64_t wait_for_all(const struct task_ops *t, const struct team *team)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < team->tasks; i++)
		sum += chan_get(t, team->done).value;
	return sum;
}

static void run_rounds(const struct task_ops *t, struct arena *arena, const struct team *team)
{
	uint64_t number = 0;

	wait_for_all(t, team);
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++) {
		for (uint32_t i = 0; i < team->tasks; i++)
			chan_put(t, team->starts[i], lock_share(arena->params, i));
		number = lock_round_end(arena, wait_for_all(t, team), number);
	}
	arena_window_close(arena);
}

/* Opens what the tasks need and starts them. 0 or -errno. */
static int start_all(const struct task_ops *t, struct arena *arena, struct team *team)
{
	const int64_t kind = arena_param(arena, LOCK_LOCK);
	int64_t start_ns = clock_now_ns();
	int error = 0;

	team->done = chan_open(t, team->tasks);
	if (kind < LOCK_ATOMIC)
		team->lock = lock_open(t, (enum task_lock)kind);
	if (!team->done || (kind < LOCK_ATOMIC && !team->lock))
		return -ENOMEM;
	for (uint32_t i = 0; i < team->tasks && error == 0; i++) {
		struct adder arg = {.done = team->done, .lock = team->lock, .task = i};

		arg.start = team->starts[i] = chan_open(t, 1);
		error = arg.start ? task_spawn(t, adder, &arg, sizeof(arg), -1) : -ENOMEM;
	}
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = team->tasks;
	return error;
}

/* Ends the tasks by closing their channels. 0 or -errno. */
static int end_all(const struct task_ops *t, struct arena *arena, struct team *team)
{
	int64_t start_ns = clock_now_ns();
	int error;

	for (uint32_t i = 0; i < team->tasks && team->starts[i]; i++)
		chan_close(t, team->starts[i]);
	error = task_join(t);
	arena->drain_ns = clock_now_ns() - start_ns;
	for (uint32_t i = 0; i < team->tasks && team->starts[i]; i++)
		chan_free(t, team->starts[i]);
	if (team->lock)
		lock_free(t, team->lock);
	if (team->done)
		chan_free(t, team->done);
	return error;
}

void lock_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const uint32_t tasks = (uint32_t)arena_param(arena, LOCK_TASKS);
	struct team *team = calloc(1, sizeof(*team) + tasks * sizeof(team->starts[0]));
	int error;

	(void)arg;
	(void)fd;
	if (!team) {
		arena_fail(arena, "lock", -ENOMEM);
		return;
	}
	team->tasks = tasks;
	error = start_all(t, arena, team);
	if (error)
		arena_fail(arena, "lock: start of its tasks", error);
	else
		run_rounds(t, arena, team);
	error = end_all(t, arena, team);
	if (error)
		arena_fail(arena, "join", error);
	free(team);
}
