// SPDX-License-Identifier: MIT
/*
 * fib_generators in direct style: a generator is a function that yields in the middle of its loop,
 * its state being local variables; the consumer is the root.
 */
#include "fib_generators.h"

#include <errno.h>
#include <stdlib.h>

#include "task.h"

struct fibonacci {
	uint64_t share;
	uint32_t generator;
};

static void fibonacci(const struct task_ops *t, struct arena *arena, struct gen *self,
					  const void *arg)
{
	const struct fibonacci *own = arg;
	uint64_t share = own->share, left = share;
	uint64_t a = 0, b = 1;

	arena_task_begin(arena, own->generator, clock_now_ns());
	while (gen_yield(t, self, a)) {
		uint64_t next = a + b;

		a = b;
		b = next;
		if (--left > 0)
			continue;
		a = 0;
		b = 1;
		left = share;
	}
	arena_task_end(arena, own->generator, clock_now_ns());
}

/* ---- through=scheduler: a generator is a task ---- */

struct fibonacci_task {
	struct fibonacci own;
	struct chan *chan;
};

/* Ends when the consumer has closed the channel. */
static void fibonacci_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct fibonacci_task *self = arg;
	uint64_t left = self->own.share;
	uint64_t a = 0, b = 1;

	(void)fd;
	arena_task_begin(arena, self->own.generator, clock_now_ns());
	while (chan_put(t, self->chan, a) == 0) {
		uint64_t next = a + b;

		a = b;
		b = next;
		if (--left > 0)
			continue;
		a = 0;
		b = 1;
		left = self->own.share;
	}
	arena_task_end(arena, self->own.generator, clock_now_ns());
}

/* ---- the consumer ---- */

/* The generators, in the order in which they are pulled. */
struct circle {
	struct gen **first, **end;
	struct gen **next;
	struct chan **chans; /* through=scheduler: in place of the above, `n_chans` of them */
	uint32_t n_chans, next_chan;
};

static bool pull_from_tasks(const struct task_ops *t, struct circle *circle, uint64_t n,
							uint64_t *sum)
{
	for (; n > 0; n--) {
		struct gen_value value = chan_get(t, circle->chans[circle->next_chan]);

		if (!value.more)
			return false;
		*sum += value.value;
		if (++circle->next_chan == circle->n_chans)
			circle->next_chan = 0;
	}
	return true;
}

/* Pulls `n` values and adds them to *sum; false where a generator ended, which none should. */
static bool pull_in_turn(const struct task_ops *t, struct circle *circle, uint64_t n, uint64_t *sum)
{
	struct gen **next = circle->next;
	uint64_t added = 0;

	for (; n > 0; n--) {
		struct gen_value value = gen_next(t, *next);

		if (!value.more)
			return false;
		added += value.value;
		if (++next == circle->end)
			next = circle->first;
	}
	circle->next = next;
	*sum += added;
	return true;
}

/* The same for a single generator: nothing but the pulls. */
static bool pull_from_one(const struct task_ops *t, struct gen *gen, uint64_t n, uint64_t *sum)
{
	uint64_t added = 0;

	for (; n > 0; n--) {
		struct gen_value value = gen_next(t, gen);

		if (!value.more)
			return false;
		added += value.value;
	}
	*sum += added;
	return true;
}

static bool pull(const struct task_ops *t, struct circle *circle, uint64_t n, uint64_t *sum)
{
	if (circle->chans)
		return pull_from_tasks(t, circle, n, sum);
	if (circle->end - circle->first == 1)
		return pull_from_one(t, *circle->first, n, sum);
	return pull_in_turn(t, circle, n, sum);
}

/* True when all values came; otherwise the trial has failed. */
static bool run_round(const struct task_ops *t, struct arena *arena, struct circle *circle,
					  struct fib_generators_batch *batch)
{
	uint64_t values = (uint64_t)arena_param(arena, FIB_GENERATORS_VALUES);
	uint64_t left = values, sum = 0;

	/* Every round begins with the first generator, whose share has the remainder. */
	circle->next = circle->first;
	circle->next_chan = 0;
	/* Ends because a run has at least one value. */
	while (left > 0) {
		uint64_t run = fib_generators_run(batch, left);

		if (!pull(t, circle, run, &sum)) {
			arena_fail(arena, "a generator ended by itself", 0);
			return false;
		}
		fib_generators_ran(arena, batch, run);
		left -= run;
	}
	arena_round_end(arena, values, sum);
	return true;
}

static void run_rounds(const struct task_ops *t, struct arena *arena, struct circle *circle)
{
	struct fib_generators_batch batch;

	arena_window_open(arena);
	batch = fib_generators_batch_start(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++)
		if (!run_round(t, arena, circle, &batch))
			break;
	arena_window_close(arena);
}

/* ---- the root ---- */

/* Opens generators for the places from circle->first on; false where there was no room for all. */
static bool open_all(const struct task_ops *t, struct arena *arena, struct circle *circle,
					 uint32_t generators)
{
	int64_t start_ns = clock_now_ns();
	struct fibonacci arg = {0};

	for (; arg.generator < generators; arg.generator++) {
		arg.share = fib_generators_share(arena->params, arg.generator);
		*circle->end = gen_open(t, fibonacci, &arg, sizeof(arg));
		if (!*circle->end)
			return false;
		circle->end++;
	}
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = generators;
	return true;
}

static void close_all(const struct task_ops *t, struct arena *arena, const struct circle *circle)
{
	int64_t start_ns = clock_now_ns();

	for (struct gen **gen = circle->first; gen < circle->end; gen++)
		gen_close(t, *gen);
	arena->drain_ns = clock_now_ns() - start_ns;
}

/* The same for through=scheduler. */
static bool start_all(const struct task_ops *t, struct arena *arena, struct circle *circle,
					  uint32_t generators)
{
	int64_t start_ns = clock_now_ns();
	struct fibonacci_task arg = {.chan = NULL};

	for (; arg.own.generator < generators; arg.own.generator++) {
		arg.own.share = fib_generators_share(arena->params, arg.own.generator);
		arg.chan = chan_open(t, 1);
		if (!arg.chan)
			return false;
		circle->chans[circle->n_chans++] = arg.chan;
		if (task_spawn(t, fibonacci_task, &arg, sizeof(arg), -1))
			return false;
	}
	arena->spawn_ns = clock_now_ns() - start_ns;
	arena->tasks_spawned = generators;
	return true;
}

static void end_all(const struct task_ops *t, struct arena *arena, const struct circle *circle)
{
	int64_t start_ns = clock_now_ns();
	int error;

	for (uint32_t i = 0; i < circle->n_chans; i++)
		chan_close(t, circle->chans[i]);
	error = task_join(t);
	if (error)
		arena_fail(arena, "join", error);
	for (uint32_t i = 0; i < circle->n_chans; i++)
		chan_free(t, circle->chans[i]);
	arena->drain_ns = clock_now_ns() - start_ns;
}

static void consume_tasks(const struct task_ops *t, struct arena *arena, uint32_t generators)
{
	struct circle circle = {.chans = calloc(generators, sizeof(struct chan *))};

	if (circle.chans && start_all(t, arena, &circle, generators))
		run_rounds(t, arena, &circle);
	else
		arena_fail(arena, "chan_open or spawn", ENOMEM);
	end_all(t, arena, &circle);
	free(circle.chans);
}

static void consume_generators(const struct task_ops *t, struct arena *arena, uint32_t generators)
{
	struct gen **gens = calloc(generators, sizeof(struct gen *));
	struct circle circle = {.first = gens, .end = gens, .next = gens};

	if (gens && open_all(t, arena, &circle, generators))
		run_rounds(t, arena, &circle);
	else
		arena_fail(arena, "gen_open", ENOMEM);
	close_all(t, arena, &circle);
	free(gens);
}

void fib_generators_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	uint32_t generators = (uint32_t)arena_param(arena, FIB_GENERATORS_GENERATORS);

	(void)arg;
	(void)fd;
	if (fib_generators_scheduled(arena))
		consume_tasks(t, arena, generators);
	else
		consume_generators(t, arena, generators);
}
