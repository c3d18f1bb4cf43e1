// SPDX-License-Identifier: MIT
/*
 * Which cells have been planned already: a hash table of their keys with open addressing, so that
 * planning n cells takes n steps and not n * n.
 */
#ifndef CONCBENCH_CELL_SET_H
#define CONCBENCH_CELL_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "cell.h"

enum {
	CELL_SET_MAX = 10000,     /* cells */
	CELL_SET_SLOTS = 1 << 15, /* a power of two, of which a third is in use at most */
};

/* Start with {0}. The cells themselves stay the caller's, in an array that only grows. */
struct cell_set {
	uint32_t *slots; /* [CELL_SET_SLOTS]: the cell's index + 1; 0: free */
	uint32_t n;
};

/*
 * Adds `cell`, which will be cells[set->n] if it is new. 1: it is new; 0: one of the cells[] before
 * has the same key; -ENOMEM, or -EOVERFLOW when there are CELL_SET_MAX already.
 */
int cell_set_add(struct cell_set *set, const struct cell *cells, const struct cell *cell);

void cell_set_release(struct cell_set *set);

#endif
