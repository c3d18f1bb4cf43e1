// SPDX-License-Identifier: MIT
/*
 * Fields into members. Numbers are mostly read by hand: it accepts only what the header says, and
 * strtod would make a million rows a second slower.
 */
#include "csv_value.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_error.h"

__attribute__((format(printf, 4, 5))) static int refuse(char *message, const char *text,
														size_t length, const char *format, ...)
{
	va_list arguments;
	bool cut = length > 40;
	int shown = snprintf(message, CSV_ERROR_MAX, "\"%.*s%s\" ", cut ? 37 : (int)length, text,
						 cut ? "..." : "");

	va_start(arguments, format);
	vsnprintf(message + shown, (size_t)(CSV_ERROR_MAX - shown), format, arguments);
	va_end(arguments);
	return -EBADMSG;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int store_integer(const char *text, size_t length, int64_t *integer, char *message)
{
	const char *end = text + length;
	const char *at = text + (*text == '-');
	uint64_t value = 0;
	bool overflow = false;

	if (at == end)
		return refuse(message, text, length, "is not a whole number");
	for (; at < end; at++) {
		if (!is_digit(*at))
			return refuse(message, text, length, "is not a whole number");
		overflow |= value > INT64_MAX / 10;
		value = value * 10 + (uint64_t)(*at - '0');
		overflow |= value > INT64_MAX;
	}
	if (overflow)
		return refuse(message, text, length, "is too large");
	if (*text == '-' && value > 0)
		return refuse(message, text, length, "is below 0");
	*integer = (int64_t)value;
	return 0;
}

/* A decimal number taken apart: mantissa * 10^exponent, where `exact`. */
struct decimal {
	uint64_t mantissa;
	int exponent;
	int n_digits; /* leading zeros included */
	bool exact;
};

/* Takes digits into the mantissa; false if there are none. */
static bool take_digits(struct decimal *decimal, const char **at)
{
	const char *first = *at;

	for (; is_digit(**at); ++*at, ++decimal->n_digits)
		if (decimal->n_digits < 18)
			decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(**at - '0');
	return *at > first;
}

/* Whether text[length] is [-]digits[.digits][e[+-]digits]. */
static bool take_decimal(const char *text, size_t length, struct decimal *decimal)
{
	const char *at = text + (*text == '-');

	*decimal = (struct decimal){0};
	if (!take_digits(decimal, &at))
		return false;
	if (*at == '.') {
		const char *first = ++at;

		if (!take_digits(decimal, &at))
			return false;
		decimal->exponent = (int)(first - at);
	}
	decimal->exact = decimal->n_digits <= 18 && decimal->mantissa <= UINT64_C(1) << 53;
	if (*at == 'e' || *at == 'E') {
		at += 1 + (at[1] == '+' || at[1] == '-');
		if (!is_digit(*at))
			return false;
		while (is_digit(*at))
			at++;
		decimal->exact = false;
	}
	return at == text + length;
}

static int store_real(const char *text, size_t length, double *real, char *message)
{
	static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
									1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
	struct decimal decimal;

	if (!take_decimal(text, length, &decimal))
		return refuse(message, text, length, "is not a number");
	if (decimal.exact) {
		/* Both operands are exact doubles, so that the one division rounds correctly. */
		*real = (double)decimal.mantissa / powers[-decimal.exponent];
		if (*text == '-')
			*real = -*real;
	} else {
		*real = strtod(text, NULL);
	}
	if (!isfinite(*real))
		return refuse(message, text, length, "is too large");
	if (*real < 0)
		return refuse(message, text, length, "is below 0");
	return 0;
}

static int store_text(const struct result_column *column, const char *text, size_t length,
					  char *member, char *message)
{
	if (length >= column->size)
		return refuse(message, text, length, "is longer than %zu bytes", column->size - 1);
	memcpy(member, text, length);
	member[length] = '\0';
	return 0;
}

static int store_status(const char *text, size_t length, enum result_status *status, char *message)
{
	if (result_status_parse(text, length, status) == 0)
		return 0;
	return refuse(
		message, text, length,
		"is not a status (ok, unsupported, limited, invalid, failed, timeout or interrupted)");
}

/* An empty field. */
static int store_nothing(const struct result_column *column, char *member, char *message)
{
	if (column->flags & RESULT_FILLED) {
		snprintf(message, CSV_ERROR_MAX, "is empty");
		return -EBADMSG;
	}
	if (column->kind == RESULT_INTEGER)
		memcpy(member, &(int64_t){RESULT_NONE}, sizeof(int64_t));
	else if (column->kind == RESULT_REAL)
		memcpy(member, &(double){NAN}, sizeof(double));
	else
		*member = '\0';
	return 0;
}

int csv_value_store(const struct result_column *column, const char *text, size_t length,
					struct result *result, char *message)
{
	char *member = (char *)result + column->offset;

	if (length == 0)
		return store_nothing(column, member, message);
	switch (column->kind) {
	case RESULT_INTEGER:
		return store_integer(text, length, (int64_t *)(void *)member, message);
	case RESULT_REAL:
		return store_real(text, length, (double *)(void *)member, message);
	case RESULT_STATUS:
		return store_status(text, length, (enum result_status *)(void *)member, message);
	case RESULT_TEXT:
		break;
	}
	return store_text(column, text, length, member, message);
}
