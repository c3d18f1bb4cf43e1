// SPDX-License-Identifier: MIT
/*
 * A process and all its descendants, as /proc shows them at one moment.
 *
 * One pass over /proc reads every process's stat once and links children to parents by the ppid
 * in it. Reading /proc/PID/task/TID/children instead would need one file a *thread*, exists only
 * with CONFIG_PROC_CHILDREN, and stat is needed for its counters anyway. A descendant whose own
 * parent has died belongs to somebody else and is not found.
 */
#ifndef CONCBENCH_PROCTREE_H
#define CONCBENCH_PROCTREE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What /proc/PID/stat says of one process; `reaped_` of its children that it has waited for. */
struct proctree_entry {
	pid_t pid, ppid;
	int64_t faults, reaped_faults; /* minor page faults */
	int64_t user_ticks, sys_ticks; /* 1 / sysconf(_SC_CLK_TCK) s */
	int64_t reaped_user_ticks, reaped_sys_ticks;
	int64_t threads;
};

struct proctree {
	struct proctree_entry *entries; /* root first */
	size_t count;
};

/* Finds `root` and its descendants. 0, -ESRCH when there is no such process, or -errno. */
int proctree_read(pid_t root, struct proctree *tree);

void proctree_release(struct proctree *tree);

#endif
