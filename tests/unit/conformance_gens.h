// SPDX-License-Identifier: MIT
/* Conformance: generators. */
#ifndef CONCBENCH_CONFORMANCE_GENS_H
#define CONCBENCH_CONFORMANCE_GENS_H

#include "conformance.h"

/* first, first + step, first + 2 * step, ...: `count` values, for ever if it is 0. */
struct count_arg {
	uint64_t first, step, count;
};

/* Cell 0 counts generators that came to their end, cell 1 those that were told to close. */
static void count_gen(const struct task_ops *t, struct arena *arena, struct gen *self,
					  const void *arg)
{
	const struct count_arg *range = arg;
	uint64_t value = range->first;

	for (uint64_t i = 0; i < range->count || !range->count; i++, value += range->step) {
		if (!gen_yield(t, self, value)) {
			cell_add(arena, 1, 1);
			return;
		}
	}
	cell_add(arena, 0, 1);
}

static struct gen *count_open(const struct task_ops *t, struct arena *arena, struct count_arg range)
{
	struct gen *gen = gen_open(t, count_gen, &range, sizeof(range));

	WANT(arena, gen != NULL);
	range = (struct count_arg){0}; /* it has its own copy */
	__asm__ volatile("" : : "m"(range));
	return gen;
}

static bool value_is(struct gen_value got, uint64_t value)
{
	return got.more && got.value == value;
}

static bool value_ended(struct gen_value got)
{
	return !got.more && !got.value;
}

static void order_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct gen *gen = count_open(t, arena, (struct count_arg){.first = UINT64_MAX - 9, .step = 3});

	(void)arg;
	(void)fd;
	if (!gen)
		return;
	for (uint64_t i = 0; i < 200; i++)
		WANT(arena, value_is(gen_next(t, gen), UINT64_MAX - 9 + 3 * i));
	gen_close(t, gen);
	WANT(arena, cell_value(arena, 0) == 0 && cell_value(arena, 1) == 1);
}

static void end_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct gen *gen;

	(void)arg;
	(void)fd;
	for (uint64_t count = 1; count < 5; count++) {
		gen = count_open(t, arena, (struct count_arg){.step = 1, .count = count});
		if (!gen)
			return;
		for (uint64_t i = 0; i < count; i++)
			WANT(arena, value_is(gen_next(t, gen), i));
		for (int i = 0; i < 3; i++)
			WANT(arena, value_ended(gen_next(t, gen)));
		gen_close(t, gen);
		WANT(arena, cell_value(arena, 0) == (int64_t)count && cell_value(arena, 1) == 0);
	}
}

static void empty_gen(const struct task_ops *t, struct arena *arena, struct gen *self,
					  const void *arg)
{
	(void)t;
	(void)self;
	(void)arg;
	cell_add(arena, 0, 1);
}

static void empty_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct gen *gen = gen_open(t, empty_gen, NULL, 0);

	(void)arg;
	(void)fd;
	if (!WANT(arena, gen != NULL))
		return;
	WANT(arena, value_ended(gen_next(t, gen)));
	WANT(arena, value_ended(gen_next(t, gen)));
	gen_close(t, gen);
	WANT(arena, cell_value(arena, 0) == 1);
}

/* fn runs from the first pull on, not before. */
static void unpulled_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	for (int i = 0; i < 10; i++) {
		struct gen *gen = gen_open(t, empty_gen, NULL, 0);

		if (!WANT(arena, gen != NULL))
			return;
		gen_close(t, gen);
	}
	WANT(arena, cell_value(arena, 0) == 0);
}

static void ring_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const unsigned n = (unsigned)arena_param(arena, CASE_TASKS);
	/* Addresses of generators; kept off the small stack. Cells 0 and 1 are in use. */
	struct gen **gens = (struct gen **)cell(arena, 8);

	(void)arg;
	(void)fd;
	for (unsigned i = 0; i < n; i++) {
		gens[i] = count_open(t, arena, (struct count_arg){.first = i, .step = n, .count = i + 1});
		if (!gens[i])
			return;
	}
	for (unsigned round = 0; round < 10; round++)
		for (unsigned i = 0; i < n; i++) {
			const struct gen_value got = gen_next(t, gens[i]);

			WANT(arena, round <= i ? value_is(got, i + round * n) : value_ended(got));
		}
	for (unsigned i = 0; i < n; i++)
		gen_close(t, gens[i]);
	WANT(arena, cell_value(arena, 0) == 9); /* those with fewer than 10 values saw their end */
	WANT(arena, cell_value(arena, 1) == (int64_t)n - 9);
}

/* Twice the values of another generator, which it opens itself. */
static void double_gen(const struct task_ops *t, struct arena *arena, struct gen *self,
					   const void *arg)
{
	struct gen *source = gen_open(t, count_gen, arg, sizeof(struct count_arg));
	struct gen_value got;

	if (!WANT(arena, source != NULL))
		return;
	while ((got = gen_next(t, source)).more && gen_yield(t, self, 2 * got.value))
		;
	gen_close(t, source);
}

static void chain_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct count_arg range = {.first = 1, .step = 1, .count = 20};
	struct gen *gen = gen_open(t, double_gen, &range, sizeof(range));

	(void)arg;
	(void)fd;
	if (!WANT(arena, gen != NULL))
		return;
	for (uint64_t i = 1; i <= 20; i++)
		WANT(arena, value_is(gen_next(t, gen), 2 * i));
	WANT(arena, value_ended(gen_next(t, gen)));
	gen_close(t, gen);
	WANT(arena, cell_value(arena, 0) == 1);
}

/* Generators of a task that is not the root, while its siblings use theirs and its parent joins. */
static void consumer_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t first = *(const int64_t *)arg;
	struct gen *gen = count_open(t, arena, (struct count_arg){.first = (uint64_t)first, .step = 1});

	(void)fd;
	if (!gen)
		return;
	for (uint64_t i = 0; i < 20; i++) {
		WANT(arena, value_is(gen_next(t, gen), (uint64_t)first + i));
		task_yield(t);
	}
	WANT(arena, task_join(t) == 0); /* an open generator is no child */
	gen_close(t, gen);
}

static void consumers_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	for (int64_t i = 0; i < 8; i++)
		WANT(arena, task_spawn(t, consumer_task, &i, sizeof(i), -1) == 0);
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 1) == 8);
}

/* Tasks come and go between the pulls; join waits for them and not for the generator. */
static void mixed_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)arg;
	(void)fd;
	cell_add(arena, 2, 1);
}

static void mixed_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct gen *gen = count_open(t, arena, (struct count_arg){.step = 1, .count = 10});

	(void)arg;
	(void)fd;
	if (!gen)
		return;
	for (int64_t i = 0; i < 15; i++) {
		const struct gen_value got = gen_next(t, gen);

		WANT(arena, i < 10 ? value_is(got, (uint64_t)i) : value_ended(got));
		WANT(arena, task_spawn(t, mixed_task, NULL, 0, -1) == 0);
		WANT(arena, task_join(t) == 0);
		WANT(arena, cell_value(arena, 2) == i + 1);
	}
	gen_close(t, gen);
	WANT(arena, task_join(t) == 0);
}

static const struct conformance_case gen_cases[] = {
	{.name = "order of generator values", .task = order_root, .tasks = 1},
	{.name = "generator with an end", .task = end_root, .tasks = 1},
	{.name = "generator without values", .task = empty_root, .tasks = 1},
	{.name = "generator never pulled", .task = unpulled_root, .tasks = 1},
	{.name = "100 generators at once", .task = ring_root, .tasks = 100},
	{.name = "generator of a generator", .task = chain_root, .tasks = 2},
	{.name = "generators of several tasks", .task = consumers_root, .tasks = 16},
	{.name = "generator among tasks", .task = mixed_root, .tasks = 2},
};

#endif
