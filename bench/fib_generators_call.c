// SPDX-License-Identifier: MIT
/*
 * fib_generators by plain calls: the baseline. A generator is an object with a method, and a value
 * is one call through a pointer that the compiler cannot see through.
 */
#include "fib_generators.h"

#include <errno.h>
#include <stdlib.h>

struct generator {
	uint64_t (*next)(struct generator *self);
	uint64_t a, b; /* the next value and the one after it */
	uint64_t left; /* of its share of the present round */
	uint64_t share;
};

static uint64_t generator_next(struct generator *self)
{
	uint64_t value = self->a;

	self->a = self->b;
	self->b += value;
	if (--self->left == 0) {
		self->a = 0;
		self->b = 1;
		self->left = self->share;
	}
	return value;
}

static void open_all(struct arena *arena, struct generator *generators, uint32_t n)
{
	int64_t start_ns = clock_now_ns();
	uint64_t (*next)(struct generator *) = generator_next;

	/* An empty instruction that might have changed it: from here on any function could be there. */
	__asm__("" : "+r"(next));
	for (uint32_t i = 0; i < n; i++) {
		uint64_t share = fib_generators_share(arena->params, i);

		generators[i] = (struct generator){.next = next, .b = 1, .left = share, .share = share};
		arena_task_begin(arena, i, clock_now_ns());
	}
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = n;
}

static void close_all(struct arena *arena, struct generator *generators, uint32_t n)
{
	int64_t start_ns = clock_now_ns();

	for (uint32_t i = 0; i < n; i++)
		arena_task_end(arena, i, start_ns);
	free(generators);
	arena->drain_ns = clock_now_ns() - start_ns;
}

/* The generators, in the order in which they are called. */
struct circle {
	struct generator *first, *end, *next;
};

static uint64_t sum_in_turn(struct circle *circle, uint64_t n)
{
	struct generator *next = circle->next;
	uint64_t sum = 0;

	for (; n > 0; n--) {
		sum += next->next(next);
		if (++next == circle->end)
			next = circle->first;
	}
	circle->next = next;
	return sum;
}

static uint64_t sum_of_one(struct generator *generator, uint64_t n)
{
	uint64_t sum = 0;

	for (; n > 0; n--)
		sum += generator->next(generator);
	return sum;
}

static uint64_t sum_run(struct circle *circle, uint64_t n)
{
	if (circle->end - circle->first == 1)
		return sum_of_one(circle->first, n);
	return sum_in_turn(circle, n);
}

static void run_round(struct arena *arena, struct circle *circle,
					  struct fib_generators_batch *batch)
{
	uint64_t values = (uint64_t)arena_param(arena, FIB_GENERATORS_VALUES);
	uint64_t left = values, sum = 0;

	/* Every round begins with the first generator, whose share has the remainder. */
	circle->next = circle->first;
	/* Ends because a run has at least one value. */
	while (left > 0) {
		uint64_t run = fib_generators_run(batch, left);

		sum += sum_run(circle, run);
		fib_generators_ran(arena, batch, run);
		left -= run;
	}
	arena_round_end(arena, values, sum);
}

int fib_generators_call(struct arena *arena)
{
	uint32_t n = (uint32_t)arena_param(arena, FIB_GENERATORS_GENERATORS);
	struct generator *generators = calloc(n, sizeof(*generators));
	struct circle circle = {.first = generators, .end = generators + n, .next = generators};
	struct fib_generators_batch batch;

	if (!generators)
		return -ENOMEM;
	open_all(arena, generators, n);
	arena_window_open(arena);
	batch = fib_generators_batch_start(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++)
		run_round(arena, &circle, &batch);
	arena_window_close(arena);
	close_all(arena, generators, n);
	return 0;
}
