// SPDX-License-Identifier: MIT
/*
 * ring in direct style: a task gets a token from its own channel and puts it into the next one's.
 * The root puts the tokens in and gets them back when they have made their hops.
 */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>

#include "task.h"

/* What travels: which token it is, and how many hops it is still to make. */
static uint64_t token_pack(uint32_t token, uint64_t hops)
{
	return (uint64_t)token << 32 | hops;
}

/* A task's place in the ring. */
struct station {
	struct chan *own, *next, *done;
	uint32_t place;
};

static void station(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct station *self = arg;
	struct chan *own = self->own, *next = self->next, *done = self->done;
	struct arena_slice *slice = arena_slice(arena, self->place);
	const uint64_t stamp_mask = ring_stamp_mask(arena);
	struct gen_value token;

	(void)fd;
	arena_task_begin(arena, self->place, clock_now_ns());
	/* Ends when the root closes the channels; until then there is room for every token. */
	while ((token = chan_get(t, own)).more) {
		uint64_t value = token.value - 1;
		uint32_t left = (uint32_t)value;

		slice->ops++;
		if (!(left & stamp_mask))
			ring_stamp(arena, (uint32_t)(value >> 32));
		chan_put(t, left ? next : done, value);
	}
	arena_task_end(arena, self->place, clock_now_ns());
}

/* ---- the root ---- */

struct ring {
	uint32_t tasks, tokens;
	struct chan *done;
	uint32_t *places;
	struct chan *chans[]; /* by place */
};

/* Opens all channels; false when there was no room for one. */
static bool open_all(const struct task_ops *t, struct ring *ring)
{
	ring->done = chan_open(t, ring->tokens);
	if (!ring->done)
		return false;
	for (uint32_t i = 0; i < ring->tasks; i++) {
		ring->chans[i] = chan_open(t, ring->tokens);
		if (!ring->chans[i])
			return false;
	}
	return true;
}

static int spawn_all(const struct task_ops *t, struct arena *arena, struct ring *ring)
{
	int64_t start_ns = clock_now_ns();
	int error = 0;

	ring_shuffle(arena->params, ring->places);
	for (uint32_t i = 0; i < ring->tasks && error == 0; i++) {
		uint32_t place = ring->places[i];
		const struct station arg = {
			.own = ring->chans[place],
			.next = ring->chans[place + 1 < ring->tasks ? place + 1 : 0],
			.done = ring->done,
			.place = place,
		};

		error = task_spawn(t, station, &arg, sizeof(arg), -1);
	}
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = ring->tasks;
	return error;
}

static void run_round(const struct task_ops *t, struct arena *arena, const struct ring *ring)
{
	uint32_t out = 0;

	for (uint32_t i = 0; i < ring->tokens; i++) {
		struct ring_token token = ring_token(arena->params, i);

		if (!token.hops)
			continue;
		ring_token_begin(arena, i);
		chan_put(t, ring->chans[token.place], token_pack(i, token.hops));
		out++;
	}
	for (; out > 0; out--)
		chan_get(t, ring->done);
}

static void run_rounds(const struct task_ops *t, struct arena *arena, const struct ring *ring)
{
	struct ring_count count;

	/* One lap, so that nobody is still being started when the window is opened. */
	chan_put(t, ring->chans[0], token_pack(ring->tokens, ring->tasks));
	chan_get(t, ring->done);
	count = ring_count(arena);
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++) {
		run_round(t, arena, ring);
		ring_round_end(arena, &count);
	}
	arena_window_close(arena);
}

/* Ends the tasks by closing their channels. 0 or -errno. */
static int close_all(const struct task_ops *t, struct arena *arena, const struct ring *ring)
{
	int64_t start_ns = clock_now_ns();
	int error;

	for (uint32_t i = 0; i < ring->tasks && ring->chans[i]; i++)
		chan_close(t, ring->chans[i]);
	error = task_join(t);
	arena->drain_ns = clock_now_ns() - start_ns;
	for (uint32_t i = 0; i < ring->tasks && ring->chans[i]; i++)
		chan_free(t, ring->chans[i]);
	if (ring->done)
		chan_free(t, ring->done);
	return error;
}

static struct ring *ring_new(const struct arena *arena)
{
	uint32_t tasks = (uint32_t)arena_param(arena, RING_TASKS);
	struct ring *ring = calloc(1, sizeof(*ring) + tasks * sizeof(ring->chans[0]));

	if (!ring)
		return NULL;
	ring->tasks = tasks;
	ring->tokens = (uint32_t)arena_param(arena, RING_TOKENS);
	ring->places = calloc(tasks, sizeof(*ring->places));
	if (ring->places)
		return ring;
	free(ring);
	return NULL;
}

void ring_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct ring *ring = ring_new(arena);
	int error = -ENOMEM;

	(void)arg;
	(void)fd;
	if (!ring) {
		arena_fail(arena, "ring", error);
		return;
	}
	if (open_all(t, ring))
		error = spawn_all(t, arena, ring);
	if (error)
		arena_fail(arena, "ring: start of its tasks", error);
	else
		run_rounds(t, arena, ring);
	error = close_all(t, arena, ring);
	if (error)
		arena_fail(arena, "join", error);
	free(ring->places);
	free(ring);
}
