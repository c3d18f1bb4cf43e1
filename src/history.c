// SPDX-License-Identifier: MIT
/*
 * `concbench compare --history`; see history.h. The data set's side A is the earlier runs in the
 * order of their start, side B the new file.
 */
#include "history.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conclude.h"
#include "dataset.h"
#include "exit.h"
#include "gate_stat.h"
#include "job_list.h"
#include "verdict.h"

enum {
	SPARK_MAX = 30,            /* runs that a sparkline shows, */
	TRACK_MAX = 8 * SPARK_MAX, /* and that are remembered of a figure */
};

/* What is compared, and what a figure's medians need. */
struct history {
	struct dataset dataset;
	const struct metric_rules *rules;
	bool all;        /* print figures that did not move, too */
	size_t n_jobs;   /* earlier runs */
	double *scratch; /* as many as rows */
};

/* The medians of one figure, one a run; the new one is apart. */
struct track {
	double earlier[TRACK_MAX]; /* the latest ones, in their order */
	uint32_t n;
	double newest;
};

/* ---- figures ---- */

static int compare_rows(const void *a, const void *b)
{
	const struct dataset_row *x = a;
	const struct dataset_row *y = b;

	if (x->cell != y->cell)
		return x->cell < y->cell ? -1 : 1;
	if (x->side != y->side)
		return x->side < y->side ? -1 : 1;
	return (x->run > y->run) - (x->run < y->run);
}

static double rows_median(const struct dataset_row *rows, size_t n, size_t metric, double *scratch)
{
	uint32_t n_found = 0;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].ok && isfinite(rows[i].values[metric]))
			scratch[n_found++] = rows[i].values[metric];
	}
	return gate_median(scratch, n_found);
}

/* A median for each run among a cell's rows; all runs of the new file are one. */
static void track_fill(struct track *track, const struct dataset_row *rows, size_t n, size_t metric,
					   double *scratch)
{
	size_t next;

	track->n = 0;
	track->newest = NAN;
	for (size_t i = 0; i < n; i = next) {
		double median;

		next = i + 1;
		while (next < n && rows[next].side == rows[i].side &&
			   (rows[i].side == 1 || rows[next].run == rows[i].run))
			next++;
		median = rows_median(rows + i, next - i, metric, scratch);
		if (rows[i].side == 1)
			track->newest = median;
		if (rows[i].side == 1 || !isfinite(median))
			continue;
		if (track->n == TRACK_MAX)
			memmove(track->earlier, track->earlier + 1, --track->n * sizeof(double));
		track->earlier[track->n++] = median;
	}
}

/* Whether the terminal's character set is UTF-8, by the usual environment variables. */
static bool is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

/* The earlier runs and, behind a bar, the new one; heights from the least to the most. */
static void spark_print(const struct track *track)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {"_", ".", "-", "~", "=", "+", "*", "#"};
	const char *const *levels = is_utf8() ? blocks : ascii;
	uint32_t first = track->n > SPARK_MAX ? track->n - SPARK_MAX : 0;
	double least = track->newest;
	double most = track->newest;

	for (uint32_t i = first; i < track->n; i++) {
		least = fmin(least, track->earlier[i]);
		most = fmax(most, track->earlier[i]);
	}
	for (uint32_t i = first; i <= track->n; i++) {
		double value = i < track->n ? track->earlier[i] : track->newest;
		int level = most > least ? (int)(7.999 * (value - least) / (most - least)) : 0;

		printf("%s%s", i == track->n ? "|" : "", levels[level]);
	}
}

/* Beyond all earlier runs and by more than the margin: REGRESSED or IMPROVED; else inconclusive. */
static enum gate_verdict track_judge(const struct track *track, const struct metric *metric,
									 double margin, double *change)
{
	double scratch[TRACK_MAX];
	double sign = metric_sign(metric);
	uint32_t n_worse = 0;
	uint32_t n_better = 0;

	memcpy(scratch, track->earlier, track->n * sizeof(*scratch));
	*change = sign * log(track->newest / gate_median(scratch, track->n));
	for (uint32_t i = 0; i < track->n; i++) {
		n_worse += sign * (track->newest - track->earlier[i]) > 0;
		n_better += sign * (track->newest - track->earlier[i]) < 0;
	}
	if (n_worse == track->n && *change > log1p(margin))
		return GATE_REGRESSED;
	return n_better == track->n && *change < -log1p(margin) ? GATE_IMPROVED : GATE_INCONCLUSIVE;
}

static void track_print(const struct track *track, const struct metric *metric,
						enum gate_verdict verdict, double change)
{
	printf("  %-10s  ", metric->name);
	spark_print(track);
	if (verdict == GATE_INCONCLUSIVE)
		printf("  %+.1f %% against the median of %u earlier runs, nothing unusual\n",
			   100 * expm1(change), track->n);
	else
		printf("  %s than in all of %u earlier runs, by %.1f %% against their median\n",
			   verdict == GATE_REGRESSED ? metric->worse : metric->better, track->n,
			   100 * expm1(fabs(change)));
}

/* All figures of one cell; returns its verdict, or -1 where no figure has enough earlier runs. */
static int cell_print(const struct history *history, const struct dataset_row *rows, size_t n)
{
	const struct dataset_cell *cell = &history->dataset.cells[rows[0].cell];
	bool named = false;
	int worst = -1;
	char text[DATASET_ERROR_MAX];

	for (size_t m = 0; m < n_metrics; m++) {
		struct metric_policy policy =
			metric_policy(history->rules, &metrics[m], cell->workload, cell->backend, cell->params);
		struct track track;
		enum gate_verdict verdict;
		double change;

		track_fill(&track, rows, n, m, history->scratch);
		if (track.n < HISTORY_RUNS_MIN || !isfinite(track.newest))
			continue;
		verdict = track_judge(&track, &metrics[m], policy.margin, &change);
		if (policy.gates && (int)verdict > worst)
			worst = (int)verdict;
		if (verdict == GATE_INCONCLUSIVE && !history->all)
			continue;
		if (!named)
			printf("%s\n", dataset_cell_text(cell, text, sizeof(text)));
		named = true;
		track_print(&track, &metrics[m], verdict, change);
	}
	return worst;
}

static struct verdict_counts cells_print(const struct history *history)
{
	const struct dataset *dataset = &history->dataset;
	struct verdict_counts counts = {0};
	size_t next;

	qsort(dataset->rows, dataset->n_rows, sizeof(*dataset->rows), compare_rows);
	for (size_t i = 0; i < dataset->n_rows; i = next) {
		int verdict;

		next = i + 1;
		while (next < dataset->n_rows && dataset->rows[next].cell == dataset->rows[i].cell)
			next++;
		verdict = cell_print(history, dataset->rows + i, next - i);
		counts.cells += verdict >= 0;
		counts.regressed += verdict == GATE_REGRESSED;
		counts.improved += verdict == GATE_IMPROVED;
		counts.inconclusive += verdict == GATE_INCONCLUSIVE;
	}
	return counts;
}

/* Drops from side A the rows of runs that the new file has. */
static int same_runs_drop(struct dataset *dataset)
{
	bool *is_new = calloc(dataset->runs.n + 1, sizeof(*is_new));
	size_t kept = 0;

	if (!is_new)
		return -ENOMEM;
	for (size_t i = 0; i < dataset->n_rows; i++)
		is_new[dataset->rows[i].run] |= dataset->rows[i].side == 1;
	for (size_t i = 0; i < dataset->n_rows; i++) {
		if (dataset->rows[i].side == 1 || !is_new[dataset->rows[i].run])
			dataset->rows[kept++] = dataset->rows[i];
	}
	dataset->n_rows = kept;
	free(is_new);
	return 0;
}

/* Reads the new file, then the earlier ones of its host, among which the new one may lie. */
static int history_read(struct history *history, const char *dir, const char *path, char *error)
{
	struct dataset *dataset = &history->dataset;
	struct job_list jobs = {0};
	uint32_t n_new;
	int status = dataset_read(dataset, path, 1, false, error);

	if (status < 0)
		return status;
	n_new = dataset->runs.n;
	status = job_list_find(&jobs, dir, dataset->hosts[1].host_id, error);
	for (size_t i = 0; status == 0 && i < jobs.n; i++)
		status = dataset_read(dataset, jobs.jobs[i].path, 0, false, error);
	history->n_jobs = dataset->runs.n - n_new;
	if (status == 0 && history->n_jobs < HISTORY_RUNS_MIN) {
		snprintf(error, DATASET_ERROR_MAX,
				 "%.300s: %zu earlier runs of host_id '%s' (%zu files of other hosts), at least %d "
				 "are needed",
				 dir, history->n_jobs, dataset->hosts[1].host_id, jobs.n_foreign, HISTORY_RUNS_MIN);
		status = -ENODATA;
	}
	job_list_release(&jobs);
	return status == 0 ? same_runs_drop(dataset) : status;
}

/* Prints all figures and the last line. Returns the exit code. */
static int history_print(const struct history *history, const char *path)
{
	struct verdict_counts counts = cells_print(history);
	int code = counts.cells == 0 ? EXIT_USAGE : EXIT_OK;
	char line[256];

	printf("note: other jobs, not pairs: advisory, nothing gates\n");
	printf("%u cells against %zu earlier runs: %u slower, %u faster, %u as usual\n", counts.cells,
		   history->n_jobs, counts.regressed, counts.improved, counts.inconclusive);
	fflush(stdout);
	if (counts.cells == 0)
		fprintf(stderr, "concbench: no cell of '%s' has %d earlier runs\n", path, HISTORY_RUNS_MIN);
	fputs(verdict_line(&counts, code, line, sizeof(line)), stderr);
	return code;
}

int history_run(const char *dir, const char *path, const struct metric_rules *rules, bool all)
{
	struct history history = {.dataset.by_file = true, .rules = rules, .all = all};
	char error[DATASET_ERROR_MAX] = "out of memory";
	int status = history_read(&history, dir, path, error);
	int code;

	history.scratch = calloc(history.dataset.n_rows + 1, sizeof(*history.scratch));
	if (status < 0 || !history.scratch)
		code = conclude_refuse(error);
	else
		code = history_print(&history, path);
	free(history.scratch);
	dataset_release(&history.dataset);
	return code;
}
