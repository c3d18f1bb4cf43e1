// SPDX-License-Identifier: MIT
/*
 * The CSV reader, given anything. libFuzzer calls the function at the end with one made-up file a
 * time; the sanitizers find what the reader does wrong in memory, and require() what it says wrong.
 *
 * tests/rules/fuzz builds it and makes a short run of it. For longer ones:
 *   build/fuzz/csv_reader_fuzz -max_total_time=600 NEW-CORPUS tests/fuzz/corpus/csv_reader
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv_reader.h"

/* libFuzzer's main() calls it; no header declares it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer keeps the input of a process that aborts. */
static void require(bool holds)
{
	if (!holds)
		abort();
}

/* An error is of a kind that the header promises, and its text is one line that names the file. */
static void require_error(int status, const struct csv_error *error)
{
	char text[sizeof(*error) + 64];

	require(status == -EBADMSG || status == -ENODATA);
	require(error->line >= 0 && error->message[0] != '\0');
	csv_error_text(error, "FILE", text, sizeof(text));
	require(strncmp(text, "FILE:", strlen("FILE:")) == 0 && !strpbrk(text, "\r\n"));
}

/* Reads to the end or to the first error. Returns the number of rows, or the error. */
static int64_t file_read(const uint8_t *data, size_t size, bool allow_partial)
{
	struct csv_reader reader;
	struct csv_error error;
	struct result row;
	int64_t n_rows = 0;
	int status = csv_reader_open_memory(&reader, data, size, &error);

	if (status < 0) {
		require_error(status, &error);
		return status;
	}
	result_init(&row);
	reader.allow_partial = allow_partial;
	while ((status = csv_reader_next(&reader, &row, &error)) == 1)
		n_rows++;
	if (status < 0)
		require_error(status, &error);
	csv_reader_close(&reader);
	return status < 0 ? status : n_rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t n_rows = file_read(data, size, false);
	int64_t n_rows_partial = file_read(data, size, true);

	/* What is good as a whole is not empty, and is just as good when a part would do. */
	if (n_rows >= 0)
		require(n_rows > 0 && n_rows_partial == n_rows);
	return 0;
}
