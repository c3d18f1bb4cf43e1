// SPDX-License-Identifier: MIT
/*
 * pool_dispatch in callback style: the submitter and each worker are a watcher. The submitter
 * fills a table of jobs and feeds an event to the first worker; a worker does one job, leaves its
 * result in the table, and feeds the next worker in turn, or, where no job is left, the submitter.
 *
 * So there is one event pending at a time, although libev's queue is last-in first-out, and each
 * job is a callback of its own, as calls posted to a loop are.
 */
#include "pool_dispatch.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct worker {
	struct ev_watcher job; /* first, so that the callback's watcher is the worker; its data is the
							  pool */
	struct worker *next;   /* whose turn it is after this one's */
};

struct pool {
	struct ev_watcher results; /* the submitter's; first, for the same reason */
	struct arena *arena;
	struct pool_dispatch_round round;
	int64_t work_ns;
	struct worker *turn; /* who does the first job that is submitted */
	uint64_t *table;     /* of jobs and, once these are done, of their results */
	uint32_t jobs, done; /* in the table; those done are the first */
	uint32_t n_workers;
	struct worker workers[];
};

static void pool_free(struct pool *pool)
{
	struct arena *arena = pool->arena;
	int64_t start_ns = clock_now_ns();

	for (uint32_t i = 0; i < pool->n_workers; i++)
		arena_task_end(arena, i, start_ns);
	free(pool->table);
	free(pool);
	arena->drain_ns = clock_now_ns() - start_ns;
}

/* Submits as many jobs as may be under way. */
static void submit(struct ev_loop *loop, struct pool *pool)
{
	uint64_t job;

	pool->jobs = 0;
	pool->done = 0;
	while ((job = pool_dispatch_next(pool->arena, &pool->round)) != 0)
		pool->table[pool->jobs++] = job;
	ev_feed_event(loop, pool->turn, EV_CUSTOM);
}

static void on_results(struct ev_loop *loop, struct ev_watcher *watcher, int revents)
{
	struct pool *pool = (struct pool *)watcher;

	(void)revents;
	for (uint32_t i = 0; i < pool->done; i++)
		pool_dispatch_see(pool->arena, &pool->round, pool->table[i]);
	if (!pool_dispatch_waits(pool->arena, &pool->round)) {
		pool_dispatch_round_end(pool->arena, &pool->round);
		if (!arena_round_wanted(pool->arena, pool->round.number)) {
			arena_window_close(pool->arena);
			pool_free(pool);
			return;
		}
	}
	submit(loop, pool);
}

static void on_job(struct ev_loop *loop, struct ev_watcher *watcher, int revents)
{
	struct worker *worker = (struct worker *)watcher;
	struct pool *pool = watcher->data;
	uint64_t *job = &pool->table[pool->done++];

	(void)revents;
	*job = pool_dispatch_run(pool->work_ns, *job);
	pool->turn = worker->next;
	if (pool->done < pool->jobs)
		ev_feed_event(loop, pool->turn, EV_CUSTOM);
	else
		ev_feed_event(loop, pool, EV_CUSTOM);
}

static void workers_init(struct pool *pool)
{
	for (uint32_t i = 0; i < pool->n_workers; i++) {
		struct worker *worker = &pool->workers[i];

		ev_init(&worker->job, on_job);
		worker->job.data = pool;
		worker->next = &pool->workers[i + 1 < pool->n_workers ? i + 1 : 0];
		arena_task_begin(pool->arena, i, clock_now_ns());
	}
	pool->turn = pool->workers;
}

static struct pool *pool_new(struct arena *arena)
{
	const uint32_t workers = pool_dispatch_tasks(arena->params, 0);
	int64_t start_ns = clock_now_ns();
	struct pool *pool = calloc(1, sizeof(*pool) + workers * sizeof(pool->workers[0]));

	if (!pool)
		return NULL;
	pool->table = calloc((size_t)arena_param(arena, POOL_DISPATCH_INFLIGHT), sizeof(*pool->table));
	if (!pool->table) {
		free(pool);
		return NULL;
	}
	ev_init(&pool->results, on_results);
	pool->arena = arena;
	pool->work_ns = arena_param(arena, POOL_DISPATCH_WORK);
	pool->n_workers = workers;
	workers_init(pool);
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = workers;
	return pool;
}

int pool_dispatch_event(struct event *event, int fd)
{
	struct pool *pool = pool_new(event->arena);

	(void)fd;
	if (!pool)
		return -ENOMEM;
	arena_window_open(event->arena);
	/* The loop invokes what is pending before anything else, although no watcher is active. */
	submit(event->loop, pool);
	return 0;
}
