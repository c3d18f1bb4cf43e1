// SPDX-License-Identifier: MIT
/*
 * Reading the CSV. A row goes through three steps: csv_split finds the fields of the next row in
 * the buffer without touching it, so that it can start again when the buffer had to be refilled;
 * then the number of fields is checked; then src/csv_value.c turns each into a member of the
 * result.
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
		char *buffer = realloc(reader->buffer, reader->capacity * 2 + 1);
		if (!buffer)
			return csv_error_system(error, -ENOMEM, "cannot hold a row");
		reader->buffer = buffer;
		reader->capacity *= 2;
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

/* ---- one row into fields ---- */

enum { SPLIT_MORE = 1 }; /* the buffer ends within the row */

/* Where csv_split is. */
struct split {
	const char *at, *end;
	int64_t line;
};

/* The end of a plain field: the next byte that means something. The buffer ends with a sentinel. */
static const char *skip_plain(const char *at)
{
	static const bool special[256] = {
		[','] = true, ['\n'] = true, ['"'] = true, ['\r'] = true, ['\0'] = true};

	while (!special[(unsigned char)*at])
		at++;
	return at;
}

/* The rest of a quoted field: takes split->at from behind one quote to behind the other. */
static int split_quoted(struct split *split, struct csv_field *field, struct csv_error *error)
{
	field->text = split->at;
	for (;;) {
		const char *quote = memchr(split->at, '"', (size_t)(split->end - split->at));

		if (!quote || quote + 1 == split->end)
			return SPLIT_MORE;
		for (const char *at = split->at; at < quote; at++) {
			if (*at == '\0')
				return csv_error_malformed(error, split->line, "", "a NUL byte");
			split->line += *at == '\n';
		}
		split->at = quote + 1;
		if (*split->at != '"')
			break;
		field->doubled = true;
		split->at++;
	}
	field->length = (size_t)(split->at - 1 - field->text);
	return 0;
}

/* Why a plain field cannot end with the byte at split->at. */
static int bad_byte(const struct split *split, struct csv_error *error)
{
	switch (*split->at) {
	case '\r':
		return csv_error_malformed(error, split->line, "",
								   "a carriage return; lines must end in LF alone");
	case '\0':
		return csv_error_malformed(error, split->line, "", "a NUL byte");
	case '"':
		return csv_error_malformed(error, split->line, "",
								   "a quote within a field that is not quoted");
	default:
		return csv_error_malformed(error, split->line, "", "text behind a closing quote");
	}
}

/*
 * Finds the fields of the row at buffer[start]; those beyond CSV_COLUMNS_MAX are only counted. 0,
 * SPLIT_MORE or -EBADMSG. On 0 the row is taken from the buffer.
 */
static int split_row(struct csv_reader *reader, size_t *n_fields, struct csv_error *error)
{
	struct split split = {
		.at = reader->buffer + reader->start,
		.end = reader->buffer + reader->end,
		.line = reader->next_line,
	};
	size_t n = 0;

	for (;;) { /* ends with the row, or at the sentinel behind the buffer's last byte */
		struct csv_field *field = &reader->fields[n < CSV_COLUMNS_MAX ? n : CSV_COLUMNS_MAX];

		n++;
		field->line = split.line;
		field->doubled = false;
		if (*split.at == '"') {
			split.at++;
			int rc = split_quoted(&split, field, error);
			if (rc)
				return rc;
		} else {
			field->text = split.at;
			split.at = skip_plain(split.at);
			field->length = (size_t)(split.at - field->text);
		}
		if (split.at == split.end)
			return SPLIT_MORE;
		if (*split.at != ',' && *split.at != '\n')
			return bad_byte(&split, error);
		if (*split.at++ == '\n')
			break;
	}
	reader->start = (size_t)(split.at - reader->buffer);
	reader->line = reader->next_line;
	reader->next_line = split.line + 1;
	*n_fields = n;
	return 0;
}

/* "" in a quoted field becomes ", in place. */
static void undouble(struct csv_field *field)
{
	char *to = (char *)(uintptr_t)field->text; /* it lies in the reader's own buffer */
	const char *from = field->text;
	const char *end = from + field->length;

	while (from < end) {
		if (*from == '"')
			from++;
		*to++ = *from++;
	}
	field->length = (size_t)(to - field->text);
	*to = '"'; /* no field is followed by a byte that could be part of it */
}

/* Reads a row into reader->fields. 1, 0 at the end of the file, or -errno. */
static int read_fields(struct csv_reader *reader, size_t *n_fields, struct csv_error *error)
{
	int rc = SPLIT_MORE;

	while (rc == SPLIT_MORE) {
		reader->buffer[reader->end] = '\n'; /* the sentinel */
		if (reader->start < reader->end)
			rc = split_row(reader, n_fields, error);
		if (rc != SPLIT_MORE)
			break;
		if (reader->at_end) {
			if (reader->start == reader->end || reader->allow_partial)
				return 0;
			return csv_error_malformed(error, reader->next_line, "",
									   "the file ends within a row (no line end)");
		}
		rc = refill(reader, error);
		if (rc)
			return rc;
		rc = SPLIT_MORE;
	}
	if (rc)
		return rc;
	size_t n = *n_fields < CSV_COLUMNS_MAX ? *n_fields : CSV_COLUMNS_MAX;
	for (size_t i = 0; i < n; i++)
		if (reader->fields[i].doubled)
			undouble(&reader->fields[i]);
	return 1;
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
	size_t n;
	int rc = read_fields(reader, &n, error);

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
	reader->capacity = BUFFER_INITIAL;
	reader->buffer = malloc(reader->capacity + 1); /* + 1: the sentinel */
	reader->fields = calloc(CSV_COLUMNS_MAX + 1, sizeof(*reader->fields));
	reader->c_locale = newlocale(LC_ALL_MASK, "C", NULL);
	if (!reader->buffer || !reader->fields || !reader->c_locale)
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
	if (rc == 0 && size > reader->capacity) {
		char *buffer = realloc(reader->buffer, size + 1);

		if (!buffer) {
			rc = csv_error_system(error, -ENOMEM, "cannot hold the data");
			goto out;
		}
		reader->buffer = buffer;
		reader->capacity = size;
	}
	if (rc == 0) {
		if (size > 0)
			memcpy(reader->buffer, data, size);
		reader->end = size;
		rc = read_header(reader, error);
	}
out:
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

/* ---- rows ---- */

static int convert(struct csv_reader *reader, size_t index, struct result *result,
				   struct csv_error *error)
{
	const struct csv_field *field = &reader->fields[index];
	char message[CSV_ERROR_MAX];

	if (csv_value_store(reader->column[index], field->text, field->length, result, message) == 0)
		return 0;
	return csv_error_malformed(error, field->line, reader->names[index], "%s", message);
}

static int convert_row(struct csv_reader *reader, struct result *result, struct csv_error *error)
{
	int rc = convert(reader, reader->schema_at, result, error);

	if (rc)
		return rc;
	if (result->schema != RESULT_SCHEMA)
		return csv_error_malformed(error, reader->line, "schema",
								   "%" PRId64 " is not the schema that this build reads (%d)",
								   result->schema, RESULT_SCHEMA);
	for (size_t i = 0; i < reader->n_columns; i++) {
		if (reader->column[i])
			rc = convert(reader, i, result, error);
		if (rc)
			return rc;
	}
	return 0;
}

int csv_reader_next(struct csv_reader *reader, struct result *result, struct csv_error *error)
{
	size_t n;
	int rc = read_fields(reader, &n, error);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return reader->allow_partial ? 0 : csv_runs_check(&reader->runs, error);
	if (n != reader->n_columns)
		return csv_error_malformed(error, reader->line, "",
								   "the row has %zu fields, the header %zu (an unquoted comma?)", n,
								   reader->n_columns);

	locale_t callers = uselocale(reader->c_locale);
	rc = convert_row(reader, result, error);
	uselocale(callers);
	if (rc == 0)
		rc = csv_runs_add(&reader->runs, result, reader->line, error);
	return rc ? rc : 1;
}
