// SPDX-License-Identifier: MIT
/*
 * The machine's primitives: the smallest pieces that every concurrency model is made of, each
 * measured by a loop that does nothing else. `limits` runs them; what they cost is the floor under
 * what a backend can reach.
 *
 * A measurer does `n` operations (fewer, but at least one, when place->give_up_ns has passed), sets
 * up and takes down what it needs around them (untimed) and returns the mean time of one; for
 * timers, where the mean is governed by the odd interrupt, the median. It runs pinned to
 * `place->cpu` and leaves no process, thread or descriptor behind.
 */
#ifndef CONCBENCH_PRIMITIVE_H
#define CONCBENCH_PRIMITIVE_H

#include <stdbool.h>
#include <stdint.h>

enum { PRIMITIVE_NOTE_MAX = 80 };

enum primitive_id {
	PRIMITIVE_CLOCK_READ,
	PRIMITIVE_SYSTEM_CALL,
	PRIMITIVE_INDIRECT_CALL,
	PRIMITIVE_SWITCH,
	PRIMITIVE_HANDOFF_THREAD_SAME,
	PRIMITIVE_HANDOFF_THREAD_SPLIT,
	PRIMITIVE_HANDOFF_PROCESS_SAME,
	PRIMITIVE_HANDOFF_PROCESS_SPLIT,
	PRIMITIVE_SPIN_SPLIT,
	PRIMITIVE_MUTEX,
	PRIMITIVE_THREAD_CREATE,
	PRIMITIVE_PROCESS_CREATE,
	PRIMITIVE_PAGE_TOUCH,
	PRIMITIVE_TCP_ROUND_TRIP,
	PRIMITIVE_TCP_PROCESSES_SAME,
	PRIMITIVE_TCP_PROCESSES_SPLIT,
	PRIMITIVE_TIMER_NANOSLEEP,
	PRIMITIVE_TIMER_TIMERFD,
	PRIMITIVE_TIMER_IDLE,
	PRIMITIVE_COUNT,
};

/* Where to measure, and why it could not be done. */
struct primitive_place {
	int cpu;            /* the measurer runs on it; -1: it could not be pinned */
	int other_cpu;      /* a second one, for the `split` rows; -1: there is none */
	int64_t give_up_ns; /* on a busy machine a turn can cost a time slice: stop with fewer */
	char note[PRIMITIVE_NOTE_MAX]; /* set by a measurer that returns NAN */
};

typedef double primitive_fn(struct primitive_place *place, uint64_t n);

struct primitive {
	const char *name;
	const char *description; /* what one operation is */
	uint64_t most;           /* operations at a time that make sense */
	primitive_fn *measure;   /* ns an operation; NAN and place->note when it cannot be measured */
};

extern const struct primitive primitives[PRIMITIVE_COUNT]; /* by enum primitive_id */

/* Writes "WHAT: reason of ERROR" (an errno; 0: none) as the note and returns NAN. */
double primitive_failed(struct primitive_place *place, const char *what, int error);

/* Whether `cpu` (one of the place's two) is there to be used; sets the note otherwise. */
bool primitive_has_cpu(struct primitive_place *place, int cpu);

/* Pins the calling thread. 0 or -errno. */
int primitive_pin(int cpu);

/* The measurers, for the table alone. */
primitive_fn primitive_clock_read, primitive_system_call, primitive_indirect_call, primitive_switch,
	primitive_page_touch;
primitive_fn primitive_handoff_thread_same, primitive_handoff_thread_split,
	primitive_handoff_process_same, primitive_handoff_process_split, primitive_spin_split;
primitive_fn primitive_mutex;
primitive_fn primitive_thread_create, primitive_process_create;
primitive_fn primitive_tcp_round_trip, primitive_tcp_processes_same, primitive_tcp_processes_split;
primitive_fn primitive_timer_nanosleep, primitive_timer_timerfd, primitive_timer_idle;

#endif
