// SPDX-License-Identifier: MIT
/*
 * An echo server as one writes it with libev: the peer that shows what the suite itself costs.
 *
 * It listens on 127.0.0.1, prints the port that the kernel chose, and serves until it is killed.
 * One ev_io a connection; it waits for EV_WRITE only while the socket takes no more.
 *
 *     concbench run -w tcp_echo -b event -p server=exec:build/peers/echo_libev
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

enum { CHUNK = 4096 };

/* What was read lies in `buf`; bytes from `sent` to `len` are still to be sent. */
struct connection {
	ev_io io; /* first, so that the callback's watcher is the connection */
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

static void end(struct ev_loop *loop, struct connection *connection)
{
	ev_io_stop(loop, &connection->io);
	close(connection->io.fd);
	free(connection);
}

static void wait_for(struct ev_loop *loop, ev_io *io, int events)
{
	if (io->events & events)
		return;
	ev_io_stop(loop, io);
	ev_io_set(io, io->fd, events);
	ev_io_start(loop, io);
}

/* Sends what is left to send, then waits for more of it, or for the socket to take more. */
static void send_rest(struct ev_loop *loop, struct connection *connection)
{
	ssize_t n = send(connection->io.fd, connection->buf + connection->sent,
					 connection->len - connection->sent, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN) {
		end(loop, connection);
		return;
	}
	connection->sent += n > 0 ? (size_t)n : 0;
	wait_for(loop, &connection->io, connection->sent < connection->len ? EV_WRITE : EV_READ);
}

static void on_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct connection *connection = (struct connection *)io;
	ssize_t n;

	if (revents & EV_WRITE) {
		send_rest(loop, connection);
		return;
	}
	n = recv(io->fd, connection->buf, CHUNK, 0);
	if (n > 0) {
		connection->sent = 0;
		connection->len = (size_t)n;
		send_rest(loop, connection);
	} else if (n == 0 || errno != EAGAIN) {
		end(loop, connection);
	}
}

static void on_listener(struct ev_loop *loop, ev_io *io, int revents)
{
	int on = 1;
	int fd;

	(void)revents;
	while ((fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct connection *connection = malloc(sizeof(*connection));

		if (!connection || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
			die("connection");
		ev_io_init(&connection->io, on_ready, fd, EV_READ);
		ev_io_start(loop, &connection->io);
	}
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		die("accept");
}

int main(int argc, char **argv)
{
	struct ev_loop *loop;
	ev_io listener;

	if (argc != 1) {
		fprintf(stderr, "usage: %s\n", argv[0]);
		return 2;
	}
	loop = ev_default_loop(EVBACKEND_EPOLL);
	if (!loop)
		die("libev");
	ev_io_init(&listener, on_listener, listen_on_loopback(), EV_READ);
	ev_io_start(loop, &listener);
	ev_run(loop, 0); /* ends when the process is killed */
	return EXIT_FAILURE;
}
