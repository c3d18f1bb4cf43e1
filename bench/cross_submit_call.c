// SPDX-License-Identifier: MIT
/*
 * cross_submit by plain calls: the baseline. A poster is a loop that makes its calls itself,
 * through a pointer that the compiler cannot see through.
 */
#include "cross_submit.h"

__attribute__((noinline)) static uint64_t make_call(uint64_t call)
{
	return cross_submit_answer(call);
}

/* Returns how many calls the poster made. */
static uint64_t run_poster(struct arena *arena, uint64_t (*make)(uint64_t), uint32_t number,
						   uint64_t round)
{
	const uint64_t calls = (uint64_t)arena_param(arena, CROSS_SUBMIT_CALLS);
	const uint64_t posters = (uint64_t)arena_param(arena, CROSS_SUBMIT_POSTERS);
	uint64_t made = 0, sum = 0;

	for (uint64_t call = number + 1; call <= calls; call += posters, made++) {
		cross_submit_post(arena, round, call);
		sum += make(call);
		cross_submit_seen(arena, round, call);
	}
	arena_slice(arena, number)->bytes = sum;
	return made;
}

int cross_submit_call(struct arena *arena)
{
	uint64_t (*make)(uint64_t) = make_call;

	/* An empty instruction that might have changed it: from here on any function could be there. */
	__asm__("" : "+r"(make));
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++) {
		uint64_t made = 0;

		for (uint32_t i = 0; i < arena->n_slices; i++)
			made += run_poster(arena, make, i, round);
		cross_submit_round_end(arena, made);
	}
	arena_window_close(arena);
	return 0;
}
