// SPDX-License-Identifier: MIT
/*
 * fib_generators in callback style, as asynchronous generators have it: a pull is an event for the
 * generator, which hands its next value to the consumer, which pulls from the next generator.
 *
 * A value is one callback through libev's pending queue. Each callback feeds exactly one event, so
 * that the queue never holds more than one and its last-in first-out order does not matter. The
 * watchers are never started: nothing but ev_feed_event triggers them. With through=scheduler an
 * idle watcher does so, once each time the loop comes round.
 */
#include "fib_generators.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct generator {
	struct ev_watcher pulled; /* first, so that the callback's watcher is the generator; its data
								 is the consumer */
	uint64_t a, b;            /* the next value and the one after it */
	uint64_t left;            /* of its share of the present round */
	uint64_t share;
};

struct consumer {
	struct generator *first, *end, *next;
	uint64_t run_left; /* values until something else is to be done */
	bool scheduled;    /* through=scheduler */
	uint64_t sum;
	struct arena *arena;
	uint64_t run;        /* values of the present run */
	uint64_t round_left; /* values after the present run */
	uint64_t round;
	struct fib_generators_batch batch;
	ev_idle turn; /* through=scheduler: the loop has come round; its data is the consumer */
	struct generator generators[];
};

static void start_run(struct consumer *consumer)
{
	consumer->run = fib_generators_run(&consumer->batch, consumer->round_left);
	consumer->run_left = consumer->run;
	consumer->round_left -= consumer->run;
}

static void start_round(struct consumer *consumer)
{
	/* Every round begins with the first generator, whose share has the remainder. */
	consumer->next = consumer->first;
	consumer->sum = 0;
	consumer->round_left = (uint64_t)arena_param(consumer->arena, FIB_GENERATORS_VALUES);
	start_run(consumer);
}

static void finish(struct ev_loop *loop, struct consumer *consumer)
{
	struct arena *arena = consumer->arena;
	int64_t start_ns = clock_now_ns();
	uint32_t generators = (uint32_t)arena_param(arena, FIB_GENERATORS_GENERATORS);

	for (uint32_t i = 0; i < generators; i++)
		arena_task_end(arena, i, start_ns);
	ev_idle_stop(loop, &consumer->turn);
	free(consumer);
	arena->drain_ns = clock_now_ns() - start_ns;
}

/* The present run is over. Starts the next one; false where that was the last. */
static bool finish_run(struct ev_loop *loop, struct consumer *consumer)
{
	struct arena *arena = consumer->arena;

	fib_generators_ran(arena, &consumer->batch, consumer->run);
	if (consumer->round_left > 0) {
		start_run(consumer);
		return true;
	}
	arena_round_end(arena, (uint64_t)arena_param(arena, FIB_GENERATORS_VALUES), consumer->sum);
	if (arena_round_wanted(arena, ++consumer->round)) {
		start_round(consumer);
		return true;
	}
	arena_window_close(arena);
	finish(loop, consumer);
	return false;
}

static inline void pull_now(struct ev_loop *loop, struct consumer *consumer)
{
	struct generator *generator = consumer->next;

	consumer->next = generator + 1 == consumer->end ? consumer->first : generator + 1;
	ev_feed_event(loop, generator, EV_CUSTOM);
}

/* through=scheduler: nothing else is pending, and the loop has polled. */
static void on_turn(struct ev_loop *loop, ev_idle *turn, int revents)
{
	(void)revents;
	pull_now(loop, turn->data);
}

static inline void pull(struct ev_loop *loop, struct consumer *consumer)
{
	if (!consumer->scheduled)
		pull_now(loop, consumer);
}

static inline void consume(struct ev_loop *loop, struct consumer *consumer, uint64_t value)
{
	consumer->sum += value;
	if (--consumer->run_left > 0 || finish_run(loop, consumer))
		pull(loop, consumer);
}

static void on_pull(struct ev_loop *loop, struct ev_watcher *watcher, int revents)
{
	struct generator *generator = (struct generator *)watcher;
	uint64_t value = generator->a;

	(void)revents;
	generator->a = generator->b;
	generator->b += value;
	if (--generator->left == 0) {
		generator->a = 0;
		generator->b = 1;
		generator->left = generator->share;
	}
	consume(loop, watcher->data, value);
}

static void generator_init(struct generator *generator, struct consumer *consumer, uint64_t share)
{
	ev_init(&generator->pulled, on_pull);
	generator->pulled.data = consumer;
	generator->a = 0;
	generator->b = 1;
	generator->left = share;
	generator->share = share;
}

static struct consumer *consumer_new(struct arena *arena)
{
	uint32_t generators = (uint32_t)arena_param(arena, FIB_GENERATORS_GENERATORS);
	int64_t start_ns = clock_now_ns();
	struct consumer *consumer =
		calloc(1, sizeof(*consumer) + generators * sizeof(consumer->generators[0]));

	if (!consumer)
		return NULL;
	ev_idle_init(&consumer->turn, on_turn);
	consumer->turn.data = consumer;
	consumer->scheduled = fib_generators_scheduled(arena);
	consumer->arena = arena;
	consumer->first = consumer->generators;
	consumer->next = consumer->generators;
	consumer->end = consumer->generators + generators;
	for (uint32_t i = 0; i < generators; i++) {
		generator_init(&consumer->generators[i], consumer, fib_generators_share(arena->params, i));
		arena_task_begin(arena, i, clock_now_ns());
	}
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = generators;
	return consumer;
}

int fib_generators_event(struct event *event, int fd)
{
	struct arena *arena = event->arena;
	struct consumer *consumer = consumer_new(arena);

	(void)fd;
	if (!consumer)
		return -ENOMEM;
	arena_window_open(arena);
	consumer->batch = fib_generators_batch_start(arena);
	start_round(consumer);
	/* The loop invokes what is pending before anything else, although no watcher is active. */
	if (consumer->scheduled)
		ev_idle_start(event->loop, &consumer->turn);
	pull(event->loop, consumer);
	return 0;
}
