// SPDX-License-Identifier: MIT
/*
 * Queues of coroutines, first in, first out, linked by the `next` of their control blocks: the run
 * queue, and those who wait in a channel or for a lock. With the channels' this is the path of each
 * value that one task gives to another, so it is inlined there, and an only one in a queue, which
 * is the rule there, costs one store on the way in and one on the way out.
 *
 *   none   head NULL               one   head -> A, last NULL
 *   more   head -> A -> B -> C <- last        (C->next says nothing)
 */
#ifndef CONCBENCH_CORO_QUEUE_H
#define CONCBENCH_CORO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "coro.h"

static inline void coro_queue_push(struct coro_queue *queue, struct coro *coro)
{
	if (__builtin_expect(!queue->head, 1)) {
		queue->head = coro;
		return;
	}
	if (queue->last)
		queue->last->next = coro;
	else
		queue->head->next = coro;
	queue->last = coro;
}

/* Takes the first out; there is one. */
static inline struct coro *coro_queue_pop(struct coro_queue *queue)
{
	struct coro *first = queue->head;

	if (__builtin_expect(!queue->last, 1)) {
		queue->head = NULL;
		return first;
	}
	queue->head = first->next;
	if (queue->last == queue->head)
		queue->last = NULL;
	return first;
}

/* ---- the run queue ---- */

static inline bool coro_none_ready(void)
{
	return !coro_rt.ready.head;
}

/* Appends a parked task, whose wait will return its `got`. */
static inline void coro_push(struct coro *coro)
{
	if (__builtin_expect(!coro_none_ready(), 0))
		coro_rt.behind++;
	coro_queue_push(&coro_rt.ready, coro);
}

/* Takes the first out, which there is, and has the second's stack fetched. */
static inline struct coro *coro_pop(void)
{
	struct coro *first = coro_queue_pop(&coro_rt.ready);

	if (__builtin_expect(!coro_none_ready(), 0)) {
		if (coro_rt.behind > coro_rt.behind_max)
			coro_rt.behind_max = coro_rt.behind;
		coro_rt.behind--;
		__builtin_prefetch(coro_rt.ready.head->sp);
	}
	return first;
}

/*
 * `next`, but as a guess that has come true: the one who ran after `me` the last time. Else a hop
 * is four loads that wait for each other: out of the stack of `me` its channel, from there the one
 * who waits in it, by the run queue, and from there its stack; with a guess the processor goes on
 * before it knows. A wrong one costs a comparison, and a misprediction where it used to be right.
 *
 * With stack=copy the place of the guess is taken while a task does not run, and none comes true.
 */
static inline struct coro *coro_guess(struct coro *me, struct coro *next)
{
	struct coro *guess = me->successor, *taken = guess;

	/* Hides from the compiler that they are equal: it would take `next`, and wait for it. */
	__asm__("" : "+r"(taken));
	if (__builtin_expect(guess != next, 0)) {
		me->successor = next;
		return next;
	}
	return taken;
}

/* Who is to run after the present task, and is the current one from here on. */
static inline struct coro *coro_next(void)
{
	struct coro *next = &coro_rt.coros[CORO_HUB];

	if (__builtin_expect(!coro_none_ready() && --coro_rt.budget >= 0, 1))
		next = coro_pop();
	next = coro_guess(coro_rt.current, next);
	coro_rt.current = next;
	return next;
}

#endif
