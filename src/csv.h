// SPDX-License-Identifier: MIT
/*
 * The CSV of results, written: RFC 4180, always a header, LF, a decimal point whatever the locale.
 *
 * A row is built in memory and handed over whole: src/rowfile.h sees to it that a full disk or a
 * killed run leaves only whole rows behind.
 * src/csv_reader.h reads it.
 */
#ifndef CONCBENCH_CSV_H
#define CONCBENCH_CSV_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv_error.h"
#include "result.h"
#include "rowfile.h"

enum csv_mode {
	CSV_CREATE, /* a file that exists is refused */
	CSV_APPEND, /* behind the rows of a file with the same header, or a new or empty file */
	CSV_FORCE,  /* a file that exists is emptied */
};

/* A CSV being written. */
struct csv {
	struct rowfile file;
	bool close_file; /* it is not standard output */
	char *row;       /* heap */
	size_t length, capacity;
	locale_t c_locale;
};

/*
 * Opens `path` ("-": standard output, whatever the mode) and writes the header where there is none
 * yet. Returns 0, or -errno with *error filled in; among others -EEXIST (CSV_CREATE on a file),
 * -EBADMSG (CSV_APPEND to another header, or to a last row that was cut), -ENOSPC.
 */
int csv_open(struct csv *csv, const char *path, enum csv_mode mode, struct csv_error *error);

/* Writes one row, whole or not at all. 0, -ENOMEM or -errno of the write (-ENOSPC, -EPIPE). */
int csv_write_row(struct csv *csv, const struct result *result);

/* 0, or -errno of a delayed write. Rows were not held back: there is nothing to flush. */
int csv_close(struct csv *csv);

#endif
