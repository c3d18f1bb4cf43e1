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

/* Who is to run after the present task, and is the current one from here on. */
static inline struct coro *coro_next(void)
{
	struct coro *next = &coro_rt.coros[CORO_HUB];

	if (__builtin_expect(!coro_none_ready() && --coro_rt.budget >= 0, 1))
		next = coro_pop();
	coro_rt.current = next;
	return next;
}

#endif
