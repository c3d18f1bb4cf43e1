// SPDX-License-Identifier: MIT
/*
 * pool_dispatch by plain calls: the baseline. A job is a call through a pointer that the compiler
 * cannot see through, and its result is there when that returns.
 */
#include "pool_dispatch.h"

__attribute__((noinline)) static uint64_t run_job(int64_t work_ns, uint64_t job)
{
	return pool_dispatch_run(work_ns, job);
}

int pool_dispatch_call(struct arena *arena)
{
	const int64_t work_ns = arena_param(arena, POOL_DISPATCH_WORK);
	uint64_t (*run)(int64_t, uint64_t) = run_job;
	struct pool_dispatch_round round = {0};

	/* An empty instruction that might have changed it: from here on any function could be there. */
	__asm__("" : "+r"(run));
	arena_window_open(arena);
	while (arena_round_wanted(arena, round.number)) {
		while (pool_dispatch_waits(arena, &round))
			pool_dispatch_see(arena, &round, run(work_ns, pool_dispatch_next(arena, &round)));
		pool_dispatch_round_end(arena, &round);
	}
	arena_window_close(arena);
	return 0;
}
