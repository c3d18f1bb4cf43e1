// SPDX-License-Identifier: MIT
/*
 * sleep_fanout in direct style: a task is a function that sleeps. The root starts a round of them
 * and joins.
 *
 * The tasks' frames are kept small, because a coroutine's stack may be 1 KiB and a million of them
 * are wanted. That is also why a task reports nothing in words: one that could not sleep leaves no
 * end stamp, and the digest tells.
 */
#include "sleep_fanout.h"

#include "task.h"

struct sleeper {
	uint32_t task, round;
	int64_t common_ns; /* 0: the task's own deadline */
};

_Static_assert(sizeof(struct sleeper) <= TASK_ARG_MAX, "the argument of a task");

/*
 * What lies on the stack of a sleeping task is what a copied stack costs, a million times. Reading
 * the clock takes room (a timespec, its stack protector) that these two give back on their return.
 */
__attribute__((noinline)) static int64_t fall_asleep(struct arena *arena,
													 const struct sleeper *self)
{
	int64_t begin_ns = clock_now_ns();

	arena_task_begin(arena, self->task, begin_ns);
	return sleep_fanout_deadline(arena, self->common_ns, begin_ns);
}

__attribute__((noinline)) static void wake_up(struct arena *arena, const struct sleeper *self,
											  int64_t deadline_ns)
{
	sleep_fanout_wake(arena, self->round, self->task, deadline_ns);
}

static void sleeper(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	int64_t deadline_ns = fall_asleep(arena, arg);

	(void)fd;
	if (task_sleep_until(t, deadline_ns) == 0)
		wake_up(arena, arg, deadline_ns);
}

/* Starts the tasks of a round. Returns 0, or -errno when there was no room for one. */
static int spawn_all(const struct task_ops *t, struct arena *arena,
					 const struct sleep_fanout_round *round)
{
	uint32_t tasks = (uint32_t)arena_param(arena, SLEEP_FANOUT_TASKS);
	struct sleeper arg = {.round = (uint32_t)round->number, .common_ns = round->common_ns};

	for (arg.task = 0; arg.task < tasks; arg.task++) {
		int error = task_spawn(t, sleeper, &arg, sizeof(arg), -1);

		if (error)
			return error;
	}
	sleep_fanout_round_spawned(arena, round, tasks);
	return 0;
}

/* True when all went well; otherwise the trial has failed. */
static bool run_round(const struct task_ops *t, struct arena *arena, uint64_t number)
{
	struct sleep_fanout_round round = sleep_fanout_round_start(arena, number);
	int spawned = spawn_all(t, arena, &round);
	int joined = task_join(t);

	if (spawned)
		arena_fail(arena, "spawn", spawned);
	else if (joined)
		arena_fail(arena, "join", joined);
	else
		sleep_fanout_round_end(arena, &round);
	return spawned == 0 && joined == 0;
}

void sleep_fanout_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++)
		if (!run_round(t, arena, round))
			break;
	arena_window_close(arena);
}
