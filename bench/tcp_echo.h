// SPDX-License-Identifier: MIT
/*
 * tcp_echo: a server that sends back what it reads, and clients that wait for each reply. What
 * does a model make of many sockets that are ready a little at a time?
 *
 * One operation: a client sent a message of `size` bytes, had all of it back and found it equal,
 * byte by byte. Each of the `conns` connections has at most one message under way at any time.
 *
 *   window       the connection that is the last to complete its first message plans it: `warmup`
 *                later it opens, for `duration`. An operation counts where it ends
 *   closed loop  (rate=0) a reply is followed by the next message: how fast does it go?
 *     round trip   from the previous reply (on a connection's first message: from its sending)
 *                  until the reply is complete; one reading of the clock serves as end and as next
 *                  start. A sample where it began and ended inside the window
 *   open loop    (rate=N) messages are due by a schedule (arrivals.h), one for each connection, N a
 *                second in all; it runs from a connection's first reply on: what does a user wait?
 *     response     from when the message was due until its reply is complete; a sample where any of
 *                  that was inside the window
 *     service      from when it was sent: what a closed loop would have seen of the same message
 *     A late reply delays the sending of the next message, but never when that one was due, and
 *     none is left out. What was due and had no reply when the window closed is the backlog; what
 *     of it was not even sent by then never is, and has no sample.
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
#include "arrivals.h"

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
	TCP_ECHO_RATE,
	TCP_ECHO_ARRIVALS,
	TCP_ECHO_MODEL,
};

/*
 * How a server in direct style gets its tasks: the root accepts and starts one for each connection,
 * or all are started first and each accepts one for itself (on processes: prefork).
 */
enum { TCP_ECHO_PER_CONNECTION, TCP_ECHO_POOL };

enum { TCP_ECHO_FIXED, TCP_ECHO_POISSON };

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
	/* The sample pool holds this many samples a second; a trial with more is not `ok`. */
	TCP_ECHO_SAMPLES_PER_S = 2000000,
	/* A sample of the open loop is a pair. */
	TCP_ECHO_RATE_MAX = TCP_ECHO_SAMPLES_PER_S / 2,
	/* A message sent later than this after it was due is counted as late. */
	TCP_ECHO_LATE_NS = 1000000,
};

/* Most bytes of messages that may be under way at a time (conns x size). */
#define TCP_ECHO_BYTES_MAX (1LL << 30)

/* Whether messages are due by a schedule. */
static inline bool tcp_echo_open_loop(const int64_t *params)
{
	return params[TCP_ECHO_RATE] > 0;
}

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

/* ---- what a client keeps of one connection's operations ---- */

struct tcp_echo_tally {
	struct arena_slice *slice;
	struct arena_sampler sampler;
	int64_t start_ns; /* of the message under way or the next one; open loop: when it is due */
	int64_t sent_ns;  /* open loop: when the message under way was sent */
	int64_t wake_ns;  /* open loop: how long TCP_ECHO_WAIT is to wait */
	struct arrivals arrivals;
};

/* What a client is to do with a connection now. */
enum tcp_echo_turn {
	TCP_ECHO_SEND, /* the next message */
	TCP_ECHO_WAIT, /* until wake_ns, and then ask tcp_echo_turn again */
	TCP_ECHO_END,  /* the window is over */
};

/* Open loop, window over: counts what was due before its end and has not been sent. */
static inline void tcp_echo_count_unsent(struct arena *arena, struct tcp_echo_tally *tally)
{
	int64_t open_ns = arena_open_ns(arena), close_ns = arena_close_ns(arena);

	/* Ends with the schedule's step across the window's end. */
	for (; tally->start_ns < close_ns; tally->start_ns = arrivals_next(&tally->arrivals)) {
		tally->slice->due += tally->start_ns >= open_ns;
		tally->slice->backlog++;
	}
}

/* Open loop: whether the next message is due. */
static inline enum tcp_echo_turn tcp_echo_turn(struct arena *arena, struct tcp_echo_tally *tally,
											   int64_t now_ns)
{
	int64_t close_ns = arena_close_ns(arena);

	if (now_ns >= close_ns) {
		tcp_echo_count_unsent(arena, tally);
		return TCP_ECHO_END;
	}
	if (now_ns >= tally->start_ns) {
		tally->sent_ns = now_ns;
		return TCP_ECHO_SEND;
	}
	/* A window that is not yet planned closes no earlier than this: nobody sleeps beyond it. */
	if (close_ns == INT64_MAX)
		close_ns =
			now_ns + arena_param(arena, TCP_ECHO_WARMUP) + arena_param(arena, TCP_ECHO_DURATION);
	tally->wake_ns = tally->start_ns < close_ns ? tally->start_ns : close_ns;
	return TCP_ECHO_WAIT;
}

/* Open loop: the message under way has been answered. */
static inline void tcp_echo_account(struct arena *arena, struct tcp_echo_tally *tally,
									int64_t now_ns)
{
	int64_t open_ns = arena_open_ns(arena), close_ns = arena_close_ns(arena);
	int64_t due_ns = tally->start_ns, sent_ns = tally->sent_ns;
	struct arena_slice *slice = tally->slice;

	if (due_ns >= close_ns || now_ns < open_ns)
		return;
	slice->due += due_ns >= open_ns;
	slice->late += sent_ns - due_ns > TCP_ECHO_LATE_NS;
	slice->backlog += now_ns > close_ns;
	arena_sampler_put_pair(arena, &tally->sampler, now_ns - due_ns, now_ns - sent_ns);
}

/* Open loop: a reply is complete. The first one, which nothing was due for, starts the schedule. */
static inline enum tcp_echo_turn tcp_echo_answered(struct arena *arena,
												   struct tcp_echo_tally *tally, int64_t now_ns)
{
	const struct arena_slice *first = tcp_echo_slice(arena, TCP_ECHO_ROLE_CLIENT, 0);

	if (tally->slice->ops > 1)
		tcp_echo_account(arena, tally, now_ns);
	else
		arrivals_init(&tally->arrivals,
					  &(struct arrivals_spec){
						  .rate = arena_param(arena, TCP_ECHO_RATE),
						  .streams = (uint32_t)arena_param(arena, TCP_ECHO_CONNS),
						  .stream = (uint32_t)(tally->slice - first),
						  .poisson = arena_param(arena, TCP_ECHO_ARRIVALS) == TCP_ECHO_POISSON,
					  },
					  now_ns);
	tally->start_ns = arrivals_next(&tally->arrivals);
	return tcp_echo_turn(arena, tally, now_ns);
}

/* The reply to the message under way is complete, and equal to it or not. */
static inline enum tcp_echo_turn tcp_echo_done(struct arena *arena, struct tcp_echo_tally *tally,
											   bool equal)
{
	int64_t open_ns = arena_open_ns(arena), close_ns = arena_close_ns(arena);
	int64_t start_ns = tally->start_ns, now_ns = clock_now_ns();
	struct arena_slice *slice = tally->slice;
	bool inside = now_ns >= open_ns && now_ns <= close_ns;

	slice->bytes += (uint64_t)arena_param(arena, TCP_ECHO_SIZE);
	slice->errors += !equal;
	slice->window_ops += inside;
	if (slice->ops++ == 0 && arena_arrive(arena, (uint32_t)arena_param(arena, TCP_ECHO_CONNS)))
		arena_window_plan(arena, now_ns + arena_param(arena, TCP_ECHO_WARMUP),
						  now_ns + arena_param(arena, TCP_ECHO_WARMUP) +
							  arena_param(arena, TCP_ECHO_DURATION));
	if (tcp_echo_open_loop(arena->params))
		return tcp_echo_answered(arena, tally, now_ns);
	if (inside && start_ns >= open_ns)
		arena_sampler_put(arena, &tally->sampler, now_ns - start_ns);
	tally->start_ns = now_ns; /* the end of this one is the start of the next */
	return now_ns < close_ns ? TCP_ECHO_SEND : TCP_ECHO_END;
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
		.n_samples = conns * ARENA_CHUNK + duration_us * (TCP_ECHO_SAMPLES_PER_S / 1000000),
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
