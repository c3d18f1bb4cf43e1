// SPDX-License-Identifier: MIT
/*
 * spawn_join: starting and ending tasks that do nothing. What does it cost to have a task at all?
 *
 * One operation: one task was started, ran and was joined. A round does this with `tasks` tasks,
 * in groups: `alive` tasks are started one after another, then all of them are joined. How many of
 * a group live at the same time is up to the scheduler; that none is waited for before the last
 * has been started is not.
 *
 *   throughput pass   the clock is not read inside the window
 *   latency pass      a sample is taken at the end of the first group that completes `batch` tasks,
 *                     scaled to a batch: from creation to join with alive=1, else the group's time
 *                     shared among its tasks
 *
 * The digest is the sum of task number + 1 over the tasks of a round that ran. Each adds its own
 * to the slice of its place in the group, which has one writer at a time.
 */
#ifndef CONCBENCH_SPAWN_JOIN_H
#define CONCBENCH_SPAWN_JOIN_H

#include "arena.h"

struct event;
struct task_ops;

enum spawn_join_param {
	SPAWN_JOIN_TASKS,
	SPAWN_JOIN_ALIVE,
	SPAWN_JOIN_WINDOW,
	SPAWN_JOIN_PLACEMENT,
};

/* A latency pass has at most this many samples; the driver picks the batch accordingly. */
enum { SPAWN_JOIN_SAMPLES_MAX = 1 << 20 };

/* What a task is told. */
struct spawn_join_arg {
	uint32_t task;  /* number in the round, from 0 */
	uint32_t place; /* in its group */
};

/* All that a task does. */
static inline void spawn_join_run(struct arena *arena, const struct spawn_join_arg *self)
{
	struct arena_slice *slice = arena_slice(arena, self->place);

	slice->ops++;
	slice->bytes += self->task + 1;
}

/* How many tasks the group that begins with task number `first` has. */
static inline uint32_t spawn_join_group(const struct arena *arena, uint32_t first)
{
	uint32_t left = (uint32_t)arena_param(arena, SPAWN_JOIN_TASKS) - first;
	uint32_t alive = (uint32_t)arena_param(arena, SPAWN_JOIN_ALIVE);

	return left < alive ? left : alive;
}

/* The latency pass: how far the present sample has come. Batches run on across rounds. */
struct spawn_join_batch {
	uint64_t tasks; /* of a whole batch; UINT64_MAX: no samples */
	uint64_t joined;
	uint64_t number;
	int64_t start_ns;
};

static inline struct spawn_join_batch spawn_join_batch_start(const struct arena *arena)
{
	return (struct spawn_join_batch){
		.tasks = arena->pass == ARENA_PASS_LATENCY ? arena->batch : UINT64_MAX,
		.start_ns = clock_now_ns(),
	};
}

/* A group of `tasks` has been joined. */
static inline void spawn_join_joined(struct arena *arena, struct spawn_join_batch *batch,
									 uint32_t tasks)
{
	int64_t now_ns;

	batch->joined += tasks;
	if (batch->joined < batch->tasks)
		return;
	now_ns = clock_now_ns();
	arena_sample_put(arena, batch->number++,
					 (now_ns - batch->start_ns) * (int64_t)batch->tasks / (int64_t)batch->joined);
	batch->start_ns = now_ns;
	batch->joined = 0;
}

/* All groups of a round have been joined: nobody else writes to the slices, which are cleared. */
static inline void spawn_join_round_end(struct arena *arena)
{
	uint64_t ran = 0, digest = 0;

	for (uint32_t place = 0; place < arena->n_slices; place++) {
		struct arena_slice *slice = arena_slice(arena, place);

		ran += slice->ops;
		digest += slice->bytes;
		slice->ops = 0;
		slice->bytes = 0;
	}
	arena_round_end(arena, ran, digest);
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t spawn_join_tasks(const int64_t *params, int role)
{
	int64_t tasks = params[SPAWN_JOIN_TASKS], alive = params[SPAWN_JOIN_ALIVE];

	(void)role;
	return (uint32_t)(alive < tasks ? alive : tasks);
}

static inline struct arena_sizing spawn_join_sizing(const int64_t *params, uint64_t rounds)
{
	uint64_t tasks = (uint64_t)params[SPAWN_JOIN_TASKS];
	bool fits = rounds <= SPAWN_JOIN_SAMPLES_MAX / tasks;

	return (struct arena_sizing){
		.n_slices = spawn_join_tasks(params, 0),
		.n_samples = fits ? rounds * tasks : SPAWN_JOIN_SAMPLES_MAX,
	};
}

static inline uint64_t spawn_join_round_ops(const int64_t *params)
{
	return (uint64_t)params[SPAWN_JOIN_TASKS];
}

static inline uint64_t spawn_join_round_digest(const int64_t *params)
{
	uint64_t tasks = (uint64_t)params[SPAWN_JOIN_TASKS];

	return tasks * (tasks + 1) / 2;
}

/* ---- the bodies ---- */

void spawn_join_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int spawn_join_event(struct event *event, int fd);

#endif
