// SPDX-License-Identifier: MIT
/*
 * ring in callback style: a place in the ring is a watcher, and to pass the token on is to feed an
 * event to the next one, so that a hop is one callback through libev's pending queue.
 *
 * There is one token and so one event at a time: the queue is last-in first-out, and with two
 * tokens one would go round alone while the other waits (the row says so for tokens > 1).
 */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct station {
	struct ev_watcher token; /* first, so that the callback's watcher is the station; its data is
								the ring */
	struct station *next;
	struct arena_slice *slice;
};

struct ring {
	struct arena *arena;
	uint32_t left; /* hops of the token, the next one included */
	uint64_t stamp_mask;
	uint64_t round;
	struct ring_count count;
	uint32_t *places;
	struct station stations[];
};

static void ring_free(struct ring *ring)
{
	struct arena *arena = ring->arena;
	int64_t start_ns = clock_now_ns();
	uint32_t tasks = (uint32_t)arena_param(arena, RING_TASKS);

	for (uint32_t i = 0; i < tasks; i++)
		arena_task_end(arena, i, start_ns);
	free(ring->places);
	free(ring);
	arena->drain_ns = clock_now_ns() - start_ns;
}

static void start_round(struct ev_loop *loop, struct ring *ring)
{
	ring->left = (uint32_t)ring_token(ring->arena->params, 0).hops;
	ring_token_begin(ring->arena, 0);
	ev_feed_event(loop, &ring->stations[ring->places[0]], EV_CUSTOM);
}

static void finish_round(struct ev_loop *loop, struct ring *ring)
{
	ring_round_end(ring->arena, &ring->count);
	if (arena_round_wanted(ring->arena, ++ring->round)) {
		start_round(loop, ring);
		return;
	}
	arena_window_close(ring->arena);
	ring_free(ring);
}

static void on_token(struct ev_loop *loop, struct ev_watcher *watcher, int revents)
{
	struct station *station = (struct station *)watcher;
	struct ring *ring = watcher->data;
	uint32_t left = --ring->left;

	(void)revents;
	station->slice->ops++;
	if (!(left & ring->stamp_mask))
		ring_stamp(ring->arena, 0);
	if (left)
		ev_feed_event(loop, station->next, EV_CUSTOM);
	else
		finish_round(loop, ring);
}

/* Links the stations in the order of the ring; places[0] is where every round begins. */
static void stations_init(struct ring *ring, uint32_t tasks)
{
	uint32_t *at = ring->places;

	ring_shuffle(ring->arena->params, at);
	for (uint32_t place = 0; place < tasks; place++) {
		struct station *station = &ring->stations[at[place]];

		ev_init(&station->token, on_token);
		station->token.data = ring;
		station->next = &ring->stations[at[place + 1 < tasks ? place + 1 : 0]];
		station->slice = arena_slice(ring->arena, place);
		arena_task_begin(ring->arena, place, clock_now_ns());
	}
}

static struct ring *ring_new(struct arena *arena)
{
	uint32_t tasks = (uint32_t)arena_param(arena, RING_TASKS);
	int64_t start_ns = clock_now_ns();
	struct ring *ring = calloc(1, sizeof(*ring) + tasks * sizeof(ring->stations[0]));

	if (!ring)
		return NULL;
	ring->arena = arena;
	ring->stamp_mask = ring_stamp_mask(arena);
	ring->places = calloc(tasks, sizeof(*ring->places));
	if (!ring->places) {
		free(ring);
		return NULL;
	}
	stations_init(ring, tasks);
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = tasks;
	return ring;
}

int ring_event(struct event *event, int fd)
{
	struct ring *ring = ring_new(event->arena);

	(void)fd;
	if (!ring)
		return -ENOMEM;
	arena_window_open(event->arena);
	/* The loop invokes what is pending before anything else, although no watcher is active. */
	start_round(event->loop, ring);
	return 0;
}
