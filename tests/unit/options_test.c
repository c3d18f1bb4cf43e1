// SPDX-License-Identifier: MIT
/*
 * Option tables: what comes back for each way to write an option, and the line that a wrong one
 * earns.
 */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "options.h"

enum { LONG_ONLY = 256, ARGS_MAX = 8, TEXT_MAX = 1024 };

static const struct options_row rows[] = {
	{LONG_ONLY, "colour", "WHEN", "when to use colour"},
	{'n', "number", "N", "how many"},
	{'q', "quiet", NULL, "say nothing"},
	{0},
};

/* A command line under way. */
struct line {
	char words[ARGS_MAX][64];
	char *argv[ARGS_MAX + 1];
	int argc;
	const char *value;
};

/* Takes `text` apart at its spaces; the verb goes first. */
static void line_start(struct line *line, const char *text)
{
	const char *at = text;

	*line = (struct line){0};
	strcpy(line->words[line->argc++], "verb");
	for (size_t n; *at; at += n + (at[n] == ' ')) {
		n = strcspn(at, " ");
		memcpy(line->words[line->argc++], at, n);
	}
	for (int i = 0; i < line->argc; i++)
		line->argv[i] = line->words[i];
	optind = 0; /* glibc: start anew */
}

static int line_next(struct line *line)
{
	return options_next(line->argc, line->argv, rows, &line->value);
}

/* What `call` writes to stderr, in a static text. */
static const char *stderr_of(int (*call)(void *), void *argument, int *rc)
{
	static char text[TEXT_MAX];
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	*rc = call(argument);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(fileno(file), text, sizeof(text) - 1, 0);
	fclose(file);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static int next_of(void *line)
{
	return line_next(line);
}

static void every_way_to_write_an_option(void **state)
{
	static const char *const texts[] = {"-n 5",       "-n5",     "-qn5",   "--number 5",
										"--number=5", "--num=5", "-q -n 5"};
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int id;

		line_start(&line, texts[i]);
		id = line_next(&line);
		if (id == 'q')
			id = line_next(&line);
		assert_int_equal(id, 'n');
		assert_string_equal(line.value, "5");
		assert_int_equal(line_next(&line), OPTIONS_END);
	}
}

static void an_option_without_a_letter_comes_back_by_its_number(void **state)
{
	struct line line;

	(void)state;
	line_start(&line, "--colour never");
	assert_int_equal(line_next(&line), LONG_ONLY);
	assert_string_equal(line.value, "never");
}

static void options_end_at_the_first_operand(void **state)
{
	struct line line;

	(void)state;
	line_start(&line, "-q file -n 5");
	assert_int_equal(line_next(&line), 'q');
	assert_int_equal(line_next(&line), OPTIONS_END);
	assert_string_equal(line.argv[optind], "file");
	line_start(&line, "-- -q");
	assert_int_equal(line_next(&line), OPTIONS_END);
	assert_string_equal(line.argv[optind], "-q");
}

static void every_table_has_help(void **state)
{
	struct line line;

	(void)state;
	line_start(&line, "-h");
	assert_int_equal(line_next(&line), OPTIONS_HELP);
	line_start(&line, "--help");
	assert_int_equal(line_next(&line), OPTIONS_HELP);
	line_start(&line, "-qh");
	assert_int_equal(line_next(&line), 'q');
	assert_int_equal(line_next(&line), OPTIONS_HELP);
}

/* `text` must be refused with one line that names `word`. */
static void refuse(const char *text, const char *word, const char *why)
{
	struct line line;
	const char *said;
	int rc;

	line_start(&line, text);
	said = stderr_of(next_of, &line, &rc);
	if (rc != OPTIONS_BAD || strncmp(said, "concbench: ", 11) != 0 || !strstr(said, why) ||
		strncmp(said + 11, word, strlen(word)) != 0 || said[11 + strlen(word)] != ':' ||
		strchr(said, '\n') != said + strlen(said) - 1)
		fail_msg("%s: %d, \"%s\"", text, rc, said);
}

static void a_wrong_option_is_named(void **state)
{
	(void)state;
	refuse("-z", "-z", "unknown option");
	refuse("--zebra", "--zebra", "unknown option");
	refuse("--zebra=1", "--zebra=1", "unknown option");
	refuse("-zq", "-z", "unknown option");
	refuse("-n", "-n", "a value is missing");
	refuse("--number", "--number", "a value is missing");
	refuse("--quiet=1", "--quiet", "takes no value");
	refuse("-z", "-z", "see concbench verb --help");
}

static void an_empty_value_is_a_value(void **state)
{
	struct line line;

	(void)state;
	line_start(&line, "--number=");
	assert_int_equal(line_next(&line), 'n');
	assert_string_equal(line.value, "");
}

static void the_help_has_every_row(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	options_print(out, rows);
	fclose(out);
	assert_non_null(strstr(text, "-n, --number N "));
	assert_non_null(strstr(text, "-q, --quiet "));
	assert_non_null(strstr(text, "    --colour WHEN "));
	assert_non_null(strstr(text, "when to use colour\n"));
	assert_non_null(strstr(text, "-h, --help"));
	free(text);
}

/* ---- values ---- */

struct number {
	const char *text;
	int64_t value;
};

static int count_of(void *argument)
{
	struct number *number = argument;

	return options_count("-n", number->text, 1, 500, &number->value);
}

static int time_of(void *argument)
{
	struct number *number = argument;

	return options_time("--wait", number->text, CLOCK_NS_PER_MS, CLOCK_NS_PER_S, &number->value);
}

static void numbers_and_times_are_read_in_base_units(void **state)
{
	struct number number = {.text = "20"};

	(void)state;
	assert_int_equal(count_of(&number), 0);
	assert_int_equal(number.value, 20);
	number.text = "250ms";
	assert_int_equal(time_of(&number), 0);
	assert_int_equal(number.value, 250 * CLOCK_NS_PER_MS);
}

static void a_value_out_of_range_is_named_with_the_range(void **state)
{
	struct number number = {.text = "501", .value = 7};
	int rc;

	(void)state;
	assert_string_equal(stderr_of(count_of, &number, &rc),
						"concbench: -n: 501 is out of range (1..500)\n");
	assert_true(rc < 0);
	number.text = "2s";
	assert_string_equal(stderr_of(time_of, &number, &rc),
						"concbench: --wait: 2s is out of range (1ms..1s)\n");
	assert_true(rc < 0);
	number.text = "many";
	assert_non_null(strstr(stderr_of(count_of, &number, &rc), "-n: \"many\""));
	assert_true(rc < 0);
	assert_int_equal(number.value, 7); /* untouched */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_write_an_option),
		cmocka_unit_test(an_option_without_a_letter_comes_back_by_its_number),
		cmocka_unit_test(options_end_at_the_first_operand),
		cmocka_unit_test(every_table_has_help),
		cmocka_unit_test(a_wrong_option_is_named),
		cmocka_unit_test(an_empty_value_is_a_value),
		cmocka_unit_test(the_help_has_every_row),
		cmocka_unit_test(numbers_and_times_are_read_in_base_units),
		cmocka_unit_test(a_value_out_of_range_is_named_with_the_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
