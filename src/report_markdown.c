// SPDX-License-Identifier: MIT
/*
 * The verdict table as Markdown, for the summary page of a CI job: what matters first, the rest
 * folded away.
 */
#include "report.h"

#include <math.h>

/* Text inside a table: a bar would end the column, and a cell's name is no markup. */
static void text_print(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|' || *text == '*' || *text == '_' || *text == '`' || *text == '<' ||
			*text == '\\')
			fputc('\\', out);
		fputc(*text == '\n' ? ' ' : *text, out);
	}
}

static void figure_print(FILE *out, double value, const char *unit)
{
	if (isfinite(value))
		fprintf(out, "%.4g %s | ", value, unit);
	else
		fprintf(out, "- | ");
}

static void row_print(FILE *out, const struct verdict_table *table, const struct verdict_row *row)
{
	static const char *const marks[] = {
		[GATE_EQUIVALENT] = "equivalent",
		[GATE_INCONCLUSIVE] = "inconclusive",
		[GATE_IMPROVED] = "**improved**",
		[GATE_REGRESSED] = "**REGRESSED**",
	};
	bool judged = row->kind == VERDICT_JUDGED;
	char buf[RESULT_PARAMS_MAX + 2 * RESULT_TEXT_MAX];

	fprintf(out, "| ");
	text_print(out, dataset_cell_text(row->cell, buf, sizeof(buf)));
	fprintf(out, " | %s | ", judged ? row->metric->name : "");
	figure_print(out, judged ? row->a : NAN, judged ? row->metric->unit : "");
	figure_print(out, judged ? row->b : NAN, judged ? row->metric->unit : "");
	fprintf(out, "%s%s | ", judged ? marks[row->gate.verdict] : report_verdict_word(row),
			judged && (table->advisory || !row->gates) ? " (advisory)" : "");
	text_print(out, report_words(table, row, buf));
	fprintf(out, " |\n");
}

static void rows_print(FILE *out, const struct verdict_table *table, bool matters)
{
	fprintf(out, "| cell | figure | A | B | verdict | change |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < table->n_rows; i++) {
		if (report_row_matters(&table->rows[i]) == matters)
			row_print(out, table, &table->rows[i]);
	}
}

void report_markdown(FILE *out, const struct verdict_table *table)
{
	struct verdict_counts counts = verdict_count(table);
	char buf[REPORT_WORDS_MAX];
	size_t n_matter = 0;

	for (size_t i = 0; i < table->n_rows; i++)
		n_matter += report_row_matters(&table->rows[i]);
	fprintf(out, "## concbench: %s\n\n%s\n",
			counts.regressed > 0 ? (table->advisory ? "slower, advisory" : "regression")
								 : "no regression",
			report_summary(table, buf));
	for (size_t i = 0; i < table->n_notes; i++)
		fprintf(out, "\n> %s\n", table->notes[i]);
	if (table->n_remeasured > 0)
		fprintf(out, "\n> %u pairs measured again, the machine was busy\n", table->n_remeasured);
	if (n_matter > 0) {
		fputc('\n', out);
		rows_print(out, table, true);
	}
	if (n_matter == table->n_rows)
		return;
	fprintf(out, "\n<details><summary>%zu figures without a finding</summary>\n\n",
			table->n_rows - n_matter);
	rows_print(out, table, false);
	fprintf(out, "\n</details>\n");
}
