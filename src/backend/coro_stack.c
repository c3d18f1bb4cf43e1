// SPDX-License-Identifier: MIT
/* Coroutine stacks: one mapping, coloured tops, guards in batches, a handler for overflows. */
#include "coro_stack.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "coro.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* since Linux 6.13 */
#endif

enum {
	STACK_LINE = 64,
	STACK_COLOURS = 32,
	STACK_MPROTECT_MAX = 30000, /* of 65,530 mappings, two each, some for others */
	STACK_BATCH_MIN = 16,
	STACK_SIGNAL_BYTES = 64 << 10,
	STACK_HUGE_FROM = 64 << 20, /* whole huge pages for less would distort memory per task */
	STACK_CANARY_BYTES =
		STACK_LINE, /* at the far end; of dense stacks the line that makes it odd */
};

static const int stack_signals[] = {SIGSEGV, SIGBUS};

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

void *coro_map(size_t bytes, size_t bytes_used)
{
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	/* Only advice: where it is refused, pages are as the system likes them. */
	madvise(map, bytes, bytes_used >= STACK_HUGE_FROM ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return map;
}

size_t coro_stack_stride(const struct coro_stack_plan *plan)
{
	if (plan->dense)
		return (round_up(plan->size, STACK_LINE) / STACK_LINE | 1) * STACK_LINE;
	return plan->page + round_up(plan->size + (STACK_COLOURS - 1) * STACK_LINE, plan->page);
}

/* ---- guards ---- */

const char *coro_stack_guard_name(enum coro_guard guard)
{
	static const char *const names[] = {"madvise", "mprotect", "canary"};

	return names[guard];
}

static bool stack_can_madvise(size_t bytes)
{
	void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool can;

	if (page == MAP_FAILED)
		return false;
	can = madvise(page, bytes, MADV_GUARD_INSTALL) == 0;
	munmap(page, bytes);
	return can;
}

enum coro_guard coro_stack_guard(const struct coro_stack_plan *plan)
{
	if (plan->dense)
		return CORO_GUARD_CANARY;
	if (stack_can_madvise(plan->page))
		return CORO_GUARD_MADVISE;
	return plan->count <= STACK_MPROTECT_MAX ? CORO_GUARD_MPROTECT : CORO_GUARD_CANARY;
}

/* Some kernels and sandboxes know the advice, but not for a list of ranges. */
static bool stack_madvise(struct coro_stacks *stacks, uint32_t n)
{
	size_t bytes = (size_t)n * stacks->plan.page;

	if (stacks->pidfd >= 0 && syscall(SYS_process_madvise, stacks->pidfd, stacks->iov, (size_t)n,
									  MADV_GUARD_INSTALL, 0u) == (long)bytes)
		return true;
	for (uint32_t i = 0; i < n; i++)
		if (madvise(stacks->iov[i].iov_base, stacks->plan.page, MADV_GUARD_INSTALL) != 0)
			return false;
	return true;
}

static bool stack_mprotect(struct coro_stacks *stacks, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (mprotect(stacks->iov[i].iov_base, stacks->plan.page, PROT_NONE) != 0)
			return false;
	return true;
}

/*
 * Guards the next stacks: few at first, then up to 1,024 at a time, which makes one 255 ns. From
 * the first that cannot be had on, there are canaries.
 */
static void stack_guard_next(struct coro_stacks *stacks)
{
	uint32_t left = stacks->plan.count - stacks->guarded;
	uint32_t n = stacks->batch < left ? stacks->batch : left;
	bool done;

	for (uint32_t i = 0; i < n; i++)
		stacks->iov[i] = (struct iovec){
			stacks->first + (stacks->guarded + i) * stacks->stride,
			stacks->plan.page,
		};
	done =
		stacks->guard == CORO_GUARD_MADVISE ? stack_madvise(stacks, n) : stack_mprotect(stacks, n);
	if (!done)
		stacks->guard = CORO_GUARD_CANARY;
	stacks->guarded += n;
	if (stacks->batch < CORO_STACK_BATCH)
		stacks->batch *= 2;
}

bool coro_stack_intact(const struct coro_stacks *stacks, uint32_t index)
{
	static const char zeros[STACK_CANARY_BYTES];
	const char *bottom = stacks->first + index * stacks->stride;

	if (stacks->guard != CORO_GUARD_CANARY)
		return true;
	/* Fresh memory is zero, and reading it takes none: no canary need be written. */
	if (!stacks->plan.dense)
		bottom += stacks->plan.page;
	return memcmp(bottom, zeros, sizeof(zeros)) == 0;
}

/* ---- overflow ---- */

static bool stack_is_guard(const struct coro_stacks *stacks, const char *at)
{
	size_t from_slab = (size_t)(at - stacks->slab);

	if (at >= stacks->large && at < stacks->large + stacks->plan.page)
		return true;
	if (at < stacks->slab || from_slab >= stacks->slab_bytes)
		return false;
	if (stacks->plan.dense)
		return from_slab < stacks->plan.page;
	return stacks->guard != CORO_GUARD_CANARY && from_slab % stacks->stride < stacks->plan.page;
}

/*
 * Runs on a stack of its own. Any other bad access is repeated with the default action; a signal
 * that somebody sent (si_code <= 0) is not repeated by returning, so it is raised again.
 */
static void stack_on_fault(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code > 0 && stack_is_guard(&coro_rt.stacks, info->si_addr)) {
		arena_fail(coro_rt.arena, "stack overflow", 0);
		_exit(1);
	}
	signal(number, SIG_DFL);
	if (info->si_code <= 0)
		raise(number);
}

static int stack_handle_faults(struct coro_stacks *stacks)
{
	struct sigaction action = {.sa_sigaction = stack_on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_size = STACK_SIGNAL_BYTES};

	stacks->signal_stack = coro_map(STACK_SIGNAL_BYTES, 0);
	if (!stacks->signal_stack)
		return -ENOMEM;
	stack.ss_sp = stacks->signal_stack;
	if (sigaltstack(&stack, NULL) != 0)
		return -errno;
	for (size_t i = 0; i < sizeof(stack_signals) / sizeof(*stack_signals); i++)
		if (sigaction(stack_signals[i], &action, &stacks->before[i]) != 0)
			return -errno;
	return 0;
}

/* ---- set-up ---- */

static int stack_map(struct coro_stacks *stacks)
{
	const struct coro_stack_plan *plan = &stacks->plan;

	stacks->large_bytes = plan->page + round_up(plan->large_size, plan->page);
	stacks->large = coro_map(stacks->large_bytes, 0);
	if (!stacks->large || mprotect(stacks->large, plan->page, PROT_NONE) != 0)
		return -ENOMEM;
	/* Dense stacks have one guard page before all of them, for recursion without end. */
	stacks->slab_bytes = plan->count * stacks->stride + (plan->dense ? plan->page : 0);
	/* A huge page under strided stacks would hardly be used; under dense ones all of it is. */
	stacks->slab = coro_map(stacks->slab_bytes, plan->dense ? stacks->slab_bytes : 0);
	if (!stacks->slab)
		return -ENOMEM;
	if (plan->dense && mprotect(stacks->slab, plan->page, PROT_NONE) != 0)
		return -ENOMEM;
	stacks->first = stacks->slab + (plan->dense ? plan->page : 0);
	return 0;
}

int coro_stacks_reserve(struct coro_stacks *stacks, const struct coro_stack_plan *plan)
{
	int error;

	*stacks = (struct coro_stacks){
		.plan = *plan,
		.guard = coro_stack_guard(plan),
		.stride = coro_stack_stride(plan),
		.batch = STACK_BATCH_MIN,
		.pidfd = -1,
	};
	error = stack_map(stacks);
	if (!error)
		error = stack_handle_faults(stacks);
	if (error) {
		coro_stacks_release(stacks);
		return error;
	}
	/* valgrind complains of system calls that it does not know. */
	if (stacks->guard == CORO_GUARD_MADVISE && !RUNNING_ON_VALGRIND)
		stacks->pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	return 0;
}

void coro_stacks_release(struct coro_stacks *stacks)
{
	stack_t none = {.ss_flags = SS_DISABLE};

	if (!stacks->large)
		return;
	if (stacks->signal_stack) {
		for (size_t i = 0; i < sizeof(stack_signals) / sizeof(*stack_signals); i++)
			sigaction(stack_signals[i], &stacks->before[i], NULL);
		sigaltstack(&none, NULL);
		munmap(stacks->signal_stack, STACK_SIGNAL_BYTES);
	}
	if (stacks->pidfd >= 0)
		close(stacks->pidfd);
	if (stacks->slab)
		munmap(stacks->slab, stacks->slab_bytes);
	munmap(stacks->large, stacks->large_bytes);
	stacks->slab = stacks->large = stacks->signal_stack = NULL;
	stacks->pidfd = -1;
}

struct coro_stack coro_stack_large(const struct coro_stacks *stacks)
{
	return (struct coro_stack){
		.top = stacks->large + stacks->large_bytes,
		.size = stacks->large_bytes - stacks->plan.page,
	};
}

struct coro_stack coro_stack_get(struct coro_stacks *stacks, uint32_t index)
{
	char *end = stacks->first + (index + 1) * stacks->stride;
	size_t colour = (size_t)(index % STACK_COLOURS) * STACK_LINE;

	if (stacks->plan.dense)
		return (struct coro_stack){end, stacks->stride};
	/* Fault-free from here on, or with a canary: guards come before the first use. */
	while (index >= stacks->guarded && stacks->guard != CORO_GUARD_CANARY)
		stack_guard_next(stacks);
	return (struct coro_stack){end - colour, stacks->stride - stacks->plan.page - colour};
}
