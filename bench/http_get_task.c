// SPDX-License-Identifier: MIT
/*
 * http_get in direct style: one task a connection at the server, one task a client. A task reads
 * and writes as if it were alone.
 */
#include "http_get.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "task.h"

/* Writes all of `len` bytes; 0 or -errno. Ends because a write takes at least one byte. */
static int write_all(const struct task_ops *t, int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = task_write(t, fd, buf, len);

		if (n < 0)
			return (int)n;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* ---- server ---- */

/* Sends a reply. 0 or -errno. */
static int answer(const struct task_ops *t, struct arena *arena, uint64_t connection, int fd,
				  const struct http_get_reply *reply)
{
	int error = reply->text ? write_all(t, fd, reply->text, reply->length) : -ENOMEM;

	if (error == 0 && reply->length > 0)
		http_get_sent(arena, connection, reply);
	return error;
}

/*
 * Ends a connection on which bytes may still come in: to close it with these unread would take the
 * last reply away from the client. Ends with the stream, or when nothing comes for `idle`.
 */
static void hang_up(const struct task_ops *t, int fd, struct http_get_session *session)
{
	net_send_end(fd);
	while (task_read(t, fd, session->buf, sizeof(session->buf)) > 0)
		continue;
}

/* Reads and answers until the connection is over. Whether its input may not have been read up. */
static bool serve(const struct task_ops *t, struct arena *arena, uint64_t connection, int fd,
				  struct http_get_session *session)
{
	struct http_get_reply reply = {.last = false};

	/* Ends with the stream, an error, or the last reply. */
	for (;;) {
		ssize_t n = task_read(t, fd, session->buf, sizeof(session->buf));

		if (n == -EAGAIN) {
			http_get_too_late(session, &reply);
			answer(t, arena, connection, fd, &reply);
			return false;
		}
		if (n <= 0)
			return false;
		session->at = 0;
		session->got = (size_t)n;
		while (!reply.last && http_get_next(session, &reply))
			if (answer(t, arena, connection, fd, &reply))
				return false;
		if (reply.last)
			return !reply.page || session->at < session->got;
	}
}

static void waiter(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	uint64_t connection = *(const uint64_t *)arg;
	struct http_get_session session;

	http_get_begin(arena, connection);
	http_get_session_init(&session, (size_t)arena_param(arena, HTTP_GET_BODY));
	task_read_timeout(t, fd, arena_param(arena, HTTP_GET_IDLE));
	if (serve(t, arena, connection, fd, &session))
		hang_up(t, fd, &session);
	http_get_session_release(&session);
	http_get_end(arena, connection);
	task_close(t, fd);
}

/* Gives a connection to a task of its own; where there is no room, others have to end first. */
static int seat(const struct task_ops *t, uint64_t connection, int fd)
{
	int error = task_spawn(t, waiter, &connection, sizeof(connection), fd);

	if (error == -EAGAIN) {
		task_join(t);
		error = task_spawn(t, waiter, &connection, sizeof(connection), fd);
	}
	return error;
}

void http_get_server_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	int error = 0;

	(void)arg;
	/* Ends with the connection that the clients open when all is over. */
	for (uint64_t connection = 0; error == 0; connection++) {
		int client = task_accept(t, fd);
		bool over = http_get_over(arena);

		error = client < 0 ? client : over ? 0 : seat(t, connection, client);
		if (client >= 0 && (over || error))
			task_close(t, client);
		if (over)
			break;
	}
	if (error)
		arena_fail(arena, "accept", error);
	task_close(t, fd);
	error = task_join(t);
	if (error)
		arena_fail(arena, "join", error);
}

/* ---- client ---- */

struct client {
	const struct task_ops *t;
	struct arena *arena;
	bool keep;
	int fd; /* -1: not connected */
	const char *request;
	size_t request_length;
	char *page, *reply; /* what is expected, and what has come */
	size_t page_length;
};

/* Reads the whole reply. 0, -errno, or -ENODATA where the server ended the stream too early. */
static int read_reply(const struct client *client)
{
	size_t got = 0;

	while (got < client->page_length) {
		ssize_t n =
			task_read(client->t, client->fd, client->reply + got, client->page_length - got);

		if (n <= 0)
			return n < 0 ? (int)n : -ENODATA;
		got += (size_t)n;
	}
	return 0;
}

/* Waits for the server to end the stream: who closes first keeps the port for a minute. */
static void leave(struct client *client)
{
	char byte;

	if (task_read(client->t, client->fd, &byte, 1) > 0)
		arena_fail(client->arena, "more came than was asked for", 0);
	task_close(client->t, client->fd);
	client->fd = -1;
}

static int fetch(struct client *client)
{
	int error;

	if (client->fd < 0)
		client->fd = task_connect(client->t, (uint16_t)client->arena->port);
	if (client->fd < 0)
		return client->fd;
	error = write_all(client->t, client->fd, client->request, client->request_length);
	return error ? error : read_reply(client);
}

/* Fetches the page until the window is over. 0 or -errno. */
static int fetch_all(struct client *client, struct http_get_tally *tally)
{
	bool more = true;

	while (more) {
		int error = fetch(client);
		bool equal;

		if (error)
			return error;
		equal = memcmp(client->page, client->reply, client->page_length) == 0;
		more = http_get_done(client->arena, tally, client->page_length, equal);
		if (client->keep)
			continue;
		leave(client);
		tally->start_ns = clock_now_ns();
	}
	return 0;
}

static void browse(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct http_get_tally tally = http_get_tally_start(arena, *(const uint32_t *)arg);
	struct client client = {.t = t, .arena = arena, .keep = http_get_keeps(arena), .fd = fd};
	int error = -ENOMEM;

	client.request = http_get_request(client.keep, &client.request_length);
	client.page =
		http_get_page((size_t)arena_param(arena, HTTP_GET_BODY), client.keep, &client.page_length);
	client.reply = malloc(client.page_length);
	if (client.page && client.reply)
		error = fetch_all(&client, &tally);
	if (error)
		http_get_fail(arena, &tally, error);
	if (client.fd >= 0)
		task_close(t, client.fd);
	free(client.reply);
	free(client.page);
}

void http_get_client_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	uint32_t conns = (uint32_t)arena_param(arena, HTTP_GET_CONNS);
	int error = 0;

	(void)arg;
	for (uint32_t i = 0; i < conns && error == 0; i++)
		error = task_spawn(t, browse, &i, sizeof(i), -1);
	if (error)
		arena_fail(arena, "spawn", error);
	error = task_join(t);
	if (error)
		arena_fail(arena, "join", error);
	http_get_say_over(arena);
	fd = task_connect(t, (uint16_t)arena->port);
	if (fd >= 0)
		task_close(t, fd);
}
