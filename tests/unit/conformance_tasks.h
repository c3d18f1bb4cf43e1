// SPDX-License-Identifier: MIT
/* Conformance: spawn, join, sleep, yield. */
#ifndef CONCBENCH_CONFORMANCE_TASKS_H
#define CONCBENCH_CONFORMANCE_TASKS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "conformance.h"

/* ---- all tasks alive at once ---- */

static void meet_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	WANT(arena, fd == -1);
	cell_add(arena, 0, 1);
	cell_wait(t, arena, 0, arena_param(arena, CASE_TASKS));
	cell_add(arena, 1, 1);
}

static void meet_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t n = arena_param(arena, CASE_TASKS);

	(void)arg;
	(void)fd;
	for (int64_t i = 0; i < n; i++)
		WANT(arena, task_spawn(t, meet_task, NULL, 0, -1) == 0);
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 1) == n);
}

/* ---- many tasks ---- */

static void count_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)fd;
	cell_add(arena, 0, *(const int64_t *)arg);
}

static void many_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t n = arena_param(arena, CASE_TASKS);

	(void)arg;
	(void)fd;
	for (int64_t i = 1; i <= n; i++)
		WANT(arena, task_spawn(t, count_task, &i, sizeof(i), -1) == 0);
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 0) == n * (n + 1) / 2);
}

/* ---- sleep ---- */

static void sleep_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t deadline_ns = *(const int64_t *)arg;

	(void)fd;
	WANT(arena, task_sleep_until(t, deadline_ns) == 0);
	WANT(arena, clock_now_ns() >= deadline_ns);
	cell_add(arena, 0, 1);
}

/* Deadlines out of order, some of them already past when the task begins. */
static void sleep_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t n = arena_param(arena, CASE_TASKS);
	const int64_t base_ns = clock_now_ns();

	(void)arg;
	(void)fd;
	for (int64_t i = 0; i < n; i++) {
		const int64_t deadline_ns = base_ns + i * 37 % 100 * 50 * CLOCK_NS_PER_US;

		WANT(arena, task_spawn(t, sleep_task, &deadline_ns, sizeof(deadline_ns), -1) == 0);
	}
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 0) == n);
}

static void past_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	WANT(arena, task_sleep_until(t, clock_now_ns() - 1) == 0);
	WANT(arena, task_sleep_until(t, 1) == 0);
	WANT(arena, task_sleep_until(t, 0) == 0);
	WANT(arena, task_sleep_until(t, -CLOCK_NS_PER_S) == 0);
}

/* ---- the argument is a copy ---- */

static void arg_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const unsigned char *bytes = arg;

	(void)fd;
	WANT(arena, (uintptr_t)arg % 8 == 0); /* any plain struct may lie there */
	task_sleep_until(t, clock_now_ns() + 100 * CLOCK_NS_PER_US);
	for (int i = 1; i < TASK_ARG_MAX; i++)
		WANT(arena, bytes[i] == (unsigned char)(bytes[0] + i));
	cell_add(arena, 0, 1);
}

/* Changed right after each spawn, in the caller's frame and in memory that processes share. */
static void arg_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	unsigned char local[TASK_ARG_MAX];
	unsigned char *shared = (unsigned char *)cell(arena, 8);

	(void)arg;
	(void)fd;
	for (int64_t i = 0; i < arena_param(arena, CASE_TASKS); i++) {
		unsigned char *bytes = i % 2 ? shared : local;

		for (int64_t at = 0; at < TASK_ARG_MAX; at++)
			bytes[at] = (unsigned char)(i + at);
		WANT(arena, task_spawn(t, arg_task, bytes, TASK_ARG_MAX, -1) == 0);
		memset(bytes, 0xee, TASK_ARG_MAX);
	}
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 0) == arena_param(arena, CASE_TASKS));
}

/* ---- join ---- */

static void join_alone_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	WANT(arena, task_join(t) == 0);
	WANT(arena, task_join(t) == 0);
}

/* A tree: a task of depth d has three children of depth d - 1, and is counted after them. */
static void nested_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t depth = *(const int64_t *)arg;
	const int64_t below = depth - 1;

	(void)fd;
	for (int i = 0; depth > 1 && i < 3; i++)
		WANT(arena, task_spawn(t, nested_task, &below, sizeof(below), -1) == 0);
	WANT(arena, task_join(t) == 0);
	if (depth == 3) /* the one task of this depth: all its 12 descendants have ended */
		WANT(arena, cell_value(arena, 0) == 12);
	cell_add(arena, 0, 1);
}

static void nested_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t depth = 3;

	(void)arg;
	(void)fd;
	WANT(arena, task_spawn(t, nested_task, &depth, sizeof(depth), -1) == 0);
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 0) == 13);
}

static void quick_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)arg;
	(void)fd;
	cell_add(arena, 1, 1);
}

static void slow_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	cell_wait(t, arena, 0, 1);
	cell_add(arena, 1, 1);
}

/* Hangs if join waited for a sibling. */
static void own_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	WANT(arena, task_spawn(t, quick_task, NULL, 0, -1) == 0);
	WANT(arena, task_join(t) == 0);
	cell_add(arena, 0, 1);
}

static void own_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	WANT(arena, task_spawn(t, slow_task, NULL, 0, -1) == 0);
	WANT(arena, task_spawn(t, own_task, NULL, 0, -1) == 0);
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 1) == 2);
}

/* The body returns while a child still sleeps: run waits for it (see `total` in the table). */
static void late_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	task_sleep_until(t, clock_now_ns() + 2 * CLOCK_NS_PER_MS);
	cell_add(arena, 0, 1);
}

static void unjoined_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	WANT(arena, task_spawn(t, late_task, NULL, 0, -1) == 0);
}

static void unjoined_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	WANT(arena, task_spawn(t, unjoined_task, NULL, 0, -1) == 0);
	WANT(arena, task_spawn(t, late_task, NULL, 0, -1) == 0);
}

/* ---- yield ---- */

static void turns_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t self = *(const int64_t *)arg;
	const int64_t n = arena_param(arena, CASE_TASKS);

	(void)fd;
	for (int round = 0; round < 50; round++) {
		while (cell_value(arena, 0) % n != self && !atomic_load(&arena->failed))
			task_yield(t);
		cell_add(arena, 0, 1);
	}
}

/* Each task moves on only when the others have had their turn. */
static void turns_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t n = arena_param(arena, CASE_TASKS);

	(void)arg;
	(void)fd;
	for (int64_t i = 0; i < n; i++)
		WANT(arena, task_spawn(t, turns_task, &i, sizeof(i), -1) == 0);
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 0) == 50 * n);
}

/* ---- ended children do not pile up ---- */

/* How many child processes this one has, zombies included; 0 where the kernel does not tell. */
static int children_listed(void)
{
	static char list[4096];
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, list, sizeof(list));
	int n = 0;

	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < length; i++)
		n += list[i] == ' ';
	return n;
}

/* A server's root spawns for ever and never joins; a few tasks at a time are all it needs. */
static void serve_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t one = 1;
	int rc;

	(void)arg;
	(void)fd;
	for (int i = 0; i < 150; i++) {
		do {
			rc = task_spawn(t, count_task, &one, sizeof(one), -1);
			task_yield(t); /* a child that has counted may still be on its way out */
		} while (rc == -EAGAIN);
		WANT(arena, rc == 0);
		cell_wait(t, arena, 0, i + 1);
	}
	WANT(arena, children_listed() <= 8);
	WANT(arena, task_join(t) == 0);
}

/* ---- a crash ---- */

static void crash_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)arena;
	(void)fd;
	if (*(const int64_t *)arg)
		_exit(3);
	kill(getpid(), SIGKILL);
}

static void crash_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	for (int64_t by_exit = 0; by_exit < 2; by_exit++) {
		WANT(arena, task_spawn(t, late_task, NULL, 0, -1) == 0);
		WANT(arena, task_spawn(t, crash_task, &by_exit, sizeof(by_exit), -1) == 0);
		WANT(arena, task_join(t) == -ECHILD);
		WANT(arena, task_join(t) == 0);
	}
	WANT(arena, cell_value(arena, 0) == 2);
}

static const struct conformance_case task_cases[] = {
	{.name = "all tasks alive at once", .task = meet_root, .tasks = 200},
	{.name = "many tasks", .task = many_root, .tasks = 500, .tasks_light = 10000},
	{.name = "no early wake", .task = sleep_root, .tasks = 100},
	{.name = "past deadline returns", .task = past_root, .tasks = 1},
	{.name = "argument copied", .task = arg_root, .tasks = 32},
	{.name = "join without children", .task = join_alone_root, .tasks = 1},
	{.name = "nested spawn and join", .task = nested_root, .tasks = 13},
	{.name = "join waits for own children only", .task = own_root, .tasks = 3},
	{.name = "run waits for all tasks", .task = unjoined_root, .tasks = 3, .total = 2},
	{.name = "yield makes progress", .task = turns_root, .tasks = 3},
	{.name = "ended children do not pile up", .task = serve_root, .tasks = 2},
	{.name = "crashed child fails the join", .task = crash_root, .tasks = 2, .only = "process"},
};

#endif
