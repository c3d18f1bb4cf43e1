// SPDX-License-Identifier: MIT
/*
 * The table of a run. All texts of a group are made first; they decide how wide the columns are,
 * which ones are left out and which figure is the best.
 */
#include "table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { N_COLUMNS = 11 };

struct row {
	const struct table_cell *cell;
	double call_ops_per_s; /* of the baseline in its group; NAN: none */
	double values[N_COLUMNS];
	char texts[N_COLUMNS][TEXT_SCALED_MAX];
	bool best[N_COLUMNS];
	char runs[TEXT_SCALED_MAX];
};

/* ---- the columns ---- */

static double rate_of(const struct row *row)
{
	return row->cell->ops_per_s;
}

static double spread_of(const struct row *row)
{
	return row->cell->spread;
}

static double times_call(const struct row *row)
{
	return row->call_ops_per_s / row->cell->ops_per_s;
}

static double times_limit(const struct row *row)
{
	return row->cell->times_limit;
}

static double speedup_of(const struct row *row)
{
	return row->cell->speedup;
}

/* Samples are the times of lat_batch operations. */
static double per_operation(const struct row *row, int64_t ns)
{
	int64_t batch = row->cell->lat_batch > 0 ? row->cell->lat_batch : 1;

	return ns == HIST_NONE ? NAN : (double)ns / (double)batch;
}

static double percentile_of(const struct row *row, double percent)
{
	const struct hist *latency = row->cell->latency;

	return latency ? per_operation(row, hist_percentile_reportable(latency, percent)) : NAN;
}

static double p50_of(const struct row *row)
{
	return percentile_of(row, 50);
}

static double p99_of(const struct row *row)
{
	return percentile_of(row, 99);
}

static double p999_of(const struct row *row)
{
	return percentile_of(row, 99.9);
}

static double max_of(const struct row *row)
{
	return row->cell->latency ? per_operation(row, row->cell->latency->max_ns) : NAN;
}

static double cpu_of(const struct row *row)
{
	return row->cell->cpu_ns_per_op;
}

static double memory_of(const struct row *row)
{
	return row->cell->mem_bytes_per_task;
}

static char *format_spread(double spread, char *buf)
{
	snprintf(buf, TEXT_SCALED_MAX, isfinite(spread) ? "+-%.1f %%" : "-", 100 * spread);
	return buf;
}

enum better { EITHER, HIGHER, LOWER };

static const struct column {
	const char *head;
	enum better better;
	double (*value)(const struct row *row);
	char *(*format)(double value, char *buf); /* buf[TEXT_SCALED_MAX] */
} columns[] = {
	{"rate", HIGHER, rate_of, text_scale_rate},
	{"spread", EITHER, spread_of, format_spread},
	{"x call", LOWER, times_call, text_scale_ratio},
	{"x limit", LOWER, times_limit, text_scale_ratio},
	{"speedup", HIGHER, speedup_of, text_scale_ratio},
	{"p50", LOWER, p50_of, text_scale_ns},
	{"p99", LOWER, p99_of, text_scale_ns},
	{"p99.9", LOWER, p999_of, text_scale_ns},
	{"max", LOWER, max_of, text_scale_ns},
	{"CPU/op", LOWER, cpu_of, text_scale_ns},
	{"memory/task", LOWER, memory_of, text_scale_bytes},
};
_Static_assert(sizeof(columns) / sizeof(columns[0]) == N_COLUMNS, "a row has a place for each");

/* ---- a group in texts ---- */

struct group {
	struct row *rows; /* [n_rows] */
	size_t n_rows;
	int variant_width, runs_width;
	int widths[N_COLUMNS]; /* 0: nobody has this figure */
	bool marked[N_COLUMNS];
};

static int max_int(int a, int b)
{
	return a > b ? a : b;
}

/* Without a trial that holds, a row is its status and reason. */
static bool has_figures(const struct row *row)
{
	return row->cell->n_ok > 0;
}

static bool competes(const struct row *row, size_t column)
{
	return has_figures(row) && !row->cell->baseline && isfinite(row->values[column]);
}

/* Marks the best figure of a column, and those that look the same with their three digits. */
static void mark_best(struct group *group, size_t column)
{
	const struct row *best = NULL;
	int n_rivals = 0;

	for (size_t i = 0; i < group->n_rows; i++) {
		const struct row *row = &group->rows[i];

		if (columns[column].better == EITHER || !competes(row, column))
			continue;
		n_rivals++;
		if (!best ||
			(columns[column].better == HIGHER ? row->values[column] > best->values[column]
											  : row->values[column] < best->values[column]))
			best = row;
	}
	if (n_rivals < 2)
		return;
	group->marked[column] = true;
	for (size_t i = 0; i < group->n_rows; i++) {
		struct row *row = &group->rows[i];

		row->best[column] =
			competes(row, column) && strcmp(row->texts[column], best->texts[column]) == 0;
	}
}

static void fill_row(struct row *row, double call_ops_per_s)
{
	row->call_ops_per_s = call_ops_per_s;
	for (size_t column = 0; column < N_COLUMNS; column++) {
		row->values[column] = columns[column].value(row);
		columns[column].format(row->values[column], row->texts[column]);
	}
	if (row->cell->n_ok == row->cell->n_trials)
		snprintf(row->runs, sizeof(row->runs), "%d", row->cell->n_ok);
	else
		snprintf(row->runs, sizeof(row->runs), "%d/%d", row->cell->n_ok, row->cell->n_trials);
}

static void measure_column(struct group *group, size_t column)
{
	bool shown = false;
	int width = (int)strlen(columns[column].head);

	for (size_t i = 0; i < group->n_rows; i++) {
		const struct row *row = &group->rows[i];

		if (!has_figures(row))
			continue;
		shown |= isfinite(row->values[column]);
		width = max_int(width, (int)strlen(row->texts[column]));
	}
	group->widths[column] = shown ? width : 0;
}

/* From the cells in group->rows, everything else. */
static void fill_group(struct group *group)
{
	double call_ops_per_s = NAN;

	group->variant_width = (int)strlen("variant");
	group->runs_width = (int)strlen("runs");
	for (size_t i = 0; i < group->n_rows; i++)
		if (group->rows[i].cell->baseline && has_figures(&group->rows[i]))
			call_ops_per_s = group->rows[i].cell->ops_per_s;
	for (size_t i = 0; i < group->n_rows; i++) {
		struct row *row = &group->rows[i];

		fill_row(row, call_ops_per_s);
		group->variant_width = max_int(group->variant_width, (int)strlen(row->cell->variant));
		group->runs_width = max_int(group->runs_width, (int)strlen(row->runs));
	}
	for (size_t column = 0; column < N_COLUMNS; column++) {
		measure_column(group, column);
		mark_best(group, column);
	}
}

/* ---- lines ---- */

/* A line being printed. Spaces wait until something follows them, so that no line ends in one. */
struct line {
	FILE *out;
	const struct table_style *style;
	int length;
	int spaces;
};

static void line_text(struct line *line, const char *text, int width, bool bold)
{
	int length = (int)strlen(text);
	bool escape = bold && line->style->colour;

	line->spaces += max_int(width - length, 0);
	if (length == 0)
		return;
	fprintf(line->out, "%*s%s%s%s", line->spaces, "", escape ? "\033[1m" : "", text,
			escape ? "\033[0m" : "");
	line->length += line->spaces + length;
	line->spaces = 0;
}

static void line_end(struct line *line)
{
	fputc('\n', line->out);
	line->length = line->spaces = 0;
}

/* A text in words, on further lines behind `indent` spaces where it does not fit. */
static void line_wrapped(struct line *line, const char *text, int indent)
{
	int width = line->style->width;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (width > 0 && line->length > indent && line->length + line->spaces + length > width) {
			line_end(line);
			line->spaces = indent;
		}
		if (length > 0) {
			fprintf(line->out, "%*s%.*s", line->spaces, "", length, text);
			line->length += line->spaces + length;
			line->spaces = 0;
		}
		text += length;
		for (; *text == ' '; text++)
			line->spaces++;
	}
	line_end(line);
}

static void print_heading(struct line *line, const struct group *group)
{
	const struct table_cell *first = group->rows[0].cell;

	line_text(line, first->workload, 0, true);
	line->spaces = 2;
	line_text(line, first->params, 0, false);
	if (first->lat_kind && first->lat_kind[0]) {
		line->spaces = 2;
		line_text(line, "(latency: ", 0, false);
		line_text(line, first->lat_kind, 0, false);
		line_text(line, ")", 0, false);
	}
	line_end(line);

	line_text(line, "variant", 0, false);
	line->spaces = group->variant_width - (int)strlen("variant");
	for (size_t column = 0; column < N_COLUMNS; column++) {
		if (group->widths[column] == 0)
			continue;
		line->spaces += 2;
		line_text(line, columns[column].head, group->widths[column], false);
		line->spaces += group->marked[column];
	}
	line->spaces += 2;
	line_text(line, "runs", group->runs_width, false);
	line_end(line);
}

/* The reason of a cell without the "BACKEND: " that its row says already; "": none. */
static const char *reason_of(const struct table_cell *cell)
{
	size_t length = strcspn(cell->variant, ": ");

	if (!cell->reason)
		return "";
	if (strncmp(cell->reason, cell->variant, length) == 0 &&
		strncmp(cell->reason + length, ": ", 2) == 0)
		return cell->reason + length + 2;
	return cell->reason;
}

/* What is to be said of a row besides its figures: "failed: killed by signal 9; 2 noisy". */
static void make_note(const struct table_cell *cell, char *buf, size_t size)
{
	const char *reason = reason_of(cell);
	char status[RESULT_TEXT_MAX + 16] = "", errors[48] = "", noisy[32] = "";

	if (cell->status != RESULT_OK)
		snprintf(status, sizeof(status), "%s%s%s", result_status_word(cell->status),
				 reason[0] ? ": " : "", reason);
	if (cell->error_share > 0)
		snprintf(errors, sizeof(errors), "errors: %.2g %% of the operations",
				 100 * cell->error_share);
	if (cell->n_noisy > 0)
		snprintf(noisy, sizeof(noisy), "%d noisy", cell->n_noisy);
	snprintf(buf, size, "%s%s%s%s%s", status, status[0] && (errors[0] || noisy[0]) ? "; " : "",
			 errors, errors[0] && noisy[0] ? "; " : "", noisy);
}

static void print_row(struct line *line, const struct group *group, const struct row *row)
{
	char note[RESULT_TEXT_MAX + 96];

	make_note(row->cell, note, sizeof(note));
	line_text(line, row->cell->variant, 0, false);
	line->spaces = group->variant_width - line->length + 2;
	if (!has_figures(row)) {
		line_wrapped(line, note, group->variant_width + 2);
		return;
	}
	for (size_t column = 0; column < N_COLUMNS; column++) {
		if (group->widths[column] == 0)
			continue;
		line_text(line, row->texts[column], group->widths[column], row->best[column]);
		if (row->best[column])
			line_text(line, "*", 0, true);
		else
			line->spaces += group->marked[column];
		line->spaces += 2;
	}
	line_text(line, row->runs, group->runs_width, false);
	line->spaces = 2;
	line_wrapped(line, note, group->variant_width + 2);
}

static void print_group(FILE *out, struct group *group, const struct table_style *style)
{
	struct line line = {.out = out, .style = style};

	fill_group(group);
	print_heading(&line, group);
	for (size_t i = 0; i < group->n_rows; i++)
		print_row(&line, group, &group->rows[i]);
}

/* ---- groups ---- */

static bool same_group(const struct table_cell *a, const struct table_cell *b)
{
	return strcmp(a->workload, b->workload) == 0 && strcmp(a->params, b->params) == 0;
}

/* Whether an earlier cell has opened the group of cells[index]. */
static bool is_printed(const struct table_cell *cells, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (same_group(&cells[i], &cells[index]))
			return true;
	return false;
}

int table_print(FILE *out, const struct table_cell *cells, size_t n,
				const struct table_style *style)
{
	struct row *rows = calloc(n + 1, sizeof(*rows)); /* + 1: an empty table is no failure */

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct group group = {.rows = rows};

		if (is_printed(cells, i))
			continue;
		if (i > 0)
			fputc('\n', out);
		for (size_t j = i; j < n; j++)
			if (same_group(&cells[i], &cells[j]))
				rows[group.n_rows++] = (struct row){.cell = &cells[j]};
		print_group(out, &group, style);
	}
	free(rows);
	return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}
