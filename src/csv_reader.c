// SPDX-License-Identifier: MIT
/*
 * Reading the CSV. A row goes through three steps: src/csv_split.c finds the fields of the next row
 * in the buffer and leaves a row alone that is not there as a whole, so that it can start again
 * when the buffer has been refilled; then the number of fields is checked; then src/csv_value.c
 * turns each into a member of the result.
 */
#include "csv_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv_value.h"

enum { BUFFER_INITIAL = 1 << 18 };

/* ---- the buffer ---- */

/* Makes room for `capacity` bytes and the tail. The buffer is kept where there is no memory. */
static int buffer_resize(struct csv_reader *reader, size_t capacity)
{
	char *buffer = realloc(reader->buffer, capacity + CSV_SPLIT_TAIL);

	if (!buffer)
		return -ENOMEM;
	memset(buffer + capacity, 0, CSV_SPLIT_TAIL);
	reader->buffer = buffer;
	reader->capacity = capacity;
	return 0;
}

/*
 * Moves what is not yet parsed to the front and reads until the buffer is full or the file ends. A
 * buffer that was full with one row is doubled.
 */
static int refill(struct csv_reader *reader, struct csv_error *error)
{
	size_t kept = reader->end - reader->start;

	memmove(reader->buffer, reader->buffer + reader->start, kept);
	reader->start = 0;
	reader->end = kept;
	if (kept == reader->capacity) {
		if (kept >= CSV_ROW_MAX)
			return csv_error_malformed(error, reader->next_line, "",
									   "a row is longer than %d bytes", CSV_ROW_MAX);
		if (buffer_resize(reader, reader->capacity * 2) < 0)
			return csv_error_system(error, -ENOMEM, "cannot hold a row");
	}
	while (reader->end < reader->capacity && !reader->at_end) {
		ssize_t n = read(reader->fd, reader->buffer + reader->end, reader->capacity - reader->end);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return csv_error_system(error, -errno, "cannot read");
		reader->at_end = n == 0;
		reader->end += (size_t)n;
	}
	return 0;
}

/* ---- rows ---- */

/* Reads a row into reader->fields: how many fields it has, 0 at the end of the file, or -errno. */
static int read_fields(struct csv_reader *reader, struct csv_error *error)
{
	for (;;) { /* ends: the buffer holds a whole row at last, or the file ends */
		struct csv_split split = {
			.at = reader->buffer + reader->start,
			.end = reader->buffer + reader->end,
			.line = reader->next_line,
		};
		int n = 0;

		reader->buffer[reader->end] = '\n'; /* the sentinel */
		if (reader->start < reader->end)
			n = csv_split_row(&split, reader->fields, error);
		if (n > 0) {
			reader->start = (size_t)(split.at - reader->buffer);
			reader->line = reader->next_line;
			reader->next_line = split.line;
		}
		if (n != 0)
			return n;
		if (reader->at_end) {
			if (reader->start == reader->end || reader->allow_partial)
				return 0;
			return csv_error_malformed(error, reader->next_line, "",
									   "the file ends within a row (no line end)");
		}
		int rc = refill(reader, error);
		if (rc)
			return rc;
	}
}

/* ---- the header ---- */

static int check_header(struct csv_reader *reader, size_t n, struct csv_error *error)
{
	const struct csv_field *first = &reader->fields[0];

	if (first->length >= 3 && memcmp(first->text, "\xef\xbb\xbf", 3) == 0)
		return csv_error_malformed(error, 1, "", "a byte order mark before the header");
	if (n > CSV_COLUMNS_MAX)
		return csv_error_malformed(error, 1, "", "%zu columns, at most %d are allowed", n,
								   CSV_COLUMNS_MAX);
	if (n == 1 && memchr(first->text, ';', first->length))
		return csv_error_malformed(error, 1, "", "fields are separated by ';' and not by ','");
	return 0;
}

static int take_column(struct csv_reader *reader, size_t index, struct csv_error *error)
{
	const struct csv_field *field = &reader->fields[index];
	char *name = strndup(field->text, field->length);

	if (!name)
		return csv_error_system(error, -ENOMEM, "cannot hold the header");
	reader->names[index] = name;
	reader->column[index] = result_column_find(name, field->length);
	reader->n_columns = index + 1;
	if (field->length == 0)
		return csv_error_malformed(error, 1, "", "column number %zu has no name", index + 1);
	for (size_t i = 0; i < index; i++)
		if (strcmp(reader->names[i], name) == 0)
			return csv_error_malformed(error, 1, name, "occurs twice");
	if (strcmp(name, "schema") == 0)
		reader->schema_at = index;
	return 0;
}

static int read_header(struct csv_reader *reader, struct csv_error *error)
{
	int rc = read_fields(reader, error);
	size_t n = rc > 0 ? (size_t)rc : 0;

	if (rc == 0)
		return csv_error_malformed(error, 0, "", "the file is empty");
	if (rc > 0)
		rc = check_header(reader, n, error);
	if (rc < 0)
		return rc;

	reader->names = calloc(n, sizeof(*reader->names));
	reader->column = calloc(n, sizeof(*reader->column));
	if (!reader->names || !reader->column)
		return csv_error_system(error, -ENOMEM, "cannot hold the header");
	for (size_t i = 0; i < n; i++) {
		rc = take_column(reader, i, error);
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < n_result_columns; i++) {
		bool found = !(result_columns[i].flags & RESULT_REQUIRED);

		for (size_t j = 0; j < n && !found; j++)
			found = reader->column[j] == &result_columns[i];
		if (!found)
			return csv_error_malformed(error, 1, result_columns[i].name, "is missing");
	}
	return 0;
}

/* ---- opening and closing ---- */

static int open_buffer(struct csv_reader *reader, int fd, struct csv_error *error)
{
	*error = (struct csv_error){0};
	*reader = (struct csv_reader){.fd = fd, .next_line = 1};
	reader->fields = calloc(CSV_COLUMNS_MAX + 1, sizeof(*reader->fields));
	reader->c_locale = newlocale(LC_ALL_MASK, "C", NULL);
	if (buffer_resize(reader, BUFFER_INITIAL) < 0 || !reader->fields || !reader->c_locale)
		return csv_error_system(error, -ENOMEM, "cannot make a buffer");
	return 0;
}

int csv_reader_open(struct csv_reader *reader, const char *path, struct csv_error *error)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return csv_error_system(error, -errno, "cannot open");
	int rc = open_buffer(reader, fd, error);
	if (rc == 0)
		rc = read_header(reader, error);
	if (rc)
		csv_reader_close(reader);
	return rc;
}

int csv_reader_open_memory(struct csv_reader *reader, const void *data, size_t size,
						   struct csv_error *error)
{
	int rc = open_buffer(reader, -1, error);

	reader->at_end = true;
	if (rc == 0 && size > reader->capacity && buffer_resize(reader, size) < 0)
		rc = csv_error_system(error, -ENOMEM, "cannot hold the data");
	if (rc == 0) {
		if (size > 0)
			memcpy(reader->buffer, data, size);
		reader->end = size;
		rc = read_header(reader, error);
	}
	if (rc)
		csv_reader_close(reader);
	return rc;
}

void csv_reader_close(struct csv_reader *reader)
{
	for (size_t i = 0; i < reader->n_columns; i++)
		free(reader->names[i]);
	free(reader->names);
	free(reader->column);
	free(reader->fields);
	free(reader->buffer);
	csv_runs_release(&reader->runs);
	if (reader->c_locale)
		freelocale(reader->c_locale);
	if (reader->fd > STDIN_FILENO)
		close(reader->fd);
	*reader = (struct csv_reader){.fd = -1};
}

/* ---- fields into results ---- */

/* Stores the field of a column that we know. */
static inline int convert(const struct csv_reader *reader, size_t index, struct result *result,
						  struct csv_error *error)
{
	const struct csv_field *field = &reader->fields[index];

	return csv_value_store(reader->column[index], field->text, field->length, result,
						   error->message);
}

/* Says where a field is that could not be stored; what is wrong with it is in error->message. */
static int convert_fail(const struct csv_reader *reader, size_t index, struct csv_error *error)
{
	char message[CSV_ERROR_MAX];

	memcpy(message, error->message, sizeof(message));
	return csv_error_malformed(error, reader->fields[index].line, reader->names[index], "%s",
							   message);
}

static int convert_row(const struct csv_reader *reader, struct result *result,
					   struct csv_error *error)
{
	if (convert(reader, reader->schema_at, result, error) < 0)
		return convert_fail(reader, reader->schema_at, error);
	if (result->schema != RESULT_SCHEMA)
		return csv_error_malformed(error, reader->line, "schema",
								   "%" PRId64 " is not the schema that this build reads (%d)",
								   result->schema, RESULT_SCHEMA);
	for (size_t i = 0; i < reader->n_columns; i++) {
		if (reader->column[i] && convert(reader, i, result, error) < 0)
			return convert_fail(reader, i, error);
	}
	return 0;
}

int csv_reader_next(struct csv_reader *reader, struct result *result, struct csv_error *error)
{
	int rc = read_fields(reader, error);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return reader->allow_partial ? 0 : csv_runs_check(&reader->runs, error);
	if ((size_t)rc != reader->n_columns)
		return csv_error_malformed(error, reader->line, "",
								   "the row has %d fields, the header %zu (an unquoted comma?)", rc,
								   reader->n_columns);

	locale_t callers = uselocale(reader->c_locale);
	rc = convert_row(reader, result, error);
	uselocale(callers);
	if (rc == 0)
		rc = csv_runs_add(&reader->runs, result, reader->line, error);
	return rc ? rc : 1;
}
