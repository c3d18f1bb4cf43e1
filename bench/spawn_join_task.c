// SPDX-License-Identifier: MIT
/* spawn_join in direct style: the root starts the tasks of a group and joins them. */
#include "spawn_join.h"

#include "task.h"

_Static_assert(sizeof(struct spawn_join_arg) <= TASK_ARG_MAX, "the argument of a task");

static void idler(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)fd;
	spawn_join_run(arena, arg);
}

/* Starts and joins the group that begins with task number `first`. False: the trial has failed. */
static bool run_group(const struct task_ops *t, struct arena *arena, uint32_t first, uint32_t tasks)
{
	struct spawn_join_arg arg = {.task = first};
	int error = 0, joined;

	for (; arg.place < tasks && error == 0; arg.place++, arg.task++)
		error = task_spawn(t, idler, &arg, sizeof(arg), -1);
	joined = task_join(t);
	if (error)
		arena_fail(arena, "spawn", error);
	else if (joined)
		arena_fail(arena, "join", joined);
	return error == 0 && joined == 0;
}

static bool run_round(const struct task_ops *t, struct arena *arena, struct spawn_join_batch *batch)
{
	uint32_t all = (uint32_t)arena_param(arena, SPAWN_JOIN_TASKS), tasks;

	for (uint32_t first = 0; first < all; first += tasks) {
		tasks = spawn_join_group(arena, first);
		if (!run_group(t, arena, first, tasks))
			return false;
		spawn_join_joined(arena, batch, tasks);
	}
	spawn_join_round_end(arena);
	return true;
}

void spawn_join_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct spawn_join_batch batch;

	(void)arg;
	(void)fd;
	arena_window_open(arena);
	batch = spawn_join_batch_start(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++)
		if (!run_round(t, arena, &batch))
			break;
	arena_window_close(arena);
}
