// SPDX-License-Identifier: MIT
/*
 * cross_submit: OS threads outside of the scheduler post calls into it, and wait for the results.
 * What does it cost to bring work to a loop that runs on another thread, and how long does it take?
 *
 * One operation: one call was posted, made, and its result seen by the poster. A round starts
 * `posters` posters (threads; where tasks are processes, processes), each of which posts its share
 * of the calls 1 .. `calls` and keeps up to `inflight` of them unanswered; it ends when all posters
 * have seen all their results. One task, or one callback, makes the calls.
 *
 *   throughput pass   the clock is not read
 *   latency pass      every `batch`-th call is stamped when it is about to be posted, and a sample
 *                     is the time until its result has been seen
 *
 * Call number i returns i (i + 1). The digest is the sum of the results that posters have seen, and
 * the operations are counted where calls are made: one that is lost or made twice shows.
 */
#ifndef CONCBENCH_CROSS_SUBMIT_H
#define CONCBENCH_CROSS_SUBMIT_H

#include "arena.h"

struct event;
struct poster;
struct task_ops;

enum cross_submit_param {
	CROSS_SUBMIT_POSTERS,
	CROSS_SUBMIT_CALLS,
	CROSS_SUBMIT_INFLIGHT,
	CROSS_SUBMIT_WINDOW,
	CROSS_SUBMIT_PLACEMENT,
};

enum { CROSS_SUBMIT_SAMPLES_MAX = 1 << 20 };

/* What a call does. */
static inline uint64_t cross_submit_answer(uint64_t call)
{
	return call * (call + 1);
}

/* Whether a call is stamped; the other passes never look at the clock. */
static inline bool cross_submit_sampled(const struct arena *arena, uint64_t call)
{
	return arena->pass == ARENA_PASS_LATENCY && !(call & (arena->batch - 1));
}

/* The slot of a sampled call. Until its result has been seen, its stamp lies there. */
static inline uint64_t cross_submit_slot(const struct arena *arena, uint64_t round, uint64_t call)
{
	uint64_t a_round = (uint64_t)arena_param(arena, CROSS_SUBMIT_CALLS) / arena->batch;

	return round * a_round + call / arena->batch - 1;
}

/* A call is about to be posted. */
static inline void cross_submit_post(struct arena *arena, uint64_t round, uint64_t call)
{
	uint64_t slot;

	if (!cross_submit_sampled(arena, call))
		return;
	slot = cross_submit_slot(arena, round, call);
	if (slot < arena->n_samples)
		arena_samples(arena)[slot] = clock_now_ns();
}

/* Its result has been seen. */
static inline void cross_submit_seen(struct arena *arena, uint64_t round, uint64_t call)
{
	uint64_t slot;

	if (!cross_submit_sampled(arena, call))
		return;
	slot = cross_submit_slot(arena, round, call);
	arena_sample_put(arena, slot,
					 slot < arena->n_samples ? clock_now_ns() - arena_samples(arena)[slot] : 0);
}

/* All posters of a round have ended; `made` calls were made. Each left its sum in its slice. */
static inline void cross_submit_round_end(struct arena *arena, uint64_t made)
{
	uint64_t digest = 0;

	for (uint32_t i = 0; i < arena->n_slices; i++) {
		digest += arena_slice(arena, i)->bytes;
		arena_slice(arena, i)->bytes = 0;
	}
	arena_round_end(arena, made, digest);
}

/* What a poster runs, whatever the backend; in cross_submit_poster.c. */
void cross_submit_poster(struct poster *self, struct arena *arena, uint32_t number);

/* ---- for the row in workloads.c ---- */

/* They are the posters. */
static inline uint32_t cross_submit_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[CROSS_SUBMIT_POSTERS];
}

static inline struct arena_sizing cross_submit_sizing(const int64_t *params, uint64_t rounds)
{
	uint64_t calls = (uint64_t)params[CROSS_SUBMIT_CALLS];
	bool fits = rounds <= CROSS_SUBMIT_SAMPLES_MAX / calls;

	return (struct arena_sizing){
		.n_slices = cross_submit_tasks(params, 0),
		.n_tasks = cross_submit_tasks(params, 0),
		.n_samples = fits ? rounds * calls : CROSS_SUBMIT_SAMPLES_MAX,
	};
}

static inline uint64_t cross_submit_round_ops(const int64_t *params)
{
	return (uint64_t)params[CROSS_SUBMIT_CALLS];
}

/* The sum of i (i + 1) for i = 1 .. n is n (n + 1) (n + 2) / 3, here mod 2^64. */
static inline uint64_t cross_submit_round_digest(const int64_t *params)
{
	unsigned __int128 n = (unsigned __int128)params[CROSS_SUBMIT_CALLS];

	return (uint64_t)(n * (n + 1) * (n + 2) / 3);
}

/* ---- the bodies ---- */

void cross_submit_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int cross_submit_event(struct event *event, int fd);
int cross_submit_call(struct arena *arena);

#endif
