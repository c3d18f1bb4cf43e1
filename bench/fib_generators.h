// SPDX-License-Identifier: MIT
/*
 * fib_generators: one consumer pulls values from generators in turn. What does a hand-over cost
 * that does nothing else?
 *
 * One operation: one value was pulled. Each generator yields F(0), F(1), F(2), ... mod 2^64. A
 * round pulls `values` values, one from each generator in turn, beginning with the first; the
 * generators are then at the end of their share and start again with F(0). They live for all
 * rounds: opening them (spawn_ns) and closing them (drain_ns) lies outside the window.
 *
 *   throughput pass   nothing but the values is done inside the window
 *   latency pass      the same loop, left after every `batch` values to read the clock; a sample
 *                     is the time of a whole batch, and batches run on across rounds
 *
 * through=scheduler makes asynchronous generators of them. In direct style a generator is then a
 * task of its own, and its values go through a channel with room for one; in callback style every
 * pull waits for a turn of the loop, which looks at its descriptors in between.
 *
 * The digest is the sum of a round's values mod 2^64.
 */
#ifndef CONCBENCH_FIB_GENERATORS_H
#define CONCBENCH_FIB_GENERATORS_H

#include "arena.h"

struct event;
struct task_ops;

enum fib_generators_param {
	FIB_GENERATORS_GENERATORS,
	FIB_GENERATORS_VALUES,
	FIB_GENERATORS_THROUGH,
	FIB_GENERATORS_WINDOW,
	FIB_GENERATORS_PLACEMENT,
};

/* The choices of `through`, in the order of its row. */
enum { FIB_GENERATORS_DIRECT, FIB_GENERATORS_SCHEDULER };

static inline bool fib_generators_scheduled(const struct arena *arena)
{
	return arena_param(arena, FIB_GENERATORS_THROUGH) == FIB_GENERATORS_SCHEDULER;
}

/* A latency pass has at most this many samples; the driver picks the batch accordingly. */
enum { FIB_GENERATORS_SAMPLES_MAX = 1 << 20 };

/* How many values of a round generator number `generator` yields: the first take what is over. */
static inline uint64_t fib_generators_share(const int64_t *params, uint32_t generator)
{
	uint64_t generators = (uint64_t)params[FIB_GENERATORS_GENERATORS];
	uint64_t values = (uint64_t)params[FIB_GENERATORS_VALUES];

	return values / generators + (generator < values % generators);
}

/*
 * Batches cut the consumer's loop into runs: one run goes on until the round or the batch ends,
 * whichever comes first. Without batches a round is one run, and the clock is never read.
 */
struct fib_generators_batch {
	uint64_t values; /* of a whole batch */
	uint64_t left;   /* of the present one */
	uint64_t number;
	int64_t start_ns;
};

static inline struct fib_generators_batch fib_generators_batch_start(const struct arena *arena)
{
	uint64_t values = arena->pass == ARENA_PASS_LATENCY ? arena->batch : UINT64_MAX;

	return (struct fib_generators_batch){
		.values = values,
		.left = values,
		.start_ns = clock_now_ns(),
	};
}

/* How many of the `left` values of a round the next run has. */
static inline uint64_t fib_generators_run(const struct fib_generators_batch *batch, uint64_t left)
{
	return left < batch->left ? left : batch->left;
}

/* A run of `values` values is over. */
static inline void fib_generators_ran(struct arena *arena, struct fib_generators_batch *batch,
									  uint64_t values)
{
	int64_t now_ns;

	batch->left -= values;
	if (batch->left > 0)
		return;
	now_ns = clock_now_ns();
	arena_sample_put(arena, batch->number++, now_ns - batch->start_ns);
	batch->start_ns = now_ns;
	batch->left = batch->values;
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t fib_generators_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[FIB_GENERATORS_GENERATORS];
}

static inline struct arena_sizing fib_generators_sizing(const int64_t *params, uint64_t rounds)
{
	uint64_t values = (uint64_t)params[FIB_GENERATORS_VALUES];
	bool fits = rounds <= FIB_GENERATORS_SAMPLES_MAX / values;

	return (struct arena_sizing){
		.n_tasks = (uint32_t)params[FIB_GENERATORS_GENERATORS],
		.n_samples = fits ? rounds * values : FIB_GENERATORS_SAMPLES_MAX,
	};
}

static inline uint64_t fib_generators_round_ops(const int64_t *params)
{
	return (uint64_t)params[FIB_GENERATORS_VALUES];
}

/* F(n) mod 2^64, by F(2k) = F(k) (2 F(k+1) - F(k)) and F(2k+1) = F(k)^2 + F(k+1)^2. */
static inline uint64_t fib_generators_fib(uint64_t n)
{
	uint64_t a = 0, b = 1; /* F(k), F(k+1) for the k that the bits of n read so far make */

	for (int bit = 63; bit >= 0; bit--) {
		uint64_t twice = a * (2 * b - a), after = a * a + b * b;

		a = n >> bit & 1 ? after : twice;
		b = n >> bit & 1 ? twice + after : after;
	}
	return a;
}

/* The sum of F(0) ... F(n-1) is F(n+1) - 1; the generators have two sizes of shares. */
static inline uint64_t fib_generators_round_digest(const int64_t *params)
{
	uint64_t generators = (uint64_t)params[FIB_GENERATORS_GENERATORS];
	uint64_t values = (uint64_t)params[FIB_GENERATORS_VALUES];
	uint64_t share = values / generators, over = values % generators;

	return (generators - over) * (fib_generators_fib(share + 1) - 1) +
		   over * (fib_generators_fib(share + 2) - 1);
}

/* ---- the bodies ---- */

void fib_generators_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int fib_generators_event(struct event *event, int fd);
int fib_generators_call(struct arena *arena);

#endif
