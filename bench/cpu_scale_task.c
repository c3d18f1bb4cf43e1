// SPDX-License-Identifier: MIT
/* cpu_scale in direct style: a task computes its share, and the root joins them all. */
#include "cpu_scale.h"

#include "task.h"

struct worker {
	uint64_t round;
	struct lock *lock; /* NULL: lock=none */
	uint32_t task;
};

_Static_assert(sizeof(struct worker) <= TASK_ARG_MAX, "the argument of a task");

/* ---- lock=global ---- */

static void take_lock(const struct task_ops *t, struct arena *arena, const struct worker *self)
{
	atomic_fetch_add_explicit(cpu_scale_waiting(arena), 1, memory_order_relaxed);
	lock_acquire(t, self->lock);
	atomic_fetch_sub_explicit(cpu_scale_waiting(arena), 1, memory_order_relaxed);
	atomic_store_explicit(cpu_scale_holder(arena), self->task + 1, memory_order_relaxed);
}

static bool others_wait(struct arena *arena)
{
	return atomic_load_explicit(cpu_scale_waiting(arena), memory_order_relaxed) > 0;
}

/* Little beside `switch`, and more than a wake-up takes. */
enum { TURN_POLL_NS = 20 * CLOCK_NS_PER_US };

/*
 * Gives the lock away and asks for it again. The turn of another is awaited, because who has just
 * let go would mostly be first again: the others have to wake up. Asleep, not in task_yield: on a
 * CPU with other work each yield costs a thread its slice of a few ms.
 */
static void pass_lock(const struct task_ops *t, struct arena *arena, const struct worker *self)
{
	_Atomic uint64_t *holder = cpu_scale_holder(arena);

	lock_release(t, self->lock);
	/* Ends when one of those who wait has had it. */
	while (atomic_load_explicit(holder, memory_order_relaxed) == self->task + 1 &&
		   others_wait(arena))
		task_sleep_until(t, clock_now_ns() + TURN_POLL_NS);
	take_lock(t, arena, self);
}

static void compute_locked(const struct task_ops *t, struct arena *arena, const struct worker *self,
						   struct cpu_scale_share *share)
{
	int64_t switch_ns = arena_param(arena, CPU_SCALE_SWITCH);
	int64_t since_ns;

	take_lock(t, arena, self);
	since_ns = clock_now_ns();
	while (share->next < share->end) {
		cpu_scale_unit(arena, share);
		if (share->start_ns - since_ns < switch_ns || !others_wait(arena))
			continue;
		pass_lock(t, arena, self);
		since_ns = clock_now_ns();
	}
	lock_release(t, self->lock);
}

/* ---- all ---- */

static void compute(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct worker *self = arg;
	struct cpu_scale_share share = cpu_scale_share_begin(arena, self->task, self->round);

	(void)fd;
	if (self->lock)
		compute_locked(t, arena, self, &share);
	while (share.next < share.end)
		cpu_scale_unit(arena, &share);
	cpu_scale_share_end(arena, &share);
}

/* True when all went well; otherwise the trial has failed. */
static bool run_round(const struct task_ops *t, struct arena *arena, struct worker arg)
{
	uint32_t tasks = (uint32_t)arena_param(arena, CPU_SCALE_TASKS);
	int error = 0, joined;

	for (arg.task = 0; arg.task < tasks && error == 0; arg.task++)
		error = task_spawn(t, compute, &arg, sizeof(arg), -1);
	joined = task_join(t);
	if (error)
		arena_fail(arena, "spawn", error);
	else if (joined)
		arena_fail(arena, "join", joined);
	else
		cpu_scale_round_end(arena);
	return error == 0 && joined == 0;
}

void cpu_scale_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	bool locked = arena_param(arena, CPU_SCALE_LOCK) == CPU_SCALE_LOCK_GLOBAL;
	struct lock *lock = locked ? lock_open(t, TASK_LOCK_MUTEX) : NULL;

	(void)arg;
	(void)fd;
	if (locked && !lock) {
		arena_fail(arena, "lock", 0);
		return;
	}
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++)
		if (!run_round(t, arena, (struct worker){.round = round, .lock = lock}))
			break;
	arena_window_close(arena);
	if (lock)
		lock_free(t, lock);
}
