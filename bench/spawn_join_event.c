// SPDX-License-Identifier: MIT
/*
 * spawn_join in callback style: a task is a callback that the loop was asked to make. The last one
 * of a group asks for the next group.
 */
#include "spawn_join.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct idler {
	struct ev_watcher spawned; /* first, so that the callback's watcher is the idler */
	struct spawn_join_arg arg;
};

struct spawner {
	struct arena *arena;
	uint32_t first, tasks; /* of the present group */
	uint32_t running;
	uint64_t round;
	struct spawn_join_batch batch;
	struct idler idlers[];
};

static void on_spawned(struct ev_loop *loop, struct ev_watcher *watcher, int revents);

/* A group is at most `alive` callbacks; the loop makes the last first, and that is no matter. */
static void start_group(struct ev_loop *loop, struct spawner *spawner)
{
	spawner->tasks = spawn_join_group(spawner->arena, spawner->first);
	spawner->running = spawner->tasks;
	for (uint32_t place = 0; place < spawner->tasks; place++) {
		struct idler *idler = &spawner->idlers[place];

		ev_init(&idler->spawned, on_spawned);
		idler->spawned.data = spawner;
		idler->arg = (struct spawn_join_arg){.task = spawner->first + place, .place = place};
		ev_feed_event(loop, idler, EV_CUSTOM);
	}
}

/* All of a group have run: the next group, the next round, or the end. */
static void finish_group(struct ev_loop *loop, struct spawner *spawner)
{
	struct arena *arena = spawner->arena;

	spawn_join_joined(arena, &spawner->batch, spawner->tasks);
	spawner->first += spawner->tasks;
	if (spawner->first == (uint32_t)arena_param(arena, SPAWN_JOIN_TASKS)) {
		spawn_join_round_end(arena);
		spawner->first = 0;
		if (!arena_round_wanted(arena, ++spawner->round)) {
			arena_window_close(arena);
			free(spawner);
			return;
		}
	}
	start_group(loop, spawner);
}

static void on_spawned(struct ev_loop *loop, struct ev_watcher *watcher, int revents)
{
	struct idler *idler = (struct idler *)watcher;
	struct spawner *spawner = watcher->data;

	(void)revents;
	spawn_join_run(spawner->arena, &idler->arg);
	if (--spawner->running == 0)
		finish_group(loop, spawner);
}

int spawn_join_event(struct event *event, int fd)
{
	uint32_t alive = spawn_join_tasks(event->arena->params, 0);
	struct spawner *spawner = calloc(1, sizeof(*spawner) + alive * sizeof(spawner->idlers[0]));

	(void)fd;
	if (!spawner)
		return -ENOMEM;
	spawner->arena = event->arena;
	event->body = spawner;
	arena_window_open(event->arena);
	spawner->batch = spawn_join_batch_start(event->arena);
	/* The loop invokes what is pending before anything else, although no watcher is active. */
	start_group(event->loop, spawner);
	return 0;
}
