// SPDX-License-Identifier: MIT
/*
 * The list of primitives. Their measurers are in primitive_cpu.c, primitive_handoff.c,
 * primitive_lock.c, primitive_create.c, primitive_tcp.c and primitive_timer.c.
 */
#include "primitive.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

double primitive_failed(struct primitive_place *place, const char *what, int error)
{
	if (error)
		snprintf(place->note, sizeof(place->note), "%s: %s", what, strerror(error));
	else
		snprintf(place->note, sizeof(place->note), "%s", what);
	return NAN;
}

bool primitive_has_cpu(struct primitive_place *place, int cpu)
{
	if (place->cpu < 0)
		primitive_failed(place, "this thread cannot be pinned to a CPU", 0);
	else if (cpu < 0)
		primitive_failed(place, "only one CPU is allowed here", 0);
	return place->cpu >= 0 && cpu >= 0;
}

int primitive_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

enum { MANY = 1 << 24 };

const struct primitive primitives[PRIMITIVE_COUNT] = {
	[PRIMITIVE_CLOCK_READ] = {"clock_read", "CLOCK_MONOTONIC through the vDSO", MANY,
							  primitive_clock_read},
	[PRIMITIVE_SYSTEM_CALL] = {"system_call", "getppid", MANY, primitive_system_call},
	[PRIMITIVE_INDIRECT_CALL] = {"indirect_call", "a call through a pointer, and back", MANY,
								 primitive_indirect_call},
	[PRIMITIVE_SWITCH] = {"switch", "two inline stack switches: there and back", MANY,
						  primitive_switch},
	[PRIMITIVE_HANDOFF_THREAD_SAME] = {"handoff_thread_same",
									   "futex wake and wait, threads on one CPU, one way", MANY,
									   primitive_handoff_thread_same},
	[PRIMITIVE_HANDOFF_THREAD_SPLIT] = {"handoff_thread_split", "the same on two CPUs", MANY,
										primitive_handoff_thread_split},
	[PRIMITIVE_HANDOFF_PROCESS_SAME] = {"handoff_process_same",
										"futex wake and wait, processes on one CPU, one way", MANY,
										primitive_handoff_process_same},
	[PRIMITIVE_HANDOFF_PROCESS_SPLIT] = {"handoff_process_split", "the same on two CPUs", MANY,
										 primitive_handoff_process_split},
	[PRIMITIVE_SPIN_SPLIT] = {"spin_split", "a cache line between two spinning CPUs, one way", MANY,
							  primitive_spin_split},
	[PRIMITIVE_MUTEX] = {"mutex", "pthread_mutex_lock and unlock, nobody else wants it", MANY,
						 primitive_mutex},
	[PRIMITIVE_THREAD_CREATE] = {"thread_create", "pthread_create and pthread_join, one CPU", 4096,
								 primitive_thread_create},
	[PRIMITIVE_PROCESS_CREATE] = {"process_create", "fork, _exit and waitpid, one CPU", 1024,
								  primitive_process_create},
	[PRIMITIVE_PAGE_TOUCH] = {"page_touch", "the first write to an anonymous page", 4096,
							  primitive_page_touch},
	[PRIMITIVE_TCP_ROUND_TRIP] = {"tcp_round_trip",
								  "64 B over loopback: send, recv, send, recv by one thread", MANY,
								  primitive_tcp_round_trip},
	[PRIMITIVE_TCP_PROCESSES_SAME] = {"tcp_processes_same",
									  "the same between two blocking processes on one CPU", MANY,
									  primitive_tcp_processes_same},
	[PRIMITIVE_TCP_PROCESSES_SPLIT] = {"tcp_processes_split", "the same on two CPUs", MANY,
									   primitive_tcp_processes_split},
	[PRIMITIVE_TIMER_NANOSLEEP] = {"timer_nanosleep",
								   "lateness of clock_nanosleep after 100 us, slack 1 ns", 256,
								   primitive_timer_nanosleep},
	[PRIMITIVE_TIMER_TIMERFD] = {"timer_timerfd",
								 "lateness of a timerfd in epoll_wait after 100 us", 256,
								 primitive_timer_timerfd},
	[PRIMITIVE_TIMER_IDLE] = {"timer_idle", "the same after 10 ms: the CPU has gone to sleep", 4,
							  primitive_timer_idle},
};
