// SPDX-License-Identifier: MIT
/*
 * What is wrong with a CSV file, and where. Filled in by the writer and the reader, printed by
 * whoever called them.
 */
#ifndef CONCBENCH_CSV_ERROR_H
#define CONCBENCH_CSV_ERROR_H

#include <stddef.h>
#include <stdint.h>

enum { CSV_ERROR_MAX = 256 };

struct csv_error {
	int64_t line;    /* from 1; 0: the file as a whole */
	char column[64]; /* name, or empty: the line as a whole */
	char message[CSV_ERROR_MAX];
};

/* Fills in the error of a malformed file, the message as printf does. Returns -EBADMSG. */
int csv_error_malformed(struct csv_error *error, int64_t line, const char *column,
						const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Fills in "`what`: `strerror(-rc)`". Returns `rc`, a negative errno. */
int csv_error_system(struct csv_error *error, int rc, const char *what);

/*
 * "FILE:LINE: column NAME: MESSAGE", without the parts that are not known, in buf[size]. Returns
 * `buf`.
 */
char *csv_error_text(const struct csv_error *error, const char *path, char *buf, size_t size);

#endif
