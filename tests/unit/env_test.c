// SPDX-License-Identifier: MIT
/*
 * What a row says of the machine and the build: there, well-formed, and equal when asked twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "env.h"
#include "result.h"
#include "version.h"

static void test_read(void **state)
{
	struct env env, again;
	char host[256];

	(void)state;
	env_read(&env);
	env_read(&again);
	assert_int_equal(strlen(env.host_id), 16);
	assert_int_equal(strspn(env.host_id, "0123456789abcdef"), 16);
	assert_string_equal(env.host_id, again.host_id);
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	assert_string_not_equal(env.host_id, host);
	assert_true(strlen(env.cpu_model) > 0);
	assert_true(env.cpus >= 1);
	assert_memory_equal(env.kernel, "Linux ", 6);
	assert_true(strlen(env.virt) > 0);
	assert_memory_equal(env.clock, "CLOCK_MONOTONIC", 15);
	assert_true(env.clock_cost_ns > 0);
}

static void test_store(void **state)
{
	struct result result = {0};
	struct env env;

	(void)state;
	env_read(&env);
	env_store(&env, &result);
	assert_string_equal(result.host_id, env.host_id);
	assert_string_equal(result.kernel, env.kernel);
	assert_int_equal(result.cpus, env.cpus);
	assert_string_equal(result.compiler, version_compiler());
	assert_string_equal(result.tool_version, version_tool());
	assert_memory_equal(result.libev, "4.", 2);
}

static void test_build_id(void **state)
{
	char id[VERSION_BUILD_ID_MAX];

	(void)state;
	version_build_id(id);
	assert_int_equal(strlen(id), strspn(id, "0123456789abcdef"));
	assert_true(strlen(id) == 0 || strlen(id) >= 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_build_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
