// SPDX-License-Identifier: MIT
/*
 * A workload: what is done, the same for every backend. One row of bench/workloads.c each.
 */
#ifndef CONCBENCH_WORKLOAD_H
#define CONCBENCH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "backend.h"
#include "event.h"
#include "limits.h"
#include "param.h"
#include "task.h"

enum {
	WORKLOAD_ROLES_MAX = 2,
	WORKLOAD_PROFILES = 3, /* quick, standard, full */
};

/* Groups of task_ops slots that a body needs; a backend that has one NULL cannot run it. */
enum workload_needs {
	WORKLOAD_NEEDS_SPAWN = 1 << 0,
	WORKLOAD_NEEDS_SLEEP = 1 << 1,
	WORKLOAD_NEEDS_NET = 1 << 2,
	WORKLOAD_NEEDS_GENERATORS = 1 << 3,
	WORKLOAD_NEEDS_CHANNELS = 1 << 4,
	WORKLOAD_NEEDS_LOCKS = 1 << 5,
	WORKLOAD_NEEDS_FILES = 1 << 6,
	WORKLOAD_NEEDS_POSTS = 1 << 7,
};

/* One side of a workload, in each of the styles it is written in. */
struct workload_role {
	const char *name;
	task_fn *task;
	event_fn *event;
	int (*call)(struct arena *arena); /* the same work by plain calls, where that is possible */
	unsigned needs;                   /* of the task body */
	size_t stack_bytes;               /* that the task body needs, calls into libc included */
	bool listens;                     /* gets a listening socket; its port is arena.port */
	const char *backend_param;        /* the parameter that names this role's backend, or NULL */
	const char *foreign_param;        /* the parameter whose value exec:PATH replaces the role */
};

struct workload {
	const char *name;
	int version; /* raised whenever figures from before and after cannot be compared */
	const char *summary;
	const char *operation; /* one sentence: what ONE operation is */
	const struct param_row *params;
	const char *profiles[WORKLOAD_PROFILES]; /* "tasks=1k sleep=100ms": defaults of a profile */
	/*
	 * What `run --sweep` sets: the main parameter first, as a geometric series, then what keeps
	 * that short: "tasks=1,4,16 window=20ms". NULL: it is not swept.
	 */
	const char *sweep;
	struct workload_role roles[WORKLOAD_ROLES_MAX];
	int n_roles;          /* role 0 is under test; the last role opens the window */
	const char *lat_kind; /* what a latency sample is; NULL: none are taken */
	bool latency_pass;    /* samples come from a pass of their own, in batches */
	bool latency_single;  /* its samples are of single operations, every `batch`-th of them */
	bool memory_pass;     /* tasks can be held alive for the memory pass */
	bool wants_folder;    /* its roles begin in an empty, private folder, removed at the end */
	/*
	 * The machine's floor under one operation with these parameters, or LIMITS_OPERATIONS where
	 * there is none; and whether it is a floor of CPU time or of elapsed time. NULL: none at all.
	 */
	enum limits_operation (*floor)(const int64_t *params, enum backend_carrier carrier);
	bool floor_is_cpu;
	const char *beside_param; /* of choices; cells that differ in it share a table. NULL: none */
	const char *scale_param;  /* how many tasks there are: halved by the memory pass */
	/* Fixed work whose `speedup` is counted from the rate with 1 of this parameter; or NULL. */
	const char *speedup_param;

	/* Everything below takes the parameters' numbers, in the order of `params`. */

	/* A combination that cannot run: one line in error[PARAM_ERROR_MAX] and -EINVAL; or 0. */
	int (*check)(const int64_t *params, char *error);
	/* Whether there is anything to sample with these parameters; NULL: always, given a lat_kind. */
	bool (*sampled)(const int64_t *params);
	/*
	 * Puts in place of each number that leaves the choice to the program ("auto") what suits a
	 * backend of this carrier here, so that a cell's key says what was measured. Of choices only.
	 * NULL: there is no such number.
	 */
	void (*resolve)(int64_t *params, enum backend_carrier carrier);
	/*
	 * Why role 0 on a backend of this carrier cannot do the work with these parameters, in one
	 * static line; it makes the cell `unsupported`. NULL: it can. A NULL function: every backend
	 * always can.
	 */
	const char *(*unsupported)(const int64_t *params, enum backend_carrier carrier);
	/* Tasks of a role that live at a time, its root not counted. */
	uint32_t (*tasks)(const int64_t *params, int role);
	/* Whether the receipt demands that all tasks were alive at once; NULL: it does not. */
	bool (*all_alive)(const int64_t *params);
	/* Descriptors that each of those tasks holds. */
	int fds_per_task;
	/* They are threads or processes on every backend: posters. */
	bool tasks_are_posters;
	struct arena_sizing (*sizing)(const int64_t *params, uint64_t rounds);
	/* The least time that a round, or the window and its warm-up, can take, in ns. NULL: 0. */
	int64_t (*least_ns)(const int64_t *params);
	/*
	 * Work by duration: whether operations are due by a schedule. Samples then are pairs (arena.h),
	 * and slices count what was due, late and left. NULL: never.
	 */
	bool (*open_loop)(const int64_t *params);
	/* Fixed work: operations and digest of one round. NULL: work by duration. */
	uint64_t (*round_ops)(const int64_t *params);
	uint64_t (*round_digest)(const int64_t *params);
};

/* Rows that several workloads have in their tables; the driver finds them by name. */
enum { WORKLOAD_PLACEMENT_SAME, WORKLOAD_PLACEMENT_SPLIT, WORKLOAD_PLACEMENT_FREE };
#define WORKLOAD_PARAM_PLACEMENT(fallback)                                            \
	{                                                                                 \
		"placement", PARAM_CHOICE, fallback, 0, 0, "same|split|free",                 \
			"CPUs: all roles on one, each role on its own, or as the scheduler likes" \
	}
/* Where there is a single role it is its tasks that are split. */
#define WORKLOAD_PARAM_PLACEMENT_OF_ONE(fallback)                                     \
	{                                                                                 \
		"placement", PARAM_CHOICE, fallback, 0, 0, "same|split|free",                 \
			"CPUs: all tasks on one, each on the next one, or as the scheduler likes" \
	}
#define WORKLOAD_PARAM_WINDOW                                                        \
	{                                                                                \
		"window", PARAM_TIME, "200ms", CLOCK_NS_PER_US, 3600 * CLOCK_NS_PER_S, NULL, \
			"identical rounds are repeated until about this much time is measured"   \
	}

/* The list, and its length. */
extern const struct workload *const workloads[];
extern const size_t n_workloads;

/* The workload called `name` (`len` bytes), or NULL. */
const struct workload *workload_find(const char *name, size_t len);

#endif
