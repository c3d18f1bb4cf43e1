// SPDX-License-Identifier: MIT
/* Which descriptors a forked child keeps. */
#ifndef CONCBENCH_DESCRIPTORS_H
#define CONCBENCH_DESCRIPTORS_H

/*
 * Closes all descriptors of the calling process but 0 to 2 and the `n` in `keep` (which it sorts;
 * -1 and doubles are allowed). One close_range per gap, or, where the kernel or a seccomp profile
 * refuses that, one close for each entry of /proc/self/fd. Returns 0 or -errno.
 */
int descriptors_keep(int *keep, int n);

#endif
