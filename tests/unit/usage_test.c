// SPDX-License-Identifier: MIT
/*
 * CPU use of another process tree: what it counts, and that nothing is lost or negative.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "forked_child.h"
#include "clock.h"
#include "proctree.h"
#include "usage.h"

/* User and system time are rounded down to 10 ms each: of 25 ms at least one tick is seen. */
enum { BURN_MS = 25 };

/* Uses CPU time, by this thread's own clock: however busy the machine is, it is as much. */
static void burn(void)
{
	struct timespec cpu;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	while (cpu.tv_sec == 0 && cpu.tv_nsec < BURN_MS * CLOCK_NS_PER_MS);
}

static void idle(void)
{
}

static void *thread_burn(void *arg)
{
	burn();
	return arg;
}

/* A thread that has ended, one that stays, a grandchild that stays. */
static void burn_everywhere(void)
{
	pthread_t thread;

	burn();
	if (pthread_create(&thread, NULL, thread_burn, NULL) || pthread_join(thread, NULL))
		abort();
	child_start(burn);
}

static void reap_a_child(void)
{
	child_stop(child_start(burn));
}

static void test_tree(void **state)
{
	const pid_t pid = child_start(burn_everywhere);
	struct arena_usage usage;

	(void)state;
	assert_int_equal(usage_of_tree(pid, &usage), 0);
	child_stop(pid);
	assert_true(usage.user_ns >= 0 && usage.sys_ns >= 0);
	assert_true(usage.user_ns + usage.sys_ns >= 3 * BURN_MS * CLOCK_NS_PER_MS);
	assert_true(usage.voluntary > 0);
	assert_true(usage.faults > 0);
	assert_true(usage.max_rss_bytes > 64 << 10);
}

static void test_reaped_child_counts(void **state)
{
	const pid_t pid = child_start(reap_a_child);
	struct proctree tree;
	struct arena_usage usage;

	(void)state;
	assert_int_equal(proctree_read(pid, &tree), 0);
	assert_int_equal(usage_of_tree(pid, &usage), 0);
	child_stop(pid);
	assert_int_equal(tree.count, 1);
	assert_true(tree.entries[0].reaped_user_ticks + tree.entries[0].reaped_sys_ticks >= 1);
	assert_true(usage.user_ns + usage.sys_ns >= 10 * CLOCK_NS_PER_MS);
	proctree_release(&tree);
}

static void nest(void)
{
	child_start(idle);
	child_start(idle);
}

static void nest_twice(void)
{
	child_start(nest);
	child_start(idle);
}

static void test_whole_tree_is_found(void **state)
{
	const pid_t pid = child_start(nest_twice);
	struct proctree tree;

	(void)state;
	assert_int_equal(proctree_read(pid, &tree), 0);
	child_stop(pid);
	assert_int_equal(tree.count, 5);
	assert_int_equal(tree.entries[0].pid, pid);
	assert_int_equal(tree.entries[0].ppid, getpid());
	proctree_release(&tree);
	assert_null(tree.entries);
}

static void test_no_such_process(void **state)
{
	const pid_t pid = child_start(idle);
	struct arena_usage usage;

	(void)state;
	child_stop(pid);
	assert_int_equal(usage_of_tree(pid, &usage), -ESRCH);
}

static void test_between(void **state)
{
	const struct arena_usage begin = {
		.user_ns = 50, .sys_ns = 50, .voluntary = 3, .faults = 9, .max_rss_bytes = 100};
	const struct arena_usage plain = {
		.user_ns = 70, .sys_ns = 90, .voluntary = 5, .faults = 9, .max_rss_bytes = 80};
	const struct arena_usage crossed = {.user_ns = 40, .sys_ns = 90};
	const struct arena_usage less = {.user_ns = 40, .sys_ns = 40};
	struct arena_usage used = usage_between(&begin, &plain);

	(void)state;
	assert_int_equal(used.user_ns, 20);
	assert_int_equal(used.sys_ns, 40);
	assert_int_equal(used.voluntary, 2);
	assert_int_equal(used.faults, 0);
	assert_int_equal(used.max_rss_bytes, 80);

	used = usage_between(&begin, &crossed);
	assert_int_equal(used.user_ns, 0);
	assert_int_equal(used.sys_ns, 30);
	used = usage_between(&begin, &less);
	assert_int_equal(used.user_ns + used.sys_ns, 0);
	assert_int_equal(used.voluntary, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_reaped_child_counts),
		cmocka_unit_test(test_whole_tree_is_found),
		cmocka_unit_test(test_no_such_process),
		cmocka_unit_test(test_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
