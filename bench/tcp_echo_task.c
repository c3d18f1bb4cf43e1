// SPDX-License-Identifier: MIT
/*
 * tcp_echo in direct style: one task a connection, on both sides. A task reads and writes as if it
 * were alone; the root accepts or connects, and hands each connection to its task.
 */
#include "tcp_echo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

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

/* Sends back what comes, until the client ends the stream. */
static void echo(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	uint32_t connection = *(const uint32_t *)arg;
	struct arena_slice *slice = tcp_echo_slice(arena, TCP_ECHO_ROLE_SERVER, connection);
	char buf[TCP_ECHO_CHUNK];
	ssize_t n;

	arena_task_begin(arena, connection, clock_now_ns());
	/* Ends with the stream, or with an error. */
	while ((n = task_read(t, fd, buf, sizeof(buf))) > 0) {
		int error = write_all(t, fd, buf, (size_t)n);

		if (error) {
			n = error;
			break;
		}
		slice->bytes += (uint64_t)n;
	}
	if (n < 0)
		tcp_echo_fail(arena, slice, "connection of the server", n);
	slice->ops = slice->bytes / (uint64_t)arena_param(arena, TCP_ECHO_SIZE);
	arena_task_end(arena, connection, clock_now_ns());
	task_close(t, fd);
}

/* Accepts connection number `connection` and gives it to a task of its own. 0 or -errno. */
static int serve(const struct task_ops *t, int listener, uint32_t connection)
{
	int fd = task_accept(t, listener);
	int error;

	if (fd < 0)
		return fd;
	error = task_spawn(t, echo, &connection, sizeof(connection), fd);
	if (error)
		task_close(t, fd);
	return error;
}

/* One of a pool: takes the next connection from its own copy of the listening socket. */
static void work(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	int connection = task_accept(t, fd);

	task_close(t, fd);
	if (connection < 0)
		arena_fail(arena, "accept", connection);
	else
		echo(t, arena, arg, connection);
}

/* Starts worker number `connection` of a pool. 0 or -errno. */
static int hire(const struct task_ops *t, int listener, uint32_t connection)
{
	int fd = fcntl(listener, F_DUPFD_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = task_spawn(t, work, &connection, sizeof(connection), fd);
	if (error)
		task_close(t, fd);
	return error;
}

void tcp_echo_server_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	uint32_t conns = (uint32_t)arena_param(arena, TCP_ECHO_CONNS);
	bool pool = arena_param(arena, TCP_ECHO_MODEL) == TCP_ECHO_POOL;
	int error = 0;

	(void)arg;
	for (uint32_t i = 0; i < conns && error == 0; i++)
		error = pool ? hire(t, fd, i) : serve(t, fd, i);
	if (error)
		arena_fail(arena, pool ? "starting the pool" : "accept", error);
	task_close(t, fd);
	error = task_join(t);
	if (error)
		arena_fail(arena, "join", error);
}

/* ---- client ---- */

/*
 * One message there and back: sends while no more than TCP_ECHO_AHEAD bytes are on their way, else
 * reads. Returns 0, -errno, or -ENODATA where the server ended the stream.
 */
static int round_trip(const struct task_ops *t, int fd, const char *message, char *reply,
					  size_t size)
{
	size_t sent = 0, got = 0;
	ssize_t n;

	/* Ends because each turn moves at least one byte. */
	while (got < size) {
		size_t ahead = sent - got, left = size - sent;

		if (left > 0 && ahead < TCP_ECHO_AHEAD) {
			size_t room = TCP_ECHO_AHEAD - ahead;

			n = task_write(t, fd, message + sent, left < room ? left : room);
			if (n > 0)
				sent += (size_t)n;
		} else {
			n = task_read(t, fd, reply + got, size - got);
			if (n > 0)
				got += (size_t)n;
		}
		if (n <= 0)
			return n < 0 ? (int)n : -ENODATA;
	}
	return 0;
}

/* Waits until the next message is to be sent; that, or the end, is the new turn. 0 or -errno. */
static int await_turn(const struct task_ops *t, struct arena *arena, struct tcp_echo_tally *tally,
					  enum tcp_echo_turn *turn)
{
	int error = 0;

	/* Ends when the message is due or the window over. */
	while (*turn == TCP_ECHO_WAIT && error == 0) {
		error = task_sleep_until(t, tally->wake_ns);
		*turn = tcp_echo_turn(arena, tally, clock_now_ns());
	}
	return error;
}

/* Sends messages and compares the replies until the window is over. 0 or -errno. */
static int converse(const struct task_ops *t, struct arena *arena, uint32_t connection, int fd)
{
	struct tcp_echo_tally tally = {
		.slice = tcp_echo_slice(arena, TCP_ECHO_ROLE_CLIENT, connection),
	};
	size_t size = (size_t)arena_param(arena, TCP_ECHO_SIZE);
	char *message = calloc(2, size), *reply = message + size;
	enum tcp_echo_turn turn = TCP_ECHO_SEND;
	int error = message ? 0 : -ENOMEM;

	tally.start_ns = clock_now_ns();
	while (turn == TCP_ECHO_SEND && error == 0) {
		tcp_echo_fill(message, size, connection, tally.slice->ops);
		error = round_trip(t, fd, message, reply, size);
		if (error == 0)
			turn = tcp_echo_done(arena, &tally, memcmp(message, reply, size) == 0);
		if (turn == TCP_ECHO_WAIT)
			error = await_turn(t, arena, &tally, &turn);
	}
	free(message);
	return error;
}

static void ask(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	uint32_t connection = *(const uint32_t *)arg;
	int error = converse(t, arena, connection, fd);

	if (error)
		tcp_echo_fail(arena, tcp_echo_slice(arena, TCP_ECHO_ROLE_CLIENT, connection),
					  "connection of the client", error);
	task_close(t, fd);
}

/* Opens connection number `connection` and gives it to a task of its own. 0 or -errno. */
static int connect_one(const struct task_ops *t, const struct arena *arena, uint32_t connection)
{
	int fd = task_connect(t, (uint16_t)arena->port);
	int error;

	if (fd < 0)
		return fd;
	error = task_spawn(t, ask, &connection, sizeof(connection), fd);
	if (error)
		task_close(t, fd);
	return error;
}

void tcp_echo_client_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	uint32_t conns = (uint32_t)arena_param(arena, TCP_ECHO_CONNS);
	int error = 0;

	(void)arg;
	(void)fd;
	for (uint32_t i = 0; i < conns && error == 0; i++)
		error = connect_one(t, arena, i);
	if (error)
		arena_fail(arena, "connect", error);
	error = task_join(t);
	if (error)
		arena_fail(arena, "join", error);
}
