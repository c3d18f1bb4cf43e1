// SPDX-License-Identifier: MIT
/*
 * A slab: equal blocks in reserved address space, claimed and released from any thread or process
 * without a lock.
 *
 *   +--------+---------+---------+-----
 *   | header | block 0 | block 1 | ...     each block begins with a word that says whether it
 *   +--------+---------+---------+-----    is taken, and fills whole cache lines
 *
 * A cursor goes round the blocks, so that a claim costs one step as long as blocks come back in
 * about the order in which they were taken. Memory is first touched when a block is claimed.
 */
#ifndef CONCBENCH_SLAB_H
#define CONCBENCH_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slab;

/*
 * A slab of `n_blocks` with `block_bytes` each for the user; `shared`: with the processes that are
 * forked later, which see it at the same address. NULL when there is no address space.
 */
struct slab *slab_open(uint32_t n_blocks, size_t block_bytes, bool shared);

/* A block, aligned to a cache line, with what its last user left in it; NULL: all are taken. */
void *slab_claim(struct slab *slab);

/* Gives a claimed block back. */
void slab_release(void *block);

void slab_close(struct slab *slab);

#endif
