// SPDX-License-Identifier: MIT
/*
 * The rows of a data set in the order in which series are made of them: cell by cell (a
 * workload's cells together, then equal parameters); within a cell by stage and block, so that A
 * and B of a pair meet, or, unpaired, by side and then as they came.
 */
#ifndef CONCBENCH_ROW_ORDER_H
#define CONCBENCH_ROW_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "comparable.h"
#include "dataset.h"

enum { ROW_STAGES = 100 };

struct row_place {
	uint32_t rank;         /* of the cell in this order */
	uint32_t cell;         /* that the row counts for */
	uint32_t stage, block; /* of its pair; 0 when unpaired */
	uint32_t index;        /* of the row in the data set */
	uint8_t side;
};

struct row_order {
	struct row_place *rows;
	size_t n;
	uint32_t n_blocks[ROW_STAGES]; /* of each stage */
};

/*
 * Returns 0, -ENOMEM, or -EBADMSG with *error filled in where a pair has two rows of one side.
 * Release it in any case.
 */
int row_order_make(struct row_order *order, const struct dataset *dataset,
				   const struct comparable *comparable, char error[DATASET_ERROR_MAX]);

void row_order_release(struct row_order *order);

#endif
