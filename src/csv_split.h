// SPDX-License-Identifier: MIT
/*
 * A row of CSV (RFC 4180, LF alone) taken apart into its fields, where it lies. Only the quotes
 * that are doubled in a field are written to, once the whole row is known to be there.
 */
#ifndef CONCBENCH_CSV_SPLIT_H
#define CONCBENCH_CSV_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv_error.h"

enum {
	CSV_COLUMNS_MAX = 1024,
	CSV_SPLIT_BLOCK = 64, /* bytes that are looked at together */
	CSV_SPLIT_TAIL = 1 + CSV_SPLIT_BLOCK,
};

/* One field of the present row, quotes removed, not NUL-terminated. */
struct csv_field {
	const char *text;
	size_t length;
	int64_t line; /* on which it starts */
	bool doubled; /* private: holds doubled quotes */
};

struct csv_split {
	const char *at;  /* the row; then what is behind it */
	const char *end; /* of the bytes there are; a LF stands there, CSV_SPLIT_TAIL can be read */
	int64_t line;    /* on which the row starts; then the one behind it */

	/* Private: a block of bytes, and a bit for each of them that may end a field. */
	const char *block;
	uint64_t candidates;
	bool doubled; /* some field holds doubled quotes */
};

/*
 * Finds the fields of a row, at least one byte long, in fields[CSV_COLUMNS_MAX + 1]; what is beyond
 * CSV_COLUMNS_MAX is only counted. Returns how many there are, 0 where the bytes end within the
 * row, or -EBADMSG with *error filled in.
 */
int csv_split_row(struct csv_split *split, struct csv_field *fields, struct csv_error *error);

#endif
