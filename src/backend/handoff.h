// SPDX-License-Identifier: MIT
/*
 * Hand-over between a generator and its consumer when each is a thread or a process of its own.
 *
 * A baton is what one side waits for and the other passes on: it holds one signal at most. A
 * handoff is two of them and the value, which travels in the memory that both sides share:
 *
 *   consumer                                         generator
 *   handoff_next:  signal(pull) -------------------> handoff_begin / handoff_yield: wait(pull)
 *                  wait(push)  <------- value ------- handoff_yield / handoff_end: signal(push)
 *
 * Only one of the two runs at a time, so a value costs one system call to wake and one to wait on
 * each side. No kind but `spin` spins before it waits: on one CPU, where hand-over is cheapest, the
 * other side cannot run until the waiter sleeps.
 */
#ifndef CONCBENCH_HANDOFF_H
#define CONCBENCH_HANDOFF_H

#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "task.h"

/* What a baton is made of. */
enum handoff_kind {
	HANDOFF_FUTEX,   /* one word */
	HANDOFF_CONDVAR, /* threads only */
	HANDOFF_SEM,
	HANDOFF_PIPE,
	HANDOFF_EVENTFD,
	HANDOFF_MQ,   /* POSIX message queue */
	HANDOFF_SPIN, /* one word, polled; needs a CPU for each side */
	HANDOFF_KINDS,
};

struct baton {
	union {
		struct {
			_Atomic uint32_t word;
			int futex_flags; /* FUTEX_PRIVATE_FLAG or 0 */
		};
		sem_t sem;
		struct {
			pthread_mutex_t mutex;
			pthread_cond_t cond;
			bool set;
		};
		int fds[2]; /* wait, signal; the same for an eventfd */
		mqd_t queue;
	};
};

struct handoff {
	/* Written by the consumer. */
	_Alignas(ARENA_CACHE_LINE) bool closed;
	bool ended; /* the consumer has seen the end */
	const struct baton_ops *ops;
	struct baton pull;
	/* Written by the generator; the value shares a line with the futex word. */
	_Alignas(ARENA_CACHE_LINE) struct gen_value out;
	struct baton push;
};

/* Descriptors that a handoff of `kind` takes. */
uint32_t handoff_fds(enum handoff_kind kind);

/* The most descriptors that a handoff of any kind takes. */
enum { HANDOFF_FDS_MAX = 4 };

/* Stores the descriptors of a handoff in fds[HANDOFF_FDS_MAX]; returns how many. */
int handoff_list_fds(const struct handoff *handoff, int *fds);

/*
 * Why batons of `kind` cannot work here between `sides` threads or processes that would run at
 * a time, in one static line; NULL: they can.
 */
const char *handoff_unavailable(enum handoff_kind kind, uint32_t sides);

/* In memory that both sides see; `shared`: between processes. 0 or -errno, and nothing is held. */
int handoff_init(struct handoff *handoff, enum handoff_kind kind, bool shared);

/* Gives back what the kernel holds for it. In one process; the other has ended. */
void handoff_release(struct handoff *handoff);

/* ---- the consumer ---- */

struct gen_value handoff_next(struct handoff *handoff);

/* Lets the generator run to its end: wherever it waits, it learns that it is closed. */
void handoff_close(struct handoff *handoff);

/* ---- the generator ---- */

/* Waits for the first pull; false when the generator was closed instead. */
bool handoff_begin(struct handoff *handoff);

/* Hands `value` out and waits; 0 when the generator was closed. */
uint64_t handoff_yield(struct handoff *handoff, uint64_t value);

/* Hands out the end, unless closed; `stay`: and waits until closed. */
void handoff_end(struct handoff *handoff, bool stay);

#endif
