// SPDX-License-Identifier: MIT
/*
 * The CSV of results, written: every column there and back, how values look, whole rows or none on
 * a full disk, and files that are not touched unasked.
 */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "csv.h"
#include "csv_reader.h"
#include "hist.h"
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

static void put_file(const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* The whole file as a text, for the caller to free. */
static char *get_file(void)
{
	FILE *file = fopen(path, "r");
	struct stat status;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	char *text = calloc(1, (size_t)status.st_size + 1);
	assert_int_equal(fread(text, 1, (size_t)status.st_size, file), status.st_size);
	fclose(file);
	return text;
}

static off_t file_size(void)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

static struct csv open_writer(enum csv_mode mode)
{
	struct csv csv;
	struct csv_error error;

	if (csv_open(&csv, path, mode, &error) != 0)
		fail_msg("%s", error.message);
	return csv;
}

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

/* ---- the columns ---- */

static void the_header_is_schema_1(void **state)
{
	struct csv csv = open_writer(CSV_CREATE);

	(void)state;
	assert_int_equal(csv_close(&csv), 0);
	char *text = get_file();
	assert_string_equal(
		text,
		"schema,run_id,started_utc,label,tool_version,commit,build_id,seq,planned,pair_id,side,"
		"workload,workload_version,backend,variant,params,rep,status,reason,tasks,tasks_peak,"
		"rounds,ops,bytes,errors,digest,wall_ns,throughput_ops_per_s,spawn_ns_per_task,"
		"drain_ns_per_task,cpu_user_ns,cpu_sys_ns,cpu_ns_per_op,client_cpu_ns,client_bound,"
		"lat_kind,lat_count,lat_batch,lat_early,lat_dropped,lat_min_ns,lat_mean_ns,lat_p50_ns,"
		"lat_p90_ns,lat_p99_ns,lat_p999_ns,lat_p9999_ns,lat_max_ns,ctxsw_voluntary,"
		"ctxsw_involuntary,faults_minor,mem_bytes_per_task,max_rss_bytes,guard,psi_cpu_some_ns,"
		"steal_ns,throttled_ns,foreign_cpu_ns,probe_ns,noisy,host_id,cpu_model,cpus,kernel,virt,"
		"governor,compiler,cflags,libev,clock,clock_cost_ns,timer_slack_ns,seed,"
		"limit_ns_per_op,late,backlog_end,achieved_ratio,svc_count,svc_mean_ns,svc_p50_ns,"
		"svc_p90_ns,svc_p99_ns,svc_p999_ns,svc_max_ns,speedup,ready_max,timers_max\n");
	free(text);
}

/* Gives each column a value of its own; texts hold all that must be quoted. */
static void fill_row(struct result *row, int round)
{
	for (size_t i = 0; i < n_result_columns; i++) {
		const struct result_column *column = &result_columns[i];
		char *member = (char *)row + column->offset;
		int64_t integer = INT64_MAX - 1000 * round - (int64_t)i;
		double real = 1e6 * round + (double)i + 0.015625;
		enum result_status status = (enum result_status)(round % (RESULT_INTERRUPTED + 1));

		if (column->kind == RESULT_INTEGER)
			memcpy(member, &integer, sizeof(integer));
		else if (column->kind == RESULT_REAL)
			memcpy(member, &real, sizeof(real));
		else if (column->kind == RESULT_STATUS)
			memcpy(member, &status, sizeof(status));
		else
			snprintf(member, column->size, "%zu\",\"\n\r%d;a\xc3\xa9%0*d", i, round,
					 (int)column->size, 0); /* cut: fills the member to its last byte */
	}
	row->schema = RESULT_SCHEMA;
	row->planned = 7;
	row->seq = round + 1;
	strcpy(row->run_id, "run\n1,\"");
}

static void assert_equal_rows(const struct result *a, const struct result *b)
{
	for (size_t i = 0; i < n_result_columns; i++) {
		const struct result_column *column = &result_columns[i];
		const char *left = (const char *)a + column->offset;
		const char *right = (const char *)b + column->offset;

		if (column->kind == RESULT_TEXT)
			assert_string_equal(left, right);
		else if (memcmp(left, right, column->size) != 0)
			fail_msg("column %s differs", column->name);
	}
}

static void every_column_comes_back(void **state)
{
	struct csv csv = open_writer(CSV_CREATE);
	struct csv_reader reader;
	struct csv_error error;
	struct result written, read;

	(void)state;
	for (int round = 0; round < 7; round++) {
		fill_row(&written, round);
		assert_int_equal(csv_write_row(&csv, &written), 0);
	}
	assert_int_equal(csv_close(&csv), 0);

	assert_int_equal(csv_reader_open(&reader, path, &error), 0);
	memset(&read, 0x55, sizeof(read));
	for (int round = 0; round < 7; round++) {
		fill_row(&written, round);
		assert_int_equal(csv_reader_next(&reader, &read, &error), 1);
		assert_equal_rows(&written, &read);
	}
	assert_int_equal(csv_reader_next(&reader, &read, &error), 0);
	csv_reader_close(&reader);
}

static void what_was_not_measured_is_empty_and_comes_back_so(void **state)
{
	struct csv csv = open_writer(CSV_CREATE);
	struct csv_reader reader;
	struct csv_error error;
	struct result written = make_row(1, 1);
	struct result read;

	(void)state;
	assert_int_equal(csv_write_row(&csv, &written), 0);
	assert_int_equal(csv_close(&csv), 0);
	char *text = get_file();
	assert_non_null(strstr(text, "\n1,run-1,,,,,,1,1,,,sleep_fanout,1,coro,,,0,ok,,,,,,"));
	free(text);

	assert_int_equal(csv_reader_open(&reader, path, &error), 0);
	memset(&read, 0x55, sizeof(read));
	assert_int_equal(csv_reader_next(&reader, &read, &error), 1);
	assert_int_equal(read.ops, RESULT_NONE);
	assert_true(isnan(read.throughput_ops_per_s));
	assert_string_equal(read.reason, "");
	csv_reader_close(&reader);
}

/* How a real is written. */
static void expect_real(double real, const char *text)
{
	struct csv csv = open_writer(CSV_FORCE);
	struct result row = make_row(1, 1);
	char expected[64];

	row.spawn_ns_per_task = real;
	row.wall_ns = 1;
	row.throughput_ops_per_s = 2;
	row.drain_ns_per_task = 3;
	assert_int_equal(csv_write_row(&csv, &row), 0);
	csv_close(&csv);
	char *file = get_file();
	snprintf(expected, sizeof(expected), ",1,2,%s,3,", text);
	if (!strstr(file, expected))
		fail_msg("%s not in %s", expected, file);
	free(file);
}

static void reals_are_plain_decimals(void **state)
{
	(void)state;
	expect_real(0.0, "0");
	expect_real(-0.0, "0");
	expect_real(-1e-9, "0");
	expect_real(2.5, "2.5");
	expect_real(100.0, "100");
	expect_real(1.0 / 3, "0.333333");
	expect_real(123456789.123456, "123456789.123456");
	expect_real(1e18, "1000000000000000000");
	expect_real(NAN, "");
	expect_real((double)INFINITY, "");
}

static void the_locale_changes_nothing(void **state)
{
	(void)state;
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE.utf8"))
		skip(); /* no locale with a decimal comma is installed here */
	expect_real(2.5, "2.5");
	setlocale(LC_ALL, "C");
}

/* How a text is written. */
static void expect_text(const char *text, const char *field)
{
	struct csv csv = open_writer(CSV_FORCE);
	struct result row = make_row(1, 1);
	char expected[64];

	strcpy(row.reason, text);
	row.tasks = 9;
	assert_int_equal(csv_write_row(&csv, &row), 0);
	csv_close(&csv);
	char *file = get_file();
	snprintf(expected, sizeof(expected), ",ok,%s,9,", field);
	if (!strstr(file, expected))
		fail_msg("%s not in %s", expected, file);
	free(file);
}

static void texts_are_quoted_where_they_must_be(void **state)
{
	(void)state;
	expect_text("plain text; k=v", "plain text; k=v");
	expect_text("a,b", "\"a,b\"");
	expect_text("a\nb", "\"a\nb\"");
	expect_text("a\rb", "\"a\rb\"");
	expect_text("say \"hi\"", "\"say \"\"hi\"\"\"");
}

static void latency_figures_are_those_of_one_operation(void **state)
{
	struct hist hist;
	struct result row;

	(void)state;
	assert_int_equal(hist_init(&hist, HIST_HOUR_NS), 0);
	result_init(&row);
	result_set_latency(&row, &hist, 8);
	assert_int_equal(row.lat_count, 0);
	assert_true(isnan(row.lat_p50_ns) && isnan(row.lat_max_ns) && isnan(row.lat_mean_ns));

	for (int ns = 1; ns <= 400; ns++)
		hist_add(&hist, ns);
	result_set_latency(&row, &hist, 8);
	assert_int_equal(row.lat_count, 400);
	assert_int_equal(row.lat_batch, 8);
	assert_true(row.lat_min_ns == 1 / 8.0 && row.lat_max_ns == 50);
	assert_true(row.lat_mean_ns == 200.5 / 8);
	assert_true(row.lat_p50_ns == 25 && row.lat_p90_ns == 45);
	assert_true(isnan(row.lat_p99_ns)); /* 4 samples lie beyond it */

	assert_int_equal(row.svc_count, RESULT_NONE);
	result_set_service(&row, &hist);
	assert_int_equal(row.svc_count, 400);
	assert_true(row.svc_max_ns == 400 && row.svc_mean_ns == 200.5);
	assert_true(row.svc_p50_ns == 200 && row.svc_p90_ns == 360 && isnan(row.svc_p99_ns));
	hist_release(&hist);
}

static void every_status_has_a_word(void **state)
{
	(void)state;
	for (int i = RESULT_OK; i <= RESULT_INTERRUPTED; i++) {
		const char *word = result_status_word((enum result_status)i);
		enum result_status status;

		assert_int_equal(result_status_parse(word, strlen(word), &status), 0);
		assert_int_equal(status, i);
		assert_int_equal(result_status_parse(word, strlen(word) - 1, &status), -EINVAL);
	}
}

/* ---- the writer's bad days ---- */

static void a_row_is_written_whole_or_not_at_all(void **state)
{
	struct csv csv = open_writer(CSV_CREATE);
	struct result row = make_row(1, 2);
	struct rlimit limit, small;

	(void)state;
	assert_int_equal(csv_write_row(&csv, &row), 0);
	off_t size = file_size();

	/* Room for half a row: the kernel writes that much, then says that there is no more. */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = (rlim_t)size + 40;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	row.seq = 2;
	int rc = csv_write_row(&csv, &row);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(rc, -EFBIG);
	assert_int_equal(file_size(), size);

	assert_int_equal(csv_write_row(&csv, &row), 0);
	assert_int_equal(csv_close(&csv), 0);
	char *text = get_file();
	const char *second = strchr(text, '\n') + 1;
	assert_memory_equal(strchr(second, '\n') + 1, "1,run-1,", 8);
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	struct csv csv;
	struct csv_error error;
	char text[512];

	(void)state;
	assert_int_equal(csv_open(&csv, "/dev/full", CSV_CREATE, &error), -ENOSPC);
	assert_string_equal(csv_error_text(&error, "/dev/full", text, sizeof(text)),
						"/dev/full: cannot write: No space left on device");
}

static void files_that_exist_are_not_touched_unasked(void **state)
{
	struct csv csv;
	struct csv_error error;

	(void)state;
	put_file("precious", 8);
	assert_int_equal(csv_open(&csv, path, CSV_CREATE, &error), -EEXIST);
	assert_int_equal(csv_open(&csv, path, CSV_APPEND, &error), -EBADMSG);
	assert_int_equal(error.line, 1);
	assert_string_equal(error.message,
						"the header is not that of schema 1; rows cannot be appended");
	char *text = get_file();
	assert_string_equal(text, "precious");
	free(text);
	csv = open_writer(CSV_FORCE);
	csv_close(&csv);
	text = get_file();
	assert_memory_equal(text, "schema,", 7);
	free(text);
	assert_int_equal(csv_open(&csv, "/nowhere/x.csv", CSV_CREATE, &error), -ENOENT);
}

static void appending_goes_on_behind_whole_rows(void **state)
{
	struct result row = make_row(1, 1);
	struct csv_error error;
	struct csv csv;

	(void)state;
	for (int i = 0; i < 2; i++) { /* a new file, then one with rows */
		csv = open_writer(CSV_APPEND);
		assert_int_equal(csv_write_row(&csv, &row), 0);
		csv_close(&csv);
	}
	char *text = get_file();
	assert_null(strstr(text + 1, "schema"));
	assert_ptr_equal(strstr(text, "1,run-1,"), strchr(text, '\n') + 1);

	put_file(text, strlen(text) - 1);
	assert_int_equal(csv_open(&csv, path, CSV_APPEND, &error), -EBADMSG);
	assert_string_equal(error.message,
						"the last row is cut (no line end); rows cannot be appended");
	free(text);

	put_file("", 0);
	csv = open_writer(CSV_APPEND);
	csv_close(&csv);
	assert_true(file_size() > 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_header_is_schema_1),
		TEST(every_column_comes_back),
		TEST(what_was_not_measured_is_empty_and_comes_back_so),
		TEST(reals_are_plain_decimals),
		TEST(the_locale_changes_nothing),
		TEST(texts_are_quoted_where_they_must_be),
		TEST(latency_figures_are_those_of_one_operation),
		TEST(every_status_has_a_word),
		TEST(a_row_is_written_whole_or_not_at_all),
		TEST(a_full_disk_is_an_error),
		TEST(files_that_exist_are_not_touched_unasked),
		TEST(appending_goes_on_behind_whole_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
