// SPDX-License-Identifier: MIT
/*
 * Measuring the machine: every row has a figure or a reason, nothing is left behind, and floors
 * are the sums that they say they are. Not how fast anything is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limits.h"

enum { BUDGET_MS = 2 };

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void test_rows_have_figure_or_reason(void **state)
{
	struct limits limits;

	(void)state;
	limits_measure(&limits, BUDGET_MS);
	for (size_t i = 0; i < PRIMITIVE_COUNT; i++) {
		const struct limits_row *row = &limits.rows[i];

		assert_non_null(primitives[i].name);
		assert_non_null(primitives[i].measure);
		if (isnan(row->value_ns)) {
			assert_true(strlen(row->note) > 0);
			continue;
		}
		assert_true(row->value_ns > 0);
		assert_true(row->spread_ns >= 0);
		assert_string_equal(row->note, "");
	}
	assert_true(limits.rows[PRIMITIVE_CLOCK_READ].value_ns > 0);
	assert_true(limits.rows[PRIMITIVE_TCP_ROUND_TRIP].value_ns > 0);
}

static void test_nothing_is_left_behind(void **state)
{
	const int fds = count_fds();
	cpu_set_t before, after;
	struct limits limits;

	(void)state;
	assert_int_equal(prctl(PR_SET_TIMERSLACK, 70000), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	limits_measure(&limits, BUDGET_MS);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
	assert_int_equal(prctl(PR_GET_TIMERSLACK), 70000);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(count_fds(), fds);
}

static void test_one_cpu(void **state)
{
	struct limits_gauge gauge = {0};
	cpu_set_t before, one;
	struct limits limits;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &before))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	limits_measure(&limits, BUDGET_MS);
	assert_true(isnan(limits_gauge_floor(&gauge, LIMITS_GENERATOR_PROCESS_SPLIT)));
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	assert_true(limits.rows[PRIMITIVE_HANDOFF_THREAD_SAME].value_ns > 0);
	assert_true(isnan(limits.rows[PRIMITIVE_SPIN_SPLIT].value_ns));
	assert_string_equal(limits.rows[PRIMITIVE_SPIN_SPLIT].note, "only one CPU is allowed here");
	assert_true(isnan(limits_floor(&limits, LIMITS_GENERATOR_THREAD_SPLIT)));
}

/* Floors beside a trial: each has a figure, knows its batches from then on, and leaves nothing. */
static void test_gauge(void **state)
{
	static const enum limits_operation operations[] = {
		LIMITS_GENERATOR_CALL, LIMITS_GENERATOR_THREAD, LIMITS_GENERATOR_PROCESS,
		LIMITS_SLEEP_PROCESS,  LIMITS_ECHO_SERVER_CPU,
	};
	const int fds = count_fds();
	struct limits_gauge gauge = {0}, before;
	cpu_set_t cpus, after;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		assert_true(limits_gauge_floor(&gauge, operations[i]) > 0);
	assert_true(gauge.operations[PRIMITIVE_HANDOFF_THREAD_SAME] > 0);
	assert_int_equal(gauge.operations[PRIMITIVE_TIMER_IDLE], 0);
	before = gauge;
	assert_true(limits_gauge_floor(&gauge, LIMITS_GENERATOR_THREAD) > 0);
	assert_memory_equal(&gauge, &before, sizeof(gauge));
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&cpus, &after));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(count_fds(), fds);
}

/* Makes one system call fail with EPERM, for good. */
static void forbid(unsigned call)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = 4, .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(77);
}

/* 0: rows without what was forbidden have a reason, the others a figure. */
static int measure_without_timerfd_and_affinity(void)
{
	struct limits limits;

	forbid(SYS_timerfd_create);
	forbid(SYS_sched_setaffinity);
	limits_measure(&limits, BUDGET_MS);
	if (!isnan(limits.rows[PRIMITIVE_TIMER_TIMERFD].value_ns) ||
		strncmp(limits.rows[PRIMITIVE_TIMER_TIMERFD].note, "timerfd_create: ", 16) != 0)
		return 1;
	if (!isnan(limits.rows[PRIMITIVE_HANDOFF_THREAD_SAME].value_ns) ||
		strlen(limits.rows[PRIMITIVE_HANDOFF_THREAD_SAME].note) == 0)
		return 2;
	if (isnan(limits.rows[PRIMITIVE_TIMER_NANOSLEEP].value_ns) ||
		isnan(limits.rows[PRIMITIVE_PROCESS_CREATE].value_ns))
		return 3;
	return 0;
}

static void test_forbidden_calls(void **state)
{
	int status;
	const pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(measure_without_timerfd_and_affinity());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip(); /* no seccomp here */
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Primitive number i costs i + 1 ns; the last was not measured. */
static void make_up(struct limits *limits)
{
	memset(limits, 0, sizeof(*limits));
	for (size_t i = 0; i < PRIMITIVE_COUNT; i++) {
		limits->rows[i].value_ns = (double)i + 1;
		limits->rows[i].spread_ns = 0.5;
	}
	limits->rows[PRIMITIVE_TIMER_IDLE].value_ns = NAN;
	limits->rows[PRIMITIVE_TIMER_IDLE].spread_ns = NAN;
	strcpy(limits->rows[PRIMITIVE_TIMER_IDLE].note, "broken, twice");
}

static void assert_near(double value, double expected)
{
	assert_true(fabs(value - expected) < 1e-9);
}

static void test_floors(void **state)
{
	struct limits limits;

	(void)state;
	make_up(&limits);
	assert_near(limits_floor(&limits, LIMITS_GENERATOR_TASK), PRIMITIVE_SWITCH + 1);
	assert_near(limits_floor(&limits, LIMITS_GENERATOR_THREAD),
				2 * (PRIMITIVE_HANDOFF_THREAD_SAME + 1));
	assert_near(limits_floor(&limits, LIMITS_ECHO_SERVER_CPU), (PRIMITIVE_TCP_ROUND_TRIP + 1) / 2.);
	assert_near(limits_floor(&limits, LIMITS_SLEEP_TASK), (PRIMITIVE_PAGE_TOUCH + 1) * 150 / 4096. +
															  2 * (PRIMITIVE_CLOCK_READ + 1) +
															  (PRIMITIVE_SWITCH + 1));
	assert_true(isnan(limits_floor(&limits, LIMITS_WAKE_IDLE)));
	for (unsigned i = 0; i < LIMITS_OPERATIONS; i++)
		assert_true(strlen(limits_operation_name(i)) > 0);
}

static void test_print(void **state)
{
	struct limits limits;
	char *text = NULL;
	size_t size, lines = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	make_up(&limits);
	limits_print(&limits, out);
	fflush(out);
	for (size_t i = 0; i < PRIMITIVE_COUNT; i++)
		assert_non_null(strstr(text, primitives[i].name));
	assert_non_null(strstr(text, "not measured: broken, twice"));
	rewind(out);
	limits_print_csv(&limits, out);
	fclose(out);
	assert_memory_equal(text, "name,value_ns,unit,spread_ns,note\nclock_read,1,ns,0.5,\n", 55);
	assert_non_null(strstr(text, "\ntimer_idle,,ns,,\"broken, twice\"\n"));
	assert_non_null(strstr(text, "\nfloor_wake_idle,,ns,,the same from an idle CPU\n"));
	for (const char *line = text; line < text + size && (line = strchr(line, '\n')); line++)
		lines++;
	assert_int_equal(lines, 1 + PRIMITIVE_COUNT + LIMITS_OPERATIONS);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First, while this process still has all its CPUs, whatever the code does. */
		cmocka_unit_test(test_nothing_is_left_behind),
		cmocka_unit_test(test_rows_have_figure_or_reason),
		cmocka_unit_test(test_gauge),
		cmocka_unit_test(test_one_cpu),
		cmocka_unit_test(test_forbidden_calls),
		cmocka_unit_test(test_floors),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
