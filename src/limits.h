// SPDX-License-Identifier: MIT
/*
 * This machine's limits: what its primitives cost (primitive.h), and the floor that they put under
 * one operation of each workload. No backend can be faster than the floor; how close it comes is
 * what `x limit` shows.
 */
#ifndef CONCBENCH_LIMITS_H
#define CONCBENCH_LIMITS_H

#include <stdbool.h>
#include <stdio.h>

#include "primitive.h"

struct limits_row {
	double value_ns;               /* the median of several batches; NAN: not measured */
	double spread_ns;              /* half the interquartile range of the batches */
	char note[PRIMITIVE_NOTE_MAX]; /* why it was not measured, or "" */
};

struct limits {
	struct limits_row rows[PRIMITIVE_COUNT]; /* by enum primitive_id */
};

/* What lies over a floor. `same` placement unless the name says `split`. */
enum limits_operation {
	LIMITS_GENERATOR_CALL,
	LIMITS_GENERATOR_EVENT,
	LIMITS_GENERATOR_TASK,
	LIMITS_GENERATOR_THREAD,
	LIMITS_GENERATOR_THREAD_SPLIT,
	LIMITS_GENERATOR_PROCESS,
	LIMITS_GENERATOR_PROCESS_SPLIT,
	LIMITS_HOP_CALL, /* half of a generator's value: only one side is made to run */
	LIMITS_HOP_EVENT,
	LIMITS_HOP_TASK,
	LIMITS_HOP_THREAD,
	LIMITS_HOP_PROCESS,
	LIMITS_SECTION,   /* a mutex locked and unlocked */
	LIMITS_WAKE,      /* lateness of a wake-up */
	LIMITS_WAKE_IDLE, /* lateness of a wake-up after a long sleep */
	LIMITS_SLEEP_EVENT,
	LIMITS_SLEEP_TASK,
	LIMITS_SLEEP_THREAD,
	LIMITS_SLEEP_PROCESS,
	LIMITS_ECHO_ROUND_TRIP,
	LIMITS_ECHO_ROUND_TRIP_SPLIT,
	LIMITS_ECHO_SERVER_CPU, /* CPU time of the server for one message */
	LIMITS_OPERATIONS,      /* how many; where one is asked for: none */
};

/*
 * Measures all primitives in about `budget_ms` (at least some 200 ms, for the timers), in
 * interleaved batches, so that a slow second of the machine falls on all of them alike. The calling
 * thread is pinned meanwhile and gets its CPUs back. Meant for a program without other threads.
 */
void limits_measure(struct limits *limits, int budget_ms);

/* How many operations fill a batch of a gauge, by primitive, once that is known. Start with {0}. */
struct limits_gauge {
	uint64_t operations[PRIMITIVE_COUNT];
};

/*
 * Measures one floor as it is just now, in some 3 ms (more the first time, which finds out how many
 * operations that is): to be called right before and right after what lies over it. Shared machines
 * have speed states up to 2 x apart that last seconds; the floor of another second is that of
 * another machine. In ns, from the medians of a few short batches; NAN where a part of it could not
 * be measured. Pins the calling thread meanwhile, as limits_measure does.
 */
double limits_gauge_floor(struct limits_gauge *gauge, enum limits_operation operation);

/* The least time in ns that one operation can take; NAN when a part of it was not measured. */
double limits_floor(const struct limits *limits, enum limits_operation operation);

/* "generator_task", and what the floor is made of. Static. */
const char *limits_operation_name(enum limits_operation operation);

/* Two tables for human eyes: the primitives, the floors. */
void limits_print(const struct limits *limits, FILE *out);

/* The same as CSV with a header: name,value_ns,unit,spread_ns,note. Floors are called floor_*. */
void limits_print_csv(const struct limits *limits, FILE *out);

#endif
