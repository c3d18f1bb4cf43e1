// SPDX-License-Identifier: MIT
/*
 * The place in the cgroup tree and the CPU quota, in made-up trees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "cgroup.h"
#include "fake_tree.h"

static int setup(void **state)
{
	static struct fake_tree tree;

	fake_tree_init(&tree);
	*state = &tree;
	return 0;
}

static int teardown(void **state)
{
	fake_tree_release(*state);
	return 0;
}

static void test_v2_climbs(void **state)
{
	const struct fake_tree *tree = *state;
	struct cgroup cgroup;

	fake_tree_put(tree, "/proc/self/cgroup", "0::/a/b\n");
	fake_tree_put(tree, "/sys/fs/cgroup/a/b/pids.max", "7\n");
	fake_tree_put(tree, "/sys/fs/cgroup/a/pids.max", "max\n");
	assert_int_equal(cgroup_find(tree->root, "pids", &cgroup), 0);
	assert_int_equal(cgroup.version, 2);
	assert_int_equal(cgroup_number(&cgroup, "pids.max"), 7);
	assert_true(cgroup_up(&cgroup));
	assert_true(cgroup_number(&cgroup, "pids.max") == INT64_MAX);
	assert_true(cgroup_up(&cgroup));
	assert_int_equal(cgroup_number(&cgroup, "pids.max"), -1);
	assert_false(cgroup_up(&cgroup));
}

/* Version 1 and 2 side by side; a name that is part of another is not it. */
static void test_hybrid(void **state)
{
	const struct fake_tree *tree = *state;
	struct cgroup cgroup;

	fake_tree_put(tree, "/proc/self/cgroup", "3:cpuset:/x\n2:cpuacct,cpu:/y\n0::/z\n");
	fake_tree_put(tree, "/sys/fs/cgroup/cpu/y/cpu.shares", "1024\n");
	fake_tree_put(tree, "/sys/fs/cgroup/unified/z/cgroup.procs", "1\n");
	assert_int_equal(cgroup_find(tree->root, "cpu", &cgroup), 0);
	assert_int_equal(cgroup.version, 1);
	assert_string_equal(cgroup.path, "/sys/fs/cgroup/cpu/y");
	assert_int_equal(cgroup_find(tree->root, "memory", &cgroup), 0);
	assert_int_equal(cgroup.version, 2);
	assert_string_equal(cgroup.path, "/sys/fs/cgroup/unified/z");
}

static void test_quota_v2(void **state)
{
	const struct fake_tree *tree = *state;
	struct cgroup cgroup;

	fake_tree_put(tree, "/proc/self/cgroup", "0::/a/b/c\n");
	fake_tree_put(tree, "/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n");
	fake_tree_put(tree, "/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
	fake_tree_put(tree, "/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
	assert_true(fabs(cgroup_cpu_quota(tree->root, &cgroup) - 0.5) < 1e-9);
	assert_string_equal(cgroup.path, "/sys/fs/cgroup/a/b");
}

static void test_quota_v1(void **state)
{
	const struct fake_tree *tree = *state;
	struct cgroup cgroup;

	fake_tree_put(tree, "/proc/self/cgroup", "2:cpu:/\n");
	fake_tree_put(tree, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
	fake_tree_put(tree, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	assert_true(fabs(cgroup_cpu_quota(tree->root, &cgroup) - 1.5) < 1e-9);
	fake_tree_put(tree, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
	assert_true(isnan(cgroup_cpu_quota(tree->root, &cgroup)));
	assert_int_equal(cgroup.version, 1);
}

static void test_none(void **state)
{
	const struct fake_tree *tree = *state;
	struct cgroup cgroup;

	assert_int_equal(cgroup_find(tree->root, "cpu", &cgroup), -ENOENT);
	assert_true(isnan(cgroup_cpu_quota(tree->root, &cgroup)));
	assert_int_equal(cgroup.version, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_v2_climbs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hybrid, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quota_v2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quota_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
