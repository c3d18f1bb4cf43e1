// SPDX-License-Identifier: MIT
/* Blocks in reserved address space; see slab.h for the layout. */
#include "slab.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "arena.h"

struct slab {
	uint32_t n_blocks;
	size_t stride; /* bytes from one block to the next */
	size_t bytes;  /* of the mapping */
	/* Where the next claim looks first. Every claim writes it, nothing else on this line. */
	_Alignas(ARENA_CACHE_LINE) _Atomic uint32_t cursor;
};

/* What lies before the user's part of a block: a cache line, so that the user's part starts one. */
struct slab_block {
	_Alignas(ARENA_CACHE_LINE) _Atomic bool taken;
};

static size_t slab_line_up(size_t bytes)
{
	return (bytes + ARENA_CACHE_LINE - 1) / ARENA_CACHE_LINE * ARENA_CACHE_LINE;
}

struct slab *slab_open(uint32_t n_blocks, size_t block_bytes, bool shared)
{
	const int flags = MAP_ANONYMOUS | MAP_NORESERVE | (shared ? MAP_SHARED : MAP_PRIVATE);
	const size_t stride = sizeof(struct slab_block) + slab_line_up(block_bytes);
	const size_t bytes = sizeof(struct slab) + n_blocks * stride;
	struct slab *slab = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (slab == MAP_FAILED)
		return NULL;
	slab->n_blocks = n_blocks;
	slab->stride = stride;
	slab->bytes = bytes;
	return slab;
}

void *slab_claim(struct slab *slab)
{
	for (uint32_t tries = 0; tries < slab->n_blocks; tries++) {
		uint32_t at = atomic_fetch_add_explicit(&slab->cursor, 1, memory_order_relaxed);
		char *base = (char *)(slab + 1) + at % slab->n_blocks * slab->stride;
		struct slab_block *block = (struct slab_block *)base;

		/* Acquire: what the last user did with the block comes before what we do. */
		if (!atomic_exchange_explicit(&block->taken, true, memory_order_acquire))
			return block + 1;
	}
	return NULL;
}

void slab_release(void *block)
{
	atomic_store_explicit(&((struct slab_block *)block - 1)->taken, false, memory_order_release);
}

void slab_close(struct slab *slab)
{
	munmap(slab, slab->bytes);
}
