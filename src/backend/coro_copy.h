// SPDX-License-Identifier: MIT
/*
 * stack=copy: all tasks run on one large stack, and the part of it that a task uses (its live
 * part, little more than 100 bytes of a sleeper) is saved to a block when the task parks.
 *
 *   run stack   | guard | ... free ... | live part of the task that runs |  <- top
 *   blocks      | 160 | 48 | 160 | 144 | 160 | ...   8-byte units, no headers, free lists by size
 *
 * A task comes back to the same addresses, so pointers into its own stack stay good; a pointer
 * into a parked stack from outside does not, which the task interface forbids anyway. Generators
 * have ordinary stacks: a copy for each value would measure memcpy.
 */
#ifndef CONCBENCH_CORO_COPY_H
#define CONCBENCH_CORO_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "task.h"

struct coro;
struct coro_start;

struct coro_copy {
	char *top, *bottom; /* of the run stack */
	/*
	 * Where the live part begins while the task is inside a generator, and so on the generator's
	 * stack and not on this one.
	 */
	char *low;
	char *blocks;
	uint32_t used, capacity; /* in units */
	uint32_t *free;          /* by size in units: the first free block's number, 0 for none */
	size_t mapped, mapped_free;
};

/* Reserves blocks for `tasks` tasks on the run stack of `bytes` bytes that ends at `top`. */
int coro_copy_reserve(struct coro_copy *copy, char *top, size_t bytes, uint32_t tasks);
void coro_copy_release(struct coro_copy *copy);

/* Saves a new task: its first frame and its argument. 0 or -ENOMEM. */
int coro_copy_make(struct coro *coro, struct coro_start *start, const void *arg, size_t len);

/* Moves the live part of a parked task off the run stack. Not to be called on it. 0 or -ENOMEM. */
int coro_copy_save(struct coro *coro);

/* Moves it back, and gives the block back. */
void coro_copy_restore(struct coro *coro);

/* Notes `low` for a caller that is about to resume a generator; and gen_next doing so. */
void coro_copy_note(void);
struct gen_value coro_copy_gen_next(struct gen *gen);

#endif
