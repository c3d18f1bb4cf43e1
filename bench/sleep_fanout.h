// SPDX-License-Identifier: MIT
/*
 * sleep_fanout: many tasks that sleep at the same time. What does a task cost that only waits?
 *
 * One operation: one task was started, slept to its deadline and ended. A round starts `tasks`
 * tasks and waits for all of them; rounds follow one another until the window is full.
 *
 *   spawn_ns   from the start of a round until its last task has been started
 *   lateness   from a task's deadline to the moment it runs again; early wake-ups are negative
 *   drain_ns   from the last deadline of a round until all its tasks are known to have ended
 *
 * deadline=own gives each task its own start + sleep, as the well-known one-million-task benchmark
 * does. A slow spawner only looks punctual there; with deadline=common all tasks of a round have
 * the deadline round start + sleep, and the receipt demands that all were alive at once.
 */
#ifndef CONCBENCH_SLEEP_FANOUT_H
#define CONCBENCH_SLEEP_FANOUT_H

#include "arena.h"

struct event;
struct task_ops;

enum sleep_fanout_param {
	SLEEP_FANOUT_TASKS,
	SLEEP_FANOUT_SLEEP,
	SLEEP_FANOUT_DEADLINE,
	SLEEP_FANOUT_WINDOW,
	SLEEP_FANOUT_PLACEMENT,
};

/* The choices of `deadline`, in the order of its row. */
enum { SLEEP_FANOUT_OWN, SLEEP_FANOUT_COMMON };

/* One round. */
struct sleep_fanout_round {
	uint64_t number;
	int64_t start_ns;
	int64_t common_ns; /* the deadline of all its tasks; 0: each has its own */
};

static inline struct sleep_fanout_round sleep_fanout_round_start(const struct arena *arena,
																 uint64_t number)
{
	int64_t sleep_ns = arena_param(arena, SLEEP_FANOUT_SLEEP);
	int64_t now_ns = clock_now_ns();
	bool common = arena_param(arena, SLEEP_FANOUT_DEADLINE) == SLEEP_FANOUT_COMMON;

	return (struct sleep_fanout_round){
		.number = number,
		.start_ns = now_ns,
		.common_ns = common ? arena_deadline(arena, now_ns, sleep_ns) : 0,
	};
}

/* The deadline of a task that began at `begin_ns`. */
static inline int64_t sleep_fanout_deadline(const struct arena *arena, int64_t common_ns,
											int64_t begin_ns)
{
	if (common_ns)
		return common_ns;
	return arena_deadline(arena, begin_ns, arena_param(arena, SLEEP_FANOUT_SLEEP));
}

/* The spawn phase is over: `tasks` tasks have been started. */
static inline void sleep_fanout_round_spawned(struct arena *arena,
											  const struct sleep_fanout_round *round,
											  uint64_t tasks)
{
	arena->spawn_ns += clock_now_ns() - round->start_ns;
	arena->tasks_spawned += tasks;
}

/* Task number `task` (from 0) of a round runs again and ends. */
static inline void sleep_fanout_wake(struct arena *arena, uint64_t round, uint32_t task,
									 int64_t deadline_ns)
{
	uint64_t tasks = (uint64_t)arena_param(arena, SLEEP_FANOUT_TASKS);
	int64_t now_ns = clock_now_ns();

	arena_sample_put(arena, round * tasks + task, now_ns - deadline_ns);
	arena_task_end(arena, task, now_ns);
}

/*
 * All tasks of a round have ended. The digest is the sum of task number + 1 over those that have
 * stamped their end since the round began; nothing needs to be cleared between rounds.
 */
static inline void sleep_fanout_round_end(struct arena *arena,
										  const struct sleep_fanout_round *round)
{
	uint32_t tasks = (uint32_t)arena_param(arena, SLEEP_FANOUT_TASKS);
	const int64_t *begins_ns = arena_begins_ns(arena);
	const int64_t *ends_ns = arena_ends_ns(arena);
	int64_t last_begin_ns = round->start_ns;
	int64_t now_ns = clock_now_ns();
	uint64_t ended = 0, digest = 0;

	for (uint32_t task = 0; task < tasks; task++) {
		if (ends_ns[task] <= round->start_ns)
			continue;
		ended++;
		digest += task + 1;
		if (last_begin_ns < begins_ns[task])
			last_begin_ns = begins_ns[task];
	}
	arena->drain_ns += now_ns - sleep_fanout_deadline(arena, round->common_ns, last_begin_ns);
	arena_round_end(arena, ended, digest);
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t sleep_fanout_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[SLEEP_FANOUT_TASKS];
}

static inline bool sleep_fanout_all_alive(const int64_t *params)
{
	return params[SLEEP_FANOUT_DEADLINE] == SLEEP_FANOUT_COMMON;
}

/* A begin and an end stamp for each task, and a lateness for each task of each round. */
static inline struct arena_sizing sleep_fanout_sizing(const int64_t *params, uint64_t rounds)
{
	return (struct arena_sizing){
		.n_tasks = (uint32_t)params[SLEEP_FANOUT_TASKS],
		.n_samples = (uint64_t)params[SLEEP_FANOUT_TASKS] * rounds,
	};
}

static inline int64_t sleep_fanout_least_ns(const int64_t *params)
{
	return params[SLEEP_FANOUT_SLEEP];
}

static inline uint64_t sleep_fanout_round_ops(const int64_t *params)
{
	return (uint64_t)params[SLEEP_FANOUT_TASKS];
}

static inline uint64_t sleep_fanout_round_digest(const int64_t *params)
{
	uint64_t tasks = (uint64_t)params[SLEEP_FANOUT_TASKS];

	return tasks * (tasks + 1) / 2;
}

/* ---- the bodies ---- */

void sleep_fanout_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int sleep_fanout_event(struct event *event, int fd);

#endif
