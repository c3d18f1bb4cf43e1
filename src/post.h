// SPDX-License-Identifier: MIT
/*
 * Posters: OS threads outside of a backend's scheduler that post calls into it and wait for the
 * results. Where tasks are processes, so are posters.
 *
 *   poster                              a task of the backend, or a callback
 *   post_submit(value) ---- call ---->  post_next (task.h), or on_call (event.h)
 *   post_collect()     <--- result ---  post_reply, or what on_call returns
 *
 * What a poster runs is the same code for all backends and both styles. It may use what is here,
 * the arena and the clock, and nothing of task.h or event.h; that it has ended is noticed.
 */
#ifndef CONCBENCH_POST_H
#define CONCBENCH_POST_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct poster;

/* `number`: which poster this is, from 0. */
typedef void post_fn(struct poster *self, struct arena *arena, uint32_t number);

/* The result of a call, and the value that was posted. */
struct post_result {
	uint64_t value, result;
};

/* Posts a call; does not wait. At most `inflight` calls of a poster are unanswered at a time. */
void post_submit(struct poster *self, uint64_t value);

/*
 * Waits for the result of any of its unanswered calls; of results that are there, the oldest comes
 * first. False: there will be none, because the other side has closed; the poster has to end.
 */
bool post_collect(struct poster *self, struct post_result *result);

#endif
