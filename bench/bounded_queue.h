// SPDX-License-Identifier: MIT
/*
 * bounded_queue: producers put items into one bounded queue, consumers take them out. What does an
 * item cost that goes through a queue, and how long does it stay there?
 *
 * One operation: one item was put in and taken out. A round starts all consumers and producers;
 * each producer puts its share of the numbers 1 .. `items`; when all have done so, one poison pill
 * for each consumer follows, and the round ends when the last consumer has taken one.
 *
 *   throughput pass   the clock is not read
 *   latency pass      every `batch`-th item is stamped when it is about to be put, and a sample is
 *                     the time until it has been taken: waiting for room is part of it
 *
 * The digest is the sum of i (i + 1) over the items i that were taken, so that together with their
 * number it shows one that is missing, or there twice.
 */
#ifndef CONCBENCH_BOUNDED_QUEUE_H
#define CONCBENCH_BOUNDED_QUEUE_H

#include "arena.h"

struct event;
struct task_ops;

enum bounded_queue_param {
	BOUNDED_QUEUE_PRODUCERS,
	BOUNDED_QUEUE_CONSUMERS,
	BOUNDED_QUEUE_ITEMS,
	BOUNDED_QUEUE_CAPACITY,
	BOUNDED_QUEUE_WINDOW,
	BOUNDED_QUEUE_PLACEMENT,
};

enum { BOUNDED_QUEUE_SAMPLES_MAX = 1 << 20 };

/* What tells a consumer to end; items begin with 1. */
enum { BOUNDED_QUEUE_PILL = 0 };

/* Whether an item is stamped; the other passes never look at the clock. */
static inline bool bounded_queue_sampled(const struct arena *arena, uint64_t item)
{
	return arena->pass == ARENA_PASS_LATENCY && !(item & (arena->batch - 1));
}

/* The slot of a sampled item. Until it has been taken, its stamp lies there. */
static inline uint64_t bounded_queue_slot(const struct arena *arena, uint64_t round, uint64_t item)
{
	uint64_t a_round = (uint64_t)arena_param(arena, BOUNDED_QUEUE_ITEMS) / arena->batch;

	return round * a_round + item / arena->batch - 1;
}

/* An item is about to be put. */
static inline void bounded_queue_put(struct arena *arena, uint64_t round, uint64_t item)
{
	uint64_t slot;

	if (!bounded_queue_sampled(arena, item))
		return;
	slot = bounded_queue_slot(arena, round, item);
	if (slot < arena->n_samples)
		arena_samples(arena)[slot] = clock_now_ns();
}

/* What one consumer has taken in a round. */
struct bounded_queue_taken {
	uint64_t items, digest;
};

/* An item has been taken. */
static inline void bounded_queue_take(struct arena *arena, uint64_t round, uint64_t item,
									  struct bounded_queue_taken *taken)
{
	uint64_t slot;

	taken->items++;
	taken->digest += item * (item + 1);
	if (!bounded_queue_sampled(arena, item))
		return;
	slot = bounded_queue_slot(arena, round, item);
	arena_sample_put(arena, slot,
					 slot < arena->n_samples ? clock_now_ns() - arena_samples(arena)[slot] : 0);
}

/* A consumer's round is over; the arena's shared words have two for each of them. */
static inline void bounded_queue_note(struct arena *arena, uint32_t consumer,
									  const struct bounded_queue_taken *taken)
{
	arena_words(arena)[2 * consumer] = taken->items;
	arena_words(arena)[2 * consumer + 1] = taken->digest;
}

/* All consumers have ended. */
static inline void bounded_queue_round_end(struct arena *arena)
{
	uint32_t consumers = (uint32_t)arena_param(arena, BOUNDED_QUEUE_CONSUMERS);
	struct bounded_queue_taken sum = {0};

	for (uint32_t i = 0; i < consumers; i++) {
		sum.items += arena_words(arena)[2 * i];
		sum.digest += arena_words(arena)[2 * i + 1];
	}
	arena_round_end(arena, sum.items, sum.digest);
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t bounded_queue_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)(params[BOUNDED_QUEUE_PRODUCERS] + params[BOUNDED_QUEUE_CONSUMERS]);
}

/* Stamps of the consumers come first. */
static inline struct arena_sizing bounded_queue_sizing(const int64_t *params, uint64_t rounds)
{
	uint64_t items = (uint64_t)params[BOUNDED_QUEUE_ITEMS];
	bool fits = rounds <= BOUNDED_QUEUE_SAMPLES_MAX / items;

	return (struct arena_sizing){
		.n_tasks = bounded_queue_tasks(params, 0),
		.n_words = 2 * (uint32_t)params[BOUNDED_QUEUE_CONSUMERS],
		.n_samples = fits ? rounds * items : BOUNDED_QUEUE_SAMPLES_MAX,
	};
}

static inline uint64_t bounded_queue_round_ops(const int64_t *params)
{
	return (uint64_t)params[BOUNDED_QUEUE_ITEMS];
}

/* The sum of i (i + 1) for i = 1 .. n is n (n + 1) (n + 2) / 3, here mod 2^64. */
static inline uint64_t bounded_queue_round_digest(const int64_t *params)
{
	unsigned __int128 n = (unsigned __int128)params[BOUNDED_QUEUE_ITEMS];

	return (uint64_t)(n * (n + 1) * (n + 2) / 3);
}

/* ---- the bodies ---- */

void bounded_queue_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int bounded_queue_event(struct event *event, int fd);

#endif
