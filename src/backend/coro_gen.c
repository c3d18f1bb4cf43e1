// SPDX-License-Identifier: MIT
/* Generators: opening, closing, the end of one, and slots by way of the plain switch. */
#include "coro_gen.h"

#include <errno.h>

#include "coro.h"
#include "coro_switch.h"

struct gen *coro_gen_open(gen_fn *fn, const void *arg, size_t len)
{
	struct gen *gen = len <= TASK_ARG_MAX ? (struct gen *)coro_new() : NULL;
	struct coro_start start = {.gen = fn, .self = gen, .fd = -1};

	if (!gen)
		return NULL;
	coro_make(&gen->coro, &start, arg, len);
	gen->coro.ended = false;
	gen->coro.first_sp = gen->coro.sp;
	return gen;
}

void coro_gen_close(struct gen *gen)
{
	uint32_t index = (uint32_t)(&gen->coro - coro_rt.coros);

	/* One that was never pulled has nothing to end. */
	if (!gen->coro.ended && gen->coro.sp != gen->coro.first_sp) {
		if (coro_rt.stack == CORO_STACK_COPY)
			coro_copy_note();
		coro_rt.sw->gen_close(gen);
	}
	if (!coro_stack_intact(&coro_rt.stacks, index))
		coro_fail("stack overflow", -EFAULT);
	coro_free(&gen->coro);
}

/* Stays on its stack and goes on answering, so that a pull need not ask whether it has ended. */
_Noreturn void coro_gen_end(void *gen)
{
	struct gen *self = gen;

	self->coro.ended = true;
	for (;;)
		coro_rt.sw->gen_end(self);
}

/* ---- by way of the plain switch: the value travels through the runtime ---- */

static void gen_resume(struct gen *gen)
{
#if CORO_SAN
	gen->coro.peer = coro_rt.here;
	coro_san_switch(&gen->coro, &gen->coro, &gen->coro.place);
#else
	coro_rt.sw->swap(&gen->coro, &gen->coro);
#endif
}

static void gen_leave(struct gen *self)
{
#if CORO_SAN
	coro_san_switch(&self->coro, &self->coro, &self->coro.peer);
#else
	coro_rt.sw->swap(&self->coro, &self->coro);
#endif
}

struct gen_value coro_plain_gen_next(struct gen *gen)
{
	coro_rt.gen_value = 1;
	gen_resume(gen);
	return (struct gen_value){coro_rt.gen_value, !gen->coro.ended};
}

uint64_t coro_plain_gen_yield(struct gen *self, uint64_t value)
{
	coro_rt.gen_value = value;
	gen_leave(self);
	return coro_rt.gen_value;
}

void coro_plain_gen_close(struct gen *gen)
{
	coro_rt.gen_value = 0;
	gen_resume(gen);
}

void coro_plain_gen_end(struct gen *self)
{
	coro_rt.gen_value = 0;
	gen_leave(self);
}
