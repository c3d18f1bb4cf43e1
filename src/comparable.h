// SPDX-License-Identifier: MIT
/*
 * What must not be compared: files from other machines, other versions of a workload, other
 * parameters, the same run twice, files without a common cell. A refusal names the field and both
 * values, so that whoever reads it in a CI log knows what to change.
 *
 * A release that adds a parameter gives all its cells another key. Cells that differ in nothing but
 * settings that one side lacks are therefore taken as one where the setting is known to stand for
 * what the other side does anyhow: in pairs, because `ab` asks each build for its own default of
 * what the other one lacks (ab_fit.h); in two files, where the user says so (`assumed`). Each such
 * setting is noted, to be said in the report. Settings that both sides have must be equal.
 */
#ifndef CONCBENCH_COMPARABLE_H
#define CONCBENCH_COMPARABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataset.h"

struct comparable {
	uint32_t *cell_of; /* [cells] the cell that a cell's rows are counted with; mostly itself */
	uint8_t *present;  /* [cells] bit 0: A has rows, bit 1: B has; bits 2 and 3: rows that hold */
	bool paired;       /* all rows bear a pair_id; otherwise none does */
	bool other_host;   /* allowed by across_hosts, hence advice */
	uint32_t n_runs_a; /* different runs on side A */
	struct interner added; /* notes: "ring: B has a parameter hops=20000 that A lacks" */
};

enum {
	COMPARABLE_A = 1,
	COMPARABLE_B = 2,
	COMPARABLE_A_OK = 4,
	COMPARABLE_B_OK = 8,
};

/* What the user allows beyond what goes without saying. */
struct comparable_rules {
	bool across_hosts;   /* other hosts and another placement */
	const char *assumed; /* "k=v,k=v": what a side does that lacks the setting; NULL: nothing */
};

/*
 * Looks whether the two sides can be compared. Returns 0, -ENOMEM, or -EBADMSG with one line in
 * *error. Release it in any case.
 */
int comparable_check(struct comparable *comparable, const struct dataset *dataset,
					 const struct comparable_rules *rules, char error[DATASET_ERROR_MAX]);

void comparable_release(struct comparable *comparable);

#endif
