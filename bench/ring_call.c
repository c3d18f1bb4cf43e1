// SPDX-License-Identifier: MIT
/*
 * ring by plain calls: the baseline. A place in the ring is an object with a method, and a hop is
 * one call through a pointer that the compiler cannot see through.
 */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>

struct station {
	struct station *(*hop)(struct station *self); /* returns who is next */
	struct station *next;
	struct arena_slice *slice;
};

static struct station *station_hop(struct station *self)
{
	self->slice->ops++;
	return self->next;
}

/* Stations in the order of the ring, by `places`. Returns the first. */
static struct station *stations_init(struct arena *arena, struct station *stations,
									 uint32_t *places, uint32_t tasks)
{
	struct station *(*hop)(struct station *) = station_hop;

	/* An empty instruction that might have changed it: from here on any function could be there. */
	__asm__("" : "+r"(hop));
	ring_shuffle(arena->params, places);
	for (uint32_t i = 0; i < tasks; i++) {
		stations[places[i]] = (struct station){
			.hop = hop,
			.next = &stations[places[i + 1 < tasks ? i + 1 : 0]],
			.slice = arena_slice(arena, i),
		};
		arena_task_begin(arena, i, clock_now_ns());
	}
	return &stations[places[0]];
}

/* The hops of one token from its place on. */
static void run_token(struct arena *arena, struct station *station, uint32_t token, uint64_t hops)
{
	const uint64_t stamp_mask = ring_stamp_mask(arena);

	ring_token_begin(arena, token);
	while (hops > 0) {
		station = station->hop(station);
		if (!(--hops & stamp_mask))
			ring_stamp(arena, token);
	}
}

static void run_round(struct arena *arena, struct station *first)
{
	uint32_t tokens = (uint32_t)arena_param(arena, RING_TOKENS);
	struct station *station = first;
	uint32_t place = 0;

	/* Tokens begin at ascending places. */
	for (uint32_t i = 0; i < tokens; i++) {
		struct ring_token token = ring_token(arena->params, i);

		for (; place < token.place; place++)
			station = station->next;
		run_token(arena, station, i, token.hops);
	}
}

int ring_call(struct arena *arena)
{
	uint32_t tasks = (uint32_t)arena_param(arena, RING_TASKS);
	struct station *stations = calloc(tasks, sizeof(*stations));
	uint32_t *places = calloc(tasks, sizeof(*places));
	struct ring_count count = {0};
	struct station *first;

	if (!stations || !places) {
		free(stations);
		free(places);
		return -ENOMEM;
	}
	first = stations_init(arena, stations, places, tasks);
	arena->tasks_spawned = tasks;
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++) {
		run_round(arena, first);
		ring_round_end(arena, &count);
	}
	arena_window_close(arena);
	for (uint32_t i = 0; i < tasks; i++)
		arena_task_end(arena, i, clock_now_ns());
	free(places);
	free(stations);
	return 0;
}
