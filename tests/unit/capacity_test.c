// SPDX-License-Identifier: MIT
/*
 * The preflight, against made-up machines: each limit, which one wins, what the verdict says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "capacity.h"
#include "fake_tree.h"

struct machine {
	struct fake_tree tree;
	struct capacity_source source;
};

/* A machine as Debian sets it up, with 90 threads alive. */
static int setup(void **state)
{
	static struct machine machine;
	const struct fake_tree *tree = &machine.tree;

	fake_tree_init(&machine.tree);
	machine.source.root = machine.tree.root;
	fake_tree_put(tree, "/proc/sys/kernel/pid_max", "32768\n");
	fake_tree_put(tree, "/proc/sys/kernel/threads-max", "192731\n");
	fake_tree_put(tree, "/proc/sys/vm/max_map_count", "65530\n");
	fake_tree_put(tree, "/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
	fake_tree_put(tree, "/proc/net/sockstat", "sockets: used 15\nTCP: inuse 10 orphan 0 tw 5\n");
	fake_tree_put(tree, "/proc/loadavg", "0.00 0.01 0.00 1/90 5927\n");
	fake_tree_put(tree, "/proc/meminfo", "MemTotal: 2097152 kB\nMemAvailable: 1048576 kB\n");
	*state = &machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	fake_tree_release(&machine->tree);
	return 0;
}

static void test_all_fit(void **state)
{
	const struct machine *machine = *state;
	const struct capacity_need need = {.tasks = 1000, .per_task = {.pids = 1, .maps = 2}};
	struct capacity_verdict verdict;

	assert_true(capacity_check(&machine->source, &need, &verdict));
	assert_int_equal(verdict.feasible, 32768 - 300 - 90 - 64);
	assert_string_equal(verdict.text, "");
}

static void test_pid_max(void **state)
{
	const struct machine *machine = *state;
	const struct capacity_need need = {
		.tasks = 100000, .per_task = {.pids = 1}, .fixed = {.pids = 4}};
	struct capacity_verdict verdict;

	assert_false(capacity_check(&machine->source, &need, &verdict));
	assert_string_equal(verdict.limit, "kernel.pid_max");
	assert_int_equal(verdict.feasible, 32310);
	assert_string_equal(verdict.text, "kernel.pid_max 32768 allows 32310 tasks, 100000 asked for");
}

static void test_threads_max(void **state)
{
	const struct machine *machine = *state;
	const struct capacity_need need = {.tasks = 500, .per_task = {.pids = 1}};
	struct capacity_verdict verdict;

	fake_tree_put(&machine->tree, "/proc/sys/kernel/threads-max", "512\n");
	assert_false(capacity_check(&machine->source, &need, &verdict));
	assert_string_equal(verdict.limit, "kernel.threads-max");
	assert_int_equal(verdict.feasible, 512 - 90 - 64);
}

static void test_maps_and_ports(void **state)
{
	const struct machine *machine = *state;
	const struct capacity_need maps = {.tasks = 40000, .per_task = {.maps = 2}};
	const struct capacity_need ports = {.tasks = 40000, .per_task = {.ports = 1}};
	struct capacity_verdict verdict;

	assert_false(capacity_check(&machine->source, &maps, &verdict));
	assert_string_equal(verdict.limit, "vm.max_map_count");
	assert_int_equal(verdict.feasible, (65530 - 256) / 2);
	assert_false(capacity_check(&machine->source, &ports, &verdict));
	assert_string_equal(verdict.limit, "net.ipv4.ip_local_port_range");
	assert_int_equal(verdict.feasible, 28232 - 10 - 64);
}

static void test_memory(void **state)
{
	const struct machine *machine = *state;
	const struct capacity_need need = {
		.tasks = 1000000, .per_task = {.bytes = 4096}, .fixed = {.bytes = 1 << 20}};
	struct capacity_verdict verdict;

	assert_false(capacity_check(&machine->source, &need, &verdict));
	assert_int_equal(verdict.feasible, ((960U << 20) - (1U << 20)) / 4096);
	assert_string_equal(verdict.text,
						"memory available 1024 MiB allows 245504 tasks, 1000000 asked for");
}

/* The tightest group counts, also when it is above our own. */
static void test_cgroup_v2(void **state)
{
	const struct machine *machine = *state;
	const struct capacity_need pids = {.tasks = 5000, .per_task = {.pids = 1}};
	const struct capacity_need memory = {.tasks = 5000, .per_task = {.bytes = 1 << 20}};
	struct capacity_verdict verdict;

	fake_tree_put(&machine->tree, "/proc/self/cgroup", "0::/ci/job/step\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/ci/job/step/pids.max", "max\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/ci/job/pids.max", "4000\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/ci/pids.max", "1024\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/pids.max", "2000\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/ci/pids.current", "60\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/ci/job/memory.max", "67108864\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/ci/job/memory.current", "33554432\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/ci/job/memory.stat",
				  "anon 1\nactive_file 5\ninactive_file 16777216\n");
	assert_false(capacity_check(&machine->source, &pids, &verdict));
	assert_string_equal(verdict.text, "cgroup pids.max 1024 allows 900 tasks, 5000 asked for");
	assert_false(capacity_check(&machine->source, &memory, &verdict));
	assert_string_equal(verdict.text, "cgroup memory.max 64 MiB allows 44 tasks, 5000 asked for");
}

/* A container sees the host's path, but its mount begins at its own group. */
static void test_cgroup_v1_in_container(void **state)
{
	const struct machine *machine = *state;
	const struct capacity_need need = {.tasks = 5000, .per_task = {.pids = 1}};
	struct capacity_verdict verdict;

	fake_tree_put(&machine->tree, "/proc/self/cgroup",
				  "9:name=systemd:/\n8:cpu,pids:/docker/12ab\n0::/\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/pids/pids.max", "200\n");
	fake_tree_put(&machine->tree, "/sys/fs/cgroup/pids/pids.current", "10\n");
	assert_false(capacity_check(&machine->source, &need, &verdict));
	assert_string_equal(verdict.limit, "cgroup pids.max");
	assert_int_equal(verdict.feasible, 200 - 10 - 64);
}

static void test_no_room_at_all(void **state)
{
	const struct machine *machine = *state;
	const struct capacity_need need = {.tasks = 1, .per_task = {.pids = 1}};
	struct capacity_verdict verdict;

	fake_tree_put(&machine->tree, "/proc/sys/kernel/pid_max", "301\n");
	assert_false(capacity_check(&machine->source, &need, &verdict));
	assert_int_equal(verdict.feasible, 0);
}

static void test_nothing_can_be_read(void **state)
{
	const struct capacity_source nowhere = {"/nonexistent"};
	const struct capacity_need need = {
		.tasks = 1000000, .per_task = {.pids = 1, .maps = 1, .ports = 1, .bytes = 1 << 30}};
	struct capacity_verdict verdict;

	(void)state;
	assert_true(capacity_check(&nowhere, &need, &verdict));
	assert_null(verdict.limit);
}

static void test_soft_fds_raised_to_hard(void **state)
{
	const struct capacity_need need = {.tasks = 100, .per_task = {.fds = 2}, .fixed = {.fds = 8}};
	struct rlimit before, after;
	struct capacity_verdict verdict;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	before.rlim_max = 150;
	before.rlim_cur = 50;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_false(capacity_check(NULL, &need, &verdict));
	assert_string_equal(verdict.text, "RLIMIT_NOFILE 150 allows 63 tasks, 100 asked for");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_int_equal(after.rlim_cur, 150);
	assert_int_equal(after.rlim_max, 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pid_max, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads_max, setup, teardown),
		cmocka_unit_test_setup_teardown(test_maps_and_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_v2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_v1_in_container, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room_at_all, setup, teardown),
		cmocka_unit_test(test_nothing_can_be_read),
		/* Last: it lowers this process's hard limit. */
		cmocka_unit_test(test_soft_fds_raised_to_hard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
