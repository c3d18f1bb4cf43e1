// SPDX-License-Identifier: MIT
/*
 * What must not be compared: files from other machines, other versions of a workload, other
 * parameters, the same run twice, files without a common cell. A refusal names the field and both
 * values, so that whoever reads it in a CI log knows what to change.
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
};

enum {
	COMPARABLE_A = 1,
	COMPARABLE_B = 2,
	COMPARABLE_A_OK = 4,
	COMPARABLE_B_OK = 8,
};

/*
 * Looks whether the two sides can be compared. `across_hosts` allows other hosts and another
 * placement. Returns 0, -ENOMEM, or -EBADMSG with one line in *error. Release it in any case.
 */
int comparable_check(struct comparable *comparable, const struct dataset *dataset,
					 bool across_hosts, char error[DATASET_ERROR_MAX]);

void comparable_release(struct comparable *comparable);

#endif
