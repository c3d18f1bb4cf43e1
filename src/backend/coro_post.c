// SPDX-License-Identifier: MIT
/* Calls from other threads into a task; see coro_post.h. */
#include "coro_post.h"

#include <stdlib.h>

#include "coro.h"
#include "postbox.h"

struct coro_post {
	ev_async wake;
	struct coro *waiter; /* the task that is parked in post_next */
	struct postbox *box;
	struct coro_post *next; /* in coro_rt.posts */
	int error;              /* of starting the posters */
};

/* ---- on the hub ---- */

static void post_on_wake(struct ev_loop *loop, ev_async *wake, int revents)
{
	struct coro_post *post = (struct coro_post *)wake;

	(void)revents;
	ev_unref(loop);
	coro_ready(post->waiter);
}

/* Starts the posters of the newest postbox, which takes more stack than a task has. */
static void post_start(int unused, int unused_too)
{
	struct coro_post *post = coro_rt.posts;

	(void)unused;
	(void)unused_too;
	post->error = postbox_start_threads(post->box);
	if (post->error)
		return;
	ev_async_start(coro_rt.loop, &post->wake);
	/* The loop counts it only while a task waits for it, so that it tells a deadlock as ever. */
	ev_unref(coro_rt.loop);
}

/* Ends the first of the open ones. */
static void post_stop(int unused, int unused_too)
{
	struct coro_post *post = coro_rt.posts;

	(void)unused;
	(void)unused_too;
	coro_rt.posts = post->next;
	postbox_stop_threads(post->box);
	ev_ref(coro_rt.loop);
	ev_async_stop(coro_rt.loop, &post->wake);
	postbox_free(post->box);
	free(post);
}

/* ---- on the thread of a poster ---- */

static void post_wake(void *data)
{
	struct coro_post *post = data;

	ev_async_send(coro_rt.loop, &post->wake);
}

/* ---- on a task's stack ---- */

struct postbox *coro_post_open(post_fn *fn, uint32_t posters, uint32_t inflight)
{
	struct coro_post *post = calloc(1, sizeof(*post));
	const struct postbox_plan plan = {
		.fn = fn,
		.arena = coro_rt.arena,
		.posters = posters,
		.inflight = inflight,
		.spread = coro_rt.spread,
		.wake = post_wake,
		.data = post,
	};
	struct postbox *box = post ? postbox_new(&plan) : NULL;

	if (!box) {
		free(post);
		return NULL;
	}
	ev_async_init(&post->wake, post_on_wake);
	post->box = box;
	post->next = coro_rt.posts;
	coro_rt.posts = post;
	coro_ask_hub(post_start, 0, 0);
	if (!post->error)
		return box;
	coro_rt.posts = post->next;
	postbox_free(box);
	free(post);
	return NULL;
}

struct gen_value coro_post_next(struct postbox *box)
{
	uint64_t value;

	/* Calls may never cease, and other tasks want to run, too. */
	if (--coro_rt.budget < 0)
		coro_yield();
	while (!postbox_take(box, &value)) {
		if (postbox_ended(box))
			return (struct gen_value){0};
		if (postbox_doze(box)) {
			((struct coro_post *)postbox_data(box))->waiter = coro_rt.current;
			ev_ref(coro_rt.loop);
			coro_park();
		}
	}
	return (struct gen_value){value, 1};
}

void coro_post_close(struct postbox *box)
{
	struct coro_post *post = postbox_data(box), **at = &coro_rt.posts;

	/* Ends: it is in the list; now it becomes the first. */
	while (*at != post)
		at = &(*at)->next;
	*at = post->next;
	post->next = coro_rt.posts;
	coro_rt.posts = post;
	coro_ask_hub(post_stop, 0, 0);
}

void coro_post_release(void)
{
	while (coro_rt.posts)
		post_stop(0, 0);
}
