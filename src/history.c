// SPDX-License-Identifier: MIT
/*
 * `concbench compare --history`; see history.h. The data set's side A is the earlier runs in the
 * order of their start, side B the new file.
 */
#include "history.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conclude.h"
#include "csv_reader.h"
#include "dataset.h"
#include "exit.h"
#include "gate_stat.h"
#include "verdict.h"

enum { PATH_SIZE = 4096, SPARK_MAX = 30, FILES_MAX = 10000 };

/* One earlier file. */
struct job {
	char path[PATH_SIZE];
	char started_utc[32];
};

struct jobs {
	struct job *jobs;
	size_t n;
	size_t n_foreign; /* files left out: other hosts */
};

/* The medians of one figure, one a run; the new one is apart. */
struct track {
	double earlier[SPARK_MAX * 8]; /* the latest runs */
	uint32_t n;
	double newest;
};

enum { TRACK_MAX = SPARK_MAX * 8 };

/* ---- files ---- */

/* The host and start of a file, from its first row. 0 or -errno with *error filled in. */
static int file_peek(const char *path, struct result *first, char *error)
{
	struct csv_reader reader;
	struct csv_error where;
	int status = csv_reader_open(&reader, path, &where);

	if (status == 0) {
		result_init(first);
		status = csv_reader_next(&reader, first, &where);
		csv_reader_close(&reader);
	}
	if (status < 0)
		csv_error_text(&where, path, error, DATASET_ERROR_MAX);
	return status < 0 ? status : 0;
}

static int jobs_add(struct jobs *jobs, const char *path, const char *started_utc)
{
	struct job *grown = realloc(jobs->jobs, (jobs->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	jobs->jobs = grown;
	snprintf(grown[jobs->n].path, sizeof(grown->path), "%s", path);
	snprintf(grown[jobs->n].started_utc, sizeof(grown->started_utc), "%s", started_utc);
	jobs->n++;
	return 0;
}

static int compare_jobs(const void *a, const void *b)
{
	const struct job *x = a;
	const struct job *y = b;
	int order = strcmp(x->started_utc, y->started_utc);

	return order ? order : strcmp(x->path, y->path);
}

/* Lists the files of `dir` that come from the host of the new one. */
static int jobs_find(struct jobs *jobs, const char *dir, const char *host_id, char *error)
{
	DIR *listing = opendir(dir);
	struct dirent *entry;
	int status = 0;

	if (!listing) {
		status = -errno;
		snprintf(error, DATASET_ERROR_MAX, "%.400s: %s", dir, strerror(-status));
		return status;
	}
	while (status == 0 && jobs->n < FILES_MAX && (entry = readdir(listing))) {
		const char *dot = strrchr(entry->d_name, '.');
		char path[PATH_SIZE];
		struct result first;

		if (!dot || strcmp(dot, ".csv") ||
			snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path))
			continue;
		status = file_peek(path, &first, error);
		if (status < 0)
			break;
		if (strcmp(first.host_id, host_id))
			jobs->n_foreign++;
		else
			status = jobs_add(jobs, path, first.started_utc);
	}
	closedir(listing);
	if (jobs->n > 0)
		qsort(jobs->jobs, jobs->n, sizeof(*jobs->jobs), compare_jobs);
	return status;
}

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
static int cell_print(const struct dataset *dataset, const struct dataset_row *rows, size_t n,
					  const struct metric_rules *rules, bool all, double *scratch)
{
	const struct dataset_cell *cell = &dataset->cells[rows[0].cell];
	bool named = false;
	int worst = -1;
	char text[DATASET_ERROR_MAX];

	for (size_t m = 0; m < n_metrics; m++) {
		struct metric_policy policy =
			metric_policy(rules, &metrics[m], cell->workload, cell->backend, cell->params);
		struct track track;
		enum gate_verdict verdict;
		double change;

		track_fill(&track, rows, n, m, scratch);
		if (track.n < HISTORY_RUNS_MIN || !isfinite(track.newest))
			continue;
		verdict = track_judge(&track, &metrics[m], policy.margin, &change);
		if (policy.gates && (int)verdict > worst)
			worst = (int)verdict;
		if (verdict == GATE_INCONCLUSIVE && !all)
			continue;
		if (!named)
			printf("%s\n", dataset_cell_text(cell, text, sizeof(text)));
		named = true;
		track_print(&track, &metrics[m], verdict, change);
	}
	return worst;
}

static struct verdict_counts cells_print(struct dataset *dataset, const struct metric_rules *rules,
										 bool all, double *scratch)
{
	struct verdict_counts counts = {0};
	size_t next;

	qsort(dataset->rows, dataset->n_rows, sizeof(*dataset->rows), compare_rows);
	for (size_t i = 0; i < dataset->n_rows; i = next) {
		int verdict;

		next = i + 1;
		while (next < dataset->n_rows && dataset->rows[next].cell == dataset->rows[i].cell)
			next++;
		verdict = cell_print(dataset, dataset->rows + i, next - i, rules, all, scratch);
		counts.cells += verdict >= 0;
		counts.regressed += verdict == GATE_REGRESSED;
		counts.improved += verdict == GATE_IMPROVED;
		counts.inconclusive += verdict == GATE_INCONCLUSIVE;
	}
	return counts;
}

/* Reads the new file, then the earlier ones of its host that are not the same run. */
static int history_read(struct dataset *dataset, const char *dir, const char *path, size_t *n_jobs,
						char *error)
{
	struct jobs jobs = {0};
	uint32_t n_runs;
	int status = dataset_read(dataset, path, 1, false, error);

	if (status == 0)
		status = jobs_find(&jobs, dir, dataset->hosts[1].host_id, error);
	for (size_t i = 0; status == 0 && i < jobs.n; i++) {
		n_runs = dataset->runs.n;
		status = dataset_read(dataset, jobs.jobs[i].path, 0, false, error);
		/* The new file may already lie among the earlier ones. */
		*n_jobs += dataset->runs.n - n_runs;
	}
	free(jobs.jobs);
	if (status == 0 && *n_jobs < HISTORY_RUNS_MIN) {
		snprintf(error, DATASET_ERROR_MAX,
				 "%.300s: %zu earlier runs of host_id '%s' (%zu files of other hosts), at least %d "
				 "are needed",
				 dir, *n_jobs, dataset->hosts[1].host_id, jobs.n_foreign, HISTORY_RUNS_MIN);
		status = -ENODATA;
	}
	return status;
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

int history_run(const char *dir, const char *path, const struct metric_rules *rules, bool all)
{
	struct dataset dataset = {.by_file = true};
	struct verdict_counts counts;
	char error[DATASET_ERROR_MAX] = "out of memory";
	char line[256];
	double *scratch = NULL;
	size_t n_jobs = 0;
	int code = EXIT_OK;

	if (history_read(&dataset, dir, path, &n_jobs, error) < 0 || same_runs_drop(&dataset) < 0 ||
		!(scratch = calloc(dataset.n_rows + 1, sizeof(*scratch)))) {
		code = conclude_refuse(error);
	} else {
		counts = cells_print(&dataset, rules, all, scratch);
		printf("note: other jobs, not pairs: advisory, nothing gates\n");
		printf("%u cells against %zu earlier runs: %u slower, %u faster, %u as usual\n",
			   counts.cells, n_jobs, counts.regressed, counts.improved, counts.inconclusive);
		fflush(stdout);
		if (counts.cells == 0)
			fprintf(stderr, "concbench: no cell of '%s' has %d earlier runs\n", path,
					HISTORY_RUNS_MIN);
		code = counts.cells == 0 ? EXIT_USAGE : EXIT_OK;
		fputs(verdict_line(&counts, code, line, sizeof(line)), stderr);
	}
	free(scratch);
	dataset_release(&dataset);
	return code;
}
