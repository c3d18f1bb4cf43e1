// SPDX-License-Identifier: MIT
/*
 * How to go from one stack to another: one row for each kind, chosen by the option `switch`.
 *
 * The assembly saves what the ABI says a callee must save, and nothing else: MXCSR and the x87
 * control word stay as they are, on all stacks, because saving and restoring them makes a switch
 * up to 15 times dearer once the sticky flags of two sides differ. Bodies do not change them.
 *
 * Its leaves end in `pop; jmp` and not in `ret`: a return that does not match its call is
 * mispredicted every time (8.8 ns against 1.8). For the same reason every function between a body
 * and a leaf leaves by a tail call. It has no support for shadow stacks and claims none.
 */
#ifndef CONCBENCH_CORO_SWITCH_H
#define CONCBENCH_CORO_SWITCH_H

#include <stddef.h>

#include "task.h"

struct coro;

/* What a new stack is to run: task(ops, arena, arg, fd) or gen(ops, arena, self, arg). */
struct coro_start {
	task_fn *task;
	gen_fn *gen; /* NULL: a task */
	struct gen *self;
	const void *arg;
	int fd;
};

struct coro_switch {
	const char *name;
	size_t stack_bytes; /* that it needs of a stack besides the body's */
	/*
	 * Readies the stack that ends at `top`, a multiple of 16 below which `size` bytes are free, to
	 * run *start; start->arg points to where the argument will lie. Returns the `sp` to resume.
	 */
	void *(*make)(void *top, size_t size, const struct coro_start *start);
	/*
	 * Leaves the present stack, which me->sp will tell, for the one that stands at next->sp; the
	 * two may be the same. Who comes back to it finds me->got in its registers, or me->got.value.
	 */
	struct gen_value (*wait)(struct coro *me, struct coro *next);
	int (*swap)(struct coro *me, struct coro *next);

	struct gen_value (*gen_next)(struct gen *gen);
	uint64_t (*gen_yield)(struct gen *self, uint64_t value);
	void (*gen_close)(struct gen *gen); /* resumes it with 0; comes back when its body returned */
	void (*gen_end)(struct gen *self);  /* answers a pull with {0, 0} */
};

/* By the option's number; a kind that was not built in is NULL. */
extern const struct coro_switch *const coro_switch_asm;
extern const struct coro_switch *const coro_switch_ucontext;
extern const struct coro_switch *const coro_switch_boost;

/* `wait` by way of coro_rt.swap. */
struct gen_value coro_plain_wait(struct coro *me, struct coro *next);

/* Runs *start and never returns; for the kinds whose first frame is in C. */
_Noreturn void coro_start_run(const struct coro_start *start);

/*
 * The assembly's frame of a start: what `make` writes to the memory just below the argument.
 * Apart from `make` because with stack=copy it is written to a block and not to a stack.
 */
size_t coro_asm_frame_bytes(void);
void coro_asm_frame(void *frame, const struct coro_start *start);

#endif
