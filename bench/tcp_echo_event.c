// SPDX-License-Identifier: MIT
/*
 * tcp_echo in callback style: one ev_io a connection, on both sides, registered once for reading.
 *
 * Both sides try first and ask the loop only where the socket does not take or give any more: what
 * was read is sent at once, and EV_WRITE is watched only while something is left unsent.
 */
#include "tcp_echo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "net.h"

/* Changes what a started watcher waits for; costs a system call only where it is a change. */
static void watch(struct ev_loop *loop, ev_io *io, int events)
{
	if ((io->events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(loop, io);
	ev_io_modify(io, events);
	ev_io_start(loop, io);
}

static void unwatch_and_close(struct ev_loop *loop, ev_io *io)
{
	ev_io_stop(loop, io);
	close(io->fd);
}

/* ---- server ---- */

/* The server's end of a connection. */
struct server_end {
	ev_io io; /* first, so that the callback's watcher is the end */
	struct server *server;
	char *rest; /* what the socket did not take; NULL: nothing, and the end is being read */
	size_t rest_at, rest_len;
};

struct server {
	struct arena *arena;
	ev_io listener;
	uint32_t conns, accepted, open;
	char buf[TCP_ECHO_CHUNK]; /* one for all: empty whenever the loop runs */
	struct server_end ends[];
};

static struct arena_slice *server_slice(const struct server_end *end)
{
	return tcp_echo_slice(end->server->arena, TCP_ECHO_ROLE_SERVER,
						  (uint32_t)(end - end->server->ends));
}

/* `error` is -errno, or 0 at the end of the stream. */
static void server_close(struct ev_loop *loop, struct server_end *end, ssize_t error)
{
	struct server *server = end->server;
	struct arena *arena = server->arena;
	struct arena_slice *slice = server_slice(end);

	if (error)
		tcp_echo_fail(arena, slice, "connection of the server", error);
	slice->ops = slice->bytes / (uint64_t)arena_param(arena, TCP_ECHO_SIZE);
	arena_task_end(arena, (uint32_t)(end - server->ends), clock_now_ns());
	unwatch_and_close(loop, &end->io);
	free(end->rest);
	if (--server->open == 0 && server->accepted == server->conns)
		free(server);
}

/* Sends `len` bytes of the server's buffer, keeping what the socket does not take. 0 or -errno. */
static int server_send(struct ev_loop *loop, struct server_end *end, size_t len)
{
	const char *buf = end->server->buf;
	ssize_t n = net_send(end->io.fd, buf, len);
	size_t sent = n > 0 ? (size_t)n : 0;

	if (n < 0 && n != -EAGAIN)
		return (int)n;
	if (sent == len)
		return 0;
	end->rest = malloc(len - sent);
	if (!end->rest)
		return -ENOMEM;
	memcpy(end->rest, buf + sent, len - sent);
	end->rest_at = 0;
	end->rest_len = len - sent;
	watch(loop, &end->io, EV_WRITE);
	return 0;
}

static void server_receive(struct ev_loop *loop, struct server_end *end)
{
	struct server *server = end->server;
	ssize_t n;

	/* Ends where less than a buffer was there: the socket is empty then, or will tell. */
	do {
		int error;

		n = net_recv(end->io.fd, server->buf, sizeof(server->buf));
		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			server_close(loop, end, n);
			return;
		}
		server_slice(end)->bytes += (uint64_t)n;
		error = server_send(loop, end, (size_t)n);
		if (error) {
			server_close(loop, end, error);
			return;
		}
	} while (n == sizeof(server->buf) && !end->rest);
}

/* Sends what is left; nothing more is read before that is gone. */
static void server_send_rest(struct ev_loop *loop, struct server_end *end)
{
	ssize_t n = net_send(end->io.fd, end->rest + end->rest_at, end->rest_len - end->rest_at);

	if (n == -EAGAIN)
		return;
	if (n < 0) {
		server_close(loop, end, n);
		return;
	}
	end->rest_at += (size_t)n;
	if (end->rest_at < end->rest_len)
		return;
	free(end->rest);
	end->rest = NULL;
	watch(loop, &end->io, EV_READ);
}

static void on_server_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct server_end *end = (struct server_end *)io;

	(void)revents;
	if (end->rest)
		server_send_rest(loop, end);
	else
		server_receive(loop, end);
}

/* Accepts all that wait; the listener ends with the last connection, or where accepting fails. */
static void on_listener(struct ev_loop *loop, ev_io *io, int revents)
{
	struct server *server = io->data;
	int fd = 0;

	(void)revents;
	while (server->accepted < server->conns && (fd = net_accept(io->fd, true)) >= 0) {
		struct server_end *end = &server->ends[server->accepted];

		end->server = server;
		ev_io_init(&end->io, on_server_ready, fd, EV_READ);
		ev_io_start(loop, &end->io);
		arena_task_begin(server->arena, server->accepted++, clock_now_ns());
		server->open++;
	}
	if (fd == -EAGAIN)
		return;
	if (fd < 0)
		arena_fail(server->arena, "accept", fd);
	unwatch_and_close(loop, io);
}

int tcp_echo_server_event(struct event *event, int fd)
{
	uint32_t conns = (uint32_t)arena_param(event->arena, TCP_ECHO_CONNS);
	struct server *server = calloc(1, sizeof(*server) + conns * sizeof(server->ends[0]));

	if (!server)
		return -ENOMEM;
	server->arena = event->arena;
	server->conns = conns;
	ev_io_init(&server->listener, on_listener, fd, EV_READ);
	server->listener.data = server;
	ev_io_start(event->loop, &server->listener);
	return 0;
}

/* ---- client ---- */

/* The client's end of a connection, with the message that is under way. */
struct client_end {
	ev_io io; /* first, so that the callback's watcher is the end */
	struct client *client;
	struct tcp_echo_tally tally;
	char *message;
	size_t sent, got;
	bool equal;   /* so far */
	bool waiting; /* open loop: on a timer, for the next message; the server owes nothing */
};

struct client {
	struct event *event;
	struct arena *arena;
	struct ev_loop *loop;
	size_t size;
	uint32_t conns, opened, open;
	char *messages;
	char buf[1 << 16]; /* one for all: empty whenever the loop runs */
	struct client_end ends[];
};

static void client_free(struct client *client)
{
	free(client->messages);
	free(client);
}

/* `error` is -errno, or 0 where the window is over. */
static void client_close(struct client_end *end, ssize_t error)
{
	struct client *client = end->client;

	if (error)
		tcp_echo_fail(client->arena, end->tally.slice, "connection of the client", error);
	unwatch_and_close(client->loop, &end->io);
	if (--client->open == 0)
		client_free(client);
}

/* Sends what the socket takes of the message. 0 or -errno. */
static int client_send(struct client_end *end)
{
	struct client *client = end->client;

	while (end->sent < client->size) {
		ssize_t n = net_send(end->io.fd, end->message + end->sent, client->size - end->sent);

		if (n == -EAGAIN) {
			watch(client->loop, &end->io, EV_READ | EV_WRITE);
			return 0;
		}
		if (n < 0)
			return (int)n;
		end->sent += (size_t)n;
	}
	watch(client->loop, &end->io, EV_READ);
	return 0;
}

static int client_send_next(struct client_end *end)
{
	struct client *client = end->client;

	tcp_echo_fill(end->message, client->size, (uint32_t)(end - client->ends),
				  end->tally.slice->ops);
	end->sent = 0;
	end->got = 0;
	end->equal = true;
	return client_send(end);
}

static void client_take_turn(struct client_end *end, enum tcp_echo_turn turn)
{
	struct client *client = end->client;
	int error = 0;

	end->waiting = turn == TCP_ECHO_WAIT;
	if (turn == TCP_ECHO_SEND)
		error = client_send_next(end);
	else if (turn == TCP_ECHO_WAIT)
		error =
			event_timer_start(client->event, end->tally.wake_ns, (uint64_t)(end - client->ends));
	if (error || turn == TCP_ECHO_END)
		client_close(end, error);
}

/* Open loop: connection number `connection` has waited. */
static void on_due(struct event *event, uint64_t connection)
{
	struct client *client = event->body;
	struct client_end *end = &client->ends[connection];

	if (ev_is_active(&end->io))
		client_take_turn(end, tcp_echo_turn(client->arena, &end->tally, clock_now_ns()));
	else
		client_close(end, -ENODATA);
}

static int client_open(struct client *client);

/* The reply is complete: the next message, a wait for its time, or the end of the connection. */
static void client_done(struct client_end *end)
{
	struct client *client = end->client;
	bool first = end->tally.slice->ops == 0;
	enum tcp_echo_turn turn = tcp_echo_done(client->arena, &end->tally, end->equal);
	int error = first ? client_open(client) : 0;

	if (error)
		arena_fail(client->arena, "connect", error);
	client_take_turn(end, turn);
}

static void client_receive(struct client_end *end)
{
	struct client *client = end->client;
	ssize_t n = net_recv(end->io.fd, client->buf, client->size - end->got);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		client_close(end, n < 0 ? n : -ENODATA);
		return;
	}
	end->equal &= memcmp(end->message + end->got, client->buf, (size_t)n) == 0;
	end->got += (size_t)n;
	if (end->got == client->size)
		client_done(end);
}

static void on_client_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct client_end *end = (struct client_end *)io;
	int error = revents & EV_WRITE ? client_send(end) : 0;

	if (error)
		client_close(end, error);
	else if (end->waiting)
		ev_io_stop(loop, io); /* an end, or bytes that nobody asked for: on_due says so */
	else if (revents & EV_READ)
		client_receive(end);
}

static void on_connected(struct ev_loop *loop, ev_io *io, int revents)
{
	struct client_end *end = (struct client_end *)io;
	int error = net_connected(io->fd);

	(void)loop;
	(void)revents;
	ev_set_cb(io, on_client_ready);
	end->tally.start_ns = clock_now_ns();
	if (error == 0)
		error = client_send_next(end);
	if (error)
		client_close(end, error);
}

/* Begins to open one more connection, if one is left. 0 or -errno. */
static int client_open(struct client *client)
{
	uint32_t connection = client->opened;
	struct client_end *end = &client->ends[connection];
	int fd;

	if (connection == client->conns)
		return 0;
	fd = net_connect_start((uint16_t)client->arena->port);
	if (fd < 0)
		return fd;
	client->opened++;
	client->open++;
	end->client = client;
	end->tally.slice = tcp_echo_slice(client->arena, TCP_ECHO_ROLE_CLIENT, connection);
	end->message = client->messages + connection * client->size;
	ev_io_init(&end->io, on_connected, fd, EV_WRITE);
	ev_io_start(client->loop, &end->io);
	return 0;
}

static struct client *client_new(struct event *event)
{
	uint32_t conns = (uint32_t)arena_param(event->arena, TCP_ECHO_CONNS);
	struct client *client = calloc(1, sizeof(*client) + conns * sizeof(client->ends[0]));

	if (!client)
		return NULL;
	client->event = event;
	client->arena = event->arena;
	client->loop = event->loop;
	client->conns = conns;
	client->size = (size_t)arena_param(event->arena, TCP_ECHO_SIZE);
	client->messages = malloc(conns * client->size);
	if (client->messages)
		return client;
	free(client);
	return NULL;
}

/* Opens some connections; each of them opens another one once it has had its first reply. */
int tcp_echo_client_event(struct event *event, int fd)
{
	struct client *client = client_new(event);
	int error = 0;

	(void)fd;
	if (!client)
		return -ENOMEM;
	event->body = client;
	if (tcp_echo_open_loop(event->arena->params))
		error = event_timers(event, client->conns, on_due);
	for (int i = 0; i < TCP_ECHO_OPENING && error == 0; i++)
		error = client_open(client);
	if (client->open == 0)
		client_free(client);
	return error;
}
