// SPDX-License-Identifier: MIT
/*
 * switch=boost: the assembly of Boost.Context, where it was installed at build time. Its header is
 * C++, so the two functions are declared here. It saves MXCSR and the x87 control word as well.
 */
#include <stdint.h>

#include "coro.h"
#include "coro_switch.h"

/* CORO_NO_BOOST: for a cross build, which sees the header but lacks the library. */
#if __has_include(<boost/context/detail/fcontext.hpp>) && !CORO_SAN && !defined(CORO_NO_BOOST)

struct boost_transfer {
	void *from; /* the side that was left */
	void *data;
};

struct boost_transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *top, size_t size, void (*fn)(struct boost_transfer));

/* Each side keeps the other's context where the one that resumes it says. */
static int boost_swap(struct coro *me, struct coro *next)
{
	struct boost_transfer transfer = jump_fcontext(next->sp, me);

	((struct coro *)transfer.data)->sp = transfer.from;
	return (int)me->got.value;
}

static struct gen_value boost_gen_next(struct gen *gen)
{
	struct boost_transfer transfer = jump_fcontext(gen->coro.sp, (void *)1);

	gen->coro.sp = transfer.from;
	return (struct gen_value){(uint64_t)transfer.data, !gen->coro.ended};
}

static uint64_t boost_gen_yield(struct gen *self, uint64_t value)
{
	struct boost_transfer transfer = jump_fcontext(self->coro.sp, (void *)value);

	self->coro.sp = transfer.from;
	return (uint64_t)transfer.data;
}

static void boost_gen_close(struct gen *gen)
{
	gen->coro.sp = jump_fcontext(gen->coro.sp, NULL).from;
}

static void boost_gen_end(struct gen *self)
{
	boost_gen_yield(self, 0);
}

/* Comes here twice: to be told what to start, when it goes straight back, and to start it. */
static void boost_main(struct boost_transfer transfer)
{
	struct coro_start start = *(const struct coro_start *)transfer.data;

	transfer = jump_fcontext(transfer.from, NULL);
	if (start.gen)
		start.self->coro.sp = transfer.from;
	else
		((struct coro *)transfer.data)->sp = transfer.from;
	coro_start_run(&start);
}

static void *boost_make(void *top, size_t size, const struct coro_start *start)
{
	void *context = make_fcontext(top, size, boost_main);

	return jump_fcontext(context, (void *)(uintptr_t)start).from;
}

static const struct coro_switch coro_boost = {
	.name = "boost",
	.stack_bytes = 256, /* its own first frame, and boost_main's */
	.make = boost_make,
	.swap = boost_swap,
	.wait = coro_plain_wait,
	.gen_next = boost_gen_next,
	.gen_yield = boost_gen_yield,
	.gen_close = boost_gen_close,
	.gen_end = boost_gen_end,
};

const struct coro_switch *const coro_switch_boost = &coro_boost;

#else

const struct coro_switch *const coro_switch_boost = NULL;

#endif
