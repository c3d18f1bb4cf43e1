// SPDX-License-Identifier: MIT
/*
 * tcp_echo: a server that sends back what it reads, and clients that wait for each reply. What
 * does a model make of many sockets that are ready a little at a time?
 *
 * One operation: a client sent a message of `size` bytes, had all of it back and found it equal,
 * byte by byte. Each of the `conns` connections has one message under way at any time.
 *
 *   round trip   from the previous reply (on a connection's first message: from its sending) until
 *                the reply is complete; one reading of the clock serves as end and as next start
 *   window       the connection that is the last to complete its first message plans it: `warmup`
 *                later it opens, for `duration`. An operation counts where it ends; a round trip
 *                is a sample where it began and ended inside
 *
 * The server is under test, the client only drives it and has its own process and backend.
 * Messages are a function of connection and sequence number, so that a stale or a crossed reply
 * is caught. Errors are counted in the slices; an I/O error also fails the trial.
 */
#ifndef CONCBENCH_TCP_ECHO_H
#define CONCBENCH_TCP_ECHO_H

#include <string.h>
#include <sys/types.h>

#include "arena.h"

struct event;
struct task_ops;

enum tcp_echo_param {
	TCP_ECHO_CONNS,
	TCP_ECHO_SIZE,
	TCP_ECHO_DURATION,
	TCP_ECHO_WARMUP,
	TCP_ECHO_CLIENT,
	TCP_ECHO_SERVER,
	TCP_ECHO_PLACEMENT,
};

enum { TCP_ECHO_ROLE_SERVER, TCP_ECHO_ROLE_CLIENT };

enum {
	/* What a server reads at a time, in every style: the same system calls for the same bytes. */
	TCP_ECHO_CHUNK = 4096,
	/*
	 * Bytes that a blocking client sends ahead of what it has read back. A server that blocks in
	 * its write until the client reads must not meet a client that blocks in its write until the
	 * server reads; this much always fits into the sockets' buffers (tcp_rmem, tcp_wmem).
	 */
	TCP_ECHO_AHEAD = 16384,
	/* Connections that the event client opens at a time, well below the listener's backlog. */
	TCP_ECHO_OPENING = 64,
	/* The sample pool holds this many messages a second; a trial with more is not `ok`. */
	TCP_ECHO_RATE_MAX = 2000000,
};

/* Most bytes of messages that may be under way at a time (conns x size). */
#define TCP_ECHO_BYTES_MAX (1LL << 30)

/* Message number `sequence` of a connection, also where it is shorter than a word. */
static inline void tcp_echo_fill(char *message, size_t size, uint32_t connection, uint64_t sequence)
{
	uint64_t word = (connection * 0x9e3779b97f4a7c15u + sequence) * 0xbf58476d1ce4e5b9u;
	size_t at = 0;

	for (; at + sizeof(word) <= size; at += sizeof(word), word++)
		memcpy(message + at, &word, sizeof(word));
	memcpy(message + at, &word, size - at);
}

/* The slices of the server's connections come first, then the clients'. */
static inline struct arena_slice *tcp_echo_slice(struct arena *arena, int role, uint32_t connection)
{
	uint32_t conns = (uint32_t)arena_param(arena, TCP_ECHO_CONNS);

	return arena_slice(arena, (role == TCP_ECHO_ROLE_CLIENT ? conns : 0) + connection);
}

/* An I/O error on a connection; `error` is -errno, or 0 where the stream came to its end. */
static inline void tcp_echo_fail(struct arena *arena, struct arena_slice *slice, const char *what,
								 ssize_t error)
{
	slice->errors++;
	arena_fail(arena, what, (int)error);
}

/* What a client keeps of one connection's operations. */
struct tcp_echo_tally {
	struct arena_slice *slice;
	struct arena_sampler sampler;
	int64_t start_ns; /* of the message under way */
};

/*
 * The reply to the message under way is complete, and equal to it or not. Returns whether another
 * message is to be sent; the end of this one is its start.
 */
static inline bool tcp_echo_done(struct arena *arena, struct tcp_echo_tally *tally, bool equal)
{
	int64_t open_ns = arena_open_ns(arena), close_ns = arena_close_ns(arena);
	int64_t start_ns = tally->start_ns, now_ns = clock_now_ns();
	struct arena_slice *slice = tally->slice;

	tally->start_ns = now_ns;
	slice->bytes += (uint64_t)arena_param(arena, TCP_ECHO_SIZE);
	slice->errors += !equal;
	if (slice->ops++ == 0 && arena_arrive(arena, (uint32_t)arena_param(arena, TCP_ECHO_CONNS))) {
		open_ns = now_ns + arena_param(arena, TCP_ECHO_WARMUP);
		arena_window_plan(arena, open_ns, open_ns + arena_param(arena, TCP_ECHO_DURATION));
		return true;
	}
	if (now_ns >= open_ns && now_ns <= close_ns) {
		slice->window_ops++;
		if (start_ns >= open_ns)
			arena_sampler_put(arena, &tally->sampler, now_ns - start_ns);
	}
	return now_ns < close_ns;
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t tcp_echo_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[TCP_ECHO_CONNS];
}

/* A slice for each end of each connection, stamps for the server's ends, and a pool of samples. */
static inline struct arena_sizing tcp_echo_sizing(const int64_t *params, uint64_t rounds)
{
	uint64_t conns = (uint64_t)params[TCP_ECHO_CONNS];
	uint64_t duration_us = (uint64_t)(params[TCP_ECHO_DURATION] / CLOCK_NS_PER_US) + 1;

	(void)rounds;
	return (struct arena_sizing){
		.n_slices = 2 * (uint32_t)conns,
		.n_tasks = (uint32_t)conns,
		.n_samples = conns * ARENA_CHUNK + duration_us * (TCP_ECHO_RATE_MAX / 1000000),
	};
}

static inline int64_t tcp_echo_least_ns(const int64_t *params)
{
	return params[TCP_ECHO_WARMUP] + params[TCP_ECHO_DURATION];
}

/* ---- the bodies ---- */

void tcp_echo_server_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
void tcp_echo_client_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int tcp_echo_server_event(struct event *event, int fd);
int tcp_echo_client_event(struct event *event, int fd);

#endif
