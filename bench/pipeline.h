// SPDX-License-Identifier: MIT
/*
 * pipeline: items that go through stages, in each of which they wait for something and are then
 * processed. What is lost at the barriers between the stages?
 *
 * One operation: one item went through all stages. In each stage it waits `sleep`, as for the
 * answer to a request, and is then transformed; with sleep=0 nothing waits. A round has `items`
 * items, of which never more than `inflight` are on their way.
 *
 *   mode=gather   items go in groups of `inflight`: a task for each item of the group does the
 *                 first stage, all of them are joined, new ones do the next stage, and so on; then
 *                 comes the next group
 *   mode=stream   each stage has workers that live for all rounds, with a queue before each stage:
 *                 an item goes on as soon as it can, and the next one enters when one has left. The
 *                 workers of all stages together are `inflight`, shared out evenly, the first
 *                 stages taking what is over; each stage has at least one. Starting them (spawn_ns)
 *                 and ending them (drain_ns) lie outside the window
 *
 * So both modes have the same number of tasks and need the same time, were it not for the tasks
 * that gather starts and joins, and for those who are early at a barrier.
 *
 * A sample is the time from when an item enters, in the hands of the task that does its first
 * stage and about to wait, until its last stage is done; how late the sleeps end is part of it.
 * Samples are taken of every item, and with sleep=0 of every 64th, so that the clock does not
 * count.
 *
 * An item is its number, 0 .. `items` - 1, in the lower half, and its value in the upper one, which
 * is 0 at first. The digest is the sum of a mixture of number and last value, in whatever order
 * they come out: it shows an item that is missing, is there twice, or has left out a stage.
 */
#ifndef CONCBENCH_PIPELINE_H
#define CONCBENCH_PIPELINE_H

#include "arena.h"
#include "splitmix.h"

struct event;
struct task_ops;

enum pipeline_param {
	PIPELINE_ITEMS,
	PIPELINE_STAGES,
	PIPELINE_SLEEP,
	PIPELINE_MODE,
	PIPELINE_INFLIGHT,
	PIPELINE_WINDOW,
	PIPELINE_PLACEMENT,
};

/* The choices of `mode`, in the order of its row. */
enum { PIPELINE_GATHER, PIPELINE_STREAM };

/* With sleep=0 one item of so many is sampled; a power of two. */
enum { PIPELINE_STRIDE = 64 };

/*
 * The arena's shared words: the number of the round, which its root writes while no item is on its
 * way, and with gather the items of the present group, each with one task that has it.
 */
enum { PIPELINE_WORD_ROUND, PIPELINE_WORD_ITEMS };

/* How an item leaves stage number `stage` (from 0). */
static inline uint64_t pipeline_transform(uint32_t stage, uint64_t item)
{
	uint64_t state = item * 0x9e3779b97f4a7c15u + stage;

	return (splitmix_next(&state) >> 32) << 32 | (uint32_t)item;
}

/* ---- an item on its way ---- */

/* The slot of an item's sample; UINT64_MAX: none is taken. Until it leaves, its stamp lies there.
 */
static inline uint64_t pipeline_slot(struct arena *arena, uint64_t item)
{
	const uint64_t stride = arena_param(arena, PIPELINE_SLEEP) ? 1 : PIPELINE_STRIDE;
	uint64_t index =
		arena_words(arena)[PIPELINE_WORD_ROUND] * (uint64_t)arena_param(arena, PIPELINE_ITEMS) +
		(uint32_t)item;

	return arena->n_samples && (index & (stride - 1)) == 0 ? index / stride : UINT64_MAX;
}

/* An item comes to a stage. Returns the deadline of its wait; 0: there is none. */
static inline int64_t pipeline_arrive(struct arena *arena, uint32_t stage, uint64_t item)
{
	const int64_t sleep_ns = arena_param(arena, PIPELINE_SLEEP);

	if (stage == 0) {
		uint64_t slot = pipeline_slot(arena, item);

		if (slot < arena->n_samples)
			arena_samples(arena)[slot] = clock_now_ns();
	}
	return sleep_ns ? clock_now_ns() + sleep_ns : 0;
}

/* It has waited, and leaves the stage as what is returned. */
static inline uint64_t pipeline_leave(struct arena *arena, uint32_t stage, uint64_t item)
{
	item = pipeline_transform(stage, item);
	if (stage + 1 == (uint32_t)arena_param(arena, PIPELINE_STAGES)) {
		uint64_t slot = pipeline_slot(arena, item);

		if (slot < arena->n_samples)
			arena_sample_put(arena, slot, clock_now_ns() - arena_samples(arena)[slot]);
	}
	return item;
}

/* ---- a round ---- */

/* A round as its root sees it; it starts with its number and zeroes. */
struct pipeline_round {
	uint64_t number;
	uint64_t entered, left; /* items; only stream counts those that entered */
	uint64_t digest;
};

/* What an item that left the last stage adds to the digest. */
static inline uint64_t pipeline_mixture(uint64_t item)
{
	return splitmix_next(&item);
}

static inline void pipeline_out(struct pipeline_round *round, uint64_t item)
{
	round->left++;
	round->digest += pipeline_mixture(item);
}

/* Stream: whether the next item, number `entered`, may enter now. */
static inline bool pipeline_admits(const struct arena *arena, const struct pipeline_round *round)
{
	return round->entered < (uint64_t)arena_param(arena, PIPELINE_ITEMS) &&
		   round->entered - round->left < (uint64_t)arena_param(arena, PIPELINE_INFLIGHT);
}

/* Gather: how many items the group that begins with item number `first` has. */
static inline uint32_t pipeline_group(const struct arena *arena, uint64_t first)
{
	uint64_t left = (uint64_t)arena_param(arena, PIPELINE_ITEMS) - first;
	uint64_t inflight = (uint64_t)arena_param(arena, PIPELINE_INFLIGHT);

	return (uint32_t)(left < inflight ? left : inflight);
}

/* All items of a round have left; the next one begins. */
static inline void pipeline_round_end(struct arena *arena, struct pipeline_round *round)
{
	arena_round_end(arena, round->left, round->digest);
	*round = (struct pipeline_round){.number = round->number + 1};
	arena_words(arena)[PIPELINE_WORD_ROUND] = round->number;
}

/* ---- for the row in workloads.c ---- */

/* Tasks that live at a time. */
static inline uint32_t pipeline_tasks(const int64_t *params, int role)
{
	const int64_t inflight = params[PIPELINE_INFLIGHT];
	const int64_t items = params[PIPELINE_ITEMS], stages = params[PIPELINE_STAGES];

	(void)role;
	if (params[PIPELINE_MODE] == PIPELINE_GATHER)
		return (uint32_t)(inflight < items ? inflight : items);
	return (uint32_t)(inflight > stages ? inflight : stages);
}

/* Stream: the workers of a stage. The last stage has the fewest. */
static inline uint32_t pipeline_workers(const int64_t *params, uint32_t stage)
{
	uint32_t workers = pipeline_tasks(params, 0), stages = (uint32_t)params[PIPELINE_STAGES];

	return workers / stages + (stage < workers % stages);
}

/* Gather stamps no task: how many of a group live at the same time is up to the scheduler. */
static inline struct arena_sizing pipeline_sizing(const int64_t *params, uint64_t rounds)
{
	const uint64_t stride = params[PIPELINE_SLEEP] ? 1 : PIPELINE_STRIDE;
	bool stream = params[PIPELINE_MODE] == PIPELINE_STREAM;

	return (struct arena_sizing){
		.n_tasks = stream ? pipeline_tasks(params, 0) : 0,
		.n_words = PIPELINE_WORD_ITEMS + (stream ? 0 : pipeline_tasks(params, 0)),
		.n_samples = (rounds * (uint64_t)params[PIPELINE_ITEMS] + stride - 1) / stride,
	};
}

/*
 * Gather waits in each stage of each group. With stream the last stage's workers take all items by
 * turns, and the first of these has to come through the other stages before.
 */
static inline int64_t pipeline_least_ns(const int64_t *params)
{
	const int64_t items = params[PIPELINE_ITEMS], stages = params[PIPELINE_STAGES];
	const int64_t inflight = params[PIPELINE_INFLIGHT], sleep_ns = params[PIPELINE_SLEEP];
	int64_t last;

	if (params[PIPELINE_MODE] == PIPELINE_GATHER)
		return (items + inflight - 1) / inflight * stages * sleep_ns;
	last = pipeline_workers(params, (uint32_t)stages - 1);
	return ((items + last - 1) / last + stages - 1) * sleep_ns;
}

static inline uint64_t pipeline_round_ops(const int64_t *params)
{
	return (uint64_t)params[PIPELINE_ITEMS];
}

static inline uint64_t pipeline_round_digest(const int64_t *params)
{
	uint64_t digest = 0;

	for (uint64_t number = 0; number < (uint64_t)params[PIPELINE_ITEMS]; number++) {
		uint64_t item = number;

		for (uint32_t stage = 0; stage < (uint32_t)params[PIPELINE_STAGES]; stage++)
			item = pipeline_transform(stage, item);
		digest += pipeline_mixture(item);
	}
	return digest;
}

/* ---- the bodies ---- */

void pipeline_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int pipeline_event(struct event *event, int fd);
int pipeline_call(struct arena *arena);

#endif
