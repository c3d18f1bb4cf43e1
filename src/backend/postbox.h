// SPDX-License-Identifier: MIT
/*
 * A postbox: what stands between posters (post.h) and the one task or callback that takes their
 * calls; every backend's post slots are made of it.
 *
 * A call lies in a cache line of its own and wanders between two kinds of lists, each of which is
 * one word: the newest call, from which the others hang.
 *
 *   posters --push--> [ list of the box ]  --take all--> consumer
 *      ^                                                    |
 *      +---take all-- [ list of the poster ] <----push------+
 *
 * Many push, one takes, and always all that is there, so that there is no ABA; the taker turns the
 * calls round, oldest first. The word also says that the taker sleeps: only he turns `empty` into
 * `asleep`, and who pushes onto `asleep` wakes him. So a system call is made once for each sleep
 * and never while the taker is busy, and several calls are handed over in one wake-up.
 *
 * A thread or process sleeps on the word itself, a futex, and looks for a while before it does
 * where that has paid of late (spin.h). A loop sleeps in its poller and is woken by a function of
 * the backend.
 *
 * Memory order: a push releases and a take acquires the word, which is all that is shared; a call
 * belongs to whoever has taken it. To fall asleep releases, too, and a push acquires, for what the
 * sleeper is to be woken with.
 */
#ifndef CONCBENCH_POSTBOX_H
#define CONCBENCH_POSTBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "post.h"
#include "spread.h"
#include "task.h"

struct postbox;

struct postbox_plan {
	post_fn *fn;
	struct arena *arena;
	uint32_t posters, inflight;
	struct spread *spread;    /* gives each poster its CPU; NULL: they stay where the opener is */
	bool shared;              /* with processes that are forked later */
	void (*wake)(void *data); /* wakes the dozing consumer, from any thread; NULL: by futex */
	void *data;
};

/* The memory of a box, in which nobody posts yet. NULL: none, or a number is 0. */
struct postbox *postbox_new(const struct postbox_plan *plan);
void postbox_free(struct postbox *box);

/* The `data` of its plan. */
void *postbox_data(const struct postbox *box);

/* ---- posters ---- */

/* Starts all posters as threads, all signals blocked. 0, or -errno and none runs. */
int postbox_start_threads(struct postbox *box);

/* Waits for them; those who have not ended by themselves are told to. */
void postbox_stop_threads(struct postbox *box);

/* Where posters are processes: runs poster `number` in the calling one; returns when it ends. */
void postbox_run(struct postbox *box, uint32_t number);

/* A place to keep the process of a poster; 0 at first. The opener's. */
pid_t *postbox_pid(struct postbox *box, uint32_t number);

/* How many posters there are. */
uint32_t postbox_posters(const struct postbox *box);

/* From now on no poster gets a result. */
void postbox_cut(struct postbox *box);

/* ---- the consumer ---- */

/* Takes the oldest call; false: there is none at present. */
bool postbox_take(struct postbox *box, uint64_t *value);

/* Whether all posters have ended. Only when there was nothing to take. */
bool postbox_ended(const struct postbox *box);

/* Says that the consumer sleeps: the next call is followed by `wake`. False: a call has come. */
bool postbox_doze(struct postbox *box);

/* As post_next and post_reply in task.h; the first for a consumer that sleeps by futex. */
struct gen_value postbox_next(struct postbox *box);
void postbox_reply(struct postbox *box, uint64_t result);

#endif
