// SPDX-License-Identifier: MIT
/*
 * cpu_scale in callback style: a unit is a callback, so that a loop stays responsive, and the tasks
 * take turns after each. Nothing runs at the same time, and no lock is needed for that.
 */
#include "cpu_scale.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct scale {
	struct ev_watcher computed; /* first, so that the callback's watcher is the scale */
	struct arena *arena;
	uint64_t round, units;
	uint64_t turn; /* units of the round that have been computed */
	uint32_t tasks;
	struct cpu_scale_share shares[];
};

static void start_round(struct scale *scale)
{
	scale->turn = 0;
	for (uint32_t task = 0; task < scale->tasks; task++) {
		struct cpu_scale_share *share = &scale->shares[task];

		*share = cpu_scale_share_begin(scale->arena, task, scale->round);
		if (share->next == share->end)
			cpu_scale_share_end(scale->arena, share);
	}
}

/* The next round; false where that was the last. */
static bool finish_round(struct scale *scale)
{
	struct arena *arena = scale->arena;

	cpu_scale_round_end(arena);
	if (arena_round_wanted(arena, ++scale->round)) {
		start_round(scale);
		return true;
	}
	arena_window_close(arena);
	free(scale);
	return false;
}

/* The tasks take turns; whose share is larger by one comes before the others. */
static void on_turn(struct ev_loop *loop, struct ev_watcher *watcher, int revents)
{
	struct scale *scale = (struct scale *)watcher;
	struct cpu_scale_share *share = &scale->shares[scale->turn % scale->tasks];

	(void)revents;
	cpu_scale_unit(scale->arena, share);
	if (share->next == share->end)
		cpu_scale_share_end(scale->arena, share);
	if (++scale->turn < scale->units || finish_round(scale))
		ev_feed_event(loop, scale, EV_CUSTOM);
}

int cpu_scale_event(struct event *event, int fd)
{
	struct arena *arena = event->arena;
	uint32_t tasks = (uint32_t)arena_param(arena, CPU_SCALE_TASKS);
	struct scale *scale = calloc(1, sizeof(*scale) + tasks * sizeof(scale->shares[0]));

	(void)fd;
	if (!scale)
		return -ENOMEM;
	ev_init(&scale->computed, on_turn);
	scale->arena = arena;
	scale->units = (uint64_t)arena_param(arena, CPU_SCALE_UNITS);
	scale->tasks = tasks;
	arena_window_open(arena);
	start_round(scale);
	/* The loop invokes what is pending before anything else, although no watcher is active. */
	ev_feed_event(event->loop, scale, EV_CUSTOM);
	return 0;
}
