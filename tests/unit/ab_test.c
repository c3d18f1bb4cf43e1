// SPDX-License-Identifier: MIT
/*
 * `concbench ab` and `aa` with builds that are shell scripts: they keep the contract of `run` but
 * measure nothing, so every figure is known beforehand.
 */
#include <fcntl.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "aa.h"
#include "ab.h"
#include "compare.h"

enum { TEXT_MAX = 1 << 16, ARGS_MAX = 24 };

static char out[TEXT_MAX], err[TEXT_MAX], folder[64];

/*
 * A build with two cells. It counts its trials in a file of its own, for a little variation. The
 * texts that a test puts in come where %s stands: the build-id, what is done before a row is
 * printed (variables: $w the workload, $n the trial's number), and the file's name.
 */
static const char script[] =
	"#!/bin/sh\n"
	"if [ \"$1\" = --version ]; then printf 'concbench\\nbuild-id %s\\n'; exit; fi\n"
	"w= dry=\n"
	"while [ $# -gt 0 ]; do\n"
	"\tcase $1 in -w) w=$2;; --dry-run) dry=1;; esac\n"
	"\tshift\n"
	"done\n"
	"if [ $dry ]; then\n"
	"\techo workload,backend,variant,params,rep,expected_ns\n"
	"\techo 'one,coro,switch=asm,a=1;b=2,1,1000'\n"
	"\techo 'two,call,,a=1;b=2,1,1000'\n"
	"\texit\n"
	"fi\n"
	"read -r n <%s/%s.count || n=0\n"
	"n=$((n + 1)); echo $n >%s/%s.count\n"
	"speed=$((100000 + n * 7919 %% 1000)) noisy=0 version=1 status=ok\n"
	"%s\n"
	"echo schema,run_id,seq,planned,workload,workload_version,backend,variant,params,rep,status,"
	"throughput_ops_per_s,noisy,host_id\n"
	"echo \"1,r$n,1,1,$w,$version,x,,a=1;b=2,1,$status,$speed,$noisy,host1\"\n";

static void build_write(const char *name, const char *id, const char *action)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.count", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("0\n", file);
	assert_int_equal(fclose(file), 0);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, script, id, folder, name, folder, name, action);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0700), 0);
}

static void text_read(const char *name, char *text)
{
	char path[128];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(text, 1, TEXT_MAX - 1, file);
	text[length] = '\0';
	fclose(file);
}

static int redirect(int fd, const char *name)
{
	char path[128];
	int kept = dup(fd);
	int file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	assert_true(kept >= 0 && file >= 0);
	dup2(file, fd);
	close(file);
	return kept;
}

/* Runs a verb with these words, up to NULL; "@name" is a file in the folder. */
static int verb(int (*run)(int argc, char **argv), ...)
{
	char words[ARGS_MAX][128];
	char *argv[ARGS_MAX + 2] = {(char[]){"verb"}};
	int argc = 1;
	int kept_out;
	int kept_err;
	int code;
	const char *word;
	va_list list;

	va_start(list, run);
	while ((word = va_arg(list, const char *)) && argc < ARGS_MAX) {
		if (*word == '@')
			snprintf(words[argc], sizeof(words[0]), "%s/%s", folder, word + 1);
		else
			snprintf(words[argc], sizeof(words[0]), "%s", word);
		argv[argc] = words[argc];
		argc++;
	}
	va_end(list);
	fflush(stdout);
	fflush(stderr);
	kept_out = redirect(STDOUT_FILENO, "stdout");
	kept_err = redirect(STDERR_FILENO, "stderr");
	optind = 0;
	code = run(argc, argv);
	fflush(stdout);
	fflush(stderr);
	dup2(kept_out, STDOUT_FILENO);
	dup2(kept_err, STDERR_FILENO);
	close(kept_out);
	close(kept_err);
	text_read("stdout", out);
	text_read("stderr", err);
	return code;
}

static void contains(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' is not in:\n%.2000s", words, text);
}

static int folder_make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/concbench-ab-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void a_slower_cell_is_confirmed(void **state)
{
	static char rows[TEXT_MAX];

	(void)state;
	build_write("old", "aaa", "");
	build_write("new", "bbb", "[ $w = one ] && speed=$((speed * 8 / 10))");
	assert_int_equal(
		verb(ab_main, "--a", "@old", "--b", "@new", "--seed", "7", "-o", "@ab.csv", NULL), 1);
	contains(err, "2 cells, 5 pairs each: about 1 s, then 15 pairs of each cell that looks slower");
	contains(out, "slower by 2");
	contains(out, ", 15 pairs");
	contains(err, "exit=1 regressed=1 improved=0 equivalent=1 inconclusive=0 missing=0 cells=2\n");
	text_read("ab.csv", rows);
	contains(rows, "-1,,,,,,1,20,1.1,");   /* run_id, seq, planned of the screen */
	contains(rows, "-2,,,,,,30,30,2.15,"); /* and of the one cell that was confirmed */
	assert_int_equal(verb(compare_main, "@ab.csv", NULL), 1);
	contains(err, "exit=1 regressed=1 improved=0 equivalent=1 inconclusive=0 missing=0 cells=2\n");
	/* What is there is not overwritten. */
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", "-o", "@ab.csv", NULL), 2);
	contains(err, "ab.csv");
}

static void a_faster_cell_passes(void **state)
{
	(void)state;
	build_write("old", "aaa", "");
	build_write("new", "bbb", "[ $w = one ] && speed=$((speed * 12 / 10))");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", NULL), 0);
	contains(out, "faster by ");
	contains(err, "exit=0 regressed=0 improved=1 ");
}

static void one_stage_when_asked(void **state)
{
	(void)state;
	build_write("old", "aaa", "");
	build_write("new", "bbb", "[ $w = one ] && speed=$((speed * 8 / 10))");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", "--pairs", "6", NULL), 1);
	contains(out, ", 6 pairs");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", "--pairs", "0", NULL), 2);
	assert_int_equal(
		verb(ab_main, "--a", "@old", "--b", "@new", "--pairs", "100", "--budget", "1s", NULL), 2);
	contains(err, "--budget: 1 s is too short");
}

static void the_same_build_is_not_measured(void **state)
{
	(void)state;
	build_write("old", "aaa", "");
	build_write("new", "aaa", "");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", NULL), 0);
	contains(err, "build-id: 'aaa' on both sides: the same build");
	contains(err, "exit=0 regressed=0 improved=0 equivalent=0 inconclusive=0 missing=0 cells=0\n");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", "--force", NULL), 0);
	contains(err, "equivalent=2");
}

static void busy_pairs_are_measured_again(void **state)
{
	(void)state;
	build_write("old", "aaa", "[ $n -le 1 ] && noisy=1");
	build_write("new", "bbb", "");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", "--pairs", "5", "-v", NULL), 0);
	contains(out, "note: 1 pairs measured again");
	contains(out, ", 5 pairs");
	build_write("old", "aaa", "noisy=1");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", "--pairs", "5", "-v", NULL), 0);
	contains(out, "note: 30 pairs measured again"); /* 10 pairs, each 3 times */
}

static void builds_that_do_not_run(void **state)
{
	(void)state;
	build_write("old", "aaa", "");
	build_write("new", "bbb", "kill -9 $$");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@none", NULL), 4);
	contains(err, "none: No such file or directory");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", NULL), 4);
	contains(err, "new: killed by signal 9");
	build_write("new", "bbb", "echo 'concbench: it is broken' >&2; exit 1");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", NULL), 4);
	contains(err, "new: exit 1; its row: the file is empty; it is broken");
	assert_int_equal(verb(ab_main, "--a", "/bin/true", "--b", "@new", NULL), 4);
	contains(err, "/bin/true: what 'run --dry-run -o -' prints is no plan");
	contains(err, "concbench-verdict: exit=4 regressed=0 ");
}

static void cells_that_cannot_be_compared(void **state)
{
	(void)state;
	build_write("old", "aaa", "");
	/* Its rows cannot say which host they come from, and need not. */
	build_write("new", "bbb", "[ $w = one ] && { echo 'concbench: no such cell' >&2; exit 2; }");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", NULL), 2);
	contains(err, "concbench: cell: 'one x a=1;b=2' in A, missing in B\n");
	contains(err, "missing=1 cells=2");
	build_write("new", "bbb", "[ $w = two ] && version=2");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", NULL), 2);
	contains(err, "concbench: workload_version of two: 1 in A, 2 in B\n");
}

/* What both builds fail at is not compared, and not passed over in silence. */
static void cells_that_fail_on_both_sides_are_told(void **state)
{
	static const char failing[] = "[ $w = two ] && status=failed";

	(void)state;
	build_write("old", "aaa", failing);
	build_write("new", "bbb", failing);
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", NULL), 0);
	contains(out, "note: left out, because trials failed on both sides: two x a=1;b=2\n");
	contains(err, "missing=0 cells=1\n");
	build_write("old", "aaa", "[ $w = two ] && status=unsupported");
	build_write("new", "bbb", "[ $w = two ] && status=unsupported");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", NULL), 0);
	assert_null(strstr(out, "left out"));
}

static void aa_counts_false_alarms(void **state)
{
	(void)state;
	build_write("old", "aaa", "");
	assert_int_equal(
		verb(aa_main, "--bin", "@old", "--runs", "2", "--pairs", "5", "--seed", "1", NULL), 0);
	contains(out, "one x a=1;b=2\n  throughput  changes beyond +");
	contains(out, "0 of 2 runs with a false alarm");
	contains(err, "aa: run 2 of 2: green");
}

/* Last, because the signal stays noted. */
static void an_interrupt_leaves_whole_rows(void **state)
{
	static char rows[TEXT_MAX];
	int n_rows = 0;

	(void)state;
	build_write("old", "aaa", "");
	build_write("new", "bbb", "[ $n -eq 3 ] && kill -INT $PPID");
	assert_int_equal(verb(ab_main, "--a", "@old", "--b", "@new", "-o", "@cut.csv", NULL), 130);
	contains(err, "ab: interrupted");
	contains(err, "concbench-verdict: exit=130 regressed=0 ");
	text_read("cut.csv", rows);
	for (const char *at = rows; (at = strchr(at, '\n')); at++)
		n_rows++;
	assert_int_equal(n_rows % 2, 1); /* a header and whole pairs */
	assert_true(n_rows >= 5);
	assert_int_equal(verb(compare_main, "@cut.csv", NULL), 2);
	contains(err, "it was cut short");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slower_cell_is_confirmed),
		cmocka_unit_test(a_faster_cell_passes),
		cmocka_unit_test(one_stage_when_asked),
		cmocka_unit_test(the_same_build_is_not_measured),
		cmocka_unit_test(busy_pairs_are_measured_again),
		cmocka_unit_test(builds_that_do_not_run),
		cmocka_unit_test(cells_that_cannot_be_compared),
		cmocka_unit_test(cells_that_fail_on_both_sides_are_told),
		cmocka_unit_test(aa_counts_false_alarms),
		cmocka_unit_test(an_interrupt_leaves_whole_rows),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
