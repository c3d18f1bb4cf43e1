// SPDX-License-Identifier: MIT
/*
 * bounded_queue in direct style: the queue is a channel, and waiting for room or for an item is
 * what chan_put and chan_get do by themselves.
 */
#include "bounded_queue.h"

#include <errno.h>

#include "task.h"

struct worker {
	struct chan *queue, *done;
	uint64_t round;
	uint32_t number; /* among the producers, or among the consumers */
};

static void producer(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct worker *self = arg;
	const uint64_t items = (uint64_t)arena_param(arena, BOUNDED_QUEUE_ITEMS);
	const uint32_t producers = (uint32_t)arena_param(arena, BOUNDED_QUEUE_PRODUCERS);
	const uint32_t place = (uint32_t)arena_param(arena, BOUNDED_QUEUE_CONSUMERS) + self->number;

	(void)fd;
	arena_task_begin(arena, place, clock_now_ns());
	for (uint64_t item = self->number + 1; item <= items; item += producers) {
		bounded_queue_put(arena, self->round, item);
		chan_put(t, self->queue, item);
	}
	chan_put(t, self->done, 0);
	arena_task_end(arena, place, clock_now_ns());
}

static void consumer(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct worker *self = arg;
	struct bounded_queue_taken taken = {0};
	uint64_t item;

	(void)fd;
	arena_task_begin(arena, self->number, clock_now_ns());
	/* Ends with the pill. */
	while ((item = chan_get(t, self->queue).value) != BOUNDED_QUEUE_PILL)
		bounded_queue_take(arena, self->round, item, &taken);
	bounded_queue_note(arena, self->number, &taken);
	arena_task_end(arena, self->number, clock_now_ns());
}

/* ---- the root ---- */

static int spawn_workers(const struct task_ops *t, struct worker worker, task_fn *fn, uint32_t n)
{
	int error = 0;

	for (worker.number = 0; worker.number < n && error == 0; worker.number++)
		error = task_spawn(t, fn, &worker, sizeof(worker), -1);
	return error;
}

/* 0 or -errno. */
static int run_round(const struct task_ops *t, struct arena *arena, struct worker worker)
{
	const uint32_t producers = (uint32_t)arena_param(arena, BOUNDED_QUEUE_PRODUCERS);
	const uint32_t consumers = (uint32_t)arena_param(arena, BOUNDED_QUEUE_CONSUMERS);
	int error = spawn_workers(t, worker, consumer, consumers);

	if (!error)
		error = spawn_workers(t, worker, producer, producers);
	if (error)
		return error;
	for (uint32_t i = 0; i < producers; i++)
		chan_get(t, worker.done);
	for (uint32_t i = 0; i < consumers; i++)
		chan_put(t, worker.queue, BOUNDED_QUEUE_PILL);
	error = task_join(t);
	bounded_queue_round_end(arena);
	return error;
}

static int run_rounds(const struct task_ops *t, struct arena *arena, struct worker worker)
{
	int error = 0;

	arena_window_open(arena);
	for (; arena_round_wanted(arena, worker.round) && error == 0; worker.round++)
		error = run_round(t, arena, worker);
	arena_window_close(arena);
	return error;
}

void bounded_queue_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct worker worker = {
		.queue = chan_open(t, (uint32_t)arena_param(arena, BOUNDED_QUEUE_CAPACITY)),
		.done = chan_open(t, (uint32_t)arena_param(arena, BOUNDED_QUEUE_PRODUCERS)),
	};
	int error = -ENOMEM;

	(void)arg;
	(void)fd;
	if (worker.queue && worker.done)
		error = run_rounds(t, arena, worker);
	if (error) {
		arena_fail(arena, "bounded_queue", error);
		return; /* tasks that did start may still use the channels */
	}
	chan_free(t, worker.queue);
	chan_free(t, worker.done);
}
