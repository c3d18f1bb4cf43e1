// SPDX-License-Identifier: MIT
/*
 * bounded_queue in callback style: the queue is an array. A producer's callback puts items until
 * there is no room and then waits in a list; a consumer's takes items until there is none. Who
 * makes room, or puts an item, feeds an event to the first that waits for it.
 *
 * A worker is fed only when it waits, so it is never pending twice.
 */
#include "bounded_queue.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct worker {
	struct ev_watcher run; /* first, so that the callback's watcher is the worker; its data is the
							  queue */
	struct worker *next;   /* in a list of those that wait */
	uint32_t number;       /* among the producers, or among the consumers */
	uint64_t item;         /* producer: the next one to be put */
	struct bounded_queue_taken taken;
};

/* Workers that wait, first in, first out. */
struct waiters {
	struct worker *head, **tail;
};

struct queue {
	struct arena *arena;
	struct waiters producers, consumers;
	uint32_t n_producers, n_consumers, producing, consuming;
	uint32_t pills; /* still to be put, by the last producer */
	uint64_t items, round;
	uint32_t capacity, first, count;
	uint64_t *slots;
	struct worker workers[]; /* consumers, then producers */
};

static void wait_for_event(struct waiters *waiters, struct worker *worker)
{
	worker->next = NULL;
	if (!waiters->head)
		waiters->tail = &waiters->head;
	*waiters->tail = worker;
	waiters->tail = &worker->next;
}

static void feed_first(struct ev_loop *loop, struct waiters *waiters)
{
	struct worker *worker = waiters->head;

	if (!worker)
		return;
	waiters->head = worker->next;
	ev_feed_event(loop, worker, EV_CUSTOM);
}

static void queue_put(struct queue *queue, uint64_t item)
{
	uint32_t at = queue->first + queue->count++;

	queue->slots[at < queue->capacity ? at : at - queue->capacity] = item;
}

static uint64_t queue_take(struct queue *queue)
{
	uint64_t item = queue->slots[queue->first];

	queue->first = queue->first + 1 < queue->capacity ? queue->first + 1 : 0;
	queue->count--;
	return item;
}

/* ---- a round ---- */

static void start_round(struct ev_loop *loop, struct queue *queue)
{
	uint32_t n = queue->n_consumers + queue->n_producers;
	int64_t now_ns = clock_now_ns();

	queue->consuming = queue->n_consumers;
	queue->producing = queue->n_producers;
	queue->pills = queue->n_consumers;
	for (uint32_t i = 0; i < n; i++) {
		struct worker *worker = &queue->workers[i];

		worker->item = worker->number + 1;
		worker->taken = (struct bounded_queue_taken){0};
		arena_task_begin(queue->arena, i, now_ns);
		if (i < queue->n_consumers)
			wait_for_event(&queue->consumers, worker);
		else
			wait_for_event(&queue->producers, worker);
	}
	feed_first(loop, &queue->producers);
}

static void finish_round(struct ev_loop *loop, struct queue *queue)
{
	bounded_queue_round_end(queue->arena);
	if (arena_round_wanted(queue->arena, ++queue->round)) {
		start_round(loop, queue);
		return;
	}
	arena_window_close(queue->arena);
	free(queue->slots);
	free(queue);
}

/* The next thing that a producer is to put, a pill after the last item of all; false: nothing. */
static bool producer_next(struct queue *queue, struct worker *worker, uint64_t *item)
{
	*item = worker->item;
	if (worker->item <= queue->items)
		return true;
	*item = BOUNDED_QUEUE_PILL;
	return queue->producing == 1 && queue->pills > 0;
}

static void on_producer(struct ev_loop *loop, struct ev_watcher *watcher, int revents)
{
	struct worker *worker = (struct worker *)watcher;
	struct queue *queue = watcher->data;
	uint64_t item;

	(void)revents;
	while (producer_next(queue, worker, &item)) {
		if (queue->count == queue->capacity) {
			wait_for_event(&queue->producers, worker);
			return;
		}
		if (item == BOUNDED_QUEUE_PILL) {
			queue->pills--;
		} else {
			bounded_queue_put(queue->arena, queue->round, item);
			worker->item += queue->n_producers;
		}
		queue_put(queue, item);
		feed_first(loop, &queue->consumers);
	}
	queue->producing--;
	arena_task_end(queue->arena, queue->n_consumers + worker->number, clock_now_ns());
	/* There may be room left, of which nobody else would tell the next one. */
	feed_first(loop, &queue->producers);
}

static void on_consumer(struct ev_loop *loop, struct ev_watcher *watcher, int revents)
{
	struct worker *worker = (struct worker *)watcher;
	struct queue *queue = watcher->data;

	(void)revents;
	while (queue->count > 0) {
		uint64_t item = queue_take(queue);

		feed_first(loop, &queue->producers);
		if (item != BOUNDED_QUEUE_PILL) {
			bounded_queue_take(queue->arena, queue->round, item, &worker->taken);
			continue;
		}
		bounded_queue_note(queue->arena, worker->number, &worker->taken);
		arena_task_end(queue->arena, worker->number, clock_now_ns());
		if (--queue->consuming == 0)
			finish_round(loop, queue);
		return;
	}
	wait_for_event(&queue->consumers, worker);
}

/* ---- set-up ---- */

static struct queue *queue_new(struct arena *arena)
{
	uint32_t consumers = (uint32_t)arena_param(arena, BOUNDED_QUEUE_CONSUMERS);
	uint32_t producers = (uint32_t)arena_param(arena, BOUNDED_QUEUE_PRODUCERS);
	uint32_t capacity = (uint32_t)arena_param(arena, BOUNDED_QUEUE_CAPACITY);
	struct queue *queue =
		calloc(1, sizeof(*queue) + (consumers + producers) * sizeof(queue->workers[0]));

	if (!queue)
		return NULL;
	queue->slots = calloc(capacity, sizeof(*queue->slots));
	if (!queue->slots) {
		free(queue);
		return NULL;
	}
	queue->arena = arena;
	queue->capacity = capacity;
	queue->items = (uint64_t)arena_param(arena, BOUNDED_QUEUE_ITEMS);
	queue->n_consumers = consumers;
	queue->n_producers = producers;
	for (uint32_t i = 0; i < consumers + producers; i++) {
		struct worker *worker = &queue->workers[i];

		ev_init(&worker->run, i < consumers ? on_consumer : on_producer);
		worker->run.data = queue;
		worker->number = i < consumers ? i : i - consumers;
	}
	return queue;
}

int bounded_queue_event(struct event *event, int fd)
{
	struct queue *queue = queue_new(event->arena);

	(void)fd;
	if (!queue)
		return -ENOMEM;
	event->body = queue;
	arena_window_open(event->arena);
	/* The loop invokes what is pending before anything else, although no watcher is active. */
	start_round(event->loop, queue);
	return 0;
}
