// SPDX-License-Identifier: MIT
/*
 * This machine's limits. See limits.h; the floors are a table below.
 */
#include "limits.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "stats.h"
#include "text.h"

/*
 * Batches of each primitive; calibrating takes the time of about two more. Some milliseconds each:
 * shorter than a time slice, so that on a busy machine most of them run undisturbed.
 */
enum { LIMITS_BATCHES = 15, LIMITS_CALIBRATION = 2, LIMITS_BATCHES_LEAST = 3 };

/* A batch gives up after this many times its slice, but has time for a long sleep. */
enum { LIMITS_PATIENCE = 4, LIMITS_PATIENCE_LEAST_MS = 25 };

/*
 * Batches of each part of a floor: short, since two sets of them stand beside every trial, and
 * enough of them that one which was interrupted does not show. Long enough, too, that the cold
 * start of a new process is lost in them: with a quarter of this its hand-offs seem 1.3 x as long.
 */
enum { GAUGE_BATCHES = 5, GAUGE_BATCH_US = 250 };

enum { FLOOR_PARTS = 3 };

/*
 * A floor is a sum of primitives. The bytes of a sleeping task are those that it cannot do
 * without: control block, timer entry and live frame (150 B); an event needs no frame (64 B).
 * Being new, their pages are touched for the first time.
 */
static const struct floor {
	const char *name;
	const char *made_of;
	struct {
		enum primitive_id id;
		double weight; /* 0: no more parts */
	} parts[FLOOR_PARTS];
} floors[LIMITS_OPERATIONS] = {
	[LIMITS_GENERATOR_CALL] = {"generator_call",
							   "an indirect call",
							   {{PRIMITIVE_INDIRECT_CALL, 1}}},
	[LIMITS_GENERATOR_EVENT] = {"generator_event",
								"an indirect call: the callback",
								{{PRIMITIVE_INDIRECT_CALL, 1}}},
	[LIMITS_GENERATOR_TASK] = {"generator_task", "two inline switches", {{PRIMITIVE_SWITCH, 1}}},
	[LIMITS_GENERATOR_THREAD] = {"generator_thread",
								 "two futex hand-offs, one CPU",
								 {{PRIMITIVE_HANDOFF_THREAD_SAME, 2}}},
	[LIMITS_GENERATOR_THREAD_SPLIT] = {"generator_thread_split",
									   "two futex hand-offs, two CPUs",
									   {{PRIMITIVE_HANDOFF_THREAD_SPLIT, 2}}},
	[LIMITS_GENERATOR_PROCESS] = {"generator_process",
								  "two futex hand-offs, one CPU",
								  {{PRIMITIVE_HANDOFF_PROCESS_SAME, 2}}},
	[LIMITS_GENERATOR_PROCESS_SPLIT] = {"generator_process_split",
										"two futex hand-offs, two CPUs",
										{{PRIMITIVE_HANDOFF_PROCESS_SPLIT, 2}}},
	[LIMITS_HOP_CALL] = {"hop_call", "an indirect call", {{PRIMITIVE_INDIRECT_CALL, 1}}},
	[LIMITS_HOP_EVENT] = {"hop_event",
						  "an indirect call: the callback",
						  {{PRIMITIVE_INDIRECT_CALL, 1}}},
	[LIMITS_HOP_TASK] = {"hop_task", "an inline switch", {{PRIMITIVE_SWITCH, 0.5}}},
	[LIMITS_HOP_THREAD] = {"hop_thread",
						   "a futex hand-off, one CPU",
						   {{PRIMITIVE_HANDOFF_THREAD_SAME, 1}}},
	[LIMITS_HOP_PROCESS] = {"hop_process",
							"a futex hand-off, one CPU",
							{{PRIMITIVE_HANDOFF_PROCESS_SAME, 1}}},
	[LIMITS_SECTION] = {"section", "a mutex locked and unlocked", {{PRIMITIVE_MUTEX, 1}}},
	[LIMITS_WAKE] = {"wake", "timer interrupt, wake, return", {{PRIMITIVE_TIMER_TIMERFD, 1}}},
	[LIMITS_WAKE_IDLE] = {"wake_idle", "the same from an idle CPU", {{PRIMITIVE_TIMER_IDLE, 1}}},
	[LIMITS_SLEEP_EVENT] = {"sleep_event",
							"64 B of new memory, two clock reads, a call",
							{{PRIMITIVE_PAGE_TOUCH, 64 / 4096.0},
							 {PRIMITIVE_CLOCK_READ, 2},
							 {PRIMITIVE_INDIRECT_CALL, 1}}},
	[LIMITS_SLEEP_TASK] = {"sleep_task",
						   "150 B of new memory, two clock reads, two switches",
						   {{PRIMITIVE_PAGE_TOUCH, 150 / 4096.0},
							{PRIMITIVE_CLOCK_READ, 2},
							{PRIMITIVE_SWITCH, 1}}},
	[LIMITS_SLEEP_THREAD] = {"sleep_thread", "create and join", {{PRIMITIVE_THREAD_CREATE, 1}}},
	[LIMITS_SLEEP_PROCESS] = {"sleep_process", "fork and wait", {{PRIMITIVE_PROCESS_CREATE, 1}}},
	[LIMITS_ECHO_ROUND_TRIP] = {"echo_round_trip",
								"two blocking processes on one CPU",
								{{PRIMITIVE_TCP_PROCESSES_SAME, 1}}},
	[LIMITS_ECHO_ROUND_TRIP_SPLIT] = {"echo_round_trip_split",
									  "two blocking processes on two CPUs",
									  {{PRIMITIVE_TCP_PROCESSES_SPLIT, 1}}},
	/* Both ends do the same, a send and a recv. */
	[LIMITS_ECHO_SERVER_CPU] = {"echo_server_cpu",
								"recv and send: half the round trip",
								{{PRIMITIVE_TCP_ROUND_TRIP, 0.5}}},
};

/* One primitive being measured. */
struct run {
	const struct primitive *primitive;
	uint64_t operations;
	double batches[LIMITS_BATCHES];
	size_t count;
	char note[PRIMITIVE_NOTE_MAX];
};

/*
 * Pins the calling thread to the last CPU allowed, far from CPU 0's interrupts, as trials are
 * placed too; the one before is the other CPU. `allowed` is what place_release gives back.
 */
static void place_init(struct primitive_place *place, cpu_set_t *allowed)
{
	CPU_ZERO(allowed);
	(void)sched_getaffinity(0, sizeof(*allowed), allowed);
	*place = (struct primitive_place){.cpu = -1, .other_cpu = -1};
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && place->other_cpu < 0; cpu--) {
		if (!CPU_ISSET((size_t)cpu, allowed))
			continue;
		if (place->cpu < 0)
			place->cpu = cpu;
		else
			place->other_cpu = cpu;
	}
	if (place->cpu >= 0 && primitive_pin(place->cpu))
		place->cpu = place->other_cpu = -1;
}

static void place_release(const struct primitive_place *place, const cpu_set_t *allowed)
{
	if (place->cpu >= 0)
		(void)sched_setaffinity(0, sizeof(*allowed), allowed);
}

static void run_batch(struct run *run, struct primitive_place *place, int64_t slice_ns)
{
	int64_t patience_ns = LIMITS_PATIENCE * slice_ns;
	double ns;

	if (patience_ns < LIMITS_PATIENCE_LEAST_MS * CLOCK_NS_PER_MS)
		patience_ns = LIMITS_PATIENCE_LEAST_MS * CLOCK_NS_PER_MS;
	place->give_up_ns = clock_now_ns() + patience_ns;
	place->note[0] = '\0';
	ns = run->primitive->measure(place, run->operations);
	if (!isnan(ns))
		run->batches[run->count++] = ns;
	else
		memcpy(run->note, place->note, sizeof(run->note));
}

/* Finds how many operations fill about `slice_ns`; 0 when it cannot be measured at all. */
static void run_calibrate(struct run *run, struct primitive_place *place, int64_t slice_ns)
{
	int64_t took_ns = 0;

	/* Ends with the slice, a failure, or as many operations as make sense. */
	for (run->operations = 1;; run->operations *= 2) {
		const int64_t begin_ns = clock_now_ns();

		run->count = 0;
		run_batch(run, place, slice_ns);
		took_ns = clock_now_ns() - begin_ns;
		if (run->count == 0)
			run->operations = 0;
		if (run->count == 0 || took_ns * 2 > slice_ns || run->operations * 2 > run->primitive->most)
			break;
	}
	run->count = 0;
}

static void run_store(struct run *run, struct limits_row *row)
{
	*row = (struct limits_row){.value_ns = NAN, .spread_ns = NAN};
	if (run->count == 0) {
		memcpy(row->note, run->note, sizeof(row->note));
		return;
	}
	stats_sort(run->batches, run->count);
	row->value_ns = stats_median(run->batches, run->count);
	row->spread_ns = (stats_quantile(run->batches, run->count, 0.75) -
					  stats_quantile(run->batches, run->count, 0.25)) /
					 2;
}

void limits_measure(struct limits *limits, int budget_ms)
{
	int64_t budget_ns = budget_ms * CLOCK_NS_PER_MS;
	int64_t enough_ns = clock_now_ns() + 2 * budget_ns;
	int64_t slice_ns = budget_ns / (PRIMITIVE_COUNT * (LIMITS_BATCHES + LIMITS_CALIBRATION));
	struct run runs[PRIMITIVE_COUNT];
	struct primitive_place place;
	cpu_set_t allowed;

	place_init(&place, &allowed);
	for (size_t i = 0; i < PRIMITIVE_COUNT; i++) {
		runs[i] = (struct run){.primitive = &primitives[i]};
		run_calibrate(&runs[i], &place, slice_ns);
	}
	for (int batch = 0; batch < LIMITS_BATCHES; batch++) {
		if (batch >= LIMITS_BATCHES_LEAST && clock_now_ns() > enough_ns)
			break;
		for (size_t i = 0; i < PRIMITIVE_COUNT; i++)
			if (runs[i].operations > 0)
				run_batch(&runs[i], &place, slice_ns);
	}
	for (size_t i = 0; i < PRIMITIVE_COUNT; i++)
		run_store(&runs[i], &limits->rows[i]);
	place_release(&place, &allowed);
}

/* Finds how many operations make a batch; 0 when it cannot be measured just now. */
static void gauge_calibrate(struct run *run, struct primitive_place *place)
{
	const double batch_ns = GAUGE_BATCH_US * (double)CLOCK_NS_PER_US;

	/* Ends with a long batch, a failure, or as many operations as make sense. */
	for (run->operations = 1;; run->operations *= 2) {
		run->count = 0;
		run_batch(run, place, 0);
		if (run->count == 0)
			run->operations = 0;
		if (run->count == 0 || (double)run->operations * run->batches[0] >= batch_ns ||
			run->operations * 2 > run->primitive->most)
			break;
	}
	run->count = 0;
}

double limits_gauge_floor(struct limits_gauge *gauge, enum limits_operation operation)
{
	const struct floor *floor = &floors[operation];
	struct primitive_place place;
	struct limits limits;
	cpu_set_t allowed;

	place_init(&place, &allowed);
	for (size_t i = 0; i < FLOOR_PARTS && floor->parts[i].weight > 0; i++) {
		enum primitive_id id = floor->parts[i].id;
		struct run run = {.primitive = &primitives[id], .operations = gauge->operations[id]};

		if (run.operations == 0)
			gauge_calibrate(&run, &place);
		gauge->operations[id] = run.operations;
		for (int batch = 0; batch < GAUGE_BATCHES && run.operations > 0; batch++)
			run_batch(&run, &place, 0);
		run_store(&run, &limits.rows[id]);
	}
	place_release(&place, &allowed);
	return limits_floor(&limits, operation);
}

double limits_floor(const struct limits *limits, enum limits_operation operation)
{
	const struct floor *floor = &floors[operation];
	double ns = 0;

	/* NAN times anything is NAN, and so is the sum. */
	for (size_t i = 0; i < FLOOR_PARTS && floor->parts[i].weight > 0; i++)
		ns += floor->parts[i].weight * limits->rows[floor->parts[i].id].value_ns;
	return ns;
}

const char *limits_operation_name(enum limits_operation operation)
{
	return floors[operation].name;
}

void limits_print(const struct limits *limits, FILE *out)
{
	char value[TEXT_SCALED_MAX], spread[TEXT_SCALED_MAX];

	fprintf(out, "%-24s %10s %10s  %s\n", "primitive", "median", "+-", "what it is");
	for (size_t i = 0; i < PRIMITIVE_COUNT; i++) {
		const struct limits_row *row = &limits->rows[i];

		fprintf(out, "%-24s %10s %10s  %s%s%s\n", primitives[i].name,
				text_scale_ns(row->value_ns, value), text_scale_ns(row->spread_ns, spread),
				primitives[i].description, *row->note ? "; not measured: " : "", row->note);
	}
	fprintf(out, "\n%-24s %10s %10s  %s\n", "operation", "floor", "", "made of");
	for (unsigned i = 0; i < LIMITS_OPERATIONS; i++)
		fprintf(out, "%-24s %10s %10s  %s\n", floors[i].name,
				text_scale_ns(limits_floor(limits, i), value), "", floors[i].made_of);
}

/* A figure that was not measured is an empty field. No text in here holds a quote. */
static void print_csv_row(FILE *out, const char *name, double value, double spread,
						  const char *note)
{
	fprintf(out, "%s,", name);
	if (!isnan(value))
		fprintf(out, "%.6g", value);
	fprintf(out, ",ns,");
	if (!isnan(spread))
		fprintf(out, "%.6g", spread);
	fprintf(out, strchr(note, ',') ? ",\"%s\"\n" : ",%s\n", note);
}

void limits_print_csv(const struct limits *limits, FILE *out)
{
	char name[64];

	fprintf(out, "name,value_ns,unit,spread_ns,note\n");
	for (size_t i = 0; i < PRIMITIVE_COUNT; i++)
		print_csv_row(out, primitives[i].name, limits->rows[i].value_ns, limits->rows[i].spread_ns,
					  limits->rows[i].note);
	for (unsigned i = 0; i < LIMITS_OPERATIONS; i++) {
		snprintf(name, sizeof(name), "floor_%s", floors[i].name);
		print_csv_row(out, name, limits_floor(limits, i), NAN, floors[i].made_of);
	}
}
