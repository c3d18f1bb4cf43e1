// SPDX-License-Identifier: MIT
/*
 * The preflight: does this machine allow as many tasks as were asked for? It is asked before a
 * trial starts, so that a run never finds out by failing halfway, nor by a silently smaller N.
 *
 * Each limit is one row of a table in capacity.c: how much is left of something that tasks take
 * (what others use and a small reserve are subtracted), and how it is called. The limit that
 * allows the fewest tasks wins. A limit that cannot be read does not count.
 */
#ifndef CONCBENCH_CAPACITY_H
#define CONCBENCH_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

/* Things that run out. */
struct capacity_amount {
	uint64_t fds;   /* descriptors, in the process that holds most of them */
	uint64_t pids;  /* processes and threads, of all roles together */
	uint64_t maps;  /* memory mappings, in the process that holds most of them */
	uint64_t ports; /* ephemeral ports: one for each connection made */
	uint64_t bytes; /* memory, the kernel's share included, of all roles together */
};

struct capacity_need {
	uint64_t tasks;
	struct capacity_amount per_task;
	struct capacity_amount fixed; /* whatever the number of tasks */
};

struct capacity_verdict {
	uint64_t feasible; /* the most tasks that every limit allows; UINT64_MAX: none limits them */
	const char *limit; /* the one that allows so few ("kernel.pid_max"), or NULL; static */
	/*
	 * "kernel.pid_max 32768 allows 31950 tasks, 100000 asked for"; "" when all can be had.
	 * Memory is in MiB.
	 */
	char text[160];
};

/* Where to read: root as in sysfile.h. NULL stands for this machine. */
struct capacity_source {
	const char *root;
};

/*
 * Whether all `need->tasks` can be had. Raises this process's soft limit of descriptors to the
 * hard one, which the trial inherits; the hard limit is never touched.
 */
bool capacity_check(const struct capacity_source *source, const struct capacity_need *need,
					struct capacity_verdict *verdict);

#endif
