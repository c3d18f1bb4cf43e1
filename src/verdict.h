// SPDX-License-Identifier: MIT
/*
 * The verdict table: what a comparison found, one row a figure (cell and metric). Every report
 * and the exit code are made from it and from nothing else.
 */
#ifndef CONCBENCH_VERDICT_H
#define CONCBENCH_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataset.h"
#include "gate.h"
#include "metrics.h"

enum verdict_kind {
	VERDICT_JUDGED,
	VERDICT_MISSING, /* only A has the cell */
	VERDICT_NEW,     /* only B has it: nothing to compare, nothing to blame */
};

struct verdict_row {
	const struct dataset_cell *cell; /* rows of one cell follow each other */
	const struct metric *metric;     /* NULL unless judged */
	enum verdict_kind kind;
	bool gates; /* otherwise advice */
	double margin;
	double a, b; /* medians of the two sides, in the metric's unit; NAN: not measured */
	struct gate_result gate;
};

struct verdict_table {
	struct verdict_row *rows;
	size_t n_rows;
	bool advisory; /* nothing gates: other jobs, other hosts */
	bool unpaired; /* `n` counts repetitions, not pairs */
	char **notes;  /* lines to be read with the table */
	size_t n_notes;
	uint32_t n_remeasured; /* pairs measured again because the machine was busy */
};

/*
 * Cells by verdict. A cell regressed if one of its gating figures did; else it improved if one
 * did; else it is inconclusive if one is. In an advisory table the figures that would gate count.
 */
struct verdict_counts {
	uint32_t regressed, improved, equivalent, inconclusive, missing, cells;
	uint32_t open_figures; /* gating figures, not cells, that are inconclusive */
};

struct verdict_counts verdict_count(const struct verdict_table *table);

/* 0, 1 (regression), 2 (a gating cell is missing, or nothing was compared), 3 (on request). */
int verdict_exit(const struct verdict_table *table, bool require_power);

/* Adds a note, which is copied. 0 or -ENOMEM. */
int verdict_note(struct verdict_table *table, const char *note);

/* The machine-readable last line, with its line end, in `buf`. */
char *verdict_line(const struct verdict_counts *counts, int exit_code, char *buf, size_t size);

void verdict_release(struct verdict_table *table);

#endif
