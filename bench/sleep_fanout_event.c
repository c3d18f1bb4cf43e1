// SPDX-License-Identifier: MIT
/*
 * sleep_fanout in callback style: a task is a timer and nothing else. Its number is the timer's
 * id, and its deadline follows from the begin stamp in the arena, so that the body keeps no memory
 * for each task: all that one takes is its entry in the timer queue.
 */
#include "sleep_fanout.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct fanout {
	uint32_t tasks;
	uint32_t sleeping; /* of the present round */
	struct sleep_fanout_round round;
};

/* Starts the timers of a round. Returns 0 or -errno. */
static int start_round(struct event *event, uint64_t number)
{
	struct fanout *fanout = event->body;
	struct arena *arena = event->arena;

	fanout->round = sleep_fanout_round_start(arena, number);
	for (uint32_t task = 0; task < fanout->tasks; task++) {
		int64_t begin_ns = clock_now_ns();
		int64_t deadline_ns = sleep_fanout_deadline(arena, fanout->round.common_ns, begin_ns);
		int error = event_timer_start(event, deadline_ns, task);

		if (error)
			return error;
		fanout->sleeping++;
		arena_task_begin(arena, task, begin_ns);
	}
	sleep_fanout_round_spawned(arena, &fanout->round, fanout->tasks);
	return 0;
}

/* The last task of a round has ended: the next round, or the end. */
static void finish_round(struct event *event)
{
	struct fanout *fanout = event->body;
	struct arena *arena = event->arena;
	uint64_t next = fanout->round.number + 1;
	int error;

	sleep_fanout_round_end(arena, &fanout->round);
	if (arena_round_wanted(arena, next)) {
		error = start_round(event, next);
		if (error)
			arena_fail(arena, "timer", error);
		return;
	}
	arena_window_close(arena);
	free(fanout);
}

static void on_timer(struct event *event, uint64_t id)
{
	struct fanout *fanout = event->body;
	struct arena *arena = event->arena;
	uint32_t task = (uint32_t)id;
	int64_t deadline_ns =
		sleep_fanout_deadline(arena, fanout->round.common_ns, arena_begins_ns(arena)[task]);

	sleep_fanout_wake(arena, fanout->round.number, task, deadline_ns);
	if (--fanout->sleeping == 0)
		finish_round(event);
}

int sleep_fanout_event(struct event *event, int fd)
{
	struct fanout *fanout = calloc(1, sizeof(*fanout));
	int error;

	(void)fd;
	if (!fanout)
		return -ENOMEM;
	event->body = fanout;
	fanout->tasks = (uint32_t)arena_param(event->arena, SLEEP_FANOUT_TASKS);
	error = event_timers(event, fanout->tasks, on_timer);
	if (error == 0) {
		arena_window_open(event->arena);
		error = start_round(event, 0);
	}
	if (error)
		free(fanout);
	return error;
}
