// SPDX-License-Identifier: MIT
/*
 * pool_dispatch: one submitter has its jobs done by a pool of workers. What does it cost to hand a
 * job to somebody else and to get its result back, beside doing it oneself?
 *
 * One operation: one job was submitted, run by a worker, and its result seen by the submitter. The
 * pool is there for all rounds: starting it (spawn_ns), the word of each worker that it is ready,
 * and ending it (drain_ns) lie outside the window. A round submits `jobs` jobs and ends when all
 * their results have been seen; never more than `inflight` jobs are submitted and not yet seen.
 *
 *   work              time by the clock that a job takes beside its computation; 0: the clock is
 *                     not read
 *   throughput pass   the clock is read only for `work`
 *   latency pass      every `batch`-th job is stamped when it is about to be submitted, and a
 *                     sample is the time until its result is in the submitter's hands: waiting for
 *                     a worker is part of it
 *
 * A job is its number, 1 .. `jobs`. Its result has that number in the lower half and what was
 * computed of it in the upper one; the digest is the sum of the results, so that together with
 * their number it shows a job that is missing, or was done twice.
 */
#ifndef CONCBENCH_POOL_DISPATCH_H
#define CONCBENCH_POOL_DISPATCH_H

#include "arena.h"

struct event;
struct task_ops;

enum pool_dispatch_param {
	POOL_DISPATCH_JOBS,
	POOL_DISPATCH_WORKERS,
	POOL_DISPATCH_WORK,
	POOL_DISPATCH_INFLIGHT,
	POOL_DISPATCH_WINDOW,
	POOL_DISPATCH_PLACEMENT,
};

enum { POOL_DISPATCH_SAMPLES_MAX = 1 << 20 };

/* Does a job; all that a worker does with it. Returns its result. */
static inline uint64_t pool_dispatch_run(int64_t work_ns, uint64_t job)
{
	if (work_ns > 0) {
		int64_t end_ns = clock_now_ns() + work_ns;

		while (clock_now_ns() < end_ns)
			; /* ends by the clock */
	}
	return (job * (job + 1)) << 32 | job;
}

/* A round as its submitter sees it; it starts with its number and zeroes. */
struct pool_dispatch_round {
	uint64_t number;
	uint64_t submitted, seen; /* jobs */
	uint64_t digest;
};

/* Whether a job is stamped; the other passes never look at the clock. */
static inline bool pool_dispatch_sampled(const struct arena *arena, uint64_t job)
{
	return arena->pass == ARENA_PASS_LATENCY && !(job & (arena->batch - 1));
}

/* The slot of a sampled job. Until its result is seen, its stamp lies there. */
static inline uint64_t pool_dispatch_slot(const struct arena *arena, uint64_t round, uint64_t job)
{
	uint64_t a_round = (uint64_t)arena_param(arena, POOL_DISPATCH_JOBS) / arena->batch;

	return round * a_round + job / arena->batch - 1;
}

/* The job that is to be submitted next; 0: none, until another result has been seen. */
static inline uint64_t pool_dispatch_next(struct arena *arena, struct pool_dispatch_round *round)
{
	const uint64_t inflight = (uint64_t)arena_param(arena, POOL_DISPATCH_INFLIGHT);
	uint64_t job, slot;

	if (round->submitted - round->seen == inflight ||
		round->submitted == (uint64_t)arena_param(arena, POOL_DISPATCH_JOBS))
		return 0;
	job = ++round->submitted;
	if (!pool_dispatch_sampled(arena, job))
		return job;
	slot = pool_dispatch_slot(arena, round->number, job);
	if (slot < arena->n_samples)
		arena_samples(arena)[slot] = clock_now_ns();
	return job;
}

/* A result has come. */
static inline void pool_dispatch_see(struct arena *arena, struct pool_dispatch_round *round,
									 uint64_t result)
{
	uint64_t job = (uint32_t)result, slot;

	round->seen++;
	round->digest += result;
	if (!pool_dispatch_sampled(arena, job))
		return;
	slot = pool_dispatch_slot(arena, round->number, job);
	arena_sample_put(arena, slot,
					 slot < arena->n_samples ? clock_now_ns() - arena_samples(arena)[slot] : 0);
}

/* Whether results are still to come in this round. */
static inline bool pool_dispatch_waits(const struct arena *arena,
									   const struct pool_dispatch_round *round)
{
	return round->seen < (uint64_t)arena_param(arena, POOL_DISPATCH_JOBS);
}

/* All results of a round have been seen; the next one begins. */
static inline void pool_dispatch_round_end(struct arena *arena, struct pool_dispatch_round *round)
{
	arena_round_end(arena, round->seen, round->digest);
	*round = (struct pool_dispatch_round){.number = round->number + 1};
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t pool_dispatch_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[POOL_DISPATCH_WORKERS];
}

static inline struct arena_sizing pool_dispatch_sizing(const int64_t *params, uint64_t rounds)
{
	uint64_t jobs = (uint64_t)params[POOL_DISPATCH_JOBS];
	bool fits = rounds <= POOL_DISPATCH_SAMPLES_MAX / jobs;

	return (struct arena_sizing){
		.n_tasks = pool_dispatch_tasks(params, 0),
		.n_samples = fits ? rounds * jobs : POOL_DISPATCH_SAMPLES_MAX,
	};
}

/* Workers may do their jobs all at the same time, and no two of theirs. */
static inline int64_t pool_dispatch_least_ns(const int64_t *params)
{
	int64_t jobs = params[POOL_DISPATCH_JOBS], workers = params[POOL_DISPATCH_WORKERS];

	return (jobs + workers - 1) / workers * params[POOL_DISPATCH_WORK];
}

static inline uint64_t pool_dispatch_round_ops(const int64_t *params)
{
	return (uint64_t)params[POOL_DISPATCH_JOBS];
}

/* The sums of i and of i (i + 1) for i = 1 .. n, n (n + 1) / 2 and n (n + 1) (n + 2) / 3. */
static inline uint64_t pool_dispatch_round_digest(const int64_t *params)
{
	unsigned __int128 n = (unsigned __int128)params[POOL_DISPATCH_JOBS];

	return ((uint64_t)(n * (n + 1) * (n + 2) / 3) << 32) + (uint64_t)(n * (n + 1) / 2);
}

/* ---- the bodies ---- */

void pool_dispatch_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int pool_dispatch_event(struct event *event, int fd);
int pool_dispatch_call(struct arena *arena);

#endif
