// SPDX-License-Identifier: MIT
/*
 * cpu_scale: pure computation shared out among tasks. Which models use more than one CPU, and what
 * is left of that under a global lock?
 *
 * One operation: one unit was computed. A round starts `tasks` tasks, shares its `units` among them
 * and joins them. All work is the same for every number of tasks: `speedup` is the rate with
 * tasks=N over the rate with tasks=1, which a trial measures in a shorter window just before.
 *
 * A unit is a chain of multiplications, each of which needs the one before it: four cycles a step
 * on the machines of today. `unit` is turned into steps for 3 GHz, so that the work, and its
 * digest, are the same everywhere; what a unit takes here is what the samples say.
 *
 *   unit         from the end of the task's previous unit (its first one: from its start) until it
 *                has been computed, so that waiting for the lock is part of it
 *   lock=global  one lock is held while computing. Who has held it for `switch` and sees others
 *                wait gives it away, and asks again only when another one has had it, as the
 *                interpreters with a global lock do
 *
 * The digest is the sum of the results of a round's units mod 2^64.
 */
#ifndef CONCBENCH_CPU_SCALE_H
#define CONCBENCH_CPU_SCALE_H

#include "arena.h"

struct event;
struct task_ops;

enum cpu_scale_param {
	CPU_SCALE_TASKS,
	CPU_SCALE_UNITS,
	CPU_SCALE_UNIT,
	CPU_SCALE_LOCK,
	CPU_SCALE_SWITCH,
	CPU_SCALE_WINDOW,
	CPU_SCALE_PLACEMENT,
};

/* The choices of `lock`, in the order of its row. */
enum { CPU_SCALE_LOCK_NONE, CPU_SCALE_LOCK_GLOBAL };

/* Four cycles a step, three cycles a ns. */
static inline uint64_t cpu_scale_steps(const int64_t *params)
{
	return (uint64_t)params[CPU_SCALE_UNIT] * 3 / 4;
}

/* x -> x * CPU_SCALE_FACTOR + CPU_SCALE_TERM mod 2^64, the step of Knuth's MMIX generator. */
#define CPU_SCALE_FACTOR 6364136223846793005u
#define CPU_SCALE_TERM 1442695040888963407u

/* The result of unit number `unit` (from 0) of a round. */
static inline uint64_t cpu_scale_compute(uint64_t unit, uint64_t steps)
{
	uint64_t x = unit;

	for (uint64_t i = 0; i < steps; i++) {
		x = x * CPU_SCALE_FACTOR + CPU_SCALE_TERM;
		/* Hides the value: clang makes one step of eight otherwise, which are an x * A + C, too. */
		__asm__("" : "+r"(x));
	}
	return x;
}

/* A task's share of a round: units [next, end); its slice has the results. */
struct cpu_scale_share {
	uint64_t next, end;
	uint64_t round, steps;
	int64_t start_ns; /* of the present unit */
	uint32_t task;
};

/* The share of task number `task` (from 0): the first ones take what is over. */
static inline struct cpu_scale_share cpu_scale_share_begin(struct arena *arena, uint32_t task,
														   uint64_t round)
{
	uint64_t tasks = (uint64_t)arena_param(arena, CPU_SCALE_TASKS);
	uint64_t units = (uint64_t)arena_param(arena, CPU_SCALE_UNITS);
	uint64_t size = units / tasks, over = units % tasks;
	uint64_t first = task * size + (task < over ? task : over);
	int64_t now_ns = clock_now_ns();

	arena_task_begin(arena, task, now_ns);
	return (struct cpu_scale_share){
		.next = first,
		.end = first + size + (task < over),
		.round = round,
		.steps = cpu_scale_steps(arena->params),
		.start_ns = now_ns,
		.task = task,
	};
}

/* Computes the next unit of a share that has one. */
static inline void cpu_scale_unit(struct arena *arena, struct cpu_scale_share *share)
{
	uint64_t units = (uint64_t)arena_param(arena, CPU_SCALE_UNITS);
	struct arena_slice *slice = arena_slice(arena, share->task);
	int64_t now_ns;

	slice->bytes += cpu_scale_compute(share->next, share->steps);
	slice->ops++;
	now_ns = clock_now_ns();
	arena_sample_put(arena, share->round * units + share->next, now_ns - share->start_ns);
	share->start_ns = now_ns;
	share->next++;
}

static inline void cpu_scale_share_end(struct arena *arena, const struct cpu_scale_share *share)
{
	arena_task_end(arena, share->task, clock_now_ns());
}

/* All tasks of a round have ended: nobody else writes to the slices, which are cleared. */
static inline void cpu_scale_round_end(struct arena *arena)
{
	uint64_t ops = 0, digest = 0;

	for (uint32_t task = 0; task < arena->n_tasks; task++) {
		struct arena_slice *slice = arena_slice(arena, task);

		ops += slice->ops;
		digest += slice->bytes;
		slice->ops = 0;
		slice->bytes = 0;
	}
	arena_round_end(arena, ops, digest);
}

/* ---- lock=global ---- */

/* Who held the lock last (task number + 1), and how many wait for it; behind the tasks' slices. */
static inline _Atomic uint64_t *cpu_scale_holder(struct arena *arena)
{
	return (_Atomic uint64_t *)&arena_slice(arena, arena->n_tasks)->ops;
}

static inline _Atomic uint64_t *cpu_scale_waiting(struct arena *arena)
{
	return (_Atomic uint64_t *)&arena_slice(arena, arena->n_tasks)->errors;
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t cpu_scale_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[CPU_SCALE_TASKS];
}

static inline struct arena_sizing cpu_scale_sizing(const int64_t *params, uint64_t rounds)
{
	uint32_t tasks = (uint32_t)params[CPU_SCALE_TASKS];

	return (struct arena_sizing){
		.n_slices = tasks + 1,
		.n_tasks = tasks,
		.n_samples = (uint64_t)params[CPU_SCALE_UNITS] * rounds,
	};
}

static inline int64_t cpu_scale_least_ns(const int64_t *params)
{
	return params[CPU_SCALE_UNITS] * params[CPU_SCALE_UNIT] / params[CPU_SCALE_TASKS];
}

static inline uint64_t cpu_scale_round_ops(const int64_t *params)
{
	return (uint64_t)params[CPU_SCALE_UNITS];
}

/*
 * n steps are one, x -> x * A + C, with A and C by doubling; then the sum over all units u is
 * A * (0 + 1 + ... ) + units * C.
 */
static inline uint64_t cpu_scale_round_digest(const int64_t *params)
{
	uint64_t units = (uint64_t)params[CPU_SCALE_UNITS];
	uint64_t factor = 1, term = 0;
	uint64_t power = CPU_SCALE_FACTOR, rest = CPU_SCALE_TERM; /* 1, 2, 4, ... steps */

	for (uint64_t n = cpu_scale_steps(params); n > 0; n >>= 1) {
		if (n & 1) {
			factor *= power;
			term = term * power + rest;
		}
		rest = rest * power + rest;
		power *= power;
	}
	return factor * (units * (units - 1) / 2) + units * term;
}

/* ---- the bodies ---- */

void cpu_scale_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int cpu_scale_event(struct event *event, int fd);
int cpu_scale_call(struct arena *arena);

#endif
