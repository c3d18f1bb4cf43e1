// SPDX-License-Identifier: MIT
/*
 * The verdict table as JUnit XML: a test case a figure. A gating regression is a failure, a
 * missing gating cell an error, a gating figure that is inconclusive is skipped; advice passes.
 * What was found is in system-out either way.
 */
#include "report.h"

static void text_print(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else
			fputc(c < 0x20 ? ' ' : c, out); /* XML 1.0 has no other control characters */
	}
}

enum outcome { PASSED, FAILED, ERROR, SKIPPED, OUTCOMES };

static enum outcome outcome_of(const struct verdict_table *table, const struct verdict_row *row)
{
	if (row->kind == VERDICT_MISSING && row->gates)
		return ERROR;
	if (row->kind != VERDICT_JUDGED || !row->gates || table->advisory)
		return PASSED;
	if (row->gate.verdict == GATE_REGRESSED)
		return FAILED;
	return row->gate.verdict == GATE_INCONCLUSIVE ? SKIPPED : PASSED;
}

static void case_print(FILE *out, const struct verdict_table *table, const struct verdict_row *row)
{
	static const char *const elements[OUTCOMES] = {
		[FAILED] = "failure", [ERROR] = "error", [SKIPPED] = "skipped"};
	enum outcome outcome = outcome_of(table, row);
	char words[REPORT_WORDS_MAX];

	report_words(table, row, words);
	fputs("    <testcase classname=\"", out);
	text_print(out, row->cell->workload);
	fputc('.', out);
	text_print(out, row->cell->backend);
	fputs("\" name=\"", out);
	text_print(out, row->metric ? row->metric->name : "cell");
	fputc(' ', out);
	text_print(out, row->cell->variant);
	fputs(*row->cell->variant ? " " : "", out);
	text_print(out, row->cell->params);
	fputs("\">\n", out);
	if (outcome != PASSED) {
		fprintf(out, "      <%s message=\"", elements[outcome]);
		text_print(out, words);
		fputs("\"/>\n", out);
	}
	fprintf(out, "      <system-out>%s: ", report_verdict_word(row));
	text_print(out, words);
	fputs("</system-out>\n    </testcase>\n", out);
}

void report_junit(FILE *out, const struct verdict_table *table)
{
	size_t counts[OUTCOMES] = {0};

	for (size_t i = 0; i < table->n_rows; i++)
		counts[outcome_of(table, &table->rows[i])]++;
	fprintf(out,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
			"  <testsuite name=\"concbench\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
			"skipped=\"%zu\">\n",
			table->n_rows, counts[FAILED], counts[ERROR], counts[SKIPPED]);
	for (size_t i = 0; i < table->n_rows; i++)
		case_print(out, table, &table->rows[i]);
	fputs("  </testsuite>\n</testsuites>\n", out);
}
