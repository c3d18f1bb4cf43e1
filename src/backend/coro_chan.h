// SPDX-License-Identifier: MIT
/*
 * Channels and locks of coroutines. All tasks run on one thread, and none is interrupted: nothing
 * is atomic, and a value goes straight to the task that waits for it.
 *
 * A task that waits is in the queue of the channel or the lock by the `next` of its control block,
 * which no run queue needs then. What it waits for, or wants to put, lies in the `got` of that
 * block and not on its stack: who resumes it has the value in registers by the way, and a copied
 * stack has no address while its task is parked.
 */
#ifndef CONCBENCH_CORO_CHAN_H
#define CONCBENCH_CORO_CHAN_H

#include "task.h"

struct chan *coro_chan_open(uint32_t capacity);
int coro_chan_put(struct chan *chan, uint64_t value);
struct gen_value coro_chan_get(struct chan *chan);
void coro_chan_close(struct chan *chan);
void coro_chan_free(struct chan *chan);

/* NULL for a spin lock: on one thread, whom one spins for cannot run. */
struct lock *coro_lock_open(enum task_lock kind);
void coro_lock_acquire(struct lock *lock);
void coro_lock_release(struct lock *lock);
void coro_lock_free(struct lock *lock);

#endif
