// SPDX-License-Identifier: MIT
/* stack=copy: saving and restoring the live part of the run stack. */
#include "coro_copy.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "coro.h"
#include "coro_switch.h"

enum {
	COPY_UNIT = 8,                /* on x86-64 live parts are odd multiples of it */
	COPY_BLOCK_BYTES = 160,       /* of a usual sleeper */
	COPY_ADDRESS_BYTES = 4 << 10, /* reserved for each task; not touched unless needed */
	COPY_BELOW_FRAME = 256,       /* more than a leaf saves below its caller's frame */
};

int coro_copy_reserve(struct coro_copy *copy, char *top, size_t bytes, uint32_t tasks)
{
	uint64_t reserve = (uint64_t)tasks * COPY_ADDRESS_BYTES + 16 * bytes;

	if (reserve / COPY_UNIT > UINT32_MAX)
		reserve = (uint64_t)UINT32_MAX * COPY_UNIT;
	*copy = (struct coro_copy){
		.top = top,
		.bottom = top - bytes,
		.low = top,
		.used = 1, /* number 0 is no block */
		.capacity = (uint32_t)(reserve / COPY_UNIT),
		.mapped = reserve,
		.mapped_free = (bytes / COPY_UNIT + 1) * sizeof(*copy->free),
	};
	copy->blocks = coro_map(copy->mapped, (size_t)tasks * COPY_BLOCK_BYTES);
	copy->free = coro_map(copy->mapped_free, 0);
	if (copy->blocks && copy->free)
		return 0;
	coro_copy_release(copy);
	return -ENOMEM;
}

void coro_copy_release(struct coro_copy *copy)
{
	if (copy->blocks)
		munmap(copy->blocks, copy->mapped);
	if (copy->free)
		munmap(copy->free, copy->mapped_free);
	*copy = (struct coro_copy){0};
}

static char *copy_block(uint32_t block)
{
	return coro_rt.copy.blocks + (size_t)block * COPY_UNIT;
}

/* A free block begins with the number of the next one of its size. */
static int copy_block_take(struct coro *coro, size_t live)
{
	struct coro_copy *copy = &coro_rt.copy;
	uint32_t units = (uint32_t)((live + COPY_UNIT - 1) / COPY_UNIT);
	uint32_t block = copy->free[units];

	if (block) {
		memcpy(&copy->free[units], copy_block(block), sizeof(block));
	} else {
		if (units > copy->capacity - copy->used)
			return -ENOMEM;
		block = copy->used;
		copy->used += units;
	}
	coro->block = block;
	coro->live = (uint32_t)live;
	return 0;
}

static void copy_block_give(struct coro *coro)
{
	struct coro_copy *copy = &coro_rt.copy;
	uint32_t units = (coro->live + COPY_UNIT - 1) / COPY_UNIT;

	memcpy(copy_block(coro->block), &copy->free[units], sizeof(coro->block));
	copy->free[units] = coro->block;
}

/* The first live part: what would lie on the run stack had the task been called there. */
int coro_copy_make(struct coro *coro, struct coro_start *start, const void *arg, size_t len)
{
	size_t arg_bytes = (len + 15) & ~(size_t)15;
	size_t live = coro_asm_frame_bytes() + arg_bytes;
	char *block;

	if (copy_block_take(coro, live))
		return -ENOMEM;
	block = copy_block(coro->block);
	start->arg = coro_rt.copy.top - arg_bytes;
	coro_asm_frame(block, start);
	if (len > 0)
		memcpy(block + coro_asm_frame_bytes(), arg, len);
	coro->sp = coro_rt.copy.top - live;
	return 0;
}

int coro_copy_save(struct coro *coro)
{
	const struct coro_copy *copy = &coro_rt.copy;
	const char *low = coro->sp;
	size_t live;

	if (low < copy->bottom || low >= copy->top)
		low = copy->low;
	live = (size_t)(copy->top - low);
	if (copy_block_take(coro, live))
		return -ENOMEM;
	memcpy(copy_block(coro->block), low, live);
	return 0;
}

void coro_copy_restore(struct coro *coro)
{
	struct coro_copy *copy = &coro_rt.copy;

	copy->low = copy->top - coro->live;
	memcpy(copy->low, copy_block(coro->block), coro->live);
	copy_block_give(coro);
}

/* A generator that pulls another one is not on the run stack; its task is where it was. */
static inline void copy_note(char *frame)
{
	if (frame >= coro_rt.copy.bottom && frame < coro_rt.copy.top)
		coro_rt.copy.low = frame - COPY_BELOW_FRAME;
}

void coro_copy_note(void)
{
	copy_note(__builtin_frame_address(0));
}

struct gen_value coro_copy_gen_next(struct gen *gen)
{
	copy_note(__builtin_frame_address(0));
	return coro_switch_asm->gen_next(gen);
}
