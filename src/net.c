// SPDX-License-Identifier: MIT
/*
 * TCP on the loopback interface: the few socket calls that backends and bodies share, each with
 * its retries and its options in one place.
 */
#include "net.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int socket_new(bool nonblocking)
{
	int flags = SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
	int fd = socket(AF_INET, SOCK_STREAM | flags, 0);

	return fd >= 0 ? fd : -errno;
}

/* Closes `fd` after a failure; returns -errno of that failure. */
static int close_failed(int fd)
{
	int error = -errno;

	close(fd);
	return error;
}

static int set_nodelay(int fd)
{
	int on = 1;

	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int net_listen(bool nonblocking)
{
	struct sockaddr_in address = loopback(0);
	int fd = socket_new(nonblocking);

	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
		return close_failed(fd);
	if (listen(fd, NET_BACKLOG) != 0)
		return close_failed(fd);
	return fd;
}

int net_port(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof address;

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return -errno;
	return ntohs(address.sin_port);
}

int net_accept(int fd, bool nonblocking)
{
	int connection;

	do
		connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
	while (connection < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (connection < 0)
		return -errno;
	if (set_nodelay(connection) != 0)
		return close_failed(connection);
	return connection;
}

static int connect_to(int fd, uint16_t port)
{
	struct sockaddr_in address = loopback(port);

	if (set_nodelay(fd) != 0)
		return -errno;
	return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
}

/* An interrupted connect goes on by itself and must not be called again: waits for its outcome. */
static int connect_finish(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLOUT};

	while (poll(&poller, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return net_connected(fd);
}

int net_connect(uint16_t port)
{
	int fd = socket_new(false);
	int error;

	if (fd < 0)
		return fd;
	error = connect_to(fd, port);
	if (error == -EINTR)
		error = connect_finish(fd);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

int net_connect_start(uint16_t port)
{
	int fd = socket_new(true);
	int error;

	if (fd < 0)
		return fd;
	error = connect_to(fd, port);
	if (error == 0 || error == -EINPROGRESS || error == -EINTR)
		return fd;
	close(fd);
	return error;
}

int net_connected(int fd)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		return -errno;
	return -error;
}

int net_read_timeout(int fd, int64_t timeout_ns)
{
	struct timeval timeout = {
		.tv_sec = timeout_ns / CLOCK_NS_PER_S,
		.tv_usec = timeout_ns % CLOCK_NS_PER_S / CLOCK_NS_PER_US,
	};

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0 ? 0 : -errno;
}

void net_send_end(int fd)
{
	shutdown(fd, SHUT_WR); /* fails where the peer has gone, and that is no matter */
}

ssize_t net_recv(int fd, void *buf, size_t len)
{
	ssize_t n;

	do
		n = recv(fd, buf, len, 0);
	while (n < 0 && errno == EINTR);
	return n >= 0 ? n : -errno;
}

ssize_t net_send(int fd, const void *buf, size_t len)
{
	ssize_t n;

	do
		n = send(fd, buf, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n >= 0 ? n : -errno;
}
