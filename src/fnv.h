// SPDX-License-Identifier: MIT
/* FNV-1a, 64 bits: a hash of texts, equal on all machines. */
#ifndef CONCBENCH_FNV_H
#define CONCBENCH_FNV_H

#include <stdint.h>

/* The hash of nothing. */
#define FNV_BASIS 0xcbf29ce484222325U

/* Adds a text and the NUL that ends it, so that texts in a row stay apart. */
static inline uint64_t fnv_add(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3U;
	while (*text++);
	return hash;
}

#endif
