// SPDX-License-Identifier: MIT
/*
 * pipeline by plain calls: the baseline where nothing is waited for. A stage is a call through a
 * pointer that the compiler cannot see through, and both modes come to the same.
 */
#include "pipeline.h"

__attribute__((noinline)) static uint64_t do_stage(struct arena *arena, uint32_t stage,
												   uint64_t item)
{
	pipeline_arrive(arena, stage, item);
	return pipeline_leave(arena, stage, item);
}

int pipeline_call(struct arena *arena)
{
	const uint64_t items = (uint64_t)arena_param(arena, PIPELINE_ITEMS);
	const uint32_t stages = (uint32_t)arena_param(arena, PIPELINE_STAGES);
	uint64_t (*stage)(struct arena *, uint32_t, uint64_t) = do_stage;
	struct pipeline_round round = {0};

	/* An empty instruction that might have changed it: from here on any function could be there. */
	__asm__("" : "+r"(stage));
	arena_window_open(arena);
	while (arena_round_wanted(arena, round.number)) {
		for (uint64_t number = 0; number < items; number++) {
			uint64_t item = number;

			for (uint32_t i = 0; i < stages; i++)
				item = stage(arena, i, item);
			pipeline_out(&round, item);
		}
		pipeline_round_end(arena, &round);
	}
	arena_window_close(arena);
	return 0;
}
