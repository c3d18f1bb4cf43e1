// SPDX-License-Identifier: MIT
/*
 * Parameters: suffixes, bounds, choices, and the words of every refusal.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "param.h"

static const struct param_row rows[] = {
	{"tasks", PARAM_COUNT, "1k", 1, 10000000, NULL, "tasks alive"},
	{"size", PARAM_BYTES, "64", 1, 1 << 20, NULL, "bytes of a message"},
	{"sleep", PARAM_TIME, "500ms", 1000, 3600000000000, NULL, "how long"},
	{"deadline", PARAM_CHOICE, "own", 0, 0, "own|common", "whose deadline"},
	{"server", PARAM_CHOICE, "self", 0, 0, "self|exec:", "who serves"},
	{"client", PARAM_BACKEND, "event", 0, 0, "self|exec:", "who drives"},
	{0},
};

static int parse(const char *name, const char *text, struct param_value *value, char *error)
{
	const struct param_row *row = param_find(rows, name, strlen(name));

	assert_non_null(row);
	return param_parse(row, text, value, error);
}

static void expect(const char *name, const char *text, int64_t number, const char *canonical)
{
	struct param_value value;
	char error[PARAM_ERROR_MAX] = "";

	if (parse(name, text, &value, error) != 0)
		fail_msg("%s=%s: %s", name, text, error);
	assert_int_equal(value.number, number);
	assert_string_equal(value.text, canonical);
}

static void refuse(const char *name, const char *text, int rc, const char *message)
{
	struct param_value value;
	char error[PARAM_ERROR_MAX] = "";

	assert_int_equal(parse(name, text, &value, error), rc);
	assert_string_equal(error, message);
}

static void numbers_take_the_suffixes_of_their_kind(void **state)
{
	(void)state;
	expect("tasks", "1", 1, "1");
	expect("tasks", "10k", 10000, "10000");
	expect("tasks", "10M", 10000000, "10000000");
	expect("size", "1k", 1000, "1000");
	expect("size", "64KiB", 65536, "65536");
	expect("size", "1MiB", 1 << 20, "1048576");
	expect("sleep", "1000", 1000, "1000");
	expect("sleep", "1us", 1000, "1000");
	expect("sleep", "250ms", 250000000, "250000000");
	expect("sleep", "2s", 2000000000, "2000000000");
	expect("sleep", "60m", 3600000000000, "3600000000000");
}

static void what_is_no_number_is_refused_in_words(void **state)
{
	static const char *const junk[] = {"",    "k",   "-",    "+1", " 1",  "1 ",  "1.5",
									   "0x1", "1kk", "1KiB", "1K", "one", "1e3", "1ms"};
	struct param_value value;
	char error[PARAM_ERROR_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		assert_int_equal(parse("tasks", junk[i], &value, error), -EINVAL);
	refuse("tasks", "many", -EINVAL, "tasks: \"many\" is not a number (1..10M, suffixes k, M, G)");
	refuse("size", "1s", -EINVAL,
		   "size: \"1s\" is not a size (1..1MiB, suffixes k, KiB, M, MiB, G, GiB)");
	refuse("sleep", "5k", -EINVAL,
		   "sleep: \"5k\" is not a time (1us..60m, suffixes ns, us, ms, s, m)");
}

static void bounds_hold_and_are_named(void **state)
{
	(void)state;
	refuse("tasks", "0", -ERANGE, "tasks: 0 is out of range (1..10M)");
	refuse("tasks", "-1", -ERANGE, "tasks: -1 is out of range (1..10M)");
	refuse("tasks", "10000001", -ERANGE, "tasks: 10000001 is out of range (1..10M)");
	refuse("sleep", "999ns", -ERANGE, "sleep: 999ns is out of range (1us..60m)");
	refuse("sleep", "20", -ERANGE,
		   "sleep: 20 is out of range (1us..60m; without a suffix it is ns)");
	refuse("sleep", "0", -ERANGE, "sleep: 0 is out of range (1us..60m)");
}

static void what_64_bits_cannot_hold_is_out_of_range(void **state)
{
	int64_t number;

	(void)state;
	refuse("tasks", "9223372036854775808", -ERANGE,
		   "tasks: 9223372036854775808 is out of range (1..10M)");
	refuse("tasks", "99999999999G", -ERANGE, "tasks: 99999999999G is out of range (1..10M)");
	/* A product that wraps around to a small number must not pass for one. */
	refuse("size", "18014398509481985KiB", -ERANGE,
		   "size: 18014398509481985KiB is out of range (1..1MiB)");
	assert_int_equal(param_number(PARAM_COUNT, "9223372036854775807", &number), 0);
	assert_int_equal(number, INT64_MAX);
	assert_int_equal(param_number(PARAM_COUNT, "-9223372036854775808", &number), 0);
	assert_int_equal(number, INT64_MIN);
	assert_int_equal(param_number(PARAM_COUNT, "-9223372036854775809", &number), -ERANGE);
}

static void a_message_stays_one_short_line(void **state)
{
	struct param_value value;
	char error[PARAM_ERROR_MAX];
	char text[1000], expected[PARAM_ERROR_MAX + 1000];

	(void)state;
	memset(text, '9', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(parse("tasks", text, &value, error), -ERANGE);
	text[60] = '\0';
	snprintf(expected, sizeof(expected), "tasks: %s... is out of range (1..10M)", text);
	assert_string_equal(error, expected);
	refuse("deadline", "a\nb", -EINVAL, "deadline: \"a?b\" is not one of own|common");
}

static void choices_are_words(void **state)
{
	(void)state;
	expect("deadline", "own", 0, "own");
	expect("deadline", "common", 1, "common");
	refuse("deadline", "foo", -EINVAL, "deadline: \"foo\" is not one of own|common");
	refuse("deadline", "", -EINVAL, "deadline: \"\" is not one of own|common");
	refuse("deadline", "ow", -EINVAL, "deadline: \"ow\" is not one of own|common");
	refuse("deadline", "owner", -EINVAL, "deadline: \"owner\" is not one of own|common");
	refuse("deadline", "own|common", -EINVAL, "deadline: \"own|common\" is not one of own|common");
}

static void an_open_choice_takes_any_text_that_a_list_can_hold(void **state)
{
	static const char *const bad[] = {"exec:", "exec:a,b", "exec:a;b", "exec:a\nb"};
	struct param_value value;
	char error[PARAM_ERROR_MAX];

	(void)state;
	expect("server", "self", 0, "self");
	expect("server", "exec:/bin/a b:c", 1, "exec:/bin/a b:c");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse("server", bad[i], &value, error), -EINVAL);
		assert_non_null(strstr(error, "must go on behind the ':'"));
	}
	refuse("server", "exec", -EINVAL, "server: \"exec\" is not one of self|exec:");

	char text[PARAM_TEXT_MAX + 8] = "exec:";
	memset(text + 5, 'x', PARAM_TEXT_MAX - 5);
	assert_int_equal(parse("server", text, &value, error), -EINVAL);
	assert_non_null(strstr(error, "is longer than 255 bytes"));
	text[PARAM_TEXT_MAX - 1] = '\0';
	expect("server", text, 1, text);
}

static void a_backend_is_a_choice_or_a_name(void **state)
{
	(void)state;
	expect("client", "self", 0, "self");
	expect("client", "exec:x", 1, "exec:x");
	expect("client", "io_uring2", -1, "io_uring2");
	refuse("client", "Event", -EINVAL, "client: \"Event\" is not one of self|exec:|BACKEND");
	refuse("client", "a-b", -EINVAL, "client: \"a-b\" is not one of self|exec:|BACKEND");
	refuse("client", "", -EINVAL, "client: \"\" is not one of self|exec:|BACKEND");
}

static void format_is_the_shortest_that_reads_back(void **state)
{
	static const struct {
		enum param_kind kind;
		int64_t number;
		const char *text;
	} cases[] = {
		{PARAM_COUNT, 0, "0"},
		{PARAM_COUNT, 999, "999"},
		{PARAM_COUNT, 1000, "1k"},
		{PARAM_COUNT, 10000, "10k"},
		{PARAM_COUNT, 10001, "10001"},
		{PARAM_COUNT, 1000000, "1M"},
		{PARAM_COUNT, 2000000000, "2G"},
		{PARAM_COUNT, -5000, "-5k"},
		{PARAM_COUNT, INT64_MAX, "9223372036854775807"},
		{PARAM_COUNT, INT64_MIN, "-9223372036854775808"},
		{PARAM_BYTES, 64, "64"},
		{PARAM_BYTES, 1024, "1KiB"},
		{PARAM_BYTES, 65536, "64KiB"},
		{PARAM_BYTES, 64000, "64k"},
		{PARAM_BYTES, 1048576, "1MiB"},
		{PARAM_TIME, 0, "0"},
		{PARAM_TIME, 1, "1ns"},
		{PARAM_TIME, 1000, "1us"},
		{PARAM_TIME, 1500, "1500ns"},
		{PARAM_TIME, 250000000, "250ms"},
		{PARAM_TIME, 1000000000, "1s"},
		{PARAM_TIME, 90000000000, "90s"},
		{PARAM_TIME, 60000000000, "1m"},
	};
	char buf[32];
	int64_t number;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(param_format(cases[i].kind, cases[i].number, buf, sizeof(buf)),
							cases[i].text);
		assert_int_equal(param_number(cases[i].kind, buf, &number), 0);
		assert_int_equal(number, cases[i].number);
	}
}

static void a_row_may_allow_the_number_of_cpus(void **state)
{
	const struct param_row row = {"tasks", PARAM_COUNT, "cpus", 1, 1000, "cpus", "tasks"};
	const struct param_row plain = {"tasks", PARAM_COUNT, "1", 1, 1000, NULL, "tasks"};
	struct param_value value;
	char error[PARAM_ERROR_MAX];
	cpu_set_t allowed, one;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	assert_int_equal(param_parse(&row, "cpus", &value, error), 0);
	assert_int_equal(value.number, CPU_COUNT(&allowed));
	assert_int_equal(strtol(value.text, NULL, 10), CPU_COUNT(&allowed));
	CPU_ZERO(&one);
	for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(param_parse(&row, "cpus", &value, error), 0);
	assert_string_equal(value.text, "1");
	assert_int_equal(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
	assert_int_equal(param_parse(&row, "7", &value, error), 0);
	assert_int_equal(value.number, 7);
	assert_int_equal(param_parse(&row, "cpu", &value, error), -EINVAL);
	assert_non_null(strstr(error, "1..1k or cpus"));
	assert_int_equal(param_parse(&plain, "cpus", &value, error), -EINVAL);
}

static void find_compares_whole_names(void **state)
{
	(void)state;
	assert_ptr_equal(param_find(rows, "tasks=1", 5), &rows[0]);
	assert_null(param_find(rows, "task", 4));
	assert_null(param_find(rows, "", 0));
	assert_null(param_find(NULL, "tasks", 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_take_the_suffixes_of_their_kind),
		cmocka_unit_test(what_is_no_number_is_refused_in_words),
		cmocka_unit_test(bounds_hold_and_are_named),
		cmocka_unit_test(what_64_bits_cannot_hold_is_out_of_range),
		cmocka_unit_test(a_message_stays_one_short_line),
		cmocka_unit_test(choices_are_words),
		cmocka_unit_test(an_open_choice_takes_any_text_that_a_list_can_hold),
		cmocka_unit_test(a_backend_is_a_choice_or_a_name),
		cmocka_unit_test(format_is_the_shortest_that_reads_back),
		cmocka_unit_test(a_row_may_allow_the_number_of_cpus),
		cmocka_unit_test(find_compares_whole_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
