// SPDX-License-Identifier: MIT
/*
 * switch=ucontext: the portable way, for architectures without assembly and as a yardstick. glibc
 * saves and sets the signal mask at each switch, which is a system call (about 170 ns).
 */
#include <stdint.h>
#include <ucontext.h>

#include "coro.h"
#include "coro_gen.h"
#include "coro_switch.h"

enum { UCONTEXT_STACK_BYTES = 2 * sizeof(ucontext_t) }; /* one at the top, one to leave in */

/* makecontext passes ints only. */
static void ucontext_main(unsigned high, unsigned low)
{
	coro_start_run((const struct coro_start *)(((uintptr_t)high << 16 << 16) | low));
}

static void *ucontext_make(void *top, size_t size, const struct coro_start *start)
{
	struct coro_start *own = (struct coro_start *)top - 1;
	ucontext_t *context = (ucontext_t *)((uintptr_t)own / 64 * 64) - 1;
	uintptr_t address = (uintptr_t)own;
	char *bottom = (char *)top - size;

	*own = *start;
	getcontext(context);
	context->uc_stack.ss_sp = bottom;
	context->uc_stack.ss_size = (size_t)((char *)context - bottom);
	context->uc_link = NULL;
	makecontext(context, (void (*)(void))ucontext_main, 2, (unsigned)(address >> 16 >> 16),
				(unsigned)address);
	return context;
}

/* The context of the side that is left lies on its own stack. */
static int ucontext_swap(struct coro *me, struct coro *next)
{
	const ucontext_t *to = next->sp;
	ucontext_t here;

	me->sp = &here;
	swapcontext(&here, to);
	return (int)me->got.value;
}

static const struct coro_switch coro_ucontext = {
	.name = "ucontext",
	.stack_bytes = UCONTEXT_STACK_BYTES,
	.make = ucontext_make,
	.swap = ucontext_swap,
	.wait = coro_plain_wait,
	.gen_next = coro_plain_gen_next,
	.gen_yield = coro_plain_gen_yield,
	.gen_close = coro_plain_gen_close,
	.gen_end = coro_plain_gen_end,
};

const struct coro_switch *const coro_switch_ucontext = &coro_ucontext;
