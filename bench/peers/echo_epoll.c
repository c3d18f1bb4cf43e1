// SPDX-License-Identifier: MIT
/*
 * An echo server on nothing but epoll: the peer that shows what libev and the models above it
 * cost.
 *
 * It listens on 127.0.0.1, prints the port that the kernel chose, and serves until it is killed.
 * Every connection is registered once, edge-triggered for both directions: no further epoll_ctl.
 *
 *     concbench run -w tcp_echo -b event -p server=exec:build/peers/echo_epoll
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 4096, EVENTS_MAX = 256 };

/* What was read lies in `buf`; bytes from `sent` to `len` are still to be sent. */
struct connection {
	int fd;
	size_t sent, len;
	char buf[CHUNK];
};

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static int listen_on_loopback(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 4096) ||
		getsockname(fd, (struct sockaddr *)&address, &size))
		die("listen");
	printf("%u\n", (unsigned)ntohs(address.sin_port));
	if (fflush(stdout))
		die("stdout");
	return fd;
}

static void watch(int epoll, int fd, unsigned events, void *data)
{
	struct epoll_event event = {.events = events, .data.ptr = data};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

/* Accepts all that wait. */
static void accept_all(int epoll, int listener)
{
	int on = 1;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct connection *connection = malloc(sizeof(*connection));

		if (!connection || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
			die("connection");
		connection->fd = fd;
		connection->sent = connection->len = 0;
		watch(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLET, connection);
	}
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		die("accept");
}

/* True when everything read has been sent; false when the socket takes no more, or is broken. */
static bool send_rest(struct connection *connection, bool *broken)
{
	while (connection->sent < connection->len) {
		ssize_t n = send(connection->fd, connection->buf + connection->sent,
						 connection->len - connection->sent, MSG_NOSIGNAL);

		if (n < 0) {
			*broken = errno != EAGAIN;
			return false;
		}
		connection->sent += (size_t)n;
	}
	return true;
}

/*
 * Echoes until the socket is drained or takes no more. An edge is told only once, so that reading
 * stops only at EAGAIN or at less than a whole buffer. False when the connection is over.
 */
static bool serve(struct connection *connection)
{
	bool broken = false;

	while (send_rest(connection, &broken)) {
		ssize_t n = recv(connection->fd, connection->buf, CHUNK, 0);

		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		connection->sent = 0;
		connection->len = (size_t)n;
		if (n < CHUNK && send_rest(connection, &broken))
			return true;
	}
	return !broken;
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS_MAX];
	int epoll, listener;

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	listener = listen_on_loopback();
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		die("epoll_create1");
	watch(epoll, listener, EPOLLIN, NULL);
	/* Ends when the process is killed. */
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			struct connection *connection = events[i].data.ptr;

			if (!connection) {
				accept_all(epoll, listener);
			} else if (!serve(connection)) {
				close(connection->fd);
				free(connection);
			}
		}
	}
}
