// SPDX-License-Identifier: MIT
/*
 * Where coroutine stacks lie with pages of 4, 16 and 64 KiB, of which the larger ones are those of
 * other kernels: each guard is a whole page, and no stack shares one with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "coro_stack.h"

enum { STACKS = 70, STACK_BYTES = 1024, LARGE_BYTES = 100000 }; /* more than one batch of guards */

static struct coro_stacks stacks;

static void reserve(size_t page, bool dense)
{
	const struct coro_stack_plan plan = {
		.dense = dense,
		.size = STACK_BYTES,
		.large_size = LARGE_BYTES,
		.page = page,
		.count = STACKS,
	};

	/* A larger one is a multiple of it, and what is laid out for it works here, too. */
	if (page < (size_t)sysconf(_SC_PAGESIZE))
		skip();
	assert_int_equal(coro_stacks_reserve(&stacks, &plan), 0);
}

/* From the start of the mapping, which the kernel aligns to its own pages. */
static size_t offset(const char *at)
{
	return (size_t)(at - stacks.slab);
}

static void own_stacks(size_t page)
{
	reserve(page, false);
	for (uint32_t i = 0; i < STACKS; i++) {
		const struct coro_stack stack = coro_stack_get(&stacks, i);
		const char *guard = stack.top - stack.size - page;

		assert_true(stack.size >= STACK_BYTES);
		assert_int_equal(offset(guard), i * stacks.stride);
		assert_int_equal(offset(guard) % page, 0);
		assert_true(offset(stack.top) <= (i + 1) * stacks.stride);
		memset(stack.top - stack.size, 0, stack.size);
		assert_true(coro_stack_intact(&stacks, i));
	}
	coro_stacks_release(&stacks);
}

static void dense_stacks(size_t page)
{
	reserve(page, true);
	for (uint32_t i = 0; i < STACKS; i++) {
		const struct coro_stack stack = coro_stack_get(&stacks, i);

		assert_true(stack.size >= STACK_BYTES);
		assert_true(offset(stack.top) - stack.size >= page);
		memset(stack.top - stack.size, 1, stack.size);
		assert_false(coro_stack_intact(&stacks, i));
	}
	coro_stacks_release(&stacks);
}

static void large_stack(size_t page)
{
	struct coro_stack stack;

	reserve(page, true);
	stack = coro_stack_large(&stacks);
	assert_true(stack.size >= LARGE_BYTES);
	assert_ptr_equal(stack.top - stack.size, stacks.large + page);
	memset(stack.top - stack.size, 1, stack.size);
	coro_stacks_release(&stacks);
}

static void test_page(void **state)
{
	const size_t page = *(size_t *)*state;

	own_stacks(page);
	dense_stacks(page);
	large_stack(page);
}

int main(void)
{
	static size_t pages[] = {4096, 16384, 65536};
	const struct CMUnitTest tests[] = {
		{"pages of 4 KiB", test_page, NULL, NULL, &pages[0]},
		{"pages of 16 KiB", test_page, NULL, NULL, &pages[1]},
		{"pages of 64 KiB", test_page, NULL, NULL, &pages[2]},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
