// SPDX-License-Identifier: MIT
/* cross_submit: what a poster runs, the same for all backends and both styles. */
#include "cross_submit.h"

#include "post.h"

void cross_submit_poster(struct poster *self, struct arena *arena, uint32_t number)
{
	const uint64_t calls = (uint64_t)arena_param(arena, CROSS_SUBMIT_CALLS);
	const uint64_t posters = (uint64_t)arena_param(arena, CROSS_SUBMIT_POSTERS);
	const uint64_t inflight = (uint64_t)arena_param(arena, CROSS_SUBMIT_INFLIGHT);
	const uint64_t round = arena->rounds_done; /* changes only between rounds */
	uint64_t call = number + 1, unanswered = 0, sum = 0;
	struct post_result got;

	arena_task_begin(arena, number, clock_now_ns());
	for (;;) {
		for (; unanswered < inflight && call <= calls; unanswered++, call += posters) {
			cross_submit_post(arena, round, call);
			post_submit(self, call);
		}
		/* False is the end of a trial that has failed. */
		if (unanswered == 0 || !post_collect(self, &got))
			break;
		unanswered--;
		sum += got.result;
		cross_submit_seen(arena, round, got.value);
	}
	arena_slice(arena, number)->bytes = sum;
	arena_task_end(arena, number, clock_now_ns());
}
