// SPDX-License-Identifier: MIT
/* Conformance of callback-style backends: timers, and sockets that a loop watches. */
#ifndef CONCBENCH_CONFORMANCE_EVENTS_H
#define CONCBENCH_CONFORMANCE_EVENTS_H

#include <errno.h>
#include <unistd.h>

#include "conformance.h"
#include "conformance_sockets.h"

enum { EVENT_TIMERS = 100 };

/* ---- timers ---- */

/* Cell 8 + id holds the deadline; after the one call that is due, no time is late enough. */
static void on_timer(struct event *event, uint64_t id)
{
	if (!WANT(event->arena, id < EVENT_TIMERS))
		return;
	WANT(event->arena, clock_now_ns() >= cell_value(event->arena, 8 + (unsigned)id));
	atomic_store(cell(event->arena, 8 + (unsigned)id), INT64_MAX);
	cell_add(event->arena, 0, 1);
}

/* Deadlines out of order, every tenth one past. */
static int timers_event(struct event *event, int fd)
{
	const int64_t base_ns = clock_now_ns();

	(void)fd;
	WANT(event->arena, event_timers(event, EVENT_TIMERS, on_timer) == 0);
	for (unsigned id = 0; id < EVENT_TIMERS; id++) {
		const int64_t deadline_ns =
			id % 10 ? base_ns + id * 37 % 100 * 50 * CLOCK_NS_PER_US : base_ns - 1;

		cell_add(event->arena, 8 + id, deadline_ns);
		WANT(event->arena, event_timer_start(event, deadline_ns, id) == 0);
	}
	WANT(event->arena, event_timer_start(event, base_ns, EVENT_TIMERS) == -ENOSPC);
	return 0;
}

/* A timer that its own callback starts again, 20 times. */
static void on_repeat(struct event *event, uint64_t id)
{
	cell_add(event->arena, 0, 1);
	if (cell_value(event->arena, 0) < 20)
		WANT(event->arena, event_timer_start(event, clock_now_ns(), id) == 0);
}

static int repeat_event(struct event *event, int fd)
{
	(void)fd;
	WANT(event->arena, event_timers(event, 1, on_repeat) == 0);
	return event_timer_start(event, clock_now_ns(), 0);
}

/* Nothing started: the loop ends at once. A body's error is the run's. */
static int idle_event(struct event *event, int fd)
{
	(void)fd;
	return event_timers(event, 4, on_timer);
}

/* ---- sockets ---- */

static struct {
	ev_io listener, server, client;
} io; /* of the one body that runs in this process */

static void on_server(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct arena *arena = watcher->data;
	char bytes[64];
	ssize_t n = net_recv(watcher->fd, bytes, sizeof(bytes));

	(void)revents;
	if (n > 0) {
		WANT(arena, net_send(watcher->fd, bytes, (size_t)n) == n);
		return;
	}
	WANT(arena, n == 0 || n == -EAGAIN);
	if (n == 0) { /* the client has closed */
		ev_io_stop(loop, watcher);
		close(watcher->fd);
		cell_add(arena, 0, 1);
	}
}

static void on_listener(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct arena *arena = watcher->data;
	int fd = net_accept(watcher->fd, true);

	(void)revents;
	if (fd == -EAGAIN)
		return;
	WANT(arena, fd >= 0);
	ev_io_stop(loop, watcher);
	close(watcher->fd);
	ev_io_init(&io.server, on_server, fd, EV_READ);
	io.server.data = arena;
	ev_io_start(loop, &io.server);
}

static void on_echoed(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct arena *arena = watcher->data;
	char byte = 0;
	ssize_t n = net_recv(watcher->fd, &byte, 1);

	(void)revents;
	if (n == -EAGAIN)
		return;
	WANT(arena, n == 1 && byte == 'x');
	ev_io_stop(loop, watcher);
	close(watcher->fd);
	cell_add(arena, 0, 1);
}

static void on_connected(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct arena *arena = watcher->data;

	(void)revents;
	WANT(arena, net_connected(watcher->fd) == 0);
	WANT(arena, net_send(watcher->fd, "x", 1) == 1);
	ev_io_stop(loop, watcher);
	ev_io_init(watcher, on_echoed, watcher->fd, EV_READ);
	watcher->data = arena;
	ev_io_start(loop, watcher);
}

static int echo_event(struct event *event, int fd)
{
	int client = net_connect_start((uint16_t)atomic_load(&event->arena->port));

	if (client < 0)
		return client;
	ev_io_init(&io.listener, on_listener, fd, EV_READ);
	ev_io_init(&io.client, on_connected, client, EV_WRITE);
	io.listener.data = io.client.data = event->arena;
	ev_io_start(event->loop, &io.listener);
	ev_io_start(event->loop, &io.client);
	return 0;
}

static void on_refused(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct arena *arena = watcher->data;

	(void)revents;
	WANT(arena, net_connected(watcher->fd) == -ECONNREFUSED);
	ev_io_stop(loop, watcher);
	close(watcher->fd);
	cell_add(arena, 0, 1);
}

/* Loopback may refuse at once or later. The socket that holds the port ends with the process. */
static int refused_event(struct event *event, int fd)
{
	uint16_t port;

	port_taken(event->arena, &port);
	fd = net_connect_start(port);
	if (fd == -ECONNREFUSED) {
		cell_add(event->arena, 0, 1);
		return 0;
	}
	if (!WANT(event->arena, fd >= 0))
		return fd;
	ev_io_init(&io.client, on_refused, fd, EV_WRITE);
	io.client.data = event->arena;
	ev_io_start(event->loop, &io.client);
	return 0;
}

static const struct conformance_case event_cases[] = {
	{.name = "timers never early", .event = timers_event, .tasks = 1, .total = EVENT_TIMERS},
	{.name = "timer started by its callback", .event = repeat_event, .tasks = 1, .total = 20},
	{.name = "idle loop ends", .event = idle_event, .tasks = 1},
	{.name = "accept, echo, end", .event = echo_event, .tasks = 1, .listens = true, .total = 2},
	{.name = "refused connect", .event = refused_event, .tasks = 1, .total = 1},
};

#endif
