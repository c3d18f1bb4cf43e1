// SPDX-License-Identifier: MIT
/*
 * Where coroutine stacks lie, and what happens when one overflows.
 *
 * All stacks are one mapping, of which only address space is taken at first; a stack costs memory
 * when it is first used. Its number is that of its control block.
 *
 *   own    |guard|          stack 0 |guard|          stack 1 | ...    guard and stack: whole pages
 *   dense  |guard|   stack 0 |   stack 1 | ...        an odd number of cache lines each
 *
 * Tops are coloured: were they all at the same offset in a page, they would compete for the same
 * few sets of the cache, which made a ring of 1,000 coroutines three times slower. `own` lowers
 * the top by 0..31 cache lines; `dense` has it from the odd stride.
 *
 * Besides, there is one large stack with a guard page: the root's, who may need more than a task,
 * and with stack=copy the one that all tasks run on.
 */
#ifndef CONCBENCH_CORO_STACK_H
#define CONCBENCH_CORO_STACK_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { CORO_STACK_BATCH = 1024 };

enum coro_guard {
	CORO_GUARD_MADVISE,  /* MADV_GUARD_INSTALL: splits no mapping, so any number of stacks */
	CORO_GUARD_MPROTECT, /* two mappings a stack, of which a process may have 65,530 */
	CORO_GUARD_CANARY,   /* words at the far end that must still be zero when a task ends */
};

/* What is to be reserved. */
struct coro_stack_plan {
	bool dense;
	size_t size;       /* bytes of a stack */
	size_t large_size; /* bytes of the large one */
	size_t page;       /* of this kernel: aarch64 has 4, 16 or 64 KiB; the unit of all guards */
	uint32_t count;
};

struct coro_stacks {
	struct coro_stack_plan plan;
	enum coro_guard guard;
	size_t stride;
	char *slab, *first; /* the mapping, and where stack 0 and its guard begin in it */
	char *large;        /* begins with its guard page */
	size_t slab_bytes, large_bytes;
	uint32_t guarded; /* stacks below this number have their guard */
	uint32_t batch;   /* guards to install next time */
	int pidfd;        /* of this process, for process_madvise; or -1 */
	void *signal_stack;
	struct sigaction before[2];
	struct iovec iov[CORO_STACK_BATCH];
};

/* A stack: `top` is a multiple of 64 below which `size` bytes are free. */
struct coro_stack {
	char *top;
	size_t size;
};

/* The kind of guard that such stacks would get here. */
enum coro_guard coro_stack_guard(const struct coro_stack_plan *plan);

/* "madvise", "mprotect" or "canary". */
const char *coro_stack_guard_name(enum coro_guard guard);

/* Bytes of address space that one stack takes; of a dense one all of it becomes memory. */
size_t coro_stack_stride(const struct coro_stack_plan *plan);

/* Reserves the address space and readies the handler of overflows. 0 or -errno. */
int coro_stacks_reserve(struct coro_stacks *stacks, const struct coro_stack_plan *plan);
void coro_stacks_release(struct coro_stacks *stacks);

/* Stack number `index`, with its guard. */
struct coro_stack coro_stack_get(struct coro_stacks *stacks, uint32_t index);
struct coro_stack coro_stack_large(const struct coro_stacks *stacks);

/* Whether stack `index` still has its canary; true of all when they have guard pages. */
bool coro_stack_intact(const struct coro_stacks *stacks, uint32_t index);

/*
 * Address space for `bytes` bytes, of which about `bytes_used` will be used, all of it together:
 * in huge pages if that is much. NULL when there is none; given back by munmap.
 */
void *coro_map(size_t bytes, size_t bytes_used);

#endif
