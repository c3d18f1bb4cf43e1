// SPDX-License-Identifier: MIT
/*
 * From rows to cells to one exit code; see verdict.h.
 */
#include "verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"

/* One cell's rows, summed up. */
struct cell_tally {
	bool missing;
	uint32_t judged, regressed, improved, inconclusive;
};

static void tally_add(struct cell_tally *tally, const struct verdict_row *row)
{
	tally->missing = tally->missing || (row->kind == VERDICT_MISSING && row->gates);
	if (row->kind != VERDICT_JUDGED || !row->gates)
		return;
	tally->judged++;
	tally->regressed += row->gate.verdict == GATE_REGRESSED;
	tally->improved += row->gate.verdict == GATE_IMPROVED;
	tally->inconclusive += row->gate.verdict == GATE_INCONCLUSIVE;
}

static void counts_add(struct verdict_counts *counts, const struct cell_tally *tally)
{
	counts->open_figures += tally->inconclusive;
	if (tally->missing)
		counts->missing++;
	else if (tally->judged == 0)
		return; /* nothing of it gates */
	else if (tally->regressed)
		counts->regressed++;
	else if (tally->improved)
		counts->improved++;
	else if (tally->inconclusive)
		counts->inconclusive++;
	else
		counts->equivalent++;
	counts->cells++;
}

struct verdict_counts verdict_count(const struct verdict_table *table)
{
	struct verdict_counts counts = {0};
	size_t i = 0;

	while (i < table->n_rows) {
		const struct dataset_cell *cell = table->rows[i].cell;
		struct cell_tally tally = {0};

		for (; i < table->n_rows && table->rows[i].cell == cell; i++)
			tally_add(&tally, &table->rows[i]);
		counts_add(&counts, &tally);
	}
	return counts;
}

int verdict_exit(const struct verdict_table *table, bool require_power)
{
	struct verdict_counts counts = verdict_count(table);

	if (counts.missing > 0 || counts.cells == 0)
		return EXIT_USAGE;
	if (table->advisory)
		return EXIT_OK;
	if (counts.regressed > 0)
		return EXIT_TRIAL;
	return require_power && counts.open_figures > 0 ? EXIT_INCONCLUSIVE : EXIT_OK;
}

int verdict_note(struct verdict_table *table, const char *note)
{
	char **notes = realloc(table->notes, (table->n_notes + 1) * sizeof(*notes));

	if (!notes)
		return -ENOMEM;
	table->notes = notes;
	notes[table->n_notes] = strdup(note);
	if (!notes[table->n_notes])
		return -ENOMEM;
	table->n_notes++;
	return 0;
}

char *verdict_line(const struct verdict_counts *counts, int exit_code, char *buf, size_t size)
{
	snprintf(buf, size,
			 "concbench-verdict: exit=%d regressed=%u improved=%u equivalent=%u inconclusive=%u "
			 "missing=%u cells=%u\n",
			 exit_code, counts->regressed, counts->improved, counts->equivalent,
			 counts->inconclusive, counts->missing, counts->cells);
	return buf;
}

void verdict_release(struct verdict_table *table)
{
	for (size_t i = 0; i < table->n_notes; i++)
		free(table->notes[i]);
	free(table->notes);
	free(table->rows);
	*table = (struct verdict_table){0};
}
