// SPDX-License-Identifier: MIT
/* Channels and locks of coroutines: queues of parked tasks; see coro_chan.h. */
#include "coro_chan.h"

#include <errno.h>
#include <stdlib.h>

#include "coro.h"

/* Parked tasks, first in, first out. */
struct waiters {
	struct coro *head, **tail; /* tail: where the next one is hung; valid while head is not NULL */
};

struct chan {
	struct waiters getters; /* only while it is empty */
	struct waiters putters; /* only while it is full */
	uint32_t capacity, first, count;
	bool closed;
	uint64_t values[]; /* a ring, from `first` on */
};

struct lock {
	struct waiters waiters;
	bool held;
};

/* ---- waiting ---- */

static inline struct gen_value *waiter_slot(const struct coro *coro)
{
	return &coro_rt.slots[coro - coro_rt.coros];
}

/* Appends the running task, which then has to park. */
static inline void waiters_push_self(struct waiters *waiters)
{
	struct coro *me = coro_rt.current;

	me->next = NULL;
	if (!waiters->head)
		waiters->tail = &waiters->head;
	*waiters->tail = me;
	waiters->tail = &me->next;
}

/* Takes the first out, gives it its value and lets it run. */
static inline void waiters_wake(struct waiters *waiters, struct gen_value got)
{
	struct coro *first = waiters->head;

	waiters->head = first->next;
	*waiter_slot(first) = got;
	coro_ready(first);
}

/* ---- channels ---- */

struct chan *coro_chan_open(uint32_t capacity)
{
	struct chan *chan;

	if (capacity == 0)
		return NULL;
	chan = calloc(1, sizeof(*chan) + capacity * sizeof(chan->values[0]));
	if (chan)
		chan->capacity = capacity;
	return chan;
}

static void chan_append(struct chan *chan, uint64_t value)
{
	uint32_t at = chan->first + chan->count++;

	chan->values[at < chan->capacity ? at : at - chan->capacity] = value;
}

static uint64_t chan_remove(struct chan *chan)
{
	uint64_t value = chan->values[chan->first];

	chan->first = chan->first + 1 < chan->capacity ? chan->first + 1 : 0;
	chan->count--;
	return value;
}

/* Who makes room stores the value, which waits in the slot, and says so there. */
static int chan_put_parked(struct chan *chan, uint64_t value)
{
	const struct gen_value *slot = waiter_slot(coro_rt.current);

	*waiter_slot(coro_rt.current) = (struct gen_value){value, 0};
	waiters_push_self(&chan->putters);
	coro_park();
	return slot->more ? 0 : -EPIPE;
}

int coro_chan_put(struct chan *chan, uint64_t value)
{
	if (chan->closed)
		return -EPIPE;
	if (chan->getters.head) {
		waiters_wake(&chan->getters, (struct gen_value){value, 1});
		return 0;
	}
	if (chan->count == chan->capacity)
		return chan_put_parked(chan, value);
	chan_append(chan, value);
	return 0;
}

struct gen_value coro_chan_get(struct chan *chan)
{
	struct gen_value got;

	if (chan->count == 0) {
		if (chan->closed)
			return (struct gen_value){0};
		waiters_push_self(&chan->getters);
		return coro_park_for(waiter_slot(coro_rt.current));
	}
	got = (struct gen_value){chan_remove(chan), 1};
	if (chan->putters.head) {
		chan_append(chan, waiter_slot(chan->putters.head)->value);
		waiters_wake(&chan->putters, (struct gen_value){0, 1});
	}
	return got;
}

void coro_chan_close(struct chan *chan)
{
	chan->closed = true;
	while (chan->getters.head)
		waiters_wake(&chan->getters, (struct gen_value){0});
	while (chan->putters.head)
		waiters_wake(&chan->putters, (struct gen_value){0});
}

void coro_chan_free(struct chan *chan)
{
	free(chan);
}

/* ---- locks ---- */

struct lock *coro_lock_open(enum task_lock kind)
{
	/* All other kinds are the same here: one holder, and the rest in a queue. */
	return kind == TASK_LOCK_SPIN ? NULL : calloc(1, sizeof(struct lock));
}

/* It is handed over held, so that nobody can come between. */
void coro_lock_acquire(struct lock *lock)
{
	if (!lock->held) {
		lock->held = true;
		return;
	}
	waiters_push_self(&lock->waiters);
	coro_park();
}

void coro_lock_release(struct lock *lock)
{
	if (lock->waiters.head)
		waiters_wake(&lock->waiters, (struct gen_value){0, 1});
	else
		lock->held = false;
}

void coro_lock_free(struct lock *lock)
{
	free(lock);
}
