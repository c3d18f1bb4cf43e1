// SPDX-License-Identifier: MIT
/*
 * Calls from other threads into a task. The task takes what is there by itself; only where there is
 * nothing does it park, and a poster wakes the hub through an ev_async, whose eventfd is written to
 * only when the hub is about to sleep, or does.
 */
#ifndef CONCBENCH_CORO_POST_H
#define CONCBENCH_CORO_POST_H

#include <stdint.h>

#include "task.h"

struct postbox *coro_post_open(post_fn *fn, uint32_t posters, uint32_t inflight);
struct gen_value coro_post_next(struct postbox *box);
void coro_post_close(struct postbox *box);

/* After the last task: ends the posters that a task left behind. */
void coro_post_release(void);

#endif
