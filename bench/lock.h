// SPDX-License-Identifier: MIT
/*
 * lock: tasks that add one to the same number, each time behind a lock. What does mutual exclusion
 * cost, and what happens without it?
 *
 * One operation: one critical section, which reads the number, spends `section` and writes the
 * number plus one. The tasks live for all rounds; a round has `ops` sections, and begins when the
 * root has told each task of its share, which is as large as that of any other.
 *
 *   mutex, spin, rwlock, semaphore   the backend's lock of that kind; a rwlock is taken for writing
 *   atomic                           no lock: one atomic addition, after `section`
 *   none                             no lock: a relaxed load, and a relaxed store some time after;
 *                                    additions that get lost are counted as errors, and are no
 *                                    failure of the trial
 *
 *   throughput pass   the clock is read only for `section`
 *   latency pass      of every `batch` sections of a task the last one is timed: a sample is its
 *                     wait for the lock, from just before lock_acquire until just after. It has
 *                     the cost of one read of the clock in it, which the column clock_cost_ns
 *                     says; the other one is inside the section, and lengthens it.
 *
 * With atomic and none nobody ever waits: there are no samples, and no latency pass.
 *
 * The digest is by how much the number has grown in a round, with `none` plus what was lost.
 */
#ifndef CONCBENCH_LOCK_H
#define CONCBENCH_LOCK_H

#include "arena.h"

struct task_ops;

enum lock_param {
	LOCK_TASKS,
	LOCK_OPS,
	LOCK_LOCK,
	LOCK_SECTION,
	LOCK_WINDOW,
	LOCK_PLACEMENT,
};

/* The choices of `lock`, in the order of its row; the first are enum task_lock. */
enum { LOCK_MUTEX, LOCK_SPIN, LOCK_RWLOCK, LOCK_SEMAPHORE, LOCK_ATOMIC, LOCK_NONE };

enum {
	LOCK_SAMPLES_MAX = 1 << 20,
	/* The arena's shared words: the number is the first, and alone on its cache line. */
	LOCK_WORDS = ARENA_CACHE_LINE / sizeof(uint64_t),
};

/* How many sections of a round task number `task` does: the first take what is over. */
static inline uint64_t lock_share(const int64_t *params, uint32_t task)
{
	uint64_t tasks = (uint64_t)params[LOCK_TASKS], ops = (uint64_t)params[LOCK_OPS];

	return ops / tasks + (task < ops % tasks);
}

/* The number. Plain access by who holds the lock; else through this. */
static inline _Atomic uint64_t *lock_number(struct arena *arena)
{
	return (_Atomic uint64_t *)arena_words(arena);
}

/*
 * A round is over, `ops` sections were done and the number was `before` when it began. Returns
 * what it is now.
 */
static inline uint64_t lock_round_end(struct arena *arena, uint64_t ops, uint64_t before)
{
	uint64_t number = atomic_load_explicit(lock_number(arena), memory_order_relaxed);
	uint64_t digest = number - before;

	if (arena_param(arena, LOCK_LOCK) == LOCK_NONE) {
		arena_slice(arena, 0)->errors += ops - digest;
		digest = ops;
	}
	arena_round_end(arena, ops, digest);
	return number;
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t lock_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[LOCK_TASKS];
}

static inline struct arena_sizing lock_sizing(const int64_t *params, uint64_t rounds)
{
	uint64_t ops = (uint64_t)params[LOCK_OPS], tasks = (uint64_t)params[LOCK_TASKS];
	bool fits = rounds <= LOCK_SAMPLES_MAX / ops;

	return (struct arena_sizing){
		.n_slices = (uint32_t)tasks,
		.n_tasks = (uint32_t)tasks,
		.n_words = LOCK_WORDS,
		/* Each task has as many slots as the one with the largest share. */
		.n_samples = (fits ? rounds * ops : LOCK_SAMPLES_MAX) + rounds * tasks,
	};
}

static inline int64_t lock_least_ns(const int64_t *params)
{
	int64_t section_ns = params[LOCK_SECTION];

	return section_ns * params[LOCK_OPS] / (params[LOCK_LOCK] < LOCK_ATOMIC ? 1 : 64);
}

static inline uint64_t lock_round_ops(const int64_t *params)
{
	return (uint64_t)params[LOCK_OPS];
}

/* Whether there is a wait to be timed. */
static inline bool lock_sampled(const int64_t *params)
{
	return params[LOCK_LOCK] < LOCK_ATOMIC;
}

static inline uint64_t lock_round_digest(const int64_t *params)
{
	return (uint64_t)params[LOCK_OPS];
}

/* ---- the body; the row says why there is no other ---- */

void lock_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);

#endif
