// SPDX-License-Identifier: MIT
/*
 * Conformance: calls from threads, or processes, outside of the scheduler; into tasks, and into
 * callbacks. It comes after conformance_faults.h, which makes posters fail to start.
 */
#ifndef CONCBENCH_CONFORMANCE_POSTS_H
#define CONCBENCH_CONFORMANCE_POSTS_H

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "conformance.h"
#include "conformance_faults.h"
#include "event.h"

enum {
	POST_POSTERS = 3,
	POST_CALLS = 600, /* of each of them */
	POST_INFLIGHT = 4,
	POST_CROWD = 600, /* more than a scheduler may make in a row, and once more */
};

/* What a call is answered with: never what a lost or mixed up result would be. */
static uint64_t answer(uint64_t value)
{
	return value * 3 + 1;
}

/* On a poster: waits until a cell holds at least `value`, or something has failed. */
static void poster_wait(struct arena *arena, unsigned index, int64_t value)
{
	const struct timespec pause = clock_timespec(50 * CLOCK_NS_PER_US);

	while (cell_value(arena, index) < value && !atomic_load(&arena->failed))
		nanosleep(&pause, NULL);
}

/* Cells from 8 on: a bit for each value, set when its result comes. Returns whether it came. */
static bool collect(struct poster *self, struct arena *arena)
{
	struct post_result got;
	int64_t bit;

	if (!WANT(arena, post_collect(self, &got)))
		return false;
	bit = (int64_t)(1ULL << got.value % 64);
	WANT(arena, got.result == answer(got.value));
	WANT(arena, !(atomic_fetch_or(cell(arena, 8 + (unsigned)(got.value / 64)), bit) & bit));
	cell_add(arena, 0, 1);
	return true;
}

/* Values ascend, so that the other side can see their order; the last result comes at the end. */
static void many_poster(struct poster *self, struct arena *arena, uint32_t number)
{
	int unanswered = 0;

	for (uint64_t i = 0; i < POST_CALLS; i++, unanswered++) {
		if (unanswered == POST_INFLIGHT && !collect(self, arena))
			return;
		unanswered -= unanswered == POST_INFLIGHT;
		post_submit(self, number * POST_CALLS + i);
	}
	while (unanswered-- > 0 && collect(self, arena))
		continue;
}

/* Calls of one poster come in the order in which it posted them. */
static void many_posters_root(const struct task_ops *t, struct arena *arena, const void *arg,
							  int fd)
{
	struct postbox *box = post_open(t, many_poster, POST_POSTERS, POST_INFLIGHT);
	uint64_t made[POST_POSTERS] = {0};
	struct gen_value call;

	(void)arg;
	(void)fd;
	if (!WANT(arena, box != NULL))
		return;
	while ((call = post_next(t, box)).more) {
		const uint64_t poster = call.value / POST_CALLS;

		if (!WANT(arena, poster < POST_POSTERS))
			return;
		WANT(arena, call.value % POST_CALLS == made[poster]++);
		post_reply(t, box, answer(call.value));
	}
	for (int i = 0; i < POST_POSTERS; i++)
		WANT(arena, made[i] == POST_CALLS);
	for (int i = 0; i < 3; i++)
		WANT(arena, value_ended(post_next(t, box)));
	post_close(t, box);
}

static void silent_poster(struct poster *self, struct arena *arena, uint32_t number)
{
	(void)self;
	cell_add(arena, 0, number + 1);
}

static void silent_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct postbox *box = post_open(t, silent_poster, 3, 1);

	(void)arg;
	(void)fd;
	WANT(arena, value_ended(post_next(t, box)));
	post_close(t, box);
	WANT(arena, cell_value(arena, 0) == 1 + 2 + 3);
	WANT(arena, post_open(t, silent_poster, 0, 1) == NULL);
	WANT(arena, post_open(t, silent_poster, 1, 0) == NULL);
}

/* Waits for cell 1 before it posts, and so for a task that runs meanwhile. */
static void late_poster(struct poster *self, struct arena *arena, uint32_t number)
{
	(void)number;
	cell_add(arena, 2, 1);
	poster_wait(arena, 1, 1);
	post_submit(self, 5);
	collect(self, arena);
}

static void release_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	cell_wait(t, arena, 2, 1);
	task_sleep_until(t, clock_now_ns() + CLOCK_NS_PER_MS);
	cell_add(arena, 1, 1);
}

/* A task that waits for a call waits alone. */
static void late_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct postbox *box;

	(void)arg;
	(void)fd;
	WANT(arena, task_spawn(t, release_task, NULL, 0, -1) == 0);
	box = post_open(t, late_poster, 1, 1);
	WANT(arena, value_is(post_next(t, box), 5));
	post_reply(t, box, answer(5));
	WANT(arena, value_ended(post_next(t, box)));
	post_close(t, box);
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 1) == 1);
}

/* Cell 1: all calls are posted. */
static void crowd_poster(struct poster *self, struct arena *arena, uint32_t number)
{
	(void)number;
	for (uint64_t i = 0; i < POST_CROWD; i++)
		post_submit(self, i);
	cell_add(arena, 1, 1);
	for (int i = 0; i < POST_CROWD && collect(self, arena); i++)
		continue;
}

static void note_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)arg;
	(void)fd;
	cell_add(arena, 2, 1);
}

/* Other tasks run although there is always another call. */
static void endless_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct postbox *box = post_open(t, crowd_poster, 1, POST_CROWD);

	(void)arg;
	(void)fd;
	cell_wait(t, arena, 1, 1);
	WANT(arena, task_spawn(t, note_task, NULL, 0, -1) == 0);
	for (uint64_t i = 0; i < POST_CROWD; i++) {
		WANT(arena, value_is(post_next(t, box), i));
		post_reply(t, box, answer(i));
	}
	WANT(arena, cell_value(arena, 2) == 1);
	WANT(arena, value_ended(post_next(t, box)));
	post_close(t, box);
	WANT(arena, task_join(t) == 0);
}

/* Never gets a result. Cell 1 counts those that have posted, cell 0 those that learned the end. */
static void jilted_poster(struct poster *self, struct arena *arena, uint32_t number)
{
	struct post_result got;

	post_submit(self, number);
	cell_add(arena, 1, 1);
	for (int i = 0; i < 2; i++)
		WANT(arena, !post_collect(self, &got));
	cell_add(arena, 0, 1);
}

static void jilted_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct postbox *box = post_open(t, jilted_poster, 4, 2);

	(void)arg;
	(void)fd;
	cell_wait(t, arena, 1, 4);
	WANT(arena, post_next(t, box).more);
	post_close(t, box);
	WANT(arena, cell_value(arena, 0) == 4);
	WANT(arena, task_join(t) == 0);
}

/* Two postboxes of one task; the first to be opened is the first to be closed. */
static void two_boxes_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct postbox *answered = post_open(t, late_poster, 1, 1);
	struct postbox *jilted = post_open(t, jilted_poster, 1, 2);

	(void)arg;
	(void)fd;
	cell_add(arena, 1, 1);
	WANT(arena, value_is(post_next(t, jilted), 0));
	WANT(arena, value_is(post_next(t, answered), 5));
	post_reply(t, answered, answer(5));
	WANT(arena, value_ended(post_next(t, answered)));
	post_close(t, answered);
	post_close(t, jilted);
	WANT(arena, cell_value(arena, 0) == 2);
}

/* No poster can be started, or not all: those that were are ended, and nothing is left behind. */
static void post_refused_root(const struct task_ops *t, struct arena *arena, const void *arg,
							  int fd)
{
	struct postbox *box = post_open(t, silent_poster, 1, 1); /* may open descriptors that stay */
	int next;

	(void)arg;
	(void)fd;
	WANT(arena, value_ended(post_next(t, box)));
	post_close(t, box);
	next = next_fd();
	for (int started = 0; started < 3; started++) {
		atomic_store(cell(arena, 0), 0);
		faults.spawn = EAGAIN;
		faults.spawn_left = started;
		WANT(arena, post_open(t, jilted_poster, 4, 2) == NULL);
		faults.spawn = 0;
		WANT(arena, cell_value(arena, 0) == started);
		WANT(arena, next_fd() == next);
	}
	atomic_store(cell(arena, 0), 0);
	atomic_store(cell(arena, 1), 0);
	jilted_root(t, arena, NULL, -1);
}

/* A body that returns without closing: its posters are ended before the run is. */
static void left_behind_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	WANT(arena, post_open(t, jilted_poster, 2, 2) != NULL);
	WANT(arena, post_open(t, jilted_poster, 1, 2) != NULL);
}

/* Tasks that wait for each other are found out although a postbox is open. */
static void deadlock_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct chan *chan = chan_open(t, 1);

	left_behind_root(t, arena, arg, fd);
	chan_get(t, chan);
	arena_fail(arena, "nobody put anything in", 0);
}

/* ---- callbacks ---- */

static void never_called_end(struct event *event)
{
	arena_fail(event->arena, "not all posters had ended", 0);
}

static uint64_t on_call(struct event *event, uint64_t value)
{
	(void)event;
	return answer(value);
}

/* Cell 1 counts rounds; the bits of the first are cleared for the second. */
static void on_many_ended(struct event *event)
{
	const struct event_post post = {many_poster, POST_POSTERS, POST_INFLIGHT, on_call,
									on_many_ended};

	WANT(event->arena, cell_value(event->arena, 0) ==
						   (cell_value(event->arena, 1) + 1) * POST_POSTERS * POST_CALLS);
	cell_add(event->arena, 1, 1);
	if (cell_value(event->arena, 1) == 2)
		return;
	for (unsigned i = 8; i < CONFORMANCE_CELLS; i++)
		atomic_store(cell(event->arena, i), 0);
	WANT(event->arena, event_post_open(event, &post) == 0);
	WANT(event->arena, event_post_open(event, &post) == -EBUSY);
}

static int many_posters_event(struct event *event, int fd)
{
	const struct event_post post = {many_poster, POST_POSTERS, POST_INFLIGHT, on_call,
									on_many_ended};
	const struct event_post none = {many_poster, 0, POST_INFLIGHT, on_call, on_many_ended};

	(void)fd;
	WANT(event->arena, event_post_open(event, &none) == -ENOMEM);
	return event_post_open(event, &post);
}

static void on_late_timer(struct event *event, uint64_t id)
{
	cell_add(event->arena, (unsigned)id, 1);
}

static void on_nothing_ended(struct event *event)
{
	(void)event;
}

/* The poster waits for a timer's callback. */
static int late_event(struct event *event, int fd)
{
	const struct event_post post = {late_poster, 1, 1, on_call, on_nothing_ended};
	int error = event_timers(event, 2, on_late_timer);

	(void)fd;
	if (!error)
		error = event_post_open(event, &post);
	if (!error)
		error = event_timer_start(event, clock_now_ns() + CLOCK_NS_PER_MS, 1);
	return error;
}

/* A descriptor that is ready is served although there is always another call. */
static void on_ready(struct ev_loop *loop, ev_io *watcher, int revents)
{
	(void)revents;
	cell_add(watcher->data, 2, 1);
	ev_io_stop(loop, watcher);
	close(watcher->fd);
}

static uint64_t on_endless_call(struct event *event, uint64_t value)
{
	if (value == 0)
		ev_io_start(event->loop, event->body);
	if (value == POST_CROWD - 1)
		WANT(event->arena, cell_value(event->arena, 2) == 1);
	return answer(value);
}

static int endless_event(struct event *event, int fd)
{
	static ev_io watcher; /* of the one body that runs in this process */
	const struct event_post post = {crowd_poster, 1, POST_CROWD, on_endless_call, on_nothing_ended};
	const int error = event_post_open(event, &post);

	(void)fd;
	ev_io_init(&watcher, on_ready, eventfd(1, EFD_CLOEXEC), EV_READ);
	watcher.data = event->arena;
	event->body = &watcher;
	poster_wait(event->arena, 1, 1);
	return error;
}

static int refused_posters_event(struct event *event, int fd)
{
	const struct event_post post = {jilted_poster, 4, 2, on_call, never_called_end};

	(void)fd;
	for (int started = 0; started < 3; started++) {
		atomic_store(cell(event->arena, 0), 0);
		faults.spawn = EAGAIN;
		faults.spawn_left = started;
		WANT(event->arena, event_post_open(event, &post) == -EAGAIN);
		faults.spawn = 0;
		WANT(event->arena, cell_value(event->arena, 0) == started);
	}
	return 0;
}

/* A body that fails after it has opened: its posters are ended before the run is. */
static int left_behind_event(struct event *event, int fd)
{
	const struct event_post post = {jilted_poster, 3, 2, on_call, never_called_end};

	(void)fd;
	WANT(event->arena, event_post_open(event, &post) == 0);
	return -EIO;
}

static const struct conformance_case post_cases[] = {
	{.name = "calls of many posters",
	 .task = many_posters_root,
	 .tasks = POST_POSTERS,
	 .total = POST_POSTERS * POST_CALLS},
	{.name = "posters without a call", .task = silent_root, .tasks = 3},
	{.name = "waiting for a call, alone", .task = late_root, .tasks = 2, .total = 1},
	{.name = "calls without end", .task = endless_root, .tasks = 2, .only = "coro"},
	{.name = "posters whose calls nobody answers", .task = jilted_root, .tasks = 4},
	{.name = "two postboxes", .task = two_boxes_root, .tasks = 2},
	{.name = "refused posters", .task = post_refused_root, .tasks = 4},
	{.name = "posters left behind",
	 .task = left_behind_root,
	 .tasks = 3,
	 .only = "coro",
	 .total = 3},
	{.name = "deadlock beside a postbox",
	 .task = deadlock_root,
	 .tasks = 3,
	 .only = "coro",
	 .total = 3,
	 .run_error = -EDEADLK},
};

static const struct conformance_case event_post_cases[] = {
	{.name = "calls of many posters",
	 .event = many_posters_event,
	 .tasks = POST_POSTERS,
	 .total = 2 * POST_POSTERS * POST_CALLS},
	{.name = "timers beside posters", .event = late_event, .tasks = 1, .total = 1},
	{.name = "calls without end", .event = endless_event, .tasks = 1, .total = POST_CROWD},
	{.name = "refused posters", .event = refused_posters_event, .tasks = 4},
	{.name = "posters left behind",
	 .event = left_behind_event,
	 .tasks = 3,
	 .total = 3,
	 .run_error = -EIO},
};

#endif
