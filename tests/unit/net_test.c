// SPDX-License-Identifier: MIT
/*
 * The socket helpers, good and bad days: options set on both sides, a refused connection, the end
 * of a stream, a peer that is gone, an empty accept queue.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "net.h"

struct pair {
	int listener, client, server;
};

/* A listener, a connection to it and the accepted side, all blocking. */
static struct pair pair_open(void)
{
	struct pair pair;
	int port;

	pair.listener = net_listen(false);
	assert_true(pair.listener >= 0);
	port = net_port(pair.listener);
	assert_in_range(port, 1, 65535);
	pair.client = net_connect((uint16_t)port);
	assert_true(pair.client >= 0);
	pair.server = net_accept(pair.listener, false);
	assert_true(pair.server >= 0);
	return pair;
}

static void pair_close(const struct pair *pair)
{
	close(pair->listener);
	close(pair->client);
	close(pair->server);
}

/* A port that refuses: bound, so that nobody else gets it, but not listening. */
static int refusing_socket(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	*port = (uint16_t)net_port(fd);
	return fd;
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
	return value;
}

static void wait_for(int fd, short events)
{
	struct pollfd poller = {.fd = fd, .events = events};

	assert_int_equal(poll(&poller, 1, 5000), 1);
}

static void test_options(void **state)
{
	struct pair pair = pair_open();
	const int fds[] = {pair.listener, pair.client, pair.server};

	(void)state;
	assert_int_not_equal(option(pair.client, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_int_not_equal(option(pair.server, IPPROTO_TCP, TCP_NODELAY), 0);
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		assert_false(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
	}
	pair_close(&pair);
}

static void test_echo(void **state)
{
	struct pair pair = pair_open();
	char buf[8] = "";

	(void)state;
	assert_int_equal(net_send(pair.client, "ping", 4), 4);
	assert_int_equal(net_recv(pair.server, buf, sizeof buf), 4);
	assert_memory_equal(buf, "ping", 4);
	assert_int_equal(net_send(pair.server, "po", 2), 2);
	assert_int_equal(net_recv(pair.client, buf, sizeof buf), 2);
	assert_memory_equal(buf, "po", 2);
	pair_close(&pair);
}

static void test_nonblocking(void **state)
{
	int listener = net_listen(true);
	int client, server;
	char buf[8];

	(void)state;
	assert_true(listener >= 0);
	assert_int_equal(net_accept(listener, true), -EAGAIN);
	client = net_connect_start((uint16_t)net_port(listener));
	assert_true(client >= 0);
	wait_for(client, POLLOUT);
	assert_int_equal(net_connected(client), 0);
	wait_for(listener, POLLIN);
	server = net_accept(listener, true);
	assert_true(server >= 0);
	assert_int_not_equal(option(client, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_true(fcntl(server, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(client, F_GETFL) & O_NONBLOCK);
	assert_int_equal(net_recv(server, buf, sizeof buf), -EAGAIN);
	close(server);
	close(client);
	close(listener);
}

static void test_refused(void **state)
{
	uint16_t port;
	int holder = refusing_socket(&port);
	int fd;

	(void)state;
	assert_int_equal(net_connect(port), -ECONNREFUSED);
	fd = net_connect_start(port);
	if (fd >= 0) { /* refused later: the usual case */
		wait_for(fd, POLLOUT);
		assert_int_equal(net_connected(fd), -ECONNREFUSED);
		close(fd);
	} else {
		assert_int_equal(fd, -ECONNREFUSED);
	}
	close(holder);
}

static void test_end_of_stream(void **state)
{
	struct pair pair = pair_open();
	char buf[8];

	(void)state;
	assert_int_equal(net_send(pair.client, "x", 1), 1);
	assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
	assert_int_equal(net_recv(pair.server, buf, sizeof buf), 1);
	assert_int_equal(net_recv(pair.server, buf, sizeof buf), 0);
	assert_int_equal(net_recv(pair.server, buf, sizeof buf), 0);
	pair_close(&pair);
}

/* With the default disposition of SIGPIPE a send without MSG_NOSIGNAL would end this program. */
static void test_send_to_nobody(void **state)
{
	struct pair pair = pair_open();

	(void)state;
	assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
	assert_int_equal(net_send(pair.client, "x", 1), -EPIPE);
	pair_close(&pair);
}

/* What the handler below shares with its test. */
static struct {
	int fd;
	volatile sig_atomic_t ticks;
} ticker;

/* The first ticks only interrupt; the third sends what the receiver waits for. */
static void tick(int signal_number)
{
	(void)signal_number;
	if (++ticker.ticks == 3)
		(void)!write(ticker.fd, "x", 1);
}

/* A handler without SA_RESTART must not show as -EINTR. */
static void test_interrupted(void **state)
{
	const struct sigaction action = {.sa_handler = tick};
	const struct itimerval every_ms = {{0, 1000}, {0, 1000}}, never = {0};
	struct pair pair = pair_open();
	char byte = 0;

	(void)state;
	ticker.fd = pair.client;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
	assert_int_equal(net_recv(pair.server, &byte, 1), 1);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(byte, 'x');
	pair_close(&pair);
}

static void test_bad_descriptor(void **state)
{
	char byte = 0;

	(void)state;
	assert_int_equal(net_port(-1), -EBADF);
	assert_int_equal(net_accept(-1, false), -EBADF);
	assert_int_equal(net_connected(-1), -EBADF);
	assert_int_equal(net_recv(-1, &byte, 1), -EBADF);
	assert_int_equal(net_send(-1, &byte, 1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),       cmocka_unit_test(test_echo),
		cmocka_unit_test(test_nonblocking),   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_end_of_stream), cmocka_unit_test(test_send_to_nobody),
		cmocka_unit_test(test_interrupted),   cmocka_unit_test(test_bad_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
