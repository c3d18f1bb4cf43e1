// SPDX-License-Identifier: MIT
/*
 * A verdict table in writing: text for people, Markdown for a job summary, CSV for scripts, JUnit
 * for whatever shows test results. All four say the same, in the same words.
 */
#ifndef CONCBENCH_REPORT_H
#define CONCBENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "verdict.h"

enum report_kind { REPORT_TEXT, REPORT_MARKDOWN, REPORT_CSV, REPORT_JUNIT, REPORT_KINDS };

struct report_style {
	bool all; /* text: quiet rows too */
	bool bar; /* text: draw effect and limits beside each row */
};

enum { REPORT_WORDS_MAX = 192, REPORT_FILES_MAX = 8 };

/* Writes a report. Returns 0, or -EIO when `out` is in error. */
int report_write(FILE *out, enum report_kind kind, const struct verdict_table *table,
				 const struct report_style *style);

/* "text", "markdown", "csv", "junit"; or -EINVAL. */
int report_kind_parse(const char *word, size_t length);

/*
 * What a row found: "slower by 11.8 % (limits +6.4 .. +17.1), 20 pairs". A positive limit is a
 * change in the direction of the words, so swapping the sides changes the words and no number.
 */
char *report_words(const struct verdict_table *table, const struct verdict_row *row,
				   char buf[REPORT_WORDS_MAX]);

/* "regressed", ..., "missing", "new", "too few". */
const char *report_verdict_word(const struct verdict_row *row);

/* Whether a row belongs in a short report: changed, missing, or gating and inconclusive. */
bool report_row_matters(const struct verdict_row *row);

/* "60 cells: 1 regressed, 0 improved, 41 equivalent, 18 inconclusive, 0 missing". */
char *report_summary(const struct verdict_table *table, char buf[REPORT_WORDS_MAX]);

/* The single formats; report_write picks one. */
void report_text(FILE *out, const struct verdict_table *table, const struct report_style *style);
void report_markdown(FILE *out, const struct verdict_table *table);
void report_csv(FILE *out, const struct verdict_table *table);
void report_junit(FILE *out, const struct verdict_table *table);

/* ---- several reports, as options ask for them ---- */

struct report_file {
	enum report_kind kind;
	const char *path;
};

struct report_files {
	struct report_file files[REPORT_FILES_MAX];
	size_t n;
};

/* Adds "KIND=FILE". 0, or -EINVAL after one line on stderr. */
int report_files_add(struct report_files *files, const char *text);

/*
 * Whether all of them could be written, asked before anything is measured. 0, or -errno after one
 * line on stderr.
 */
int report_files_check(const struct report_files *files);

/* Writes them all ("-": standard output). 0, or -errno after one line on stderr for each failure.
 */
int report_files_write(const struct report_files *files, const struct verdict_table *table);

#endif
