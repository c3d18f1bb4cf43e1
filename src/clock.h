// SPDX-License-Identifier: MIT
/*
 * The one clock of the suite: CLOCK_MONOTONIC in nanoseconds.
 *
 * Every stamp, deadline and interval uses it, in every process of a trial, so that stamps taken
 * on different sides can be subtracted. It is read through the vDSO (20-50 ns) where the kernel
 * offers a user-space clock source; `clock_cost_ns` in the CSV says what a read costs here.
 */
#ifndef CONCBENCH_CLOCK_H
#define CONCBENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_S 1000000000LL
#define CLOCK_NS_PER_MS 1000000LL
#define CLOCK_NS_PER_US 1000LL

/* The present time in ns since an arbitrary start (boot). Cannot fail on Linux. */
static inline int64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

/* `ns` (>= 0) as a timespec, for system calls that take one. */
static inline struct timespec clock_timespec(int64_t ns)
{
	return (struct timespec){.tv_sec = ns / CLOCK_NS_PER_S, .tv_nsec = ns % CLOCK_NS_PER_S};
}

#endif
