// SPDX-License-Identifier: MIT
/* switch=asm: the C side of coro_switch_<arch>.S, which is to build the first frame of a stack. */
#include <stdint.h>
#include <string.h>

#include "coro.h"
#include "coro_gen.h"
#include "coro_switch.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

int coro_asm_swap(struct coro *me, struct coro *next);
struct gen_value coro_asm_wait(struct coro *me, struct coro *next);
struct gen_value coro_asm_gen_next(struct gen *gen);
uint64_t coro_asm_gen_yield(struct gen *self, uint64_t value);
void coro_asm_gen_close(struct gen *gen);
void coro_asm_gen_end(struct gen *self);
void coro_asm_entry(void);

_Static_assert(offsetof(struct gen, coro.sp) == 0 && offsetof(struct coro, got) == 8,
			   "the assembly finds the slot at the start, and what a wait returns behind it");

/* What SAVE leaves on a stack; on a new one the registers carry the call that is to be made. */
struct coro_asm_frame {
#if defined(__x86_64__)
	uintptr_t arg2, arg1, arg0, fn, arg3, exit, pc; /* r15 r14 r13 r12 rbx rbp */
#else
	uintptr_t fn, arg0, arg1, arg2, arg3, exit; /* x19 .. x24 */
	uintptr_t unused[5], pc;                    /* x25 .. x29, x30 */
	double vectors[8];
#endif
};

size_t coro_asm_frame_bytes(void)
{
	return sizeof(struct coro_asm_frame);
}

void coro_asm_frame(void *at, const struct coro_start *start)
{
	struct coro_asm_frame frame = {.pc = (uintptr_t)coro_asm_entry};

#if CORO_SAN
	/* Instrumented builds have to be told of the new stack first, which C code does. */
	frame.fn = (uintptr_t)coro_start_run;
	frame.arg0 = (uintptr_t)start;
#else
	frame.arg0 = (uintptr_t)&coro_rt.ops;
	frame.arg1 = (uintptr_t)coro_rt.arena;
	if (start->gen) {
		frame.fn = (uintptr_t)start->gen;
		frame.arg2 = (uintptr_t)start->self;
		frame.arg3 = (uintptr_t)start->arg;
		frame.exit = (uintptr_t)coro_gen_end;
	} else {
		frame.fn = (uintptr_t)start->task;
		frame.arg2 = (uintptr_t)start->arg;
		frame.arg3 = (uintptr_t)start->fd;
		frame.exit = (uintptr_t)coro_task_end;
	}
#endif
	memcpy(at, &frame, sizeof(frame));
}

static void *coro_asm_make(void *top, size_t size, const struct coro_start *start)
{
	char *frame = top;

	(void)size;
#if CORO_SAN
	/* coro_start_run reads it when the stack is entered. */
	frame -= (sizeof(*start) + 15) & ~(size_t)15;
	memcpy(frame, start, sizeof(*start));
	start = (const struct coro_start *)(void *)frame;
#endif
	frame -= sizeof(struct coro_asm_frame);
	coro_asm_frame(frame, start);
	return frame;
}

static const struct coro_switch coro_asm = {
	.name = "asm",
	.make = coro_asm_make,
	.swap = coro_asm_swap,
	.wait = coro_asm_wait,
#if CORO_SAN
	.gen_next = coro_plain_gen_next,
	.gen_yield = coro_plain_gen_yield,
	.gen_close = coro_plain_gen_close,
	.gen_end = coro_plain_gen_end,
#else
	.gen_next = coro_asm_gen_next,
	.gen_yield = coro_asm_gen_yield,
	.gen_close = coro_asm_gen_close,
	.gen_end = coro_asm_gen_end,
#endif
};

const struct coro_switch *const coro_switch_asm = &coro_asm;

#else

const struct coro_switch *const coro_switch_asm = NULL;

size_t coro_asm_frame_bytes(void)
{
	return 0;
}

void coro_asm_frame(void *at, const struct coro_start *start)
{
	(void)at;
	(void)start;
}

#endif
