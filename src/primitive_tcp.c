// SPDX-License-Identifier: MIT
/*
 * Primitives of TCP over loopback: one message of 64 B there and back, first with both ends in one
 * thread (four system calls, two passes through the stack, nothing ever blocks), then between two
 * processes that block, as the two roles of a trial are.
 */
#include "primitive.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "net.h"

enum { MESSAGE_BYTES = 64 };

struct pair {
	int client, server;
	int cpu; /* for the server's process */
};

/* A connected pair of blocking sockets. 0 or -errno. */
static int pair_open(struct pair *pair)
{
	const int listener = net_listen(false);
	int port;

	if (listener < 0)
		return listener;
	port = net_port(listener);
	pair->client = port < 0 ? port : net_connect((uint16_t)port);
	pair->server = pair->client < 0 ? pair->client : net_accept(listener, false);
	close(listener);
	if (pair->server < 0 && pair->client >= 0)
		close(pair->client);
	return pair->server < 0 ? pair->server : 0;
}

/* One round trip as the client sees it. On loopback a message this small is never cut in two. */
typedef bool exchange_fn(const struct pair *pair);

static bool send_one(int fd)
{
	const char message[MESSAGE_BYTES] = {0};

	return net_send(fd, message, sizeof(message)) == MESSAGE_BYTES;
}

static bool receive_one(int fd)
{
	char message[MESSAGE_BYTES];

	return net_recv(fd, message, sizeof(message)) == MESSAGE_BYTES;
}

static bool exchange_alone(const struct pair *pair)
{
	return send_one(pair->client) && receive_one(pair->server) && send_one(pair->server) &&
		   receive_one(pair->client);
}

static bool exchange_with_process(const struct pair *pair)
{
	return send_one(pair->client) && receive_one(pair->client);
}

/* Times up to `n` round trips. The first, untimed, waits for the server to be there. */
static double time_exchanges(struct primitive_place *place, uint64_t n, const struct pair *pair,
							 exchange_fn *exchange)
{
	enum { CLOCK_EVERY = 16 }; /* round trips between looks at the clock */
	bool moved = exchange(pair);
	const int64_t begin_ns = clock_now_ns();
	int64_t now_ns;
	uint64_t trips = 0;

	do {
		for (int i = 0; i < CLOCK_EVERY && trips < n && moved; i++, trips++)
			moved = exchange(pair);
		now_ns = clock_now_ns();
	} while (moved && trips < n && now_ns < place->give_up_ns);
	if (!moved)
		return primitive_failed(place, "the loopback connection was cut", 0);
	return (double)(now_ns - begin_ns) / (double)trips;
}

double primitive_tcp_round_trip(struct primitive_place *place, uint64_t n)
{
	struct pair pair;
	double ns;
	const int error = pair_open(&pair);

	if (error)
		return primitive_failed(place, "loopback connection", -error);
	ns = time_exchanges(place, n, &pair, exchange_alone);
	close(pair.client);
	close(pair.server);
	return ns;
}

/* The server's process: echoes until the end of the stream. */
static _Noreturn void echo(const struct pair *pair)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)primitive_pin(pair->cpu);
	close(pair->client);
	while (receive_one(pair->server) && send_one(pair->server))
		;
	_exit(0);
}

static double between_processes(struct primitive_place *place, uint64_t n, int cpu)
{
	struct pair pair = {.cpu = cpu};
	pid_t pid;
	double ns;
	int error;

	if (!primitive_has_cpu(place, cpu))
		return NAN;
	error = pair_open(&pair);
	if (error)
		return primitive_failed(place, "loopback connection", -error);
	pid = fork();
	if (pid == 0)
		echo(&pair);
	error = pid < 0 ? errno : 0;
	close(pair.server);
	ns = pid < 0 ? primitive_failed(place, "fork", error)
				 : time_exchanges(place, n, &pair, exchange_with_process);
	close(pair.client);
	/* Ends at the end of the stream, which closing the only other end is. */
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return ns;
}

double primitive_tcp_processes_same(struct primitive_place *place, uint64_t n)
{
	return between_processes(place, n, place->cpu);
}

double primitive_tcp_processes_split(struct primitive_place *place, uint64_t n)
{
	return between_processes(place, n, place->other_cpu);
}
