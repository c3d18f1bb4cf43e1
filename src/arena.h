// SPDX-License-Identifier: MIT
/*
 * The arena: the shared memory through which a trial is told what to do and reports what it did.
 *
 * It is mapped MAP_SHARED at the same address in every process of a role, for every backend, so
 * that reporting costs the same everywhere: one store. The driver sizes it, touches it before the
 * start gate and reads it after the end; it never counts as memory of the backend.
 *
 *   +--------------+------------+----------+-------------+----------+------------------+
 *   | struct arena | slices[n]  | words[w] | begin_ns[t] | end_ns[t]| samples[s]       |
 *   | 1 page       | 64 B each, | 8 B, for | one a task, | likewise | by index, or by  |
 *   |              | one writer | the body | one writer  |          | chunk (sampler)  |
 *   +--------------+------------+----------+-------------+----------+------------------+
 *
 * Bodies use only what this header declares. Nothing here allocates, prints or exits.
 */
#ifndef CONCBENCH_ARENA_H
#define CONCBENCH_ARENA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"

enum {
	ARENA_PARAMS_MAX = 16,
	ARENA_CHUNK = 1024, /* samples that a sampler claims at a time; even, for pairs */
	ARENA_REASON_MAX = 160,
	ARENA_CACHE_LINE = 64,
};

/* What the present process of the trial is for. */
enum arena_pass {
	ARENA_PASS_CALIBRATE,  /* run rounds until `window_ns` is full; how many is the result */
	ARENA_PASS_THROUGHPUT, /* the measured pass */
	ARENA_PASS_LATENCY,    /* the same work, timed in batches of `batch` operations */
	ARENA_PASS_MEMORY,     /* tasks begin and stay; the driver looks and kills the group */
};

enum arena_report {
	ARENA_REPORT_READY = 'r',   /* a role waits at the gate */
	ARENA_REPORT_PLANNED = 'p', /* open_ns and close_ns are known and lie ahead */
	ARENA_REPORT_ALIVE = 'a',   /* memory pass: all tasks are alive */
	ARENA_REPORT_OPENING = 'o', /* watched window: it is about to be opened */
	ARENA_REPORT_FAILED = 'f',  /* arena_fail was called */
	ARENA_REPORT_CLOSED = 'c',  /* the window has been closed */
};

/* Counters of one task (or of one connection): a cache line with one writer. */
struct arena_slice {
	_Alignas(ARENA_CACHE_LINE) uint64_t ops; /* operations, warm-up included */
	uint64_t window_ops;                     /* operations that ended inside the window */
	uint64_t bytes;                          /* payload bytes, warm-up included */
	uint64_t errors;
	/* Open loop: operations that, by the schedule, */
	uint64_t due;     /* were to begin inside the window */
	uint64_t late;    /* have samples, and began later than the workload tolerates */
	uint64_t backlog; /* were to begin before the window closed, and had not ended by then */
};

/* What getrusage says of the processes that did the work, own and reaped children added. */
struct arena_usage {
	int64_t user_ns, sys_ns;
	int64_t voluntary, involuntary; /* context switches */
	int64_t faults;                 /* minor page faults */
	int64_t max_rss_bytes;
};

struct arena {
	/* Set by the driver, constant from the start on. */
	int64_t params[ARENA_PARAMS_MAX]; /* the workload's parameters, in the order of its table */
	uint64_t rounds;                  /* to run; while calibrating the upper bound */
	int64_t window_ns;
	uint64_t batch; /* operations a sample; only in the latency pass */
	/*
	 * The driver looks at the processes when the window is opened and closed, because some that
	 * work in it still live at its end, and getrusage does not count those.
	 */
	bool watched;
	uint32_t inject_percent; /* tests of the gate: each round is made longer by this share */
	enum arena_pass pass;
	uint32_t n_slices;
	uint32_t n_tasks;
	uint32_t n_words;
	int report_fd; /* a byte here wakes the driver (enum arena_report) */
	uint64_t n_samples;
	uint64_t slices_at, words_at, begin_at, end_at, samples_at; /* byte offsets from the arena */
	uint64_t size;                                              /* bytes, of all of it */

	/* Between the driver and the roles. */
	_Alignas(ARENA_CACHE_LINE) _Atomic uint32_t gate; /* futex: 0 closed, 1 open */
	_Atomic uint32_t looked; /* futex: ends of a watched window that the driver has looked at */
	_Atomic uint32_t port;   /* of the listening role, host order */

	/* The result. One writer each: the task that opens and closes the window, unless said. */
	_Alignas(ARENA_CACHE_LINE) _Atomic int64_t open_ns;
	_Atomic int64_t close_ns;
	struct arena_usage usage; /* between the two, when the window's owner did all the work */
	struct arena_usage usage_at_open;
	uint64_t rounds_done;
	int64_t round_began_ns;     /* kept only while something is injected */
	uint64_t round_ops;         /* of the first round */
	uint64_t round_digest;      /* of the first round */
	uint64_t rounds_differing;  /* rounds whose operations or digest differed from the first */
	int64_t spawn_ns, drain_ns; /* sums over all rounds */
	uint64_t tasks_spawned;     /* likewise */

	/* Any task may write these. */
	_Alignas(ARENA_CACHE_LINE) _Atomic uint64_t samples_claimed;
	_Atomic uint64_t samples_dropped;
	_Atomic uint32_t arrived; /* tasks counted by arena_arrive */
	_Atomic uint32_t failed;  /* 1 once `reason` has been taken */
	char reason[ARENA_REASON_MAX];
};

/* ---- set-up, for the driver ---- */

struct arena_sizing {
	uint32_t n_slices;
	uint32_t n_tasks;
	uint32_t n_words;
	uint64_t n_samples;
};

/* Bytes that an arena of this size takes, a multiple of the page size. */
size_t arena_size(const struct arena_sizing *sizing);

/* Lays out a zeroed mapping of arena_size() bytes. */
void arena_init(struct arena *arena, const struct arena_sizing *sizing);

/* Writes to every page, so that no first touch falls into the window. */
void arena_touch(struct arena *arena);

/* Wakes the driver; does nothing where `report_fd` is -1. */
void arena_report(const struct arena *arena, enum arena_report what);

/* ---- for bodies ---- */

static inline int64_t arena_param(const struct arena *arena, unsigned index)
{
	return arena->params[index];
}

static inline struct arena_slice *arena_slice(struct arena *arena, uint32_t index)
{
	return (struct arena_slice *)((char *)arena + arena->slices_at) + index;
}

/* What tasks of a workload share, all 0 at first; the body says who may write which when. */
static inline uint64_t *arena_words(struct arena *arena)
{
	return (uint64_t *)((char *)arena + arena->words_at);
}

static inline int64_t *arena_begins_ns(const struct arena *arena)
{
	return (int64_t *)((char *)(uintptr_t)arena + arena->begin_at);
}

static inline int64_t *arena_ends_ns(const struct arena *arena)
{
	return (int64_t *)((char *)(uintptr_t)arena + arena->end_at);
}

static inline int64_t *arena_samples(const struct arena *arena)
{
	return (int64_t *)((char *)(uintptr_t)arena + arena->samples_at);
}

/*
 * Sample encoding, so that 0 ns is a sample like any other and an untouched slot is none:
 * 0 nothing, v > 0 a value of v - 1 ns, v < 0 a value that lies -v ns before its deadline.
 */
static inline int64_t arena_sample_encode(int64_t ns)
{
	return ns >= 0 ? ns + 1 : ns;
}

/*
 * Fixed work: stores sample `ns` in its own slot `index`. Beyond the last slot it is dropped; where
 * there are no slots at all, none are wanted.
 */
static inline void arena_sample_put(struct arena *arena, uint64_t index, int64_t ns)
{
	if (index < arena->n_samples)
		arena_samples(arena)[index] = arena_sample_encode(ns);
	else if (arena->n_samples)
		atomic_fetch_add_explicit(&arena->samples_dropped, 1, memory_order_relaxed);
}

/* Work by duration: a task's own run of free slots in the shared pool. Start with {0}. */
struct arena_sampler {
	int64_t *next, *end;
};

/* Takes the next chunk of the pool; false (and the sample counts as dropped) when it is used up. */
bool arena_sampler_refill(struct arena *arena, struct arena_sampler *sampler);

static inline void arena_sampler_put(struct arena *arena, struct arena_sampler *sampler, int64_t ns)
{
	if (sampler->next == sampler->end && !arena_sampler_refill(arena, sampler))
		return;
	*sampler->next++ = arena_sample_encode(ns);
}

/*
 * Open loop: a sample is a pair, the response time from the intended start and the service time
 * from the actual one. Of the pool's slots the even ones are response times, the odd ones service
 * times; a pair never straddles two chunks. Such a sampler takes nothing but pairs.
 */
static inline void arena_sampler_put_pair(struct arena *arena, struct arena_sampler *sampler,
										  int64_t response_ns, int64_t service_ns)
{
	arena_sampler_put(arena, sampler, response_ns);
	arena_sampler_put(arena, sampler, service_ns);
}

/*
 * The window. Fixed work: the root opens it, runs its rounds and closes it; both calls stamp the
 * time and the CPU use of the calling process and its reaped children.
 */
void arena_window_open(struct arena *arena);
void arena_window_close(struct arena *arena);

/*
 * Work by duration: the window is planned ahead, in ns of clock_now_ns; tasks go by
 * arena_open_ns and arena_close_ns, which are INT64_MAX until then. The driver measures CPU use.
 */
void arena_window_plan(struct arena *arena, int64_t open_ns, int64_t close_ns);

static inline int64_t arena_open_ns(const struct arena *arena)
{
	return atomic_load_explicit(&arena->open_ns, memory_order_relaxed);
}

static inline int64_t arena_close_ns(const struct arena *arena)
{
	return atomic_load_explicit(&arena->close_ns, memory_order_relaxed);
}

/* Whether round number `round` (from 0) is to be run. Reads the clock only while calibrating. */
static inline bool arena_round_wanted(const struct arena *arena, uint64_t round)
{
	if (arena->pass == ARENA_PASS_CALIBRATE && round > 0 &&
		clock_now_ns() - arena_open_ns(arena) >= arena->window_ns)
		return false;
	return round < arena->rounds;
}

/* Notes the end of a round: how many operations it had, and its digest. */
void arena_round_end(struct arena *arena, uint64_t ops, uint64_t digest);

/*
 * A task's life, for tasks_peak and, where the digest is one of task numbers, the proof that it
 * ran to its end. In the memory pass the last task to begin wakes the driver.
 */
void arena_task_alive(struct arena *arena);

static inline void arena_task_begin(struct arena *arena, uint32_t task, int64_t now_ns)
{
	arena_begins_ns(arena)[task] = now_ns;
	if (arena->pass == ARENA_PASS_MEMORY)
		arena_task_alive(arena);
}

static inline void arena_task_end(struct arena *arena, uint32_t task, int64_t now_ns)
{
	arena_ends_ns(arena)[task] = now_ns;
}

/* The deadline `sleep_ns` after `now_ns`; out of reach in the memory pass. */
static inline int64_t arena_deadline(const struct arena *arena, int64_t now_ns, int64_t sleep_ns)
{
	return now_ns + (arena->pass == ARENA_PASS_MEMORY ? 3600 * CLOCK_NS_PER_S : sleep_ns);
}

/* Counts a caller; true for the one that makes the count `expected`. */
static inline bool arena_arrive(struct arena *arena, uint32_t expected)
{
	return atomic_fetch_add_explicit(&arena->arrived, 1, memory_order_acq_rel) + 1 == expected;
}

/*
 * The trial has failed: `what` could not be done, because of `error` (an errno; 0 for none). The
 * driver ends it; the first call counts.
 */
void arena_fail(struct arena *arena, const char *what, int error);

#endif
