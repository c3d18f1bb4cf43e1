// SPDX-License-Identifier: MIT
/*
 * Memory of a process tree: private pages count once, shared mappings not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "forked_child.h"
#include "memory.h"

enum { MIB = 1 << 20 };

static char *map(size_t size, int sharing)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		abort();
	memset(at, 1, size);
	return at;
}

static void idle(void)
{
}

/* 8 MiB that parent and child share since the fork, 32 MiB of shared memory. */
static void touch_and_fork(void)
{
	map(8 * MIB, MAP_PRIVATE);
	map(32 * MIB, MAP_SHARED);
	child_start(idle);
}

static void test_tree(void **state)
{
	const pid_t small = child_start(idle);
	const pid_t large = child_start(touch_and_fork);
	int64_t small_bytes = 0, large_bytes = 0;
	const int error = memory_of_tree(small, &small_bytes);

	(void)state;
#ifdef __SANITIZE_THREAD__
	/* Its shadow memory, several times what the program touches, is private memory like any other.
	 */
	skip();
#endif
	if (error == 0)
		assert_int_equal(memory_of_tree(large, &large_bytes), 0);
	child_stop(small);
	child_stop(large);
	if (error)
		skip();
	assert_in_range(large_bytes - small_bytes, 8 * MIB, 10 * MIB);
}

static void test_no_such_process(void **state)
{
	const pid_t pid = child_start(idle);
	int64_t bytes;

	(void)state;
	child_stop(pid);
	assert_int_equal(memory_of_tree(pid, &bytes), -ESRCH);
}

static void test_kernel(void **state)
{
	int64_t bytes;

	(void)state;
	if (memory_of_kernel(&bytes) == -ENOENT)
		skip();
	assert_true(bytes > MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_no_such_process),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
