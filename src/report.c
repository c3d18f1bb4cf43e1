// SPDX-License-Identifier: MIT
/*
 * The words that all reports share, and which report goes where.
 */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static const char *const kind_names[REPORT_KINDS] = {
	[REPORT_TEXT] = "text",
	[REPORT_MARKDOWN] = "markdown",
	[REPORT_CSV] = "csv",
	[REPORT_JUNIT] = "junit",
};

int report_kind_parse(const char *word, size_t length)
{
	for (int kind = 0; kind < REPORT_KINDS; kind++) {
		if (strlen(kind_names[kind]) == length && !memcmp(kind_names[kind], word, length))
			return kind;
	}
	return -EINVAL;
}

/* "20 pairs", or "10 repetitions a side". */
static void count_words(const struct verdict_table *table, const struct verdict_row *row, char *buf,
						size_t size)
{
	const char *noun = table->unpaired ? "repetition" : "pair";

	snprintf(buf, size, "%u %s%s%s", row->gate.n, noun, row->gate.n == 1 ? "" : "s",
			 table->unpaired ? " a side" : "");
}

/* A limit in per cent, seen in a direction: "+6.4"; "none" where there is none. */
static void limit_words(double limit, char *buf, size_t size)
{
	if (isfinite(limit))
		snprintf(buf, size, "%+.1f", 100 * expm1(limit));
	else
		snprintf(buf, size, "none");
}

static void change_words(const struct verdict_row *row, const char *count, char *buf)
{
	const struct gate_result *gate = &row->gate;
	bool worse = gate->verdict == GATE_REGRESSED;
	double near_limit = worse ? gate->lower : -gate->upper;
	double far_limit = worse ? gate->upper : -gate->lower;
	char near_words[24];
	char far_words[24];

	limit_words(near_limit, near_words, sizeof(near_words));
	limit_words(far_limit, far_words, sizeof(far_words));
	snprintf(buf, REPORT_WORDS_MAX, "%s by %.1f %% (limits %s .. %s), %s",
			 worse ? row->metric->worse : row->metric->better, 100 * expm1(fabs(gate->theta)),
			 near_words, far_words, count);
}

char *report_words(const struct verdict_table *table, const struct verdict_row *row,
				   char buf[REPORT_WORDS_MAX])
{
	const struct gate_result *gate = &row->gate;
	char count[48];

	count_words(table, row, count, sizeof(count));
	if (row->kind == VERDICT_MISSING)
		snprintf(buf, REPORT_WORDS_MAX, "missing in B");
	else if (row->kind == VERDICT_NEW)
		snprintf(buf, REPORT_WORDS_MAX, "only in B");
	else if (gate->n == 0)
		snprintf(buf, REPORT_WORDS_MAX, "not measured on both sides");
	else if (gate->too_few)
		snprintf(buf, REPORT_WORDS_MAX, "n too small: %s, at least %d needed", count,
				 GATE_PAIRS_MIN);
	else if (gate->verdict >= GATE_IMPROVED)
		change_words(row, count, buf);
	else if (isfinite(gate->upper))
		snprintf(buf, REPORT_WORDS_MAX, "no change proven up to %+.1f %%, %s",
				 100 * expm1(gate->upper), count);
	else
		snprintf(buf, REPORT_WORDS_MAX, "no change can be excluded, %s", count);
	return buf;
}

const char *report_verdict_word(const struct verdict_row *row)
{
	if (row->kind == VERDICT_MISSING)
		return "missing";
	if (row->kind == VERDICT_NEW)
		return "new";
	return gate_verdict_word(row->gate.verdict);
}

bool report_row_matters(const struct verdict_row *row)
{
	if (row->kind != VERDICT_JUDGED || row->gate.verdict >= GATE_IMPROVED)
		return true;
	return row->gates && row->gate.verdict == GATE_INCONCLUSIVE;
}

char *report_summary(const struct verdict_table *table, char buf[REPORT_WORDS_MAX])
{
	struct verdict_counts counts = verdict_count(table);

	snprintf(buf, REPORT_WORDS_MAX,
			 "%u cell%s: %u regressed, %u improved, %u equivalent, %u inconclusive, %u missing",
			 counts.cells, counts.cells == 1 ? "" : "s", counts.regressed, counts.improved,
			 counts.equivalent, counts.inconclusive, counts.missing);
	return buf;
}

int report_write(FILE *out, enum report_kind kind, const struct verdict_table *table,
				 const struct report_style *style)
{
	switch (kind) {
	case REPORT_MARKDOWN:
		report_markdown(out, table);
		break;
	case REPORT_CSV:
		report_csv(out, table);
		break;
	case REPORT_JUNIT:
		report_junit(out, table);
		break;
	default:
		report_text(out, table, style);
		break;
	}
	return ferror(out) ? -EIO : 0;
}

int report_files_add(struct report_files *files, const char *text)
{
	size_t length = strcspn(text, "=");
	int kind = report_kind_parse(text, length);

	if (kind < 0 || text[length] == '\0' || text[length + 1] == '\0') {
		fprintf(stderr, "concbench: --report: '%s' is not KIND=FILE (text|markdown|csv|junit)\n",
				text);
		return -EINVAL;
	}
	if (files->n == REPORT_FILES_MAX) {
		fprintf(stderr, "concbench: --report: more than %d files\n", REPORT_FILES_MAX);
		return -EINVAL;
	}
	files->files[files->n++] = (struct report_file){(enum report_kind)kind, text + length + 1};
	return 0;
}

/* Whether the file could be written, leaving none behind where there is none. 0 or -errno. */
static int file_check(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	bool created = fd >= 0;

	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENXIO ? 0 : -errno; /* a pipe whose reader may yet come */
	close(fd);
	if (created)
		unlink(path);
	return 0;
}

static int file_complain(const struct report_file *file, int status)
{
	if (status)
		fprintf(stderr, "concbench: --report: %s: %s\n", file->path, strerror(-status));
	return status;
}

int report_files_check(const struct report_files *files)
{
	int status = 0;

	for (size_t i = 0; i < files->n && status == 0; i++)
		if (strcmp(files->files[i].path, "-"))
			status = file_complain(&files->files[i], file_check(files->files[i].path));
	return status;
}

static int file_write(const struct report_file *file, const struct verdict_table *table)
{
	struct report_style style = {.all = true};
	bool to_stdout = !strcmp(file->path, "-");
	FILE *out = to_stdout ? stdout : fopen(file->path, "we");
	int status;

	if (!out)
		return -errno;
	status = report_write(out, file->kind, table, &style);
	if (to_stdout)
		return status;
	if (fclose(out) == EOF && status == 0)
		status = -errno;
	return status;
}

int report_files_write(const struct report_files *files, const struct verdict_table *table)
{
	int status = 0;

	for (size_t i = 0; i < files->n; i++) {
		int failed = file_complain(&files->files[i], file_write(&files->files[i], table));

		status = failed ? failed : status;
	}
	return status;
}
