// SPDX-License-Identifier: MIT
/* Looking again and again at a word that another CPU is about to change. */
#ifndef CONCBENCH_SPIN_H
#define CONCBENCH_SPIN_H

#include <sched.h>
#include <stdbool.h>

/* Between two looks: leaves the core to its other hardware thread, and saves power. */
static inline void spin_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Whether there is a second CPU; with one, the other side cannot run until the looker sleeps. */
static inline bool spin_pays(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 1;
}

#endif
