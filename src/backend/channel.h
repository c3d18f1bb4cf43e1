// SPDX-License-Identifier: MIT
/*
 * Channels of tasks that are threads or processes: what stands behind the chan slots of task.h
 * there, in memory that all of them see at the same address.
 *
 * A channel of kind `ring` takes no lock: each cell says by its turn whose it is, after Dmitry
 * Vyukov's bounded MPMC queue (1024cores.net). A cell is put into in lap L while its turn is 2L,
 * and taken from while it is 2L + 1; a position is claimed by compare-and-swap, then the cell is
 * filled or emptied, and its turn handed on.
 *
 *   puts  --+            +--------------+--------------+--------------+
 *   (lap,   +--> claim   | turn | value | turn | value | turn | value |     claim <-- gets (lap,
 *   index)               +--------------+--------------+--------------+              index)
 *
 * Only who finds it full or empty sleeps, on a futex: a bell for each side. Where there is a second
 * CPU he looks a few times more before he does, because to sleep and be woken costs as much as a
 * hundred values; but not while that has been in vain of late, because the other side does not run.
 *
 * Kind `condvar` is the textbook's: one mutex, two condition variables. It is there to be measured
 * beside the ring, for threads only.
 */
#ifndef CONCBENCH_CHANNEL_H
#define CONCBENCH_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "task.h"

enum channel_kind { CHANNEL_RING, CHANNEL_CONDVAR };

struct spread;

/*
 * `shared`: with processes that are forked later. `spread`: what gives the tasks that will use it
 * their CPUs, or NULL. NULL: no memory.
 */
struct chan *channel_open(uint32_t capacity, enum channel_kind kind, bool shared,
						  const struct spread *spread);

/* As their namesakes in task.h. */
int channel_put(struct chan *chan, uint64_t value);
struct gen_value channel_get(struct chan *chan);
void channel_close(struct chan *chan);
void channel_free(struct chan *chan);

#endif
