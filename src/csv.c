// SPDX-License-Identifier: MIT
/*
 * Writing the CSV. csv.h says what is guaranteed.
 */
#include "csv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a row in memory ---- */

/* Makes room for `more` bytes. */
static int reserve(struct csv *csv, size_t more)
{
	if (csv->capacity - csv->length >= more)
		return 0;

	size_t capacity = (csv->length + more) * 2;
	char *row = realloc(csv->row, capacity);
	if (!row)
		return -ENOMEM;
	csv->row = row;
	csv->capacity = capacity;
	return 0;
}

/* Appends a text, quoted where it must be. */
static int append_text(struct csv *csv, const char *text)
{
	size_t len = strlen(text);
	bool quoted = strpbrk(text, ",\"\r\n") != NULL;

	if (reserve(csv, 2 * len + 2))
		return -ENOMEM;
	char *at = csv->row + csv->length;
	if (quoted)
		*at++ = '"';
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			*at++ = '"';
		*at++ = text[i];
	}
	if (quoted)
		*at++ = '"';
	csv->length = (size_t)(at - csv->row);
	return 0;
}

/* Formats a real with up to 6 decimals. The caller has switched to the C locale. */
static void format_real(double real, char *buf, size_t size)
{
	if (!isfinite(real)) {
		buf[0] = '\0';
		return;
	}
	int len = snprintf(buf, size, "%.6f", real);
	while (buf[len - 1] == '0')
		len--;
	if (buf[len - 1] == '.')
		len--;
	buf[len] = '\0';
	if (strcmp(buf, "-0") == 0)
		strcpy(buf, "0");
}

static int append_field(struct csv *csv, const struct result_column *column,
						const struct result *result)
{
	const char *field = (const char *)result + column->offset;
	char number[330] = ""; /* the largest double has 309 digits before the point */
	int64_t integer;
	double real;
	enum result_status status;

	switch (column->kind) {
	case RESULT_TEXT:
		return append_text(csv, field);
	case RESULT_STATUS:
		memcpy(&status, field, sizeof(status));
		return append_text(csv, result_status_word(status));
	case RESULT_INTEGER:
		memcpy(&integer, field, sizeof(integer));
		if (integer != RESULT_NONE)
			snprintf(number, sizeof(number), "%" PRId64, integer);
		break;
	case RESULT_REAL:
		memcpy(&real, field, sizeof(real));
		format_real(real, number, sizeof(number));
		break;
	}
	return append_text(csv, number);
}

/* Builds the header (`result` NULL) or a row in csv->row. */
static int build_row(struct csv *csv, const struct result *result)
{
	csv->length = 0;
	for (size_t i = 0; i < n_result_columns; i++) {
		const struct result_column *column = &result_columns[i];
		int rc = result ? append_field(csv, column, result) : append_text(csv, column->name);

		if (rc == 0)
			rc = reserve(csv, 1);
		if (rc)
			return rc;
		csv->row[csv->length++] = i + 1 < n_result_columns ? ',' : '\n';
	}
	return 0;
}

/* ---- the file ---- */

/* Whether what is in the file lets rows with our header (in csv->row) be appended. */
static int check_existing(const struct csv *csv, off_t size, struct csv_error *error)
{
	char last = '\0';
	char *head = malloc(csv->length);

	if (!head)
		return csv_error_system(error, -ENOMEM, "cannot compare the header");
	ssize_t n = pread(csv->file.fd, head, csv->length, 0);
	int rc = n < 0 ? -errno : 0;
	bool same = n == (ssize_t)csv->length && memcmp(head, csv->row, csv->length) == 0;
	free(head);
	if (rc)
		return csv_error_system(error, rc, "cannot read the header");
	if (!same)
		return csv_error_malformed(error, 1, "",
								   "the header is not that of schema %d; rows cannot be appended",
								   RESULT_SCHEMA);
	if (pread(csv->file.fd, &last, 1, size - 1) != 1 || last != '\n')
		return csv_error_malformed(error, 0, "",
								   "the last row is cut (no line end); rows cannot be appended");
	return 0;
}

static int open_file(struct csv *csv, const char *path, enum csv_mode mode, struct csv_error *error)
{
	int how = mode == CSV_CREATE ? O_EXCL : mode == CSV_FORCE ? O_TRUNC : 0;
	struct stat status;

	if (strcmp(path, "-") == 0) {
		if (fstat(STDOUT_FILENO, &status) < 0)
			return csv_error_system(error, -errno, "cannot stat");
		csv->file.regular = S_ISREG(status.st_mode);
		return 0;
	}
	int rc = rowfile_open(&csv->file, path, how);
	if (rc)
		return csv_error_system(error, rc, "cannot open");
	csv->close_file = true;
	return 0;
}

static int start_file(struct csv *csv, enum csv_mode mode, struct csv_error *error)
{
	struct stat status;

	if (fstat(csv->file.fd, &status) < 0)
		return csv_error_system(error, -errno, "cannot stat");
	int rc = build_row(csv, NULL);
	if (rc)
		return csv_error_system(error, rc, "cannot build the header");
	if (csv->close_file && csv->file.regular && mode == CSV_APPEND && status.st_size > 0)
		return check_existing(csv, status.st_size, error);
	rc = rowfile_write(&csv->file, csv->row, csv->length);
	return rc ? csv_error_system(error, rc, "cannot write") : 0;
}

int csv_open(struct csv *csv, const char *path, enum csv_mode mode, struct csv_error *error)
{
	*csv = (struct csv){.file.fd = STDOUT_FILENO};
	*error = (struct csv_error){0};
	csv->c_locale = newlocale(LC_ALL_MASK, "C", NULL);
	if (!csv->c_locale)
		return csv_error_system(error, -errno, "cannot make a C locale");

	int rc = open_file(csv, path, mode, error);
	if (rc == 0)
		rc = start_file(csv, mode, error);
	if (rc)
		csv_close(csv);
	return rc;
}

int csv_write_row(struct csv *csv, const struct result *result)
{
	locale_t callers = uselocale(csv->c_locale);
	int rc = build_row(csv, result);

	uselocale(callers);
	return rc ? rc : rowfile_write(&csv->file, csv->row, csv->length);
}

int csv_close(struct csv *csv)
{
	int rc = csv->close_file ? rowfile_close(&csv->file) : 0;

	free(csv->row);
	freelocale(csv->c_locale);
	*csv = (struct csv){.file.fd = -1};
	return rc;
}
