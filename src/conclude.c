// SPDX-License-Identifier: MIT
/*
 * The shared end of `compare` and `ab`; see conclude.h.
 */
#include "conclude.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"

enum { LINE_MAX_BYTES = 256, MISSING_NAMED_MAX = 5 };

bool conclude_option(struct conclude *conclude, int id, const char *value, int *status)
{
	char error[METRIC_ERROR_MAX];

	*status = 0;
	switch (id) {
	case CONCLUDE_MARGIN:
		*status = metric_rules_add(&conclude->rules, value, error);
		if (*status < 0)
			fprintf(stderr, "concbench: --margin: %s\n", error);
		return true;
	case CONCLUDE_OVERRIDES:
		conclude->overrides = value;
		return true;
	case CONCLUDE_REPORT:
		*status = report_files_add(&conclude->reports, value);
		return true;
	case CONCLUDE_POWER:
		conclude->require_power = true;
		return true;
	case 'v':
		conclude->verbose = true;
		return true;
	default:
		return false;
	}
}

int conclude_prepare(struct conclude *conclude)
{
	char error[METRIC_ERROR_MAX];
	int status = report_files_check(&conclude->reports);

	if (status < 0 || !conclude->overrides)
		return status;
	status = metric_rules_read(&conclude->rules, conclude->overrides, error);
	if (status < 0)
		fprintf(stderr, "concbench: --overrides: %s\n", error);
	return status;
}

void conclude_release(struct conclude *conclude)
{
	metric_rules_release(&conclude->rules);
}

int conclude_stop(int code, const char *message)
{
	struct verdict_counts nothing = {0};
	char line[LINE_MAX_BYTES];

	fprintf(stderr, "concbench: %s\n%s", message, verdict_line(&nothing, code, line, sizeof(line)));
	return code;
}

int conclude_refuse(const char *message)
{
	return conclude_stop(EXIT_USAGE, message);
}

/* The text on standard output, unless a report has been sent there. */
static void text_print(const struct conclude *conclude, const struct verdict_table *table)
{
	struct report_style style = {.all = conclude->verbose, .bar = isatty(STDOUT_FILENO)};

	for (size_t i = 0; i < conclude->reports.n; i++) {
		if (!strcmp(conclude->reports.files[i].path, "-"))
			return;
	}
	report_write(stdout, REPORT_TEXT, table, &style);
}

static void missing_print(const struct verdict_table *table)
{
	char cell[DATASET_ERROR_MAX];
	uint32_t n = 0;

	for (size_t i = 0; i < table->n_rows; i++) {
		const struct verdict_row *row = &table->rows[i];

		if (row->kind != VERDICT_MISSING || !row->gates || ++n > MISSING_NAMED_MAX)
			continue;
		fprintf(stderr, "concbench: cell: '%s' in A, missing in B\n",
				dataset_cell_text(row->cell, cell, sizeof(cell)));
	}
	if (n > MISSING_NAMED_MAX)
		fprintf(stderr, "concbench: cell: %u more are missing in B\n", n - MISSING_NAMED_MAX);
	if (verdict_count(table).cells == 0)
		fprintf(stderr, "concbench: nothing was compared: no figure of any cell gates\n");
}

int conclude_run(const struct conclude *conclude, struct judge_order *order,
				 const struct dataset *dataset, uint32_t n_remeasured)
{
	struct verdict_table table;
	struct verdict_counts counts;
	char error[DATASET_ERROR_MAX];
	char line[LINE_MAX_BYTES];
	int code;

	order->rules = &conclude->rules;
	if (judge_run(order, dataset, &table, error) < 0)
		return conclude_refuse(error);
	table.n_remeasured = n_remeasured;
	counts = verdict_count(&table);
	code = verdict_exit(&table, conclude->require_power);
	text_print(conclude, &table);
	/* A report that could not be written must not look like a pass. */
	if (report_files_write(&conclude->reports, &table) < 0 && code != EXIT_TRIAL)
		code = EXIT_USAGE;
	fflush(stdout);
	missing_print(&table);
	fputs(verdict_line(&counts, code, line, sizeof(line)), stderr);
	verdict_release(&table);
	return code;
}
