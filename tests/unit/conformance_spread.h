// SPDX-License-Identifier: MIT
/*
 * Conformance: placement=split. Tasks, generators and posters that are threads or processes of
 * their own are each on the CPU of their turn, and the root is on its own.
 */
#ifndef CONCBENCH_CONFORMANCE_SPREAD_H
#define CONCBENCH_CONFORMANCE_SPREAD_H

#include <sched.h>

#include "conformance.h"
#include "spread.h"

enum { SPREAD_TASKS = 5 };

/* The case's; set before its backend runs. */
static struct spread spread;

static uint16_t spread_cpu(uint32_t turn)
{
	return spread.cpus[(turn + 1) % spread.n];
}

/* Whether the calling thread may be on this CPU alone. */
static bool pinned_to(uint16_t cpu)
{
	cpu_set_t allowed;

	return sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) == 1 &&
		   CPU_ISSET(cpu, &allowed);
}

/* Tasks without a thread of their own stay with the root. */
static uint16_t cpu_of_task(struct arena *arena, uint32_t turn)
{
	return arena_param(arena, CASE_PIDS) ? spread_cpu(turn) : spread.cpus[0];
}

static void spread_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)fd;
	WANT(arena, pinned_to(cpu_of_task(arena, *(const uint32_t *)arg)));
	cell_add(arena, 0, 1);
}

static void spread_tasks_root(const struct task_ops *t, struct arena *arena, const void *arg,
							  int fd)
{
	(void)arg;
	(void)fd;
	for (uint32_t i = 0; i < SPREAD_TASKS; i++)
		WANT(arena, task_spawn(t, spread_task, &i, sizeof(i), -1) == 0);
	WANT(arena, task_join(t) == 0);
	WANT(arena, pinned_to(spread.cpus[0]));
}

static void spread_gen(const struct task_ops *t, struct arena *arena, struct gen *self,
					   const void *arg)
{
	gen_yield(t, self, pinned_to(cpu_of_task(arena, *(const uint32_t *)arg)));
}

static void spread_gens_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	for (uint32_t i = 0; i < SPREAD_TASKS; i++) {
		struct gen *gen = gen_open(t, spread_gen, &i, sizeof(i));

		if (WANT(arena, gen)) {
			WANT(arena, gen_next(t, gen).value == 1);
			gen_close(t, gen);
		}
	}
}

static void spread_poster(struct poster *self, struct arena *arena, uint32_t number)
{
	struct post_result result;

	WANT(arena, pinned_to(spread_cpu(number)));
	post_submit(self, 1);
	post_collect(self, &result);
}

static void spread_posters_root(const struct task_ops *t, struct arena *arena, const void *arg,
								int fd)
{
	struct postbox *box = post_open(t, spread_poster, SPREAD_TASKS, 1);
	struct gen_value call;

	(void)arg;
	(void)fd;
	if (!WANT(arena, box))
		return;
	while ((call = post_next(t, box)).more) {
		cell_add(arena, 0, (int64_t)call.value);
		post_reply(t, box, 0);
	}
	post_close(t, box);
}

static const struct conformance_case spread_cases[] = {
	{.name = "spread: a CPU for each task",
	 .task = spread_tasks_root,
	 .tasks = SPREAD_TASKS,
	 .total = SPREAD_TASKS,
	 .spread = &spread},
	{.name = "spread: a CPU for each generator",
	 .task = spread_gens_root,
	 .tasks = SPREAD_TASKS,
	 .spread = &spread},
	{.name = "spread: a CPU for each poster",
	 .task = spread_posters_root,
	 .tasks = SPREAD_TASKS,
	 .total = SPREAD_TASKS,
	 .spread = &spread},
};

#endif
