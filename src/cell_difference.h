// SPDX-License-Identifier: MIT
/*
 * How near a cell of one side comes to one of the other: what explains that neither is in both, so
 * that a refusal can name it, and what may be overlooked.
 */
#ifndef CONCBENCH_CELL_DIFFERENCE_H
#define CONCBENCH_CELL_DIFFERENCE_H

#include "dataset.h"

/* A larger value is nearer. Equal cells are not asked about. */
enum cell_difference {
	OTHER_CELL,
	OTHER_PARAMS,    /* a parameter has another value */
	OTHER_VARIANT,   /* an option of the backend has */
	OTHER_VERSION,   /* the workload was changed */
	OTHER_PLACEMENT, /* only `placement` has another value */
	OTHER_KEYS,      /* nothing but settings that one of the two lacks */
	ASSUMED_KEYS,    /* likewise, and the caller knows that they change nothing */
};

/* Anything but ASSUMED_KEYS. */
enum cell_difference cell_difference(const struct dataset_cell *a, const struct dataset_cell *b);

/*
 * Says in what two cells differ that are not OTHER_CELL: "params of ring coro: 'tasks=2' in A,
 * 'tasks=3' in B", by the first setting whose values differ, or else that one of them lacks.
 */
void cell_difference_words(const struct dataset_cell *a, const struct dataset_cell *b,
						   char error[DATASET_ERROR_MAX]);

#endif
