// SPDX-License-Identifier: MIT
/* Conformance: descriptors, accept, connect, read, write. */
#ifndef CONCBENCH_CONFORMANCE_SOCKETS_H
#define CONCBENCH_CONFORMANCE_SOCKETS_H

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "conformance.h"
#include "net.h"

/* A connected pair, such as task_accept and task_connect would give. */
static bool pair_open(struct arena *arena, int *fds)
{
	const int flags = arena_param(arena, CASE_NONBLOCKING) ? SOCK_NONBLOCK : 0;

	return WANT(arena, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, fds) == 0);
}

/* A port on which nobody listens, because it is bound to the socket returned. */
static int port_taken(struct arena *arena, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	WANT(arena, bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	*port = (uint16_t)net_port(fd);
	return fd;
}

/* ---- a descriptor moves into the child ---- */

static void say_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	cell_wait(t, arena, 0, 1);
	WANT(arena, task_write(t, fd, "x", 1) == 1);
	task_close(t, fd);
	cell_wait(t, arena, 0, 2);
}

static void stay_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	cell_wait(t, arena, 0, 2);
}

/* The end of the stream comes although siblings, forked before and after the child, live on. */
static void moved_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	char byte = 0;
	int fds[2];

	(void)arg;
	(void)fd;
	if (!pair_open(arena, fds))
		return;
	WANT(arena, task_spawn(t, stay_task, NULL, 0, -1) == 0);
	WANT(arena, task_spawn(t, say_task, NULL, 0, fds[1]) == 0);
	WANT(arena, task_spawn(t, stay_task, NULL, 0, -1) == 0);
	cell_add(arena, 0, 1);
	WANT(arena, task_read(t, fds[0], &byte, 1) == 1 && byte == 'x');
	WANT(arena, task_read(t, fds[0], &byte, 1) == 0);
	WANT(arena, task_read(t, fds[0], &byte, 1) == 0);
	cell_add(arena, 0, 1);
	task_close(t, fds[0]);
	WANT(arena, task_join(t) == 0);
}

/* Opened before the pair's owner is spawned, a sibling holds neither end. */
static void early_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	char byte;
	int fds[2];

	(void)arg;
	(void)fd;
	if (!pair_open(arena, fds))
		return;
	WANT(arena, task_spawn(t, stay_task, NULL, 0, -1) == 0); /* while both ends are open here */
	cell_add(arena, 0, 1);
	task_close(t, fds[1]);
	WANT(arena, task_read(t, fds[0], &byte, 1) == 0);
	cell_add(arena, 0, 1);
	task_close(t, fds[0]);
	WANT(arena, task_join(t) == 0);
}

/* ---- short reads and writes ---- */

enum { STREAM_BYTES = 1 << 20, STREAM_STEP = 200 };

static void stream_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	char bytes[STREAM_STEP];
	int64_t at = 0;

	(void)arg;
	while (at < STREAM_BYTES && !atomic_load(&arena->failed)) {
		ssize_t n;

		for (int i = 0; i < STREAM_STEP; i++)
			bytes[i] = (char)((at + i) % 127);
		n = STREAM_STEP < STREAM_BYTES - at ? STREAM_STEP : (ssize_t)(STREAM_BYTES - at);
		n = task_write(t, fd, bytes, (size_t)n);
		WANT(arena, n > 0);
		at += n;
	}
	task_close(t, fd);
}

/* Every byte in its order, however the pieces fall; the writer fills the buffers and has to wait.
 */
static void stream_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	char bytes[STREAM_STEP / 2 + 1];
	int64_t at = 0;
	ssize_t n;
	int fds[2];

	(void)arg;
	(void)fd;
	if (!pair_open(arena, fds))
		return;
	WANT(arena, task_spawn(t, stream_task, NULL, 0, fds[1]) == 0);
	while ((n = task_read(t, fds[0], bytes, 1 + (size_t)at % sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (!WANT(arena, bytes[i] == (char)((at + i) % 127)))
				return;
		at += n;
	}
	WANT(arena, n == 0);
	WANT(arena, at == STREAM_BYTES);
	task_close(t, fds[0]);
	WANT(arena, task_join(t) == 0);
}

/* ---- errors ---- */

static void refused_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	uint16_t port;
	int holder = port_taken(arena, &port);

	(void)arg;
	(void)fd;
	for (int i = 0; i < 3; i++)
		WANT(arena, task_connect(t, port) == -ECONNREFUSED);
	close(holder);
}

/* Without MSG_NOSIGNAL the process would die. */
static void closed_peer_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	int fds[2];

	(void)arg;
	(void)fd;
	if (!pair_open(arena, fds))
		return;
	task_close(t, fds[1]);
	WANT(arena, task_write(t, fds[0], "x", 1) == -EPIPE);
	WANT(arena, task_write(t, fds[0], "x", 1) == -EPIPE);
	task_close(t, fds[0]);
	WANT(arena, task_read(t, -1, fds, 1) == -EBADF);
	WANT(arena, task_write(t, -1, fds, 1) == -EBADF);
	WANT(arena, task_accept(t, -1) == -EBADF);
}

/* ---- a server ---- */

static void echo_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	char bytes[64];
	ssize_t n;

	(void)arg;
	while ((n = task_read(t, fd, bytes, sizeof(bytes))) > 0)
		WANT(arena, task_write(t, fd, bytes, (size_t)n) == n);
	WANT(arena, n == 0);
	task_close(t, fd);
}

static void client_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t number = *(const int64_t *)arg;
	char back;

	(void)fd;
	fd = task_connect(t, (uint16_t)atomic_load(&arena->port));
	if (!WANT(arena, fd >= 0))
		return;
	for (int i = 0; i < 10; i++) {
		const char byte = (char)(number + i);

		WANT(arena, task_write(t, fd, &byte, 1) == 1);
		WANT(arena, task_read(t, fd, &back, 1) == 1 && back == byte);
	}
	task_close(t, fd);
	cell_add(arena, 0, 1);
}

static void server_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t n = arena_param(arena, CASE_TASKS) / 2;

	(void)arg;
	for (int64_t i = 0; i < n; i++)
		WANT(arena, task_spawn(t, client_task, &i, sizeof(i), -1) == 0);
	for (int64_t i = 0; i < n; i++) {
		int connection = task_accept(t, fd);

		WANT(arena, connection >= 0);
		WANT(arena, task_spawn(t, echo_task, NULL, 0, connection) == 0);
	}
	task_close(t, fd);
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 0) == n);
}

/* ---- timeouts ---- */

/* Writes twice, with a pause well below the reader's timeout, and then no more. */
static void hesitant_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	WANT(arena, task_write(t, fd, "a", 1) == 1);
	task_sleep_until(t, clock_now_ns() + 2 * CLOCK_NS_PER_MS);
	WANT(arena, task_write(t, fd, "b", 1) == 1);
	cell_wait(t, arena, 0, 1);
	task_close(t, fd);
}

/* A read with a timeout gets what comes in time, gives up on what does not, and then goes on. */
static void timeout_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t timeout_ns = 200 * CLOCK_NS_PER_MS;
	int64_t start_ns;
	char byte = 0;
	int fds[2];

	(void)arg;
	(void)fd;
	if (!pair_open(arena, fds))
		return;
	WANT(arena, task_spawn(t, hesitant_task, NULL, 0, fds[1]) == 0);
	WANT(arena, task_read_timeout(t, fds[0], timeout_ns) == 0);
	WANT(arena, task_read(t, fds[0], &byte, 1) == 1 && byte == 'a');
	WANT(arena, task_read(t, fds[0], &byte, 1) == 1 && byte == 'b');
	start_ns = clock_now_ns();
	WANT(arena, task_read(t, fds[0], &byte, 1) == -EAGAIN);
	WANT(arena, clock_now_ns() - start_ns >= timeout_ns * 9 / 10);
	cell_add(arena, 0, 1);
	WANT(arena, task_read(t, fds[0], &byte, 1) == 0);
	task_close(t, fds[0]);
	WANT(arena, task_join(t) == 0);
}

static const struct conformance_case socket_cases[] = {
	{.name = "descriptor moved", .task = moved_root, .tasks = 3},
	{.name = "descriptor not inherited", .task = early_root, .tasks = 1},
	{.name = "short reads and writes", .task = stream_root, .tasks = 1},
	{.name = "refused connect", .task = refused_root, .tasks = 1},
	{.name = "read timeout", .task = timeout_root, .tasks = 1},
	{.name = "closed peer and bad descriptor", .task = closed_peer_root, .tasks = 1},
	{.name = "several connections", .task = server_root, .tasks = 40, .listens = true},
};

#endif
