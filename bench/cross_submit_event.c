// SPDX-License-Identifier: MIT
/* cross_submit in callback style: a call is a callback, and what it returns is the result. */
#include "cross_submit.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct work {
	uint64_t round, made;
};

static int start_round(struct event *event);

static uint64_t on_call(struct event *event, uint64_t value)
{
	struct work *work = event->body;

	work->made++;
	return cross_submit_answer(value);
}

static void on_end(struct event *event)
{
	struct work *work = event->body;
	int error = 0;

	cross_submit_round_end(event->arena, work->made);
	work->made = 0;
	if (arena_round_wanted(event->arena, ++work->round)) {
		error = start_round(event);
		if (!error)
			return;
	}
	arena_window_close(event->arena);
	if (error)
		arena_fail(event->arena, "starting the posters", error);
	free(work);
}

static int start_round(struct event *event)
{
	const struct event_post post = {
		.fn = cross_submit_poster,
		.posters = (uint32_t)arena_param(event->arena, CROSS_SUBMIT_POSTERS),
		.inflight = (uint32_t)arena_param(event->arena, CROSS_SUBMIT_INFLIGHT),
		.on_call = on_call,
		.on_end = on_end,
	};

	return event_post_open(event, &post);
}

int cross_submit_event(struct event *event, int fd)
{
	int error;

	(void)fd;
	event->body = calloc(1, sizeof(struct work));
	if (!event->body)
		return -ENOMEM;
	arena_window_open(event->arena);
	error = start_round(event);
	if (error)
		free(event->body);
	return error;
}
