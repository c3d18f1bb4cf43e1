// SPDX-License-Identifier: MIT
/*
 * ring: tasks in a ring pass tokens on, each from its own channel into that of the next. What does
 * it cost to make another task run?
 *
 * One operation: one hop, a task took a token and passed it on. The tasks live for all rounds;
 * starting them (spawn_ns), one lap that proves them all alive, and ending them (drain_ns) lie
 * outside the window. A round has `hops` hops: its tokens begin at places spread evenly over the
 * ring, each with its share of them, and come back to the root when that is used up.
 *
 *   order=seq      a place in the ring is taken by the task that was started in that turn
 *   order=random   by any: neither the caches nor the predictor of jumps can tell who is next
 *
 *   throughput pass   the clock is not read
 *   latency pass      the time of each token is taken every `batch` hops, by the task that has it;
 *                     a sample is the time of a whole batch of hops of one token
 *
 * The digest is the sum of place + 1 over all hops of a round, from each task's own count.
 */
#ifndef CONCBENCH_RING_H
#define CONCBENCH_RING_H

#include "arena.h"

struct event;
struct task_ops;

enum ring_param {
	RING_TASKS,
	RING_HOPS,
	RING_ORDER,
	RING_TOKENS,
	RING_WINDOW,
	RING_PLACEMENT,
};

/* The choices of `order`, in the order of its row. */
enum { RING_SEQ, RING_RANDOM };

/* A latency pass has at most this many samples; the driver picks the batch accordingly. */
enum { RING_SAMPLES_MAX = 1 << 20 };

/* tasks x tokens: each channel has room for all tokens, 16 bytes each. */
enum { RING_CELLS_MAX = 1 << 24 };

/* What is known of a token, in the arena's shared words; whoever has the token writes it. */
enum { RING_WORD_STAMP_NS, RING_WORD_SAMPLES, RING_WORDS };

/* Where a token begins, and how many hops of a round it makes: the first take what is over. */
struct ring_token {
	uint32_t place;
	uint64_t hops;
};

static inline struct ring_token ring_token(const int64_t *params, uint32_t token)
{
	uint64_t tasks = (uint64_t)params[RING_TASKS], tokens = (uint64_t)params[RING_TOKENS];
	uint64_t hops = (uint64_t)params[RING_HOPS];

	return (struct ring_token){
		.place = (uint32_t)(token * tasks / tokens),
		.hops = hops / tokens + (token < hops % tokens),
	};
}

/* The places in the order in which their tasks are started; `places` has one for each task. */
static inline void ring_shuffle(const int64_t *params, uint32_t *places)
{
	uint32_t tasks = (uint32_t)params[RING_TASKS];
	uint64_t random = 0x9e3779b97f4a7c15u;

	for (uint32_t i = 0; i < tasks; i++)
		places[i] = i;
	if (params[RING_ORDER] == RING_SEQ)
		return;
	/* Fisher and Yates, with numbers from Marsaglia's xorshift: the same in every trial. */
	for (uint32_t i = tasks - 1; i > 0; i--) {
		uint32_t other, place = places[i];

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		other = (uint32_t)((random >> 32) % (i + 1));
		places[i] = places[other];
		places[other] = place;
	}
}

/* The clock is read at a hop after which the hops left have none of these bits. */
static inline uint64_t ring_stamp_mask(const struct arena *arena)
{
	return arena->pass == ARENA_PASS_LATENCY ? arena->batch - 1 : UINT64_MAX;
}

/* A token is about to begin: its first stamp is not the end of a batch. */
static inline void ring_token_begin(struct arena *arena, uint32_t token)
{
	arena_words(arena)[RING_WORDS * token + RING_WORD_STAMP_NS] = 0;
}

/* Takes the time of a token; not of the one beyond the last, which makes the first lap. */
static inline void ring_stamp(struct arena *arena, uint32_t token)
{
	uint64_t *words = arena_words(arena) + RING_WORDS * token;
	uint64_t tokens = (uint64_t)arena_param(arena, RING_TOKENS);
	int64_t now_ns;

	if (token == tokens)
		return;
	now_ns = clock_now_ns();
	if (words[RING_WORD_STAMP_NS])
		arena_sample_put(arena, words[RING_WORD_SAMPLES]++ * tokens + token,
						 now_ns - (int64_t)words[RING_WORD_STAMP_NS]);
	words[RING_WORD_STAMP_NS] = (uint64_t)now_ns;
}

/* What the tasks have counted until now; a round is the difference of two of these. */
struct ring_count {
	uint64_t hops, digest;
};

static inline struct ring_count ring_count(struct arena *arena)
{
	uint32_t tasks = (uint32_t)arena_param(arena, RING_TASKS);
	struct ring_count count = {0};

	for (uint32_t place = 0; place < tasks; place++) {
		uint64_t hops = arena_slice(arena, place)->ops;

		count.hops += hops;
		count.digest += hops * (place + 1);
	}
	return count;
}

/* A round is over, all of its tokens are back; *before is what had been counted before it. */
static inline void ring_round_end(struct arena *arena, struct ring_count *before)
{
	struct ring_count count = ring_count(arena);

	arena_round_end(arena, count.hops - before->hops, count.digest - before->digest);
	*before = count;
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t ring_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[RING_TASKS];
}

static inline struct arena_sizing ring_sizing(const int64_t *params, uint64_t rounds)
{
	uint64_t hops = (uint64_t)params[RING_HOPS];
	bool fits = rounds <= RING_SAMPLES_MAX / hops;

	return (struct arena_sizing){
		.n_slices = (uint32_t)params[RING_TASKS],
		.n_tasks = (uint32_t)params[RING_TASKS],
		.n_words = RING_WORDS * (uint32_t)params[RING_TOKENS],
		.n_samples = fits ? rounds * hops : RING_SAMPLES_MAX,
	};
}

static inline uint64_t ring_round_ops(const int64_t *params)
{
	return (uint64_t)params[RING_HOPS];
}

/* Each token makes whole laps, and a part of one from where it began. */
static inline uint64_t ring_round_digest(const int64_t *params)
{
	uint64_t tasks = (uint64_t)params[RING_TASKS];
	uint64_t digest = 0;

	for (uint32_t i = 0; i < (uint32_t)params[RING_TOKENS]; i++) {
		struct ring_token token = ring_token(params, i);
		uint64_t part = token.hops % tasks;

		digest += token.hops / tasks * (tasks * (tasks + 1) / 2);
		for (uint64_t hop = 0; hop < part; hop++)
			digest += (token.place + hop) % tasks + 1;
	}
	return digest;
}

/* ---- the bodies ---- */

void ring_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int ring_event(struct event *event, int fd);
int ring_call(struct arena *arena);

#endif
