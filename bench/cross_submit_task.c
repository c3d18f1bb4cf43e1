// SPDX-License-Identifier: MIT
/* cross_submit in direct style: one task waits for a call, makes it, and answers. */
#include "cross_submit.h"

#include <errno.h>

#include "task.h"

/* 0 or -errno. */
static int run_round(const struct task_ops *t, struct arena *arena)
{
	struct postbox *box =
		post_open(t, cross_submit_poster, (uint32_t)arena_param(arena, CROSS_SUBMIT_POSTERS),
				  (uint32_t)arena_param(arena, CROSS_SUBMIT_INFLIGHT));
	struct gen_value call;
	uint64_t made = 0;

	if (!box)
		return -EAGAIN;
	/* Ends when all posters have. */
	while ((call = post_next(t, box)).more) {
		made++;
		post_reply(t, box, cross_submit_answer(call.value));
	}
	post_close(t, box);
	cross_submit_round_end(arena, made);
	return 0;
}

void cross_submit_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	int error = 0;

	(void)arg;
	(void)fd;
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round) && error == 0; round++)
		error = run_round(t, arena);
	arena_window_close(arena);
	if (error)
		arena_fail(arena, "starting the posters", error);
}
