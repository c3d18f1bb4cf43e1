// SPDX-License-Identifier: MIT
/*
 * The CSV of results, read: columns by name, and each kind of malformed file with its place and its
 * words.
 */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "csv.h"
#include "csv_reader.h"
#include "result.h"

/* ---- a file of its own for each test ---- */

static char path[64];

static int make_path(void **state)
{
	(void)state;
	strcpy(path, "/tmp/csv_test.XXXXXX");
	int fd = mkstemp(path);
	return fd < 0 || close(fd) < 0 || unlink(path) < 0;
}

static int remove_path(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* ---- a text in memory ---- */

#define HEAD                                                                                 \
	"schema,run_id,seq,planned,workload,workload_version,backend,variant,params,rep,status," \
	"reason,throughput_ops_per_s,ops,mem_bytes_per_task"
#define KEY "1,r,1,1,w,1,b,,k=1,0,"

/* Reads `size` bytes to the end or the first error, whose text goes to `message`. */
static int read_all(const char *data, size_t size, bool allow_partial, struct result *row,
					char *message)
{
	struct csv_reader reader;
	struct csv_error error;

	message[0] = '\0';
	result_init(row);
	int rc = csv_reader_open_memory(&reader, data, size, &error);
	if (rc == 0) {
		reader.allow_partial = allow_partial;
		do
			rc = csv_reader_next(&reader, row, &error);
		while (rc == 1);
		csv_reader_close(&reader);
	}
	if (rc)
		csv_error_text(&error, "f.csv", message, CSV_ERROR_MAX + 128);
	return rc;
}

static void expect_ok(const char *text, struct result *row)
{
	char message[CSV_ERROR_MAX + 128];

	if (read_all(text, strlen(text), false, row, message) != 0)
		fail_msg("%s", message);
}

static void expect_error(const char *text, int rc, const char *expected)
{
	char message[CSV_ERROR_MAX + 128];
	struct result row;

	assert_int_equal(read_all(text, strlen(text), false, &row, message), rc);
	assert_string_equal(message, expected);
}

static void columns_go_by_name(void **state)
{
	struct result row;

	(void)state;
	expect_ok("status,ops,new_1,rep,params,variant,backend,workload_version,workload,planned,seq,"
			  "run_id,schema,new_2\n"
			  "failed,5,\"x,\ny\",2,k=1,v,b,3,w,1,1,r,1,\n",
			  &row);
	assert_int_equal(row.status, RESULT_FAILED);
	assert_int_equal(row.ops, 5);
	assert_int_equal(row.workload_version, 3);
	assert_string_equal(row.params, "k=1");
	assert_int_equal(row.wall_ns, RESULT_NONE); /* no such column */
}

static void unknown_columns_are_kept(void **state)
{
	static const char text[] = HEAD ",new\n" KEY "ok,,,,,\"say \"\"hi\"\"\"\n";
	struct csv_reader reader;
	struct csv_error error;
	struct result row;

	(void)state;
	result_init(&row);
	assert_int_equal(csv_reader_open_memory(&reader, text, sizeof(text) - 1, &error), 0);
	assert_int_equal(reader.n_columns, 16);
	assert_string_equal(reader.names[15], "new");
	assert_null(reader.column[15]);
	assert_int_equal(csv_reader_next(&reader, &row, &error), 1);
	assert_int_equal(reader.fields[15].length, 8);
	assert_memory_equal(reader.fields[15].text, "say \"hi\"", 8);
	csv_reader_close(&reader);
}

static void numbers_are_read_to_the_last_digit(void **state)
{
	static const char *const reals[] = {"0",
										"12.5",
										"0.1",
										"123456789.123456",
										"1e3",
										"1.5E-07",
										"1e+300",
										"4.35",
										"98765432109876543210.5",
										"00.5",
										"-0",
										"2.2250738585072011e-308"};
	char text[512];
	struct result row;

	(void)state;
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		snprintf(text, sizeof(text), HEAD "\n" KEY "ok,,\"%s\",9223372036854775807,1.5\n",
				 reals[i]);
		expect_ok(text, &row);
		assert_true(row.throughput_ops_per_s == strtod(reals[i], NULL));
		assert_int_equal(row.ops, INT64_MAX);
		assert_true(row.mem_bytes_per_task == 1.5);
	}
}

/* Up to 20 digits, the point behind each of them or nowhere; and no byte among them is taken for
 * one. */
static void numbers_of_every_length_are_read(void **state)
{
	static const char digits[] = "90123456789012345678";
	static const char wrong[] = {'/', ':', ' ', '\t', 'a', (char)0xb0, (char)0xff};
	char number[32];
	char text[512];
	char message[CSV_ERROR_MAX + 128];
	struct result row;

	(void)state;
	for (size_t n = 1; n <= 20; n++) {
		for (size_t point = 1; point <= n; point++) {
			snprintf(number, sizeof(number), point < n ? "%.*s.%.*s" : "%.*s%.*s", (int)point,
					 digits + 20 - n, (int)(n - point), digits + 20 - n + point);
			snprintf(text, sizeof(text), HEAD "\n" KEY "ok,,%s,%.*s,\n", number,
					 (int)(n < 19 ? n : 18), digits + 2);
			expect_ok(text, &row);
			assert_true(row.throughput_ops_per_s == strtod(number, NULL));
			snprintf(number, sizeof(number), "%.*s", (int)(n < 19 ? n : 18), digits + 2);
			assert_int_equal(row.ops, strtoll(number, NULL, 10));
		}
		for (size_t at = 0; at < n * sizeof(wrong); at++) {
			snprintf(number, sizeof(number), "%.*s", (int)n, digits);
			number[at / sizeof(wrong)] = wrong[at % sizeof(wrong)];
			snprintf(text, sizeof(text), HEAD "\n" KEY "ok,,%s,,\n", number);
			assert_int_equal(read_all(text, strlen(text), false, &row, message), -EBADMSG);
			snprintf(text, sizeof(text), HEAD "\n" KEY "ok,,,%s,\n", number);
			assert_int_equal(read_all(text, strlen(text), false, &row, message), -EBADMSG);
		}
	}
}

/* Fields of all lengths around those that are looked at together, plain and quoted. */
static void fields_of_every_length_are_found(void **state)
{
	static const char bytes[] = "a b+c(d-e.f|g\xc3\xa9h!i#";
	char value[251];
	char text[1024];
	struct result row;

	(void)state;
	for (size_t n = 0; n < sizeof(value); n++) {
		for (size_t i = 0; i < n; i++)
			value[i] = bytes[i % (sizeof(bytes) - 1)];
		value[n] = '\0';
		for (int quoted = 0; quoted < 2; quoted++) {
			snprintf(text, sizeof(text), HEAD "\n" KEY "ok,%s%s%s,7.5,%zu,1\n", quoted ? "\"" : "",
					 value, quoted ? "\"" : "", n);
			expect_ok(text, &row);
			assert_string_equal(row.reason, value);
			assert_true(row.throughput_ops_per_s == 7.5);
			assert_int_equal(row.ops, n);
			assert_true(row.mem_bytes_per_task == 1);
		}
	}
}

static void the_locale_changes_nothing(void **state)
{
	struct result row;

	(void)state;
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE.utf8"))
		skip(); /* no locale with a decimal comma is installed here */
	expect_ok(HEAD "\n" KEY "ok,,1.5e3,,\n", &row);
	assert_true(row.throughput_ops_per_s == 1500);
	setlocale(LC_ALL, "C");
}

static void bad_numbers_are_named(void **state)
{
	static const struct {
		const char *fields, *message;
	} cases[] = {
		{"\"1,5\",,", "f.csv:2: column throughput_ops_per_s: \"1,5\" is not a number"},
		{"1.5.1,,", "f.csv:2: column throughput_ops_per_s: \"1.5.1\" is not a number"},
		{"nan,,", "f.csv:2: column throughput_ops_per_s: \"nan\" is not a number"},
		{"inf,,", "f.csv:2: column throughput_ops_per_s: \"inf\" is not a number"},
		{"-inf,,", "f.csv:2: column throughput_ops_per_s: \"-inf\" is not a number"},
		{"0x10,,", "f.csv:2: column throughput_ops_per_s: \"0x10\" is not a number"},
		{" 1,,", "f.csv:2: column throughput_ops_per_s: \" 1\" is not a number"},
		{"1 ,,", "f.csv:2: column throughput_ops_per_s: \"1 \" is not a number"},
		{".5,,", "f.csv:2: column throughput_ops_per_s: \".5\" is not a number"},
		{"5.,,", "f.csv:2: column throughput_ops_per_s: \"5.\" is not a number"},
		{"-,,", "f.csv:2: column throughput_ops_per_s: \"-\" is not a number"},
		{"1e,,", "f.csv:2: column throughput_ops_per_s: \"1e\" is not a number"},
		{"1e999,,", "f.csv:2: column throughput_ops_per_s: \"1e999\" is too large"},
		{"-1,,", "f.csv:2: column throughput_ops_per_s: \"-1\" is below 0"},
		{",-1,", "f.csv:2: column ops: \"-1\" is below 0"},
		{",1.0,", "f.csv:2: column ops: \"1.0\" is not a whole number"},
		{",-,", "f.csv:2: column ops: \"-\" is not a whole number"},
		{",ten,", "f.csv:2: column ops: \"ten\" is not a whole number"},
		{",9223372036854775808,", "f.csv:2: column ops: \"9223372036854775808\" is too large"},
		{",20000000000000000000,", "f.csv:2: column ops: \"20000000000000000000\" is too large"},
		{",99999999999999999999999,",
		 "f.csv:2: column ops: \"99999999999999999999999\" is too large"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), HEAD "\n" KEY "ok,,%s\n", cases[i].fields);
		expect_error(text, -EBADMSG, cases[i].message);
	}
}

static void bad_texts_are_named(void **state)
{
	char text[2048];

	(void)state;
	expect_error(HEAD "\n" KEY "good,,,,\n", -EBADMSG,
				 "f.csv:2: column status: \"good\" is not a status (ok, unsupported, limited, "
				 "invalid, failed, timeout or interrupted)");
	expect_error(HEAD "\n" KEY ",,,,\n", -EBADMSG, "f.csv:2: column status: is empty");
	expect_error(HEAD "\n1,,1,1,w,1,b,,,0,ok,,,,\n", -EBADMSG, "f.csv:2: column run_id: is empty");
	snprintf(text, sizeof(text), HEAD "\n" KEY "ok,%0256d,,,\n", 0);
	expect_error(text, -EBADMSG,
				 "f.csv:2: column reason: \"0000000000000000000000000000000000000...\" is longer "
				 "than 255 bytes");
	expect_error(HEAD "\n2,r,1,1,w,1,b,,,0,ok,,,,\n", -EBADMSG,
				 "f.csv:2: column schema: 2 is not the schema that this build reads (1)");
}

static void bad_headers_are_named(void **state)
{
	(void)state;
	expect_error("", -EBADMSG, "f.csv: the file is empty");
	expect_error(HEAD "\n", -ENODATA, "f.csv: no rows behind the header");
	expect_error(HEAD, -EBADMSG, "f.csv:1: the file ends within a row (no line end)");
	expect_error(HEAD ",ops\n", -EBADMSG, "f.csv:1: column ops: occurs twice");
	expect_error(HEAD ",\n", -EBADMSG, "f.csv:1: column number 16 has no name");
	expect_error("schema,run_id,seq\n", -EBADMSG, "f.csv:1: column planned: is missing");
	expect_error("\xef\xbb\xbf" HEAD "\n", -EBADMSG,
				 "f.csv:1: a byte order mark before the header");
	expect_error("schema;run_id;seq\n", -EBADMSG,
				 "f.csv:1: fields are separated by ';' and not by ','");
	expect_error(HEAD "\r\n" KEY "ok,,,,\r\n", -EBADMSG,
				 "f.csv:1: a carriage return; lines must end in LF alone");
}

static void bad_rows_are_named(void **state)
{
	(void)state;
	expect_error(HEAD "\n" KEY "ok,,1,5,,\n", -EBADMSG,
				 "f.csv:2: the row has 16 fields, the header 15 (an unquoted comma?)");
	expect_error(HEAD "\n" KEY "ok\n", -EBADMSG,
				 "f.csv:2: the row has 11 fields, the header 15 (an unquoted comma?)");
	expect_error(HEAD "\n\n", -EBADMSG,
				 "f.csv:2: the row has 1 fields, the header 15 (an unquoted comma?)");
	expect_error(HEAD "\n" KEY "ok,a\"b,,,\n", -EBADMSG,
				 "f.csv:2: a quote within a field that is not quoted");
	expect_error(HEAD "\n" KEY "ok,\"a\"b,,,\n", -EBADMSG, "f.csv:2: text behind a closing quote");
	expect_error(HEAD "\n" KEY "ok,\"a,,,\n", -EBADMSG,
				 "f.csv:2: the file ends within a row (no line end)");
	expect_error(HEAD "\n" KEY "ok,,,,5", -EBADMSG,
				 "f.csv:2: the file ends within a row (no line end)");
	expect_error(HEAD "\n" KEY "ok,,,,\r\n", -EBADMSG,
				 "f.csv:2: a carriage return; lines must end in LF alone");
	/* The line is that of the field, behind the line ends that a field before it holds. */
	expect_error(HEAD "\n" KEY "ok,\"a\n\nb\",x,,\n", -EBADMSG,
				 "f.csv:4: column throughput_ops_per_s: \"x\" is not a number");
}

static void a_nul_byte_is_named(void **state)
{
	static const char plain[] = HEAD "\n" KEY "ok,a\0b,,,\n";
	static const char quoted[] = HEAD "\n" KEY "ok,\"a\0b\",,,\n";
	char message[CSV_ERROR_MAX + 128];
	struct result row;

	(void)state;
	assert_int_equal(read_all(plain, sizeof(plain) - 1, false, &row, message), -EBADMSG);
	assert_string_equal(message, "f.csv:2: a NUL byte");
	assert_int_equal(read_all(quoted, sizeof(quoted) - 1, false, &row, message), -EBADMSG);
	assert_string_equal(message, "f.csv:2: a NUL byte");
}

/* ---- runs ---- */

#define ROW(run, seq, planned) "1," run "," #seq "," #planned ",w,1,b,,,0,ok,,,,\n"

static void a_run_that_was_cut_short_is_refused(void **state)
{
	static const char cut[] = HEAD "\n" ROW("a", 1, 3) ROW("a", 2, 3) ROW("b", 1, 1);
	static const char torn[] = HEAD "\n" ROW("a", 1, 3) "1,a,2,3,w,1,b";
	char message[CSV_ERROR_MAX + 128];
	struct result row;

	(void)state;
	expect_error(cut, -ENODATA, "f.csv:3: run a has 2 rows of 3 planned; it was cut short");
	assert_int_equal(read_all(cut, sizeof(cut) - 1, true, &row, message), 0);
	assert_string_equal(row.run_id, "b");
	assert_int_equal(read_all(torn, sizeof(torn) - 1, true, &row, message), 0);
	assert_int_equal(row.seq, 1);
}

static void runs_may_lie_in_any_order(void **state)
{
	struct result row;

	(void)state;
	expect_ok(HEAD "\n" ROW("b", 2, 2) ROW("a", 2, 3) ROW("b", 1, 2) ROW("a", 1, 3) ROW("a", 3, 3),
			  &row);
	expect_error(HEAD "\n" ROW("a", 1, 1) ROW("b", 1, 1) ROW("a", 1, 1), -EBADMSG,
				 "f.csv:4: run a has 2 rows, but planned 1; some are in the file twice");
	expect_error(HEAD "\n" ROW("a", 1, 2) ROW("a", 2, 3), -EBADMSG,
				 "f.csv:3: column planned: 3, but 2 in line 2 of the same run");
	expect_error(HEAD "\n" ROW("a", 4, 3), -EBADMSG,
				 "f.csv:2: column seq: 4 is out of range (1..3, by planned)");
	expect_error(HEAD "\n" ROW("a", 0, 3), -EBADMSG,
				 "f.csv:2: column seq: 0 is out of range (1..3, by planned)");
}

/* ---- files ---- */

/* The least that a row must have. */
static struct result make_row(int64_t seq, int64_t planned)
{
	struct result row;

	result_init(&row);
	strcpy(row.run_id, "run-1");
	strcpy(row.workload, "sleep_fanout");
	strcpy(row.backend, "coro");
	row.workload_version = 1;
	row.seq = seq;
	row.planned = planned;
	row.rep = 0;
	return row;
}

/* Rows that end before, at and behind the edges of the reader's buffer. */
static void a_file_larger_than_the_buffer_is_read_row_by_row(void **state)
{
	enum { ROWS = 3000 };
	struct csv csv;
	struct csv_reader reader;
	struct csv_error error;
	struct result row = make_row(1, ROWS);

	(void)state;
	assert_int_equal(csv_open(&csv, path, CSV_CREATE, &error), 0);
	for (int i = 1; i <= ROWS; i++) {
		row.seq = i;
		memset(row.reason, '"', (size_t)i % 250);
		row.reason[i % 250] = '\0';
		assert_int_equal(csv_write_row(&csv, &row), 0);
	}
	csv_close(&csv);

	assert_int_equal(csv_reader_open(&reader, path, &error), 0);
	for (int i = 1; i <= ROWS; i++) {
		assert_int_equal(csv_reader_next(&reader, &row, &error), 1);
		assert_int_equal(row.seq, i);
		assert_int_equal(strlen(row.reason), i % 250);
	}
	assert_int_equal(csv_reader_next(&reader, &row, &error), 0);
	csv_reader_close(&reader);
}

/* One field of `length` bytes in a column that we do not know. */
static int read_long_row(size_t length, struct csv_error *error)
{
	FILE *file = fopen(path, "w");
	struct csv_reader reader;
	struct result row;

	assert_non_null(file);
	fputs(HEAD ",new\n" KEY "ok,,,,,", file);
	for (size_t i = 0; i < length; i++)
		fputc('x', file);
	fputc('\n', file);
	assert_int_equal(fclose(file), 0);
	int rc = csv_reader_open(&reader, path, error);
	assert_int_equal(rc, 0);
	rc = csv_reader_next(&reader, &row, error);
	if (rc == 1)
		assert_int_equal(reader.fields[15].length, length);
	csv_reader_close(&reader);
	return rc;
}

static void the_length_of_a_row_has_a_limit(void **state)
{
	struct csv_error error;

	(void)state;
	assert_int_equal(read_long_row(CSV_ROW_MAX - 100, &error), 1);
	assert_int_equal(read_long_row(CSV_ROW_MAX, &error), -EBADMSG);
	assert_int_equal(error.line, 2);
	assert_string_equal(error.message, "a row is longer than 1048576 bytes");
}

static void the_number_of_columns_has_a_limit(void **state)
{
	char text[CSV_COLUMNS_MAX * 6 + 32] = "";
	char *at = text;

	(void)state;
	for (int i = 0; i < CSV_COLUMNS_MAX + 2; i++)
		at += sprintf(at, "%sc%d", i ? "," : "", i);
	strcpy(at, "\n");
	expect_error(text, -EBADMSG, "f.csv:1: 1026 columns, at most 1024 are allowed");
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	struct csv_reader reader;
	struct csv_error error;

	(void)state;
	assert_int_equal(csv_reader_open(&reader, path, &error), -ENOENT);
	assert_string_equal(error.message, "cannot open: No such file or directory");
	assert_int_equal(csv_reader_open(&reader, "/", &error), -EISDIR);
	assert_string_equal(error.message, "cannot read: Is a directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(columns_go_by_name),
		TEST(unknown_columns_are_kept),
		TEST(numbers_are_read_to_the_last_digit),
		TEST(numbers_of_every_length_are_read),
		TEST(fields_of_every_length_are_found),
		TEST(the_locale_changes_nothing),
		TEST(bad_numbers_are_named),
		TEST(bad_texts_are_named),
		TEST(bad_headers_are_named),
		TEST(bad_rows_are_named),
		TEST(a_nul_byte_is_named),
		TEST(a_run_that_was_cut_short_is_refused),
		TEST(runs_may_lie_in_any_order),
		TEST(a_file_larger_than_the_buffer_is_read_row_by_row),
		TEST(the_length_of_a_row_has_a_limit),
		TEST(the_number_of_columns_has_a_limit),
		TEST(a_file_that_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
