// SPDX-License-Identifier: MIT
/*
 * The verdict table for a terminal or a log:
 *
 *   fib_generators coro generators=1;values=100000
 *     throughput  regressed     slower by 11.8 % (limits +6.4 .. +17.1), 20 pairs
 *     cpu         inconclusive  no change proven up to +7.2 %, 20 pairs
 *
 * On a terminal each row bears a bar from the better (left) to the worse (right): `|` no change,
 * `:` the margins, `---` between the limits, `o` the estimate.
 */
#include "report.h"

#include <math.h>
#include <string.h>

enum { BAR_HALF = 14, BAR_COLUMNS = 2 * BAR_HALF + 1 };

/* The column of a log ratio when `span` reaches from the middle to the edge. */
static int bar_column(double value, double span)
{
	double column = round(BAR_HALF * value / span);

	return BAR_HALF + (int)fmax(-BAR_HALF, fmin(BAR_HALF, column));
}

static void bar_print(FILE *out, const struct verdict_row *row, double span)
{
	char bar[BAR_COLUMNS + 1];
	int lower = bar_column(row->gate.lower, span);
	int upper = bar_column(row->gate.upper, span);
	double margin = log1p(row->margin);

	memset(bar, ' ', BAR_COLUMNS);
	bar[BAR_COLUMNS] = '\0';
	memset(bar + lower, '-', (size_t)(upper - lower) + 1);
	if (row->gate.lower < -span)
		bar[0] = '<';
	if (row->gate.upper > span)
		bar[BAR_COLUMNS - 1] = '>';
	if (margin < span)
		bar[bar_column(margin, span)] = bar[bar_column(-margin, span)] = ':';
	bar[BAR_HALF] = '|';
	bar[bar_column(row->gate.theta, span)] = 'o';
	fprintf(out, "  [%s]", bar);
}

static bool row_shown(const struct verdict_row *row, const struct report_style *style)
{
	return style->all || report_row_matters(row);
}

/* So wide that every shown estimate lies inside; at least 20 %, at most a factor of 2. */
static double span_of(const struct verdict_table *table, const struct report_style *style)
{
	double span = log(1.2);

	for (size_t i = 0; i < table->n_rows; i++) {
		const struct verdict_row *row = &table->rows[i];

		if (row->kind == VERDICT_JUDGED && row_shown(row, style) && isfinite(row->gate.theta))
			span = fmax(span, 1.2 * fabs(row->gate.theta));
	}
	return fmin(span, log(2));
}

static void row_print(FILE *out, const struct verdict_table *table, const struct verdict_row *row,
					  const struct report_style *style, double span)
{
	char words[REPORT_WORDS_MAX];
	bool advice = row->kind == VERDICT_JUDGED && (table->advisory || !row->gates);

	report_words(table, row, words);
	if (advice)
		strncat(words, " (advisory)", sizeof(words) - strlen(words) - 1);
	if (style->bar && row->kind == VERDICT_JUDGED && !row->gate.too_few) {
		fprintf(out, "  %-10s  %-12s  %-58s", row->metric->name, report_verdict_word(row), words);
		bar_print(out, row, span);
		fputc('\n', out);
		return;
	}
	fprintf(out, "  %-10s  %-12s  %s\n", row->metric ? row->metric->name : "(cell)",
			report_verdict_word(row), words);
}

void report_text(FILE *out, const struct verdict_table *table, const struct report_style *style)
{
	const struct dataset_cell *cell = NULL;
	double span = span_of(table, style);
	char buf[REPORT_WORDS_MAX + RESULT_PARAMS_MAX + RESULT_TEXT_MAX];

	for (size_t i = 0; i < table->n_rows; i++) {
		const struct verdict_row *row = &table->rows[i];

		if (!row_shown(row, style))
			continue;
		if (row->cell != cell)
			fprintf(out, "%s\n", dataset_cell_text(row->cell, buf, sizeof(buf)));
		cell = row->cell;
		row_print(out, table, row, style, span);
	}
	for (size_t i = 0; i < table->n_notes; i++)
		fprintf(out, "note: %s\n", table->notes[i]);
	if (table->n_remeasured > 0)
		fprintf(out, "note: %u pairs measured again, the machine was busy\n", table->n_remeasured);
	fprintf(out, "%s\n", report_summary(table, buf));
}
