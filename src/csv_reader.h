// SPDX-License-Identifier: MIT
/*
 * The CSV of results, read: strictly, by column name, one row at a time.
 *
 * Columns may come in any order; columns that this build does not know are kept as text; columns
 * that a file lacks are "not measured", unless the schema requires them (RESULT_REQUIRED). Nothing
 * is repaired: CR LF, a byte order mark, NUL, a decimal comma, nan, inf, a sign where none can be,
 * a field too many, a text too long, a last row without its LF are errors with line and column.
 *
 * A run whose rows are fewer than it planned was cut short, and a file may hold no rows at all. At
 * the end of the file that is an error too, unless `allow_partial` is set; then a last row without
 * its LF is skipped as well. Rows may come in any order.
 *
 * The file is read through a buffer, so pipes work and a million rows take no more memory than one.
 */
#ifndef CONCBENCH_CSV_READER_H
#define CONCBENCH_CSV_READER_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv_error.h"
#include "csv_runs.h"
#include "csv_split.h"
#include "result.h"

enum { CSV_ROW_MAX = 1 << 20 }; /* bytes; a longer row is refused */

struct csv_reader {
	bool allow_partial; /* for the caller to set, after csv_reader_open */

	/* The header: the file's columns. For reading only. */
	size_t n_columns;
	char **names;                        /* [n_columns] */
	const struct result_column **column; /* [n_columns]; NULL: a column we do not know */
	struct csv_field *fields;            /* [n_columns], of the present row; until the next call */
	int64_t line;                        /* on which the present row starts */

	/* Private. */
	int fd;
	bool at_end;
	char *buffer;
	size_t start, end, capacity; /* buffer[start..end) is not yet parsed */
	int64_t next_line;
	size_t schema_at; /* index of the column that is checked first */
	struct csv_runs runs;
	locale_t c_locale;
};

/*
 * Opens `path` ("-": standard input) and reads the header. Returns 0, or with *error filled in
 * -EBADMSG (not our format), -ENOMEM or -errno of open and read. After an error there is nothing to
 * close.
 */
int csv_reader_open(struct csv_reader *reader, const char *path, struct csv_error *error);

/* The same for `size` bytes in memory, which are copied. */
int csv_reader_open_memory(struct csv_reader *reader, const void *data, size_t size,
						   struct csv_error *error);

/*
 * Reads the next row into *result, which result_init has set up once before the first call: fields
 * whose columns are in the file are overwritten, the others are left alone. Returns 1 for a row, 0
 * at the end, or with *error filled in -EBADMSG (malformed), -ENODATA (no rows, or a run was
 * cut short) or -errno.
 */
int csv_reader_next(struct csv_reader *reader, struct result *result, struct csv_error *error);

void csv_reader_close(struct csv_reader *reader);

#endif
