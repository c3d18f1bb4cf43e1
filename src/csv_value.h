// SPDX-License-Identifier: MIT
/*
 * One field of the CSV turned into one member of struct result, by its column's kind. Strict: a
 * number is digits, with .digits and an exponent where the column is a real; nothing around it, no
 * nan, no inf, nothing below 0.
 */
#ifndef CONCBENCH_CSV_VALUE_H
#define CONCBENCH_CSV_VALUE_H

#include <stddef.h>

#include "result.h"

/*
 * Stores text[length] as the member of *result that belongs to `column`; an empty text is "not
 * measured". The byte at text[length] is no part of a number (',', '"' or LF), seven more behind it
 * can be read, and the thread's locale is one with a decimal point. Returns 0, or -EBADMSG with
 * what is wrong, in words that follow the column's name, in message[CSV_ERROR_MAX].
 */
int csv_value_store(const struct result_column *column, const char *text, size_t length,
					struct result *result, char *message);

#endif
