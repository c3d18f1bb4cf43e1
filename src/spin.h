// SPDX-License-Identifier: MIT
/*
 * Looking again and again at a word that another CPU is about to change, before one sleeps: to
 * sleep and be woken costs as much as a hundred changes.
 *
 * It is in vain while the other side does not run, because both are on one CPU or a third has taken
 * the other. So he who has looked in vain sleeps at once for the next 2 times, and for twice as
 * many each time that he finds no better, up to 64.
 */
#ifndef CONCBENCH_SPIN_H
#define CONCBENCH_SPIN_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "spread.h"

enum { SPIN_DOUBTS_MAX = 6 };

/* Of one who looks, or of many; no order is needed, and no update is too dear to lose. */
struct spin_guess {
	_Atomic uint32_t doubts;   /* how often one has looked in vain of late */
	_Atomic uint32_t to_sleep; /* how often one is still to sleep without looking */
};

/*
 * Whether the other side has, or may have, another CPU than the calling thread: tasks are spread
 * (NULL: they are not), or more than one CPU is allowed. If not, it cannot run until one sleeps.
 */
static inline bool spin_pays(const struct spread *spread)
{
	cpu_set_t cpus;

	if (spread)
		return spread->n > 1;
	return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 1;
}

/*
 * Between two looks, `n` times: leaves the core to its other hardware thread, and saves power. On
 * aarch64 `yield` is meant for that, but does nothing on cores with one hardware thread, and the
 * looks would be over at once; `isb` empties the pipeline, which takes its time on all of them.
 */
static inline void spin_pause(unsigned n)
{
	for (; n > 0; n--) {
#if defined(__x86_64__)
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("isb");
#endif
	}
}

/* Whether to look before one sleeps. */
static inline bool spin_expected(struct spin_guess *guess)
{
	uint32_t to_sleep = atomic_load_explicit(&guess->to_sleep, memory_order_relaxed);

	if (to_sleep == 0)
		return true;
	atomic_store_explicit(&guess->to_sleep, to_sleep - 1, memory_order_relaxed);
	return false;
}

/* Notes what became of looking. */
static inline void spin_note(struct spin_guess *guess, bool in_vain)
{
	uint32_t doubts = atomic_load_explicit(&guess->doubts, memory_order_relaxed);

	if (!in_vain) {
		atomic_store_explicit(&guess->doubts, 0, memory_order_relaxed);
		return;
	}
	if (doubts < SPIN_DOUBTS_MAX)
		atomic_store_explicit(&guess->doubts, ++doubts, memory_order_relaxed);
	atomic_store_explicit(&guess->to_sleep, 1u << doubts, memory_order_relaxed);
}

#endif
