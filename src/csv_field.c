// SPDX-License-Identifier: MIT
/* Quoting, and empty fields. */
#include "csv_field.h"

#include <math.h>
#include <string.h>

void csv_field_text(FILE *out, const char *text, char after)
{
	if (!strpbrk(text, ",\"\n\r")) {
		fprintf(out, "%s%c", text, after);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fprintf(out, "\"%c", after);
}

void csv_field_number(FILE *out, double value, char after)
{
	if (isfinite(value))
		fprintf(out, "%.6g", value);
	fputc(after, out);
}
