// SPDX-License-Identifier: MIT
/*
 * Texts, each stored once and numbered from 0 in the order of their first appearance. Starts as
 * {0}.
 */
#ifndef CONCBENCH_INTERNER_H
#define CONCBENCH_INTERNER_H

#include <stddef.h>
#include <stdint.h>

struct interner {
	char **texts;
	uint32_t n, capacity;
	uint32_t *slots; /* hash table of number + 1; 0 is free */
	uint32_t n_slots;
};

/* The number of a text of `length` bytes without a NUL, added if it is new; or -ENOMEM. */
int64_t interner_add(struct interner *interner, const char *text, size_t length);

void interner_release(struct interner *interner);

#endif
