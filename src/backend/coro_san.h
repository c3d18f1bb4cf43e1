// SPDX-License-Identifier: MIT
/*
 * What the sanitizers and valgrind have to be told about stacks, so that the other files need not
 * ask which of them is there. In a plain build all of this is nothing, and coro_swap a tail call.
 */
#ifndef CONCBENCH_CORO_SAN_H
#define CONCBENCH_CORO_SAN_H

#include <stddef.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define CORO_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define CORO_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define CORO_TSAN 1
#include <sanitizer/tsan_interface.h>
#else
#define CORO_TSAN 0
#endif
#define CORO_SAN (CORO_ASAN || CORO_TSAN)

#if __has_include(<valgrind/valgrind.h>) && !CORO_SAN
#include <valgrind/valgrind.h>
#define CORO_VALGRIND 1
#else
#define CORO_VALGRIND 0
#define RUNNING_ON_VALGRIND 0
#endif

/* Frames of instrumented code, and of the sanitizers' own libc wrappers, are many times larger. */
enum { CORO_STACK_SCALE = CORO_SAN ? 16 : 1 };

#if CORO_SAN
/* A stack, as the sanitizers know it. */
struct coro_place {
	const void *bottom;
	size_t size;
	void *fiber; /* TSan's */
};
#endif

struct coro;
struct coro_stack;

#if CORO_SAN || CORO_VALGRIND
/* `coro` is about to get its first frame on `stack`. */
void coro_san_made(struct coro *coro, const struct coro_stack *stack);
#else
static inline void coro_san_made(struct coro *coro, const struct coro_stack *stack)
{
	(void)coro;
	(void)stack;
}
#endif

#if CORO_SAN
/* The hub runs on the stack of the calling thread. */
void coro_san_begin(struct coro *hub);
/* coro_rt.swap, announced to the sanitizers; `place` is the stack that next->sp points into. */
int coro_san_switch(struct coro *me, struct coro *next, const struct coro_place *place);
/* For the first frame of a stack. */
void coro_san_arrived(void);
#else
static inline void coro_san_begin(struct coro *hub)
{
	(void)hub;
}
static inline void coro_san_arrived(void)
{
}
#endif

#endif
