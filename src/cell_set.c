// SPDX-License-Identifier: MIT
/* A set of cells by their keys. Two that share a slot are told apart by the keys themselves. */
#include "cell_set.h"

#include <errno.h>
#include <stdlib.h>

#include "fnv.h"

static uint64_t cell_set_hash(const struct cell *cell)
{
	char text[RESULT_PARAMS_MAX];
	uint64_t hash = fnv_add(FNV_BASIS, cell->workload->name);

	hash = fnv_add(hash, cell->roles[0].backend->name);
	hash = fnv_add(hash, cell_variant_text(cell, text, sizeof(text)));
	return fnv_add(hash, cell_params_text(cell, text, sizeof(text)));
}

int cell_set_add(struct cell_set *set, const struct cell *cells, const struct cell *cell)
{
	uint64_t slot = cell_set_hash(cell);

	if (!set->slots)
		set->slots = calloc(CELL_SET_SLOTS, sizeof(*set->slots));
	if (!set->slots)
		return -ENOMEM;
	/* Ends at a free slot; two thirds of them are. */
	for (;; slot++) {
		uint32_t *taken = &set->slots[slot % CELL_SET_SLOTS];

		if (*taken && cell_same(&cells[*taken - 1], cell))
			return 0;
		if (*taken)
			continue;
		if (set->n == CELL_SET_MAX)
			return -EOVERFLOW;
		*taken = ++set->n;
		return 1;
	}
}

void cell_set_release(struct cell_set *set)
{
	free(set->slots);
	*set = (struct cell_set){0};
}
