// SPDX-License-Identifier: MIT
/*
 * What the files of the conformance suite share.
 *
 * A case is a body that checks what task.h or event.h promise. It runs in a process of its own, on
 * every backend and every variant, with an arena like a trial's; a hang ends by SIGKILL. The cases
 * are written for the smallest stack that any variant has, and keep no state but in the arena:
 * `cells` are shared 64-bit numbers, all 0 at the start.
 */
#ifndef CONCBENCH_CONFORMANCE_H
#define CONCBENCH_CONFORMANCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "backend.h"

enum {
	CONFORMANCE_CELLS = 512,
	CONFORMANCE_STACK = 1024, /* bytes of stack that a case may use */
	CONFORMANCE_DEADLINE_S = 60,
};

struct conformance_case {
	const char *name;
	task_fn *task; /* one of these two */
	event_fn *event;
	uint32_t tasks;        /* alive at a time */
	uint32_t tasks_light;  /* likewise where a task takes no pid; 0: the same */
	bool listens;          /* gets a listening socket */
	bool prepare_fails;    /* of memory: there is no body to run */
	const char *only;      /* the one backend that it is for */
	int64_t total;         /* what cell 0 is to hold at the end, if not 0 */
	struct spread *spread; /* its tasks are spread by this; NULL: they are not */
	int run_error;         /* what the backend's run is to return */
};

/* What a body can learn of its case and backend, by arena_param. */
enum conformance_param { CASE_TASKS, CASE_NONBLOCKING, CASE_PIDS };

/* Notes a condition that does not hold; it is also the condition's value. */
#define WANT_TEXT_OF(line) #line
#define WANT_LINE(line) WANT_TEXT_OF(line)
#define WANT(arena, condition) \
	((condition) || (arena_fail(arena, __FILE__ ":" WANT_LINE(__LINE__) ": " #condition, 0), false))

static inline _Atomic int64_t *cell(struct arena *arena, unsigned index)
{
	return (_Atomic int64_t *)&arena_samples(arena)[index];
}

static inline void cell_add(struct arena *arena, unsigned index, int64_t value)
{
	atomic_fetch_add(cell(arena, index), value);
}

static inline int64_t cell_value(struct arena *arena, unsigned index)
{
	return atomic_load(cell(arena, index));
}

/* Waits until a cell holds at least `value`, or something has failed; ever longer between looks. */
static inline void cell_wait(const struct task_ops *t, struct arena *arena, unsigned index,
							 int64_t value)
{
	int64_t pause_ns = 20 * CLOCK_NS_PER_US;

	while (cell_value(arena, index) < value && !atomic_load(&arena->failed)) {
		task_sleep_until(t, clock_now_ns() + pause_ns);
		if (pause_ns < 2 * CLOCK_NS_PER_MS)
			pause_ns *= 2;
	}
}

#endif
