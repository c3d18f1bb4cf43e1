// SPDX-License-Identifier: MIT
/*
 * Where this process stands in the cgroup tree, version 1 or 2.
 *
 * A limit may be set on the own group or on any group above it, so callers start at the own group
 * and climb: for (ok = !cgroup_find(...); ok; ok = cgroup_up(...)). The trees are looked for in
 * the customary places, /sys/fs/cgroup/CONTROLLER and /sys/fs/cgroup (or its `unified`); inside a
 * container whose mount begins at its own group, the mount point is that group.
 */
#ifndef CONCBENCH_CGROUP_H
#define CONCBENCH_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sysfile.h"

struct cgroup {
	const char *root; /* as in sysfile.h; the caller's */
	int version;      /* 1 or 2 */
	size_t top;       /* length of the mount point in `path` */
	char path[SYSFILE_PATH_MAX];
};

/* The group of this process for "cpu", "memory" or "pids". 0, or -ENOENT where there is none. */
int cgroup_find(const char *root, const char *controller, struct cgroup *cgroup);

/* To the group above; false at the mount point. */
bool cgroup_up(struct cgroup *cgroup);

/* The number in a file of the group ("pids.max"); INT64_MAX for "max", -1 when absent. */
int64_t cgroup_number(const struct cgroup *cgroup, const char *file);

/* Reads a file of the group, as sysfile_read does. */
ssize_t cgroup_read(const struct cgroup *cgroup, const char *file, char *buf, size_t size);

/*
 * CPUs' worth of time that the tightest quota at or above this process allows, NAN without one.
 * `cgroup` becomes the group that sets it, or the own group; its version is 0 where there is none.
 */
double cgroup_cpu_quota(const char *root, struct cgroup *cgroup);

#endif
