// SPDX-License-Identifier: MIT
/* Posters of the event backend; see event_post.h. */
#include "event_post.h"

#include <errno.h>

#include "postbox.h"

/* Calls that are made in a row, before the loop looks at its other watchers; a look costs 0.5 us.
 */
enum { EVENT_CALLS_MAX = 256 };

/* On the thread of a poster. */
static void event_posters_wake(void *data)
{
	struct event_posters *posters = data;

	ev_async_send(posters->event->loop, &posters->wake);
}

/* Gives back all but the threads. */
static void event_posters_release(struct event_posters *posters)
{
	ev_async_stop(posters->event->loop, &posters->wake);
	postbox_free(posters->box);
	posters->box = NULL;
}

void event_posters_close(struct event_posters *posters)
{
	if (!posters->box)
		return;
	postbox_stop_threads(posters->box);
	event_posters_release(posters);
}

static void event_posters_called(struct ev_loop *loop, ev_async *wake, int revents)
{
	struct event_posters *posters = (struct event_posters *)wake;
	struct event *event = posters->event;
	uint64_t value;

	(void)revents;
	for (int left = EVENT_CALLS_MAX; left > 0; left--) {
		if (postbox_take(posters->box, &value)) {
			postbox_reply(posters->box, posters->post.on_call(event, value));
		} else if (postbox_ended(posters->box)) {
			event_posters_close(posters);
			posters->post.on_end(event);
			return;
		} else if (postbox_doze(posters->box)) {
			return;
		}
	}
	ev_async_send(loop, wake);
}

int event_posters_open(struct event_posters *posters, struct event *event,
					   const struct event_post *post)
{
	const struct postbox_plan plan = {
		.fn = post->fn,
		.arena = event->arena,
		.posters = post->posters,
		.inflight = post->inflight,
		.spread = posters->spread,
		.wake = event_posters_wake,
		.data = posters,
	};
	int error;

	if (posters->box)
		return -EBUSY;
	posters->box = postbox_new(&plan);
	if (!posters->box)
		return -ENOMEM;
	posters->event = event;
	posters->post = *post;
	ev_async_init(&posters->wake, event_posters_called);
	ev_async_start(event->loop, &posters->wake);
	error = postbox_start_threads(posters->box);
	if (error) {
		event_posters_release(posters);
		return error;
	}
	/* Until the consumer dozes nobody wakes it. */
	ev_async_send(event->loop, &posters->wake);
	return 0;
}
