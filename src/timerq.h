// SPDX-License-Identifier: MIT
/*
 * Deadlines in nanoseconds on a libev loop, the same for `coro` and for the event bodies, so that
 * what differs between the two is the programming model and not the timer.
 *
 * 16-byte {deadline, id} entries over one absolute timerfd. libev's own timers cannot serve here:
 * on epoll they round up to a millisecond (0.7 ms late by construction) and each sift touches the
 * watcher. Entries lie in one of two places:
 *
 *   run    a ring of deadlines that were pushed in order: push and pop are O(1), in memory order
 *   heap   a 4-ary min-heap for all others (about 18 ns to push, 340 ns to pop, of 1 M random)
 *
 * When most of a large heap is due, it is sorted into the run in one go (radix, about 24 ns each).
 *
 * A push calls neither libev nor the kernel: the timerfd is set just before the loop waits, once
 * for any number of pushes and expiries. Its ev_io is active only while an entry is pending, so
 * an empty queue does not keep ev_run from returning.
 */
#ifndef CONCBENCH_TIMERQ_H
#define CONCBENCH_TIMERQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>

struct timerq_entry {
	int64_t deadline_ns;
	uint64_t id; /* the user's */
};

typedef void timerq_fn(void *ctx, uint64_t id);

struct timerq {
	/* Both have room for all entries; reserved address space, first touched when used. */
	struct timerq_entry *heap, *run;
	uint32_t heap_length;
	uint32_t run_head, run_length, run_mask; /* the ring's first entry is run[head & mask] */
	uint32_t capacity;
	uint32_t length_max; /* the most entries that it held at a time */
	bool stale;          /* the timerfd has to be set before the loop waits; holds an ev_ref */
	int64_t armed_ns;    /* what it is or will be set to; INT64_MAX: nothing */
	ev_io watcher;
	ev_prepare prepare;
	struct ev_loop *loop;
	timerq_fn *expired;
	void *ctx;
	size_t mapped; /* bytes of either array */
};

/*
 * Sets up an empty queue for at most `capacity` entries; `expired(ctx, id)` is called from the
 * loop once for each entry whose deadline has passed, in order of deadlines, and may push again.
 * The queue must not move while it is in use. Returns 0 or -errno (-ENOMEM, -EMFILE).
 */
int timerq_init(struct timerq *queue, struct ev_loop *loop, uint32_t capacity, timerq_fn *expired,
				void *ctx);

/*
 * Adds a deadline in ns of clock_now_ns (a past one is due at once). -ENOSPC when full. Needs
 * little stack (no call into libc or libev), so that a task on 1 KiB can call it.
 */
int timerq_push(struct timerq *queue, int64_t deadline_ns, uint64_t id);

/* Forgets what is pending and gives everything back; the loop must still exist. */
void timerq_release(struct timerq *queue);

#endif
