// SPDX-License-Identifier: MIT
/*
 * placement=split where a workload has one role: its tasks on CPUs of their own. The root has the
 * first CPU of a list, and each task that is started the next one, round and round.
 *
 * A backend whose tasks are threads or processes takes a turn for each task that it starts, and has
 * the task enter it. Where tasks stay where their root is there is no spread, and all calls take
 * NULL for that.
 */
#ifndef CONCBENCH_SPREAD_H
#define CONCBENCH_SPREAD_H

#include <stdatomic.h>
#include <stdint.h>

enum { SPREAD_CPUS_MAX = 1024 };

struct spread {
	uint32_t n;
	_Atomic uint32_t turns; /* taken so far; each process goes on with a copy of its own */
	uint16_t cpus[SPREAD_CPUS_MAX];
};

/* The CPUs allowed to the calling thread, the last first, far from CPU 0's interrupts. 0 or -errno.
 */
int spread_init(struct spread *spread);

/* Pins the calling thread to the root's CPU. 0 or -errno. */
int spread_enter_root(const struct spread *spread);

/* The turn of the task that is started next; from any thread. */
static inline uint32_t spread_take(struct spread *spread)
{
	return spread ? atomic_fetch_add_explicit(&spread->turns, 1, memory_order_relaxed) : 0;
}

/* Pins the calling thread, which is the task with this turn. 0 or -errno. */
int spread_enter(const struct spread *spread, uint32_t turn);

#endif
