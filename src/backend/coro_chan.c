// SPDX-License-Identifier: MIT
/* Channels and locks of coroutines: queues of parked tasks; see coro_chan.h. */
#include "coro_chan.h"

#include <errno.h>
#include <stdlib.h>

#include "coro.h"
#include "coro_queue.h"

/* In `count`: nothing can be put any more. Such a channel has no waiters. */
#define CHAN_CLOSED ((uint32_t)1 << 31)

struct chan {
	struct coro_queue getters; /* only while it is empty */
	struct coro_queue putters; /* only while it is full */
	uint32_t capacity, first;
	uint32_t count; /* of values, and CHAN_CLOSED: open and empty, or open with room, is one test */
	uint64_t values[]; /* a ring, from `first` on */
};

struct lock {
	struct coro_queue waiters;
	bool held;
};

/*
 * Takes the first out of those who wait, and lets it go on with {value, more}. A `more` is nearly
 * always 1, as it was for the wait before.
 */
static inline void waiter_wake(struct coro_queue *waiters, uint64_t value, uint64_t more)
{
	struct coro *first = coro_queue_pop(waiters);

	first->got.value = value;
	if (__builtin_expect(first->got.more != more, 0))
		first->got.more = more;
	coro_push(first);
}

/* ---- channels ---- */

struct chan *coro_chan_open(uint32_t capacity)
{
	struct chan *chan;

	if (capacity == 0 || capacity >= CHAN_CLOSED)
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

/*
 * The paths of a value that is given from task to task, as short as they can be. `hot`: the linker
 * puts them beside the switch that they end in, because the prefetcher of data knows a load by the
 * low bits of its address, and where two of these had them in common a ring of 1,000 tasks took a
 * third longer. Other paths are apart, and calls of them jumps.
 */
#define CHAN_HOT __attribute__((hot))
#define CHAN_APART __attribute__((noinline))

/* Nobody waits for a value. One that finds no room waits in the control block of its task. */
static CHAN_APART int chan_put_apart(struct chan *chan, uint64_t value)
{
	struct coro *me = coro_rt.current;

	if (chan->count < chan->capacity) {
		chan_append(chan, value);
		return 0;
	}
	if (chan->count & CHAN_CLOSED)
		return -EPIPE;
	me->got.value = value;
	coro_queue_push(&chan->putters, me);
	return coro_swap(me, coro_next());
}

CHAN_HOT int coro_chan_put(struct chan *chan, uint64_t value)
{
	if (__builtin_expect(!chan->getters.head, 0))
		return chan_put_apart(chan, value);
	waiter_wake(&chan->getters, value, 1);
	return 0;
}

/* Of a channel that is not both open and empty. */
static CHAN_APART struct gen_value chan_get_apart(struct chan *chan)
{
	struct gen_value got;

	if (chan->count == CHAN_CLOSED)
		return (struct gen_value){0};
	got = (struct gen_value){chan_remove(chan), 1};
	if (chan->putters.head) {
		chan_append(chan, chan->putters.head->got.value);
		waiter_wake(&chan->putters, 0, 1);
	}
	return got;
}

CHAN_HOT struct gen_value coro_chan_get(struct chan *chan)
{
	struct coro *me = coro_rt.current;

	if (__builtin_expect(chan->count != 0, 0))
		return chan_get_apart(chan);
	coro_queue_push(&chan->getters, me);
	return coro_wait(me, coro_next());
}

void coro_chan_close(struct chan *chan)
{
	chan->count |= CHAN_CLOSED;
	while (chan->getters.head)
		waiter_wake(&chan->getters, 0, 0);
	while (chan->putters.head)
		waiter_wake(&chan->putters, (uint64_t)-EPIPE, 1);
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
	coro_queue_push(&lock->waiters, coro_rt.current);
	coro_park();
}

void coro_lock_release(struct lock *lock)
{
	if (lock->waiters.head)
		waiter_wake(&lock->waiters, 0, 1);
	else
		lock->held = false;
}

void coro_lock_free(struct lock *lock)
{
	free(lock);
}
