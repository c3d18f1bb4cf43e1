// SPDX-License-Identifier: MIT
/*
 * The verdict table as CSV (RFC 4180, LF): a row a figure, all of them, with the numbers behind
 * the words. An empty field is not known. Changes are positive for the worse.
 */
#include "report.h"

#include <math.h>

#include "csv_field.h"

static void percent_print(FILE *out, double log_ratio, char after)
{
	csv_field_number(out, 100 * expm1(log_ratio), after);
}

static void judged_print(FILE *out, const struct verdict_table *table,
						 const struct verdict_row *row)
{
	const struct gate_result *gate = &row->gate;

	fprintf(out, "%s,%s,%u,", row->metric->unit, row->gates && !table->advisory ? "yes" : "no",
			gate->n);
	csv_field_number(out, row->a, ',');
	csv_field_number(out, row->b, ',');
	percent_print(out, gate->theta, ',');
	percent_print(out, gate->lower, ',');
	percent_print(out, gate->upper, ',');
	csv_field_number(out, gate->p_worse, ',');
	csv_field_number(out, gate->p_better, ',');
	csv_field_number(out, 100 * row->margin, '\n');
}

void report_csv(FILE *out, const struct verdict_table *table)
{
	fputs("workload,workload_version,backend,variant,params,metric,verdict,unit,gates,n,a,b,"
		  "change_pct,lower_pct,upper_pct,p_worse,p_better,margin_pct\n",
		  out);
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct verdict_row *row = &table->rows[i];

		csv_field_text(out, row->cell->workload, ',');
		fprintf(out, "%lld,", (long long)row->cell->version);
		csv_field_text(out, row->cell->backend, ',');
		csv_field_text(out, row->cell->variant, ',');
		csv_field_text(out, row->cell->params, ',');
		csv_field_text(out, row->metric ? row->metric->name : "", ',');
		csv_field_text(out, report_verdict_word(row), ',');
		if (row->kind == VERDICT_JUDGED)
			judged_print(out, table, row);
		else
			fprintf(out, ",%s,,,,,,,,,\n", row->gates && !table->advisory ? "yes" : "no");
	}
}
