// SPDX-License-Identifier: MIT
/* Telling AddressSanitizer, ThreadSanitizer and valgrind about stacks and switches. */
#include "coro_san.h"

#include <pthread.h>

#include "coro.h"
#include "coro_switch.h"

#if CORO_VALGRIND
/* Registering one anew, when it is used again, does no harm. */
void coro_san_made(struct coro *coro, const struct coro_stack *stack)
{
	(void)coro;
	if (RUNNING_ON_VALGRIND)
		VALGRIND_STACK_REGISTER(stack->top - stack->size, stack->top);
}
#endif

#if CORO_SAN
void coro_san_made(struct coro *coro, const struct coro_stack *stack)
{
	coro->place.bottom = stack->top - stack->size;
	coro->place.size = stack->size;
#if CORO_ASAN
	/* The frames of the one who had this stack before were left without returning. */
	__asan_unpoison_memory_region(coro->place.bottom, coro->place.size);
#endif
#if CORO_TSAN
	if (coro->place.fiber)
		__tsan_destroy_fiber(coro->place.fiber);
	coro->place.fiber = __tsan_create_fiber(0);
#endif
}

void coro_san_begin(struct coro *hub)
{
	pthread_attr_t attributes;
	void *bottom = NULL;

	if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
		pthread_attr_getstack(&attributes, &bottom, &coro_rt.here.size);
		coro_rt.here.bottom = bottom;
		pthread_attr_destroy(&attributes);
	}
#if CORO_TSAN
	coro_rt.here.fiber = __tsan_get_current_fiber();
#endif
	hub->place = coro_rt.here;
}

int coro_san_switch(struct coro *me, struct coro *next, const struct coro_place *place)
{
	struct coro_place here = coro_rt.here;
#if CORO_ASAN
	void *frames = NULL;

	/* A task that has ended leaves its stack for good. */
	__sanitizer_start_switch_fiber(me == &coro_rt.grave ? NULL : &frames, place->bottom,
								   place->size);
#endif
	coro_rt.here = *place;
#if CORO_TSAN
	__tsan_switch_to_fiber(place->fiber, 0);
#endif
	coro_rt.swap(me, next);
#if CORO_ASAN
	__sanitizer_finish_switch_fiber(frames, NULL, NULL);
#endif
	coro_rt.here = here;
	return (int)me->got.value;
}

void coro_san_arrived(void)
{
#if CORO_ASAN
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
}
#endif
