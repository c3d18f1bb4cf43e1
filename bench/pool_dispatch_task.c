// SPDX-License-Identifier: MIT
/*
 * pool_dispatch in direct style: two channels, one with jobs and one with results. The submitter
 * is the root, the workers are tasks that take a job as soon as there is one. Both channels have
 * room for all jobs that are under way, so that only who has nothing to take ever waits.
 */
#include "pool_dispatch.h"

#include <errno.h>

#include "task.h"

/* What a worker is told. */
struct worker {
	struct chan *jobs, *results;
	uint32_t number;
};

static void worker(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t work_ns = arena_param(arena, POOL_DISPATCH_WORK);
	const struct worker *self = arg;
	struct gen_value job;

	(void)fd;
	arena_task_begin(arena, self->number, clock_now_ns());
	chan_put(t, self->results, 0);
	/* Ends when the submitter closes the channel. */
	while ((job = chan_get(t, self->jobs)).more)
		chan_put(t, self->results, pool_dispatch_run(work_ns, job.value));
	arena_task_end(arena, self->number, clock_now_ns());
}

/* ---- the submitter ---- */

static void run_round(const struct task_ops *t, struct arena *arena, const struct worker *pool,
					  struct pool_dispatch_round *round)
{
	uint64_t job;

	while (pool_dispatch_waits(arena, round)) {
		while ((job = pool_dispatch_next(arena, round)) != 0)
			chan_put(t, pool->jobs, job);
		pool_dispatch_see(arena, round, chan_get(t, pool->results).value);
	}
	pool_dispatch_round_end(arena, round);
}

static void run_rounds(const struct task_ops *t, struct arena *arena, const struct worker *pool)
{
	const uint32_t workers = (uint32_t)arena_param(arena, POOL_DISPATCH_WORKERS);
	struct pool_dispatch_round round = {0};

	for (uint32_t i = 0; i < workers; i++)
		chan_get(t, pool->results);
	arena_window_open(arena);
	while (arena_round_wanted(arena, round.number))
		run_round(t, arena, pool, &round);
	arena_window_close(arena);
}

/* Opens the channels and starts the workers. 0 or -errno. */
static int start_pool(const struct task_ops *t, struct arena *arena, struct worker *pool)
{
	const uint32_t workers = (uint32_t)arena_param(arena, POOL_DISPATCH_WORKERS);
	const uint32_t inflight = (uint32_t)arena_param(arena, POOL_DISPATCH_INFLIGHT);
	int64_t start_ns = clock_now_ns();
	int error = 0;

	pool->jobs = chan_open(t, inflight);
	pool->results = chan_open(t, inflight);
	if (!pool->jobs || !pool->results)
		return -ENOMEM;
	for (pool->number = 0; pool->number < workers && error == 0; pool->number++)
		error = task_spawn(t, worker, pool, sizeof(*pool), -1);
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = workers;
	return error;
}

/* Ends the workers by closing their channels. 0 or -errno. */
static int end_pool(const struct task_ops *t, struct arena *arena, const struct worker *pool)
{
	int64_t start_ns = clock_now_ns();
	int error;

	if (pool->jobs)
		chan_close(t, pool->jobs);
	if (pool->results)
		chan_close(t, pool->results);
	error = task_join(t);
	arena->drain_ns = clock_now_ns() - start_ns;
	if (pool->jobs)
		chan_free(t, pool->jobs);
	if (pool->results)
		chan_free(t, pool->results);
	return error;
}

void pool_dispatch_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct worker pool = {0};
	int error = start_pool(t, arena, &pool);

	(void)arg;
	(void)fd;
	if (error)
		arena_fail(arena, "pool_dispatch: start of its workers", error);
	else
		run_rounds(t, arena, &pool);
	error = end_pool(t, arena, &pool);
	if (error)
		arena_fail(arena, "join", error);
}
