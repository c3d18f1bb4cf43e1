// SPDX-License-Identifier: MIT
/*
 * The scheduler of coroutines: who spawns, joins, sleeps and ends, and the hub, which waits for
 * events.
 *
 * A function that switches does so in tail position, through coro_swap: see coro_switch.h.
 */
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "coro.h"
#include "coro_gen.h"
#include "coro_io.h"
#include "coro_queue.h"
#include "coro_switch.h"

enum {
	/*
	 * Hand-overs between two looks at the loop while tasks are runnable; as many as take about
	 * SCHED_LOOK_NS, because a look costs 0.5 us, and a hand-over with what is done between two of
	 * them 4 ns or much more.
	 */
	SCHED_BUDGET_MIN = 256,
	SCHED_BUDGET_MAX = 8192,
	SCHED_LOOK_NS = 16000,
	/*
	 * After so many spawns the spawner gives way: the new stacks are still in the cache then, and
	 * tasks that sleep begin to do so while others are still being made.
	 */
	SCHED_SPAWN_BATCH = 64,
};

/* ---- control blocks ---- */

struct coro *coro_new(void)
{
	struct coro *coro = coro_rt.free;

	if (coro) {
		coro_rt.free = coro->next;
		return coro;
	}
	if (coro_rt.used == coro_rt.capacity)
		return NULL;
	return &coro_rt.coros[coro_rt.used++];
}

void coro_free(struct coro *coro)
{
	coro->next = coro_rt.free;
	coro_rt.free = coro;
}

/* ---- giving way ---- */

void coro_ready(struct coro *coro)
{
	coro->got.value = 0;
	coro_push(coro);
}

int coro_park(void)
{
	struct coro *me = coro_rt.current;

	return coro_swap(me, coro_next());
}

struct gen_value coro_plain_wait(struct coro *me, struct coro *next)
{
	coro_rt.swap(me, next);
	return me->got;
}

void coro_yield(void)
{
	if (coro_none_ready() && --coro_rt.budget >= 0)
		return;
	coro_ready(coro_rt.current);
	coro_park();
}

/* ---- tasks ---- */

int coro_make(struct coro *coro, struct coro_start *start, const void *arg, size_t len)
{
	uint32_t index = (uint32_t)(coro - coro_rt.coros);
	size_t arg_bytes = (len + 15) & ~(size_t)15;
	struct coro_stack stack;

	if (coro_rt.stack == CORO_STACK_COPY && !start->gen)
		return coro_copy_make(coro, start, arg, len);
	stack = index == CORO_ROOT ? coro_stack_large(&coro_rt.stacks)
							   : coro_stack_get(&coro_rt.stacks, index);
	coro_san_made(coro, &stack);
	stack.top -= arg_bytes;
	if (len > 0)
		memcpy(stack.top, arg, len);
	start->arg = stack.top;
	coro->sp = coro_rt.sw->make(stack.top, stack.size - arg_bytes, start);
	return 0;
}

static int coro_start_task(struct coro *parent, struct coro_start *start, const void *arg,
						   size_t len)
{
	struct coro *coro;

	if (len > TASK_ARG_MAX)
		return -EINVAL;
	coro = coro_new();
	if (!coro)
		return -EAGAIN;
	if (coro_make(coro, start, arg, len)) {
		coro_free(coro);
		return -ENOMEM;
	}
	coro->got.more = 1;
	coro->parent = (uint32_t)(parent - coro_rt.coros);
	coro->children = 0;
	coro->joining = coro->ended = false;
	parent->children++;
	coro_rt.alive++;
	coro_ready(coro);
	return 0;
}

int coro_spawn(task_fn *fn, const void *arg, size_t len, int fd)
{
	struct coro_start start = {.task = fn, .fd = fd};
	int error = coro_start_task(coro_rt.current, &start, arg, len);

	if (!error && ++coro_rt.unstarted >= SCHED_SPAWN_BATCH) {
		coro_rt.unstarted = 0;
		coro_yield();
	}
	return error;
}

int coro_join(void)
{
	struct coro *me = coro_rt.current;

	if (me->children == 0)
		return 0;
	me->joining = true;
	return coro_park();
}

int coro_sleep_until(int64_t deadline_ns)
{
	int error;

	/*
	 * The clock, a quarter of a short sleeper's cost, is only read for a deadline before all that
	 * are pending; any other that has passed is queued behind them and soon due.
	 */
	if (deadline_ns < coro_rt.timers.armed_ns && deadline_ns <= clock_now_ns())
		return 0;
	error = timerq_push(&coro_rt.timers, deadline_ns, (uintptr_t)coro_rt.current);
	return error ? error : coro_park();
}

/* A timer is a sleeping task's, by its address, or a descriptor's, which is an odd number. */
static void coro_timer_expired(void *ctx, uint64_t id)
{
	(void)ctx;
	if (id & 1)
		coro_io_quiet((int)(id >> 1));
	else
		coro_ready((struct coro *)(uintptr_t)id);
}

/* A parent that ended before its children keeps its control block until the last has ended. */
static void coro_tell_parent(struct coro *parent)
{
	if (--parent->children > 0)
		return;
	if (parent->joining) {
		parent->joining = false;
		coro_ready(parent);
	} else if (parent->ended) {
		coro_free(parent);
	}
}

void coro_fail(const char *what, int error)
{
	arena_fail(coro_rt.arena, what, 0);
	coro_rt.error = error;
	coro_rt.budget = 0; /* to the hub, which leaves */
}

_Noreturn void coro_task_end(void *unused)
{
	struct coro *me = coro_rt.current;
	uint32_t index = (uint32_t)(me - coro_rt.coros);

	(void)unused;
	if (index != CORO_ROOT && !coro_stack_intact(&coro_rt.stacks, index))
		coro_fail("stack overflow", -EFAULT);
	me->ended = true;
	coro_rt.ended = true;
	coro_rt.alive--;
	coro_tell_parent(&coro_rt.coros[me->parent]);
	if (me->children == 0)
		coro_free(me);
	coro_swap(&coro_rt.grave, coro_next());
	__builtin_unreachable();
}

_Noreturn void coro_start_run(const struct coro_start *start)
{
	coro_san_arrived();
	if (start->gen) {
		start->gen(&coro_rt.ops, coro_rt.arena, start->self, start->arg);
		coro_gen_end(start->self);
	}
	start->task(&coro_rt.ops, coro_rt.arena, start->arg, start->fd);
	coro_task_end(NULL);
}

/* ---- the hub ---- */

void coro_ask_hub(void (*fn)(int fd, int events), int fd, int events)
{
	coro_rt.request = fn;
	coro_rt.request_fd = fd;
	coro_rt.request_events = events;
	coro_rt.requester = coro_rt.current;
	coro_rt.current = &coro_rt.coros[CORO_HUB];
	coro_swap(coro_rt.requester, coro_rt.current);
}

/* Resumes a task, and does what tasks ask for, until control is back for want of another. */
static void coro_resume(struct coro *coro)
{
	for (;;) {
		coro_rt.current = coro;
		coro_swap(&coro_rt.coros[CORO_HUB], coro);
		if (!coro_rt.request)
			return;
		coro_rt.request(coro_rt.request_fd, coro_rt.request_events);
		coro_rt.request = NULL;
		coro = coro_rt.requester;
	}
}

/*
 * How many may run before the next look. All who are ready come first: a look before a task that
 * was woken has read would find its descriptor ready again, and stop the watcher in vain.
 */
static int coro_budget(void)
{
	int64_t now_ns = clock_now_ns(), since_ns = now_ns - coro_rt.look_ns;

	coro_rt.look_ns = now_ns;
	if (since_ns > 2 * SCHED_LOOK_NS)
		coro_rt.hand_overs = SCHED_BUDGET_MIN;
	else if (since_ns < SCHED_LOOK_NS && coro_rt.hand_overs < SCHED_BUDGET_MAX)
		coro_rt.hand_overs *= 2;
	return coro_rt.behind >= coro_rt.hand_overs ? (int)coro_rt.behind + 1 : (int)coro_rt.hand_overs;
}

/* With one stack for all there is no direct hand-over: each task comes back to the hub. */
static void coro_resume_copied(void)
{
	for (int left = coro_budget(); left > 0 && !coro_none_ready() && !coro_rt.error; left--) {
		struct coro *coro = coro_pop();

		coro_copy_restore(coro);
		coro_rt.ended = false;
		coro_rt.budget = 0;
		coro_resume(coro);
		if (!coro_rt.ended && coro_copy_save(coro))
			coro_fail("no room for copied stacks", -ENOMEM);
	}
}

static int coro_hub(void)
{
	while (coro_rt.alive > 0 && coro_rt.error == 0) {
		bool idle = coro_none_ready();

		/* Nothing active and nobody runnable: tasks that wait for each other. */
		if (ev_run(coro_rt.loop, idle ? EVRUN_ONCE : EVRUN_NOWAIT) == 0 && coro_none_ready())
			return -EDEADLK;
		if (coro_rt.stack == CORO_STACK_COPY) {
			coro_resume_copied();
		} else if (!coro_none_ready()) {
			coro_rt.budget = coro_budget();
			coro_resume(coro_pop());
		}
	}
	return coro_rt.error;
}

int coro_schedule(task_fn *root, int fd)
{
	struct coro_start start = {.task = root, .fd = fd};
	struct coro *hub = &coro_rt.coros[CORO_HUB];
	int error;

	coro_san_begin(hub);
	coro_rt.current = hub;
	coro_rt.hand_overs = SCHED_BUDGET_MIN;
	coro_rt.used = CORO_ROOT;
	/* Each task may sleep, and each may have a descriptor with a timeout. */
	error =
		timerq_init(&coro_rt.timers, coro_rt.loop, 2 * coro_rt.capacity, coro_timer_expired, NULL);
	if (error)
		return error;
	error = coro_start_task(hub, &start, "", 0);
	if (!error)
		error = coro_hub();
	timerq_release(&coro_rt.timers);
	return error;
}
