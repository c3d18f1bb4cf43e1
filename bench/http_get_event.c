// SPDX-License-Identifier: MIT
/*
 * http_get in callback style: one ev_io a connection, on both sides. Both sides try first and ask
 * the loop only where the socket does not take or give any more.
 */
#include "http_get.h"

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

/* ---- server ---- */

enum { SERVER_SWEEPS = 4 }; /* looks for silent clients in the time of `idle` */

/* The server's end of a connection. */
struct server_end {
	ev_io io; /* first, so that the callback's watcher is the end */
	struct server *server;
	struct server_end *next, **link; /* in the server's list */
	uint64_t connection;
	int sweeps;   /* since something last came */
	bool hung_up; /* all is said; what still comes is thrown away */
	struct http_get_reply reply;
	size_t sent; /* of the reply; while it is not all, nothing is read */
	struct http_get_session session;
};

struct server {
	struct arena *arena;
	struct ev_loop *loop;
	ev_io listener;
	ev_timer sweeper;
	uint64_t accepted;
	struct server_end *ends;
	bool over;
};

static void server_end_check(struct server *server)
{
	if (!server->over || server->ends)
		return;
	ev_timer_stop(server->loop, &server->sweeper);
	free(server);
}

static void end_close(struct server_end *end)
{
	struct server *server = end->server;

	ev_io_stop(server->loop, &end->io);
	close(end->io.fd);
	http_get_end(server->arena, end->connection);
	*end->link = end->next;
	if (end->next)
		end->next->link = end->link;
	http_get_session_release(&end->session);
	free(end);
	server_end_check(server);
}

/* Sends what the socket takes of the reply. 1: all of it, 0: not yet, or -errno. */
static int end_send(struct server_end *end)
{
	while (end->sent < end->reply.length) {
		ssize_t n =
			net_send(end->io.fd, end->reply.text + end->sent, end->reply.length - end->sent);

		if (n == -EAGAIN) {
			watch(end->server->loop, &end->io, EV_WRITE);
			return 0;
		}
		if (n < 0)
			return (int)n;
		end->sent += (size_t)n;
	}
	if (end->reply.length > 0)
		http_get_sent(end->server->arena, end->connection, &end->reply);
	watch(end->server->loop, &end->io, EV_READ);
	return 1;
}

/*
 * After the last reply: to close a connection on which bytes may still come in would take that
 * reply away from the client. False: it was closed.
 */
static bool end_hang_up(struct server_end *end)
{
	if (end->reply.page && end->session.at == end->session.got) {
		end_close(end);
		return false;
	}
	net_send_end(end->io.fd);
	end->hung_up = true;
	return true;
}

/* Answers what has been read, as far as the socket takes it. False: the connection was closed. */
static bool end_answer(struct server_end *end)
{
	while (!end->hung_up && http_get_next(&end->session, &end->reply)) {
		int sent;

		end->sent = 0;
		sent = end->reply.text ? end_send(end) : -ENOMEM;
		if (sent < 0) {
			end_close(end);
			return false;
		}
		if (sent == 0)
			return true;
		if (end->reply.last && !end_hang_up(end))
			return false;
	}
	return true;
}

static void end_receive(struct server_end *end)
{
	struct http_get_session *session = &end->session;
	ssize_t n = net_recv(end->io.fd, session->buf, sizeof(session->buf));

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		end_close(end);
		return;
	}
	if (!end->hung_up)
		end->sweeps = 0;
	session->at = 0;
	session->got = (size_t)n;
	end_answer(end);
}

static void on_end_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct server_end *end = (struct server_end *)io;
	int sent;

	(void)loop;
	if (revents & EV_READ) {
		end_receive(end);
		return;
	}
	sent = end_send(end);
	if (sent < 0)
		end_close(end);
	else if (sent && (!end->reply.last || end_hang_up(end)))
		end_answer(end);
}

/* Ends connections on which nothing has come for about `idle`. */
static void on_sweep(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct server *server = timer->data;
	struct server_end *next;

	(void)loop;
	(void)revents;
	for (struct server_end *end = server->ends; end; end = next) {
		next = end->next;
		if (++end->sweeps <= SERVER_SWEEPS)
			continue;
		/* One that takes nothing, or says nothing after the last word, is not told. */
		if (!end->hung_up && !(end->io.events & EV_WRITE)) {
			http_get_too_late(&end->session, &end->reply);
			end->sent = 0;
			end_send(end);
		}
		end_close(end);
	}
}

/* Takes in a connection. 0 or -ENOMEM. */
static int end_open(struct server *server, int fd)
{
	struct server_end *end = malloc(sizeof(*end));

	if (!end)
		return -ENOMEM;
	memset(end, 0, offsetof(struct server_end, session));
	http_get_session_init(&end->session, (size_t)arena_param(server->arena, HTTP_GET_BODY));
	end->server = server;
	end->connection = server->accepted++;
	end->next = server->ends;
	end->link = &server->ends;
	if (end->next)
		end->next->link = &end->next;
	server->ends = end;
	http_get_begin(server->arena, end->connection);
	ev_io_init(&end->io, on_end_ready, fd, EV_READ);
	ev_io_start(server->loop, &end->io);
	return 0;
}

/* Accepts all that wait; ends with the connection that the clients open when all is over. */
static void on_listener(struct ev_loop *loop, ev_io *io, int revents)
{
	struct server *server = io->data;
	int fd, error = 0;

	(void)revents;
	while (error == 0 && !server->over && (fd = net_accept(io->fd, true)) != -EAGAIN) {
		server->over = fd >= 0 && http_get_over(server->arena);
		error = fd < 0 ? fd : server->over ? 0 : end_open(server, fd);
		if (fd >= 0 && (server->over || error))
			close(fd);
	}
	if (error == 0 && !server->over)
		return;
	if (error)
		arena_fail(server->arena, "accept", error);
	server->over = true;
	ev_io_stop(loop, io);
	close(io->fd);
	server_end_check(server);
}

int http_get_server_event(struct event *event, int fd)
{
	double sweep_s = (double)arena_param(event->arena, HTTP_GET_IDLE) / SERVER_SWEEPS / 1e9;
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return -ENOMEM;
	server->arena = event->arena;
	server->loop = event->loop;
	ev_timer_init(&server->sweeper, on_sweep, sweep_s, sweep_s);
	server->sweeper.data = server;
	ev_timer_start(event->loop, &server->sweeper);
	ev_io_init(&server->listener, on_listener, fd, EV_READ);
	server->listener.data = server;
	ev_io_start(event->loop, &server->listener);
	return 0;
}

/* ---- client ---- */

/* One client, and its request that is under way. */
struct client_end {
	ev_io io; /* first, so that the callback's watcher is the end */
	struct clients *clients;
	struct http_get_tally tally;
	size_t sent, got;
	bool equal;  /* so far */
	bool leaves; /* keepalive=no: waits for the server to end the stream */
	bool more;   /* wants another page after that */
};

struct clients {
	struct arena *arena;
	struct ev_loop *loop;
	bool keep;
	uint32_t open;
	const char *request;
	size_t request_length;
	char *page;
	size_t page_length;
	char buf[1 << 16]; /* one for all: empty whenever the loop runs */
	struct client_end ends[];
};

/* The last client has gone: lets the server know. */
static void clients_finish(struct clients *clients)
{
	int fd;

	http_get_say_over(clients->arena);
	fd = net_connect((uint16_t)clients->arena->port);
	if (fd >= 0)
		close(fd);
	free(clients->page);
	free(clients);
}

static void client_disconnect(struct client_end *end)
{
	ev_io_stop(end->clients->loop, &end->io);
	close(end->io.fd);
}

/* `error` is -errno, or 0 where the window is over. */
static void client_end(struct client_end *end, int error)
{
	struct clients *clients = end->clients;

	if (error)
		http_get_fail(clients->arena, &end->tally, error);
	client_disconnect(end);
	if (--clients->open == 0)
		clients_finish(clients);
}

/* Sends what the socket takes of the request. 0 or -errno. */
static int client_send(struct client_end *end)
{
	struct clients *clients = end->clients;

	while (end->sent < clients->request_length) {
		ssize_t n =
			net_send(end->io.fd, clients->request + end->sent, clients->request_length - end->sent);

		if (n == -EAGAIN) {
			watch(clients->loop, &end->io, EV_WRITE);
			return 0;
		}
		if (n < 0)
			return (int)n;
		end->sent += (size_t)n;
	}
	watch(clients->loop, &end->io, EV_READ);
	return 0;
}

static int client_ask(struct client_end *end)
{
	end->sent = 0;
	end->got = 0;
	end->equal = true;
	return client_send(end);
}

static void on_client_ready(struct ev_loop *loop, ev_io *io, int revents);

/* Connects and asks at once; until the connection stands the socket just takes nothing. */
static int client_connect(struct client_end *end)
{
	int fd;

	end->tally.start_ns = clock_now_ns();
	fd = net_connect_start((uint16_t)end->clients->arena->port);
	if (fd < 0)
		return fd;
	end->leaves = false;
	ev_io_init(&end->io, on_client_ready, fd, EV_READ);
	ev_io_start(end->clients->loop, &end->io);
	return client_ask(end);
}

/* The server has ended the stream after its reply: the next connection, or the end. */
static void client_leave(struct client_end *end)
{
	struct clients *clients = end->clients;
	int error;

	if (!end->more) {
		client_end(end, 0);
		return;
	}
	client_disconnect(end);
	error = client_connect(end);
	if (error)
		arena_fail(clients->arena, "connect", error);
}

/* The reply is complete. */
static void client_done(struct client_end *end)
{
	struct clients *clients = end->clients;
	int error = 0;

	end->more = http_get_done(clients->arena, &end->tally, end->got, end->equal);
	if (!clients->keep) {
		end->leaves = true; /* who closes first keeps the port for a minute: not here */
		return;
	}
	if (end->more)
		error = client_ask(end);
	if (error || !end->more)
		client_end(end, error);
}

static void client_receive(struct client_end *end)
{
	struct clients *clients = end->clients;
	size_t left = clients->page_length - end->got;
	ssize_t n = net_recv(end->io.fd, clients->buf,
						 left && left < sizeof(clients->buf) ? left : sizeof(clients->buf));

	if (n == -EAGAIN)
		return;
	if (n == 0 && end->leaves) {
		client_leave(end);
		return;
	}
	if (n <= 0 || end->leaves) {
		client_end(end, n < 0 ? (int)n : -ENODATA);
		return;
	}
	end->equal &= memcmp(clients->page + end->got, clients->buf, (size_t)n) == 0;
	end->got += (size_t)n;
	if (end->got == clients->page_length)
		client_done(end);
}

static void on_client_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct client_end *end = (struct client_end *)io;
	int error = revents & EV_WRITE ? client_send(end) : 0;

	(void)loop;
	if (error)
		client_end(end, error);
	else if (revents & EV_READ)
		client_receive(end);
}

int http_get_client_event(struct event *event, int fd)
{
	uint32_t conns = (uint32_t)arena_param(event->arena, HTTP_GET_CONNS);
	struct clients *clients = calloc(1, sizeof(*clients) + conns * sizeof(clients->ends[0]));
	int error = 0;

	(void)fd;
	if (!clients)
		return -ENOMEM;
	clients->arena = event->arena;
	clients->loop = event->loop;
	clients->keep = http_get_keeps(event->arena);
	clients->request = http_get_request(clients->keep, &clients->request_length);
	clients->page = http_get_page((size_t)arena_param(event->arena, HTTP_GET_BODY), clients->keep,
								  &clients->page_length);
	if (!clients->page) {
		free(clients);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < conns && error == 0; i++) {
		struct client_end *end = &clients->ends[i];

		end->clients = clients;
		end->tally = http_get_tally_start(event->arena, i);
		error = client_connect(end);
		clients->open++;
	}
	return error;
}
