// SPDX-License-Identifier: MIT
/*
 * Memory in use, for the slope between N/2 and N tasks that gives the memory of one task.
 *
 * Two parts: what the processes have touched, and what the kernel keeps for them. Resident sizes
 * cannot be summed (pages that forked processes share would count once for each), so the first
 * part is the proportional share of private memory; the arena, which is shared memory, is not in
 * it.
 */
#ifndef CONCBENCH_MEMORY_H
#define CONCBENCH_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Pss_Anon + Pss_File of `root` and its descendants, in bytes. 0, or -errno where the kernel does
 * not tell (-EACCES, -ENOENT): not measured.
 */
int memory_of_tree(pid_t root, int64_t *bytes);

/*
 * KernelStack + PageTables + SUnreclaim of the whole machine, in bytes: only differences mean
 * anything, and only on a quiet machine. 0 or -ENOENT.
 */
int memory_of_kernel(int64_t *bytes);

#endif
