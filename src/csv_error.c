// SPDX-License-Identifier: MIT
/*
 * Errors of CSV files, in words.
 */
#include "csv_error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What comes from a file can hold anything, and a message is one line. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

int csv_error_malformed(struct csv_error *error, int64_t line, const char *column,
						const char *format, ...)
{
	va_list arguments;

	*error = (struct csv_error){.line = line};
	snprintf(error->column, sizeof(error->column), "%s", column);
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	make_printable(error->column);
	make_printable(error->message);
	return -EBADMSG;
}

int csv_error_system(struct csv_error *error, int rc, const char *what)
{
	csv_error_malformed(error, 0, "", "%s: %s", what, strerror(-rc));
	return rc;
}

char *csv_error_text(const struct csv_error *error, const char *path, char *buf, size_t size)
{
	char line[24] = "";

	if (error->line > 0)
		snprintf(line, sizeof(line), "%" PRId64 ":", error->line);
	snprintf(buf, size, "%s:%s %s%s%s%s", path, line, error->column[0] ? "column " : "",
			 error->column, error->column[0] ? ": " : "", error->message);
	return buf;
}
