// SPDX-License-Identifier: MIT
/*
 * The event interface: what a callback-style body gets. It is plain libev, plus deadlines in ns.
 *
 * A body starts its watchers and returns; the role ends when no watcher is active any more, which
 * is libev's own rule. Bodies keep their state in memory that they allocate and free.
 *
 * A warning for bodies that use ev_feed_event: libev's pending queue is last-in first-out, and the
 * loop is not polled until it is empty. A chain of callbacks feeds the next link, never all at
 * once.
 */
#ifndef CONCBENCH_EVENT_H
#define CONCBENCH_EVENT_H

#include <stdint.h>

#include <ev.h>

#include "file.h"
#include "post.h"

struct arena;
struct event;

typedef void event_timer_fn(struct event *event, uint64_t id);

/* What posters (post.h) need: how many, what they run, and what becomes of their calls. */
struct event_post {
	post_fn *fn;
	uint32_t posters, inflight;
	uint64_t (*on_call)(struct event *event, uint64_t value); /* returns the result */
	void (*on_end)(struct event *event);                      /* all posters have ended */
};

/* fd: the listening socket of a role that listens, else -1; the body owns it. 0 or -errno. */
typedef int event_fn(struct event *event, int fd);

struct event {
	struct ev_loop *loop;
	struct arena *arena;
	void *body; /* the body's own state */

	/* Set by event_timers; the rest of the timers' state is the backend's. */
	event_timer_fn *on_timer;
	int (*timer_start)(struct event *event, int64_t deadline_ns, uint64_t id);
	int (*timers_init)(struct event *event, uint32_t capacity);

	int (*file_start)(struct event *event, struct file_read *read, enum file_io io);
	int (*post_open)(struct event *event, const struct event_post *post);
};

/*
 * Makes room for `capacity` timers pending at a time; `on_timer(event, id)` is called once for
 * each that expires. Call it once, before event_timer_start. Returns 0 or -ENOMEM.
 */
static inline int event_timers(struct event *event, uint32_t capacity, event_timer_fn *on_timer)
{
	event->on_timer = on_timer;
	return event->timers_init(event, capacity);
}

/*
 * Starts a timer for the absolute deadline in ns of clock_now_ns. With timer=timerfd `id` is any
 * number; with timer=libev it is an index below the capacity, one pending timer each. 0 or -ENOSPC.
 */
static inline int event_timer_start(struct event *event, int64_t deadline_ns, uint64_t id)
{
	return event->timer_start(event, deadline_ns, id);
}

/*
 * Starts reading a file (file.h): read->done(read) is called from the loop when it has ended, and
 * never from in here. 0, or -errno where that way of reading (`io`) cannot be had.
 */
static inline int event_file_read(struct event *event, struct file_read *read, enum file_io io)
{
	return event->file_start(event, read, io);
}

/*
 * Starts threads that post calls into the loop, each at most `inflight` unanswered ones at a time.
 * The role does not end before they have; on_end may open the next ones. 0, -EBUSY while others
 * have not ended, -ENOMEM or -EAGAIN.
 */
static inline int event_post_open(struct event *event, const struct event_post *post)
{
	return event->post_open(event, post);
}

#endif
