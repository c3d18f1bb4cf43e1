// SPDX-License-Identifier: MIT
/*
 * Noise counters, read from made-up files, and what a row says of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "fake_tree.h"
#include "noise.h"
#include "result.h"

#define MS CLOCK_NS_PER_MS

static void test_read(void **state)
{
	struct fake_tree tree;
	struct noise_reader reader;
	struct noise_sample sample;

	(void)state;
	fake_tree_init(&tree);
	fake_tree_put(&tree, "/proc/stat",
				  "cpu  100 20 30 9999 7 1 2 5 50 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
	fake_tree_put(
		&tree, "/proc/pressure/cpu",
		"some avg10=0.00 avg60=0.02 avg300=0.06 total=2696249\nfull avg10=0.00 total=1\n");
	fake_tree_put(&tree, "/proc/self/cgroup", "0::/ci/job\n");
	fake_tree_put(&tree, "/sys/fs/cgroup/ci/job/cpu.max", "max 100000\n");
	fake_tree_put(&tree, "/sys/fs/cgroup/ci/job/cpu.stat", "usage_usec 1\nthrottled_usec 1\n");
	fake_tree_put(&tree, "/sys/fs/cgroup/ci/cpu.max", "50000 100000\n");
	fake_tree_put(&tree, "/sys/fs/cgroup/ci/cpu.stat", "usage_usec 1\nthrottled_usec 77\n");
	noise_open(&reader, tree.root);
	noise_read(&reader, &sample);
	assert_int_equal(sample.busy_ns, 1530 * MS);
	assert_int_equal(sample.steal_ns, 50 * MS);
	assert_int_equal(sample.psi_some_ns, 2696249000);
	assert_int_equal(sample.throttled_ns, 77000);
	assert_true(sample.self_cpu_ns > 0);

	/* The same descriptors show what the files have become. */
	fake_tree_put(&tree, "/proc/stat", "cpu  101 20 30 9999 7 1 2 6 50 0\n");
	noise_read(&reader, &sample);
	assert_int_equal(sample.busy_ns, 1540 * MS);
	assert_int_equal(sample.steal_ns, 60 * MS);
	noise_close(&reader);
	fake_tree_release(&tree);
}

static void test_throttled_v1(void **state)
{
	struct fake_tree tree;
	struct noise_reader reader;
	struct noise_sample sample;

	(void)state;
	fake_tree_init(&tree);
	fake_tree_put(&tree, "/proc/self/cgroup", "4:cpu,cpuacct:/job\n");
	fake_tree_put(&tree, "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
	fake_tree_put(&tree, "/sys/fs/cgroup/cpu/job/cpu.stat", "nr_periods 0\nthrottled_time 123\n");
	noise_open(&reader, tree.root);
	noise_read(&reader, &sample);
	assert_int_equal(sample.throttled_ns, 123);
	noise_close(&reader);
	fake_tree_release(&tree);
}

static void test_nothing_there(void **state)
{
	struct noise_reader reader;
	struct noise_sample sample;
	struct result result;

	(void)state;
	noise_open(&reader, "/nonexistent");
	noise_read(&reader, &sample);
	noise_store(&sample, &sample, 5 * MS, 2, &result);
	noise_close(&reader);
	assert_true(result.psi_cpu_some_ns == RESULT_NONE);
	assert_true(result.steal_ns == RESULT_NONE);
	assert_true(result.throttled_ns == RESULT_NONE);
	assert_true(result.foreign_cpu_ns == RESULT_NONE);
	assert_true(result.noisy == RESULT_NONE);
}

/* A window of 1 s on two CPUs: 50 ms are tolerated, and a tick a CPU of foreign time more. */
static void store(const struct noise_sample *end, int64_t own_cpu_ns, struct result *result)
{
	const struct noise_sample begin = {.at_ns = 0};
	struct noise_sample sample = *end;

	sample.at_ns = 1000 * MS;
	noise_store(&begin, &sample, own_cpu_ns, 2, result);
}

static void test_quiet(void **state)
{
	const struct noise_sample end = {
		.steal_ns = 50 * MS, .busy_ns = 980 * MS, .psi_some_ns = 400 * MS, .self_cpu_ns = 10 * MS};
	struct result result;

	(void)state;
	store(&end, 900 * MS, &result);
	assert_int_equal(result.psi_cpu_some_ns, 400 * MS);
	assert_int_equal(result.steal_ns, 50 * MS);
	assert_int_equal(result.throttled_ns, 0);
	assert_int_equal(result.foreign_cpu_ns, 70 * MS);
	assert_int_equal(result.noisy, 0);
}

static void test_noisy(void **state)
{
	const struct noise_sample stolen = {.steal_ns = 60 * MS};
	const struct noise_sample throttled = {.throttled_ns = 1};
	const struct noise_sample foreign = {.busy_ns = 980 * MS};
	struct result result;

	(void)state;
	store(&stolen, 0, &result);
	assert_int_equal(result.noisy, 1);
	store(&throttled, 0, &result);
	assert_int_equal(result.noisy, 1);
	store(&foreign, 900 * MS, &result);
	assert_int_equal(result.foreign_cpu_ns, 80 * MS);
	assert_int_equal(result.noisy, 1);
}

/* Ticks may show less than the exact clocks; nothing becomes negative. */
static void test_foreign_unknown_or_negative(void **state)
{
	const struct noise_sample end = {.busy_ns = 900 * MS};
	struct result result;

	(void)state;
	store(&end, 905 * MS, &result);
	assert_int_equal(result.foreign_cpu_ns, 0);
	store(&end, RESULT_NONE, &result);
	assert_true(result.foreign_cpu_ns == RESULT_NONE);
	assert_int_equal(result.noisy, 0);
}

static void test_probe(void **state)
{
	(void)state;
	assert_true(noise_probe() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),          cmocka_unit_test(test_throttled_v1),
		cmocka_unit_test(test_nothing_there), cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_noisy),         cmocka_unit_test(test_foreign_unknown_or_negative),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
