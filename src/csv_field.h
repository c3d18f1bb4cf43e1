// SPDX-License-Identifier: MIT
/* Fields of a report in CSV (RFC 4180), each with the character that follows it. */
#ifndef CONCBENCH_CSV_FIELD_H
#define CONCBENCH_CSV_FIELD_H

#include <stdio.h>

/* A text, quoted where it has to be. */
void csv_field_text(FILE *out, const char *text, char after);

/* A number with six digits; nothing where it is not known (NAN, infinite). */
void csv_field_number(FILE *out, double value, char after);

#endif
