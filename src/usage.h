// SPDX-License-Identifier: MIT
/*
 * CPU use of another process and its descendants, sampled from outside while they run. It is how
 * a role is measured whose window is planned ahead, and a server that is not ours.
 */
#ifndef CONCBENCH_USAGE_H
#define CONCBENCH_USAGE_H

#include <sys/types.h>

#include "arena.h"

/*
 * Totals since their start of `root` and all its descendants.
 *
 * user_ns + sys_ns is exact for processes that are there (their CPU clocks), and to 20 ms for
 * children already waited for; how it divides into the two is known to 10 ms. Context switches are
 * those of threads that are still there. max_rss_bytes is the peak of the largest process: pages
 * that forked processes share would be counted many times in a sum.
 *
 * Returns 0, -ESRCH when there is no process `root`, or -errno. A descendant that ends meanwhile
 * is passed over.
 */
int usage_of_tree(pid_t root, struct arena_usage *usage);

/* The same for the descendants of `root` alone, without `root` and the children it has reaped. */
int usage_of_descendants(pid_t root, struct arena_usage *usage);

/*
 * What was used between two samples. Nothing is negative: where the coarse division of user and
 * system time would make one so, the other gives it back, and their sum stays right.
 */
struct arena_usage usage_between(const struct arena_usage *begin, const struct arena_usage *end);

#endif
