// SPDX-License-Identifier: MIT
/*
 * `concbench compare` from the outside: files in, exit code and words out. Files that must be
 * refused are made from a good one by changing one thing.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "compare.h"
#include "csv.h"
#include "result.h"
#include "splitmix.h"

enum { TEXT_MAX = 1 << 20, ARGS_MAX = 12 };

/* What the last command printed, and where files lie. */
static char out[TEXT_MAX], err[TEXT_MAX], folder[64];

static char *path_of(const char *name, char *buf)
{
	snprintf(buf, 128, "%s/%s", folder, name);
	return buf;
}

static void text_read(const char *name, char *text)
{
	char path[128];
	FILE *file = fopen(path_of(name, path), "r");
	size_t length;

	assert_non_null(file);
	length = fread(text, 1, TEXT_MAX - 1, file);
	text[length] = '\0';
	fclose(file);
}

static void text_write(const char *name, const char *text, size_t length)
{
	char path[128];
	FILE *file = fopen(path_of(name, path), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* Sends a descriptor to a file in the folder; returns the one to be restored. */
static int redirect(int fd, const char *name)
{
	char path[128];
	int kept = dup(fd);
	int file = open(path_of(name, path), O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_true(kept >= 0 && file >= 0);
	dup2(file, fd);
	close(file);
	return kept;
}

/*
 * Runs `compare` with these words, up to NULL; words that end in .csv, and what follows '=' in
 * words with an '@', name files in the folder ("junit=@r.xml").
 */
static int compare(const char *first, ...)
{
	char paths[ARGS_MAX][128];
	char *argv[ARGS_MAX + 2] = {(char[]){"compare"}};
	int argc = 1;
	int kept_out;
	int kept_err;
	int code;
	va_list words;

	va_start(words, first);
	for (const char *word = first; word && argc < ARGS_MAX; word = va_arg(words, const char *)) {
		const char *at = strchr(word, '@');

		if (at)
			snprintf(paths[argc], sizeof(paths[0]), "%.*s%s/%s", (int)(at - word), word, folder,
					 at + 1);
		else
			snprintf(paths[argc], sizeof(paths[0]), "%s", word);
		argv[argc] = paths[argc];
		argc++;
	}
	va_end(words);
	fflush(stdout);
	fflush(stderr);
	kept_out = redirect(STDOUT_FILENO, "stdout");
	kept_err = redirect(STDERR_FILENO, "stderr");
	optind = 0;
	code = compare_main(argc, argv);
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

/* ---- files ---- */

struct sample {
	const char *name, *run_id, *host;
	int cells, repetitions;
	bool paired;
	double factor; /* by which cell 0 is slower, on side B or in the whole file */
	uint64_t seed;
	int stage;   /* of the pair ids; 0 is 1 */
	int from;    /* number of the first repetition */
	int skipped; /* this cell has no rows on side B (from 1; 0: none) */
	int version;
	const char *params;
	const char *params_b; /* of side B; NULL: the same */
	bool append;
};

static double noise(uint64_t *seed)
{
	double sum = -2;

	for (int i = 0; i < 4; i++)
		sum += splitmix_unit(seed);
	return exp(0.02 * sum);
}

static void row_fill(struct result *row, const struct sample *sample, int cell, uint64_t *seed)
{
	double slower = cell == 0 && (!sample->paired || row->side[0] == 'B') ? sample->factor : 1;
	double time = slower * noise(seed);

	snprintf(row->workload, sizeof(row->workload), "work%d", cell);
	row->throughput_ops_per_s = 1e6 / time;
	row->cpu_ns_per_op = 800 * time * noise(seed);
	row->lat_count = 2000;
	row->lat_p50_ns = 900 * time * noise(seed);
	row->lat_p99_ns = 2000; /* too few samples beyond it to be judged */
}

static void sample_write(const struct sample *sample)
{
	const char *sides = sample->paired ? "AB" : "-";
	int n_rows = sample->cells * sample->repetitions * (int)strlen(sides) -
				 (sample->skipped ? sample->repetitions : 0);
	uint64_t seed = sample->seed;
	struct csv_error error;
	struct result row;
	struct csv csv;
	char path[128];
	int64_t seq = 0;

	assert_int_equal(csv_open(&csv, path_of(sample->name, path),
							  sample->append ? CSV_APPEND : CSV_FORCE, &error),
					 0);
	for (int rep = 1; rep <= sample->repetitions; rep++) {
		for (int cell = 0; cell < sample->cells; cell++) {
			for (const char *side = sides; *side; side++) {
				if (*side == 'B' && cell + 1 == sample->skipped)
					continue;
				result_init(&row);
				row.status = RESULT_OK;
				row.seq = ++seq;
				row.planned = n_rows;
				row.rep = rep;
				row.workload_version = sample->version ? sample->version : 1;
				row.cpus = 2;
				snprintf(row.run_id, sizeof(row.run_id), "%s", sample->run_id);
				snprintf(row.backend, sizeof(row.backend), "coro");
				snprintf(row.params, sizeof(row.params), "%s",
						 *side == 'B' && sample->params_b ? sample->params_b
						 : sample->params                 ? sample->params
														  : "placement=same;tasks=10");
				snprintf(row.host_id, sizeof(row.host_id), "%s",
						 sample->host ? sample->host : "host1");
				if (sample->paired) {
					row.side[0] = *side;
					snprintf(row.pair_id, sizeof(row.pair_id), "%d.%d",
							 sample->stage ? sample->stage : 1, sample->from + rep);
				}
				row_fill(&row, sample, cell, &seed);
				assert_int_equal(csv_write_row(&csv, &row), 0);
			}
		}
	}
	assert_int_equal(csv_close(&csv), 0);
}

static void pairs_write(double factor)
{
	sample_write(&(struct sample){.name = "ab.csv",
								  .run_id = "r1",
								  .cells = 6,
								  .repetitions = 10,
								  .paired = true,
								  .factor = factor,
								  .seed = 3});
}

static void jobs_write(double factor)
{
	sample_write(&(struct sample){
		.name = "a.csv", .run_id = "r1", .cells = 6, .repetitions = 8, .factor = 1, .seed = 3});
	sample_write(&(struct sample){.name = "b.csv",
								  .run_id = "r2",
								  .cells = 6,
								  .repetitions = 8,
								  .factor = factor,
								  .seed = 4});
}

static int folder_make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/concbench-compare-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* ---- verdicts ---- */

static void pairs_find_a_slower_cell(void **state)
{
	(void)state;
	pairs_write(1.25);
	assert_int_equal(compare("@ab.csv", NULL), 1);
	contains(out, "work0 coro");
	contains(out, "throughput  regressed     slower by 2");
	contains(out, "more CPU by 2");
	contains(out, "10 pairs");
	assert_null(strstr(out, "work1")); /* quiet cells only with -v */
	contains(err, "concbench-verdict: exit=1 regressed=1 improved=0 equivalent=5 inconclusive=0 "
				  "missing=0 cells=6\n");
	assert_int_equal(compare("-v", "@ab.csv", NULL), 1);
	contains(out, "work1 coro");
	contains(out, "no change proven up to +");
}

static void pairs_find_a_faster_cell(void **state)
{
	(void)state;
	pairs_write(1 / 1.25);
	assert_int_equal(compare("@ab.csv", NULL), 0);
	contains(out, "throughput  improved      faster by 2");
	contains(out, " % (limits +2"); /* in the direction of the words */
	contains(out, "less CPU by 2");
	contains(err, "exit=0 regressed=0 improved=1 equivalent=5");
}

static void unchanged_pairs_pass(void **state)
{
	(void)state;
	pairs_write(1);
	assert_int_equal(compare("@ab.csv", NULL), 0);
	contains(err, "exit=0 regressed=0 improved=0 equivalent=6 inconclusive=0");
	assert_int_equal(compare("--require-power", "@ab.csv", NULL), 0);
	assert_int_equal(compare("--require-power", "--margin", "throughput=0.1", "@ab.csv", NULL), 3);
}

static void few_pairs_are_inconclusive(void **state)
{
	(void)state;
	sample_write(&(struct sample){.name = "ab.csv",
								  .run_id = "r1",
								  .cells = 2,
								  .repetitions = 4,
								  .paired = true,
								  .factor = 3,
								  .seed = 3});
	assert_int_equal(compare("@ab.csv", NULL), 0);
	contains(out, "n too small: 4 pairs, at least 5 needed");
	contains(err, "exit=0 regressed=0 improved=0 equivalent=0 inconclusive=2");
	assert_int_equal(compare("--require-power", "@ab.csv", NULL), 3);
}

/* Stage 1 shows cell 0 slower; of the cells measured again only the fresh pairs count. */
static void only_the_last_stage_counts(void **state)
{
	struct sample sample = {.name = "ab.csv",
							.run_id = "r1-1",
							.cells = 4,
							.repetitions = 5,
							.paired = true,
							.factor = 1.3,
							.seed = 3};

	(void)state;
	sample_write(&sample);
	assert_int_equal(compare("@ab.csv", NULL), 1);
	sample.run_id = "r1-2";
	sample.cells = 1;
	sample.repetitions = 15;
	sample.stage = 2;
	sample.factor = 1;
	sample.append = true;
	sample_write(&sample);
	assert_int_equal(compare("-v", "@ab.csv", NULL), 0);
	contains(out, "15 pairs");
	contains(out, ", 5 pairs");
}

static void jobs_are_advice(void **state)
{
	(void)state;
	jobs_write(1.3);
	assert_int_equal(compare("@a.csv", "@b.csv", NULL), 0);
	contains(out, "slower by ");
	contains(out, "8 repetitions a side (advisory)");
	contains(out, "note: two jobs, not pairs: advisory, nothing gates");
	contains(err, "exit=0 regressed=1 ");
	assert_int_equal(compare("--gate-archived", "@a.csv", "@b.csv", NULL), 0);
	contains(out, "--gate-archived needs 5 runs in the base");
	for (int run = 1; run < 5; run++) {
		char run_id[8];

		snprintf(run_id, sizeof(run_id), "r1%d", run);
		sample_write(&(struct sample){.name = "a.csv",
									  .run_id = run_id,
									  .cells = 6,
									  .repetitions = 2,
									  .factor = 1,
									  .seed = 7 + (uint64_t)run,
									  .append = true});
	}
	assert_int_equal(compare("--gate-archived", "@a.csv", "@b.csv", NULL), 1);
}

static void overrides_move_margins_and_gating(void **state)
{
	static const char rules[] = "metric,workload,gate,backend,margin_pct,params\n"
								"*,work0,no,coro,,tasks=10\n";
	static const char margin[] = "workload,backend,params,metric,margin_pct,gate\n"
								 "work0,,,,60,\n";
	static const char bad[] = "workload,backend,params,metric,margin_pct,gate\n,,,speed,5,\n";

	(void)state;
	pairs_write(1.25);
	text_write("rules.txt", rules, sizeof(rules) - 1);
	assert_int_equal(compare("--overrides", "@rules.txt", "@ab.csv", NULL), 0);
	contains(out, "(advisory)");
	contains(err, "exit=0 regressed=0 improved=0 equivalent=5 inconclusive=0 missing=0 cells=5\n");
	text_write("rules.txt", margin, sizeof(margin) - 1);
	assert_int_equal(compare("--overrides", "@rules.txt", "@ab.csv", NULL), 0);
	contains(err, "exit=0 regressed=0 improved=0 equivalent=6");
	text_write("rules.txt", bad, sizeof(bad) - 1);
	assert_int_equal(compare("--overrides", "@rules.txt", "@ab.csv", NULL), 2);
	contains(err, "rules.txt:2: metric: 'speed' is none of throughput, cpu, p50");
	assert_int_equal(compare("--margin", "throughput=-1", "@ab.csv", NULL), 2);
	contains(err, "margin: '-1' is no percentage above 0, up to 1000");
}

static void self_test_passes(void **state)
{
	(void)state;
	assert_int_equal(compare("--self-test", NULL), 0);
	contains(out, "self-test passed");
	pairs_write(1.25); /* a true difference cancels */
	assert_int_equal(compare("--self-test", "@ab.csv", NULL), 0);
	contains(out, "+0 % injected: exit 0, 0 expected");
	contains(out, "+15 % injected: exit 1, 1 expected");
	jobs_write(1);
	assert_int_equal(compare("--self-test", "@a.csv", NULL), 2);
	contains(err, "a.csv: pair_id: empty; the self-test needs pairs, as `ab` measures them\n");
}

static void reports_say_the_same(void **state)
{
	static char text[TEXT_MAX];

	(void)state;
	pairs_write(1.25);
	assert_int_equal(compare("--report", "junit=@r.xml", "--report", "markdown=@r.md", "--report",
							 "csv=@r.txt", "@ab.csv", NULL),
					 1);
	text_read("r.xml", text);
	contains(text, "<testsuite name=\"concbench\" tests=\"18\" failures=\"3\" errors=\"0\"");
	contains(text, "<failure message=\"slower by 2");
	text_read("r.md", text);
	contains(text, "## concbench: regression");
	contains(text, "| **REGRESSED** | slower by 2");
	text_read("r.txt", text);
	contains(text, "work0,1,coro,,placement=same;tasks=10,throughput,regressed,/s,yes,10,");
	/* Refused before anything is judged, whatever the verdict would have been. */
	assert_int_equal(compare("--report", "junit=@none/r.xml", "-v", "@ab.csv", NULL), 2);
	contains(err, "--report: ");
	assert_string_equal(out, "");
	assert_int_equal(compare("--report", "html=@r", "@ab.csv", NULL), 2);
	contains(err, "is not KIND=FILE (text|markdown|csv|junit)");
}

static void history_needs_five_earlier_runs(void **state)
{
	char path[128];

	(void)state;
	jobs_write(1.3);
	assert_int_equal(mkdir(path_of("jobs", path), 0700), 0);
	for (int run = 0; run < 6; run++) {
		char name[16];
		char run_id[16];

		if (run == 4) {
			assert_int_equal(compare("--history", "@jobs", "@b.csv", NULL), 2);
			contains(err, "4 earlier runs of host_id 'host1' (0 files of other hosts), at least 5");
		}
		snprintf(name, sizeof(name), "jobs/%d.csv", run);
		snprintf(run_id, sizeof(run_id), "h%d", run);
		sample_write(&(struct sample){.name = name,
									  .run_id = run_id,
									  .cells = 6,
									  .repetitions = 3,
									  .factor = 1,
									  .host = run == 5 ? "host2" : NULL,
									  .seed = 20 + (uint64_t)run});
	}
	assert_int_equal(compare("--history", "@jobs", "@b.csv", NULL), 0);
	contains(out, "slower than in all of 5 earlier runs, by ");
	contains(out, "advisory, nothing gates");
	contains(err, "exit=0 regressed=1 ");
}

/* ---- refusals ---- */

static void refused(const char *words)
{
	assert_int_equal(compare("@a.csv", "@b.csv", NULL), 2);
	contains(err, words);
	contains(err, "concbench-verdict: exit=2 regressed=0 ");
}

static void other_things_are_not_compared(void **state)
{
	struct sample b = {
		.name = "b.csv", .run_id = "r2", .cells = 6, .repetitions = 8, .factor = 1, .seed = 4};

	(void)state;
	jobs_write(1);
	b.host = "host2";
	sample_write(&b);
	refused("concbench: host_id: 'host1' in A, 'host2' in B\n");
	assert_int_equal(compare("--across-hosts", "@a.csv", "@b.csv", NULL), 0);
	contains(out, "hosts or placement differ: advisory");
	b.host = NULL;
	b.version = 2;
	sample_write(&b);
	refused("concbench: workload_version of work0: 1 in A, 2 in B\n");
	b.version = 1;
	b.params = "placement=same;tasks=20";
	sample_write(&b);
	refused("concbench: params of work0 coro: 'tasks=10' in A, 'tasks=20' in B\n");
	b.params = "placement=split;tasks=10";
	sample_write(&b);
	refused("concbench: params of work0 coro: 'placement=same' in A, 'placement=split' in B\n");
	assert_int_equal(compare("--across-hosts", "@a.csv", "@b.csv", NULL), 0);
	contains(err, "cells=6");
	b.params = NULL;
	b.run_id = "r1";
	sample_write(&b);
	refused("concbench: run_id: 'r1' in A, the same run in B\n");
	assert_int_equal(compare("@a.csv", NULL), 2);
	contains(err, "pair_id: empty; a single file must hold the pairs of both sides");
}

/* What only one file has is not compared by itself, and with --assume only at that value. */
static void added_parameters_have_to_be_assumed(void **state)
{
	struct sample b = {.name = "b.csv",
					   .run_id = "r2",
					   .cells = 6,
					   .repetitions = 8,
					   .factor = 1,
					   .seed = 4,
					   .params = "order=seq;placement=same;tasks=10"};

	(void)state;
	jobs_write(1);
	sample_write(&b);
	refused("concbench: params of work0 coro: no 'order' in A, 'order=seq' in B (--assume ");
	assert_int_equal(compare("--assume", "order=seq", "@a.csv", "@b.csv", NULL), 0);
	contains(out, "note: work0: B has a parameter order=seq that A lacks\n");
	contains(err, "missing=0 cells=6");
	assert_int_equal(compare("--assume", "x=1,order=seq", "@b.csv", "@a.csv", NULL), 0);
	contains(out, "note: work0: A has a parameter order=seq that B lacks\n");
	assert_int_equal(compare("--assume", "order=random", "@a.csv", "@b.csv", NULL), 2);
	contains(err, "no 'order' in A, 'order=seq' in B");
	assert_int_equal(compare("--assume", "order", "@a.csv", "@b.csv", NULL), 2);
	contains(err, "--assume: 'order' is not KEY=VALUE");
	/* A value that differs is an error beside what is assumed. */
	b.params = "order=seq;placement=same;tasks=20";
	sample_write(&b);
	assert_int_equal(compare("--assume", "order=seq", "@a.csv", "@b.csv", NULL), 2);
	contains(err, "params of work0 coro: 'tasks=10' in A, 'tasks=20' in B\n");
	/* Of a sweep in one file only the assumed value is the other's cell; the rest is new. */
	b.params = "order=seq;placement=same;tasks=10";
	sample_write(&b);
	b.params = "order=random;placement=same;tasks=10";
	b.run_id = "r3";
	b.append = true;
	sample_write(&b);
	assert_int_equal(compare("--assume", "order=random", "-v", "@a.csv", "@b.csv", NULL), 0);
	contains(out, "order=random that A lacks");
	contains(out, "only in B");
	contains(err, "missing=0 cells=6");
}

/* Of pairs it is known that each build stood at its default; but only one cell may be meant. */
static void added_parameters_in_pairs_are_accepted(void **state)
{
	struct sample a = {.name = "ab.csv",
					   .run_id = "r1",
					   .cells = 3,
					   .repetitions = 10,
					   .paired = true,
					   .factor = 1.25,
					   .seed = 3,
					   .params_b = "hops=1;placement=same;tasks=10"};

	(void)state;
	sample_write(&a);
	assert_int_equal(
		compare("--report", "markdown=@r.md", "--report", "junit=@r.xml", "@ab.csv", NULL), 1);
	contains(out, "note: work0: B has a parameter hops=1 that A lacks\n");
	contains(err, "regressed=1 improved=0 equivalent=2 inconclusive=0 missing=0 cells=3");
	a.params_b = "hops=1;placement=same";
	sample_write(&a);
	assert_int_equal(compare("@ab.csv", NULL), 1);
	contains(out, "note: work2: A has a parameter tasks=10 that B lacks\n");
	a.params_b = "hops=1;placement=same;tasks=20";
	sample_write(&a);
	assert_int_equal(compare("@ab.csv", NULL), 2);
	contains(err, "params of work0 coro: 'tasks=10' in A, 'tasks=20' in B\n");
	a.params_b = "hops=1;placement=same;tasks=10";
	sample_write(&a);
	a.params_b = "hops=2;placement=same;tasks=10";
	a.run_id = "r2";
	a.from = 10;
	a.append = true;
	sample_write(&a);
	assert_int_equal(compare("@ab.csv", NULL), 2);
	contains(err, "cell: 'work0 coro placement=same;tasks=10' in A, and 2 in B that differ");
}

static void missing_cells_are_no_pass(void **state)
{
	struct sample sample = {.name = "ab.csv",
							.run_id = "r1",
							.cells = 4,
							.repetitions = 10,
							.paired = true,
							.factor = 1,
							.seed = 3,
							.skipped = 2};

	(void)state;
	sample_write(&sample);
	assert_int_equal(compare("@ab.csv", NULL), 2);
	contains(out, "missing in B");
	contains(err, "concbench: cell: 'work1 coro placement=same;tasks=10' in A, missing in B\n");
	contains(err, "exit=2 regressed=0 improved=0 equivalent=3 inconclusive=0 missing=1 cells=4\n");
}

/* Replaces the first `from` in ab.csv, on line `line` (from 1) or later, by `to`. */
static void ab_edit(int line, const char *from, const char *to)
{
	static char text[TEXT_MAX], edited[TEXT_MAX];
	char *at = text;

	text_read("ab.csv", text);
	for (int i = 1; i < line; i++)
		at = strchr(at, '\n') + 1;
	at = strstr(at, from);
	assert_non_null(at);
	snprintf(edited, sizeof(edited), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	text_write("ab.csv", edited, strlen(edited));
}

static void ab_refused(const char *words)
{
	assert_int_equal(compare("@ab.csv", NULL), 2);
	contains(err, "ab.csv");
	contains(err, words);
	contains(err, "concbench-verdict: exit=2 ");
}

static void malformed_files_are_refused(void **state)
{
	static char text[TEXT_MAX];
	static const char columns[] = "schema,run_id";

	(void)state;
	assert_int_equal(compare("@none.csv", NULL), 2);
	contains(err, "none.csv: cannot open: No such file or directory");
	pairs_write(1.25);
	text_read("ab.csv", text);
	text_write("ab.csv", "", 0);
	ab_refused("the file is empty");
	text_write("ab.csv", text, (size_t)(strchr(text, '\n') + 1 - text));
	ab_refused("no rows behind the header");
	text_write("ab.csv", text, strlen(text) - 20);
	ab_refused("the file ends within a row");
	text_write("ab.csv", text, (size_t)(strstr(text, "r1,,,,,,10,120,") - 2 - text));
	ab_refused("it was cut short");
	for (size_t i = 0; i < 4; i++) {
		static const char *const bad[] = {",2000,,nan,", ",2000,,inf,", ",2000,,-5,",
										  ",2000,,1,5,"};

		pairs_write(1.25);
		ab_edit(3, ",2000,,", bad[i]);
		ab_refused(":3");
	}
	pairs_write(1.25);
	ab_edit(2, "\n", "\r\n");
	ab_refused("a carriage return; lines must end in LF alone");
	pairs_write(1.25);
	ab_edit(1, columns, "schema,schema");
	ab_refused("column schema: occurs twice");
	pairs_write(1.25);
	ab_edit(2, "1,r1", "2,r1");
	ab_refused("2 is not the schema that this build reads (1)");
	pairs_write(1.25);
	ab_edit(4, "1.1,A", "1.1,C");
	ab_refused("side: 'C' is neither A nor B");
	pairs_write(1.25);
	ab_edit(30, "1.3,A", "1.2,A");
	assert_int_equal(compare("@ab.csv", NULL), 2);
	contains(err, "pair_id: '1.2' occurs twice on side A of work");
}

/* Columns are found by name: others may stand between them. */
static void shuffled_and_extra_columns_are_read(void **state)
{
	static char text[TEXT_MAX], turned[2 * TEXT_MAX];
	size_t length = 0;

	(void)state;
	pairs_write(1.25);
	text_read("ab.csv", text);
	/* "schema,run_id,REST" becomes "extra,run_id,schema,REST". */
	for (char *line = text; *line; line = strchr(line, '\n') + 1) {
		char *first = strchr(line, ',');
		char *second = strchr(first + 1, ',');
		char *end = strchr(line, '\n');

		length +=
			(size_t)snprintf(turned + length, sizeof(turned) - length, "%s,%.*s,%.*s%.*s\n",
							 line == text ? "extra" : "\"x,\"\"y\"", (int)(second - first - 1),
							 first + 1, (int)(first - line), line, (int)(end - second), second);
	}
	text_write("ab.csv", turned, length);
	assert_int_equal(compare("@ab.csv", NULL), 1);
	contains(err, "exit=1 regressed=1 improved=0 equivalent=5 inconclusive=0 missing=0 cells=6");
}

static void usage_is_checked(void **state)
{
	(void)state;
	assert_int_equal(compare(NULL, NULL), 2);
	contains(err, "0 files given, 1..2 wanted");
	assert_int_equal(compare("--help", NULL), 0);
	contains(out, "--require-power");
	assert_int_equal(compare("--nonsense", NULL), 2);
	contains(err, "--nonsense: unknown option");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_find_a_slower_cell),
		cmocka_unit_test(pairs_find_a_faster_cell),
		cmocka_unit_test(unchanged_pairs_pass),
		cmocka_unit_test(few_pairs_are_inconclusive),
		cmocka_unit_test(only_the_last_stage_counts),
		cmocka_unit_test(jobs_are_advice),
		cmocka_unit_test(overrides_move_margins_and_gating),
		cmocka_unit_test(self_test_passes),
		cmocka_unit_test(reports_say_the_same),
		cmocka_unit_test(history_needs_five_earlier_runs),
		cmocka_unit_test(other_things_are_not_compared),
		cmocka_unit_test(added_parameters_have_to_be_assumed),
		cmocka_unit_test(added_parameters_in_pairs_are_accepted),
		cmocka_unit_test(missing_cells_are_no_pass),
		cmocka_unit_test(malformed_files_are_refused),
		cmocka_unit_test(shuffled_and_extra_columns_are_read),
		cmocka_unit_test(usage_is_checked),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
