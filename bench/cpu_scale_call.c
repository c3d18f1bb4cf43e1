// SPDX-License-Identifier: MIT
/* cpu_scale by plain calls: one share after another, what the same work takes without any task. */
#include "cpu_scale.h"

static void run_round(struct arena *arena, uint64_t round)
{
	uint32_t tasks = (uint32_t)arena_param(arena, CPU_SCALE_TASKS);

	for (uint32_t task = 0; task < tasks; task++) {
		struct cpu_scale_share share = cpu_scale_share_begin(arena, task, round);

		while (share.next < share.end)
			cpu_scale_unit(arena, &share);
		cpu_scale_share_end(arena, &share);
	}
	cpu_scale_round_end(arena);
}

int cpu_scale_call(struct arena *arena)
{
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++)
		run_round(arena, round);
	arena_window_close(arena);
	return 0;
}
