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
#include "eight_bytes.h"

/* Kept apart from what every field passes. */
__attribute__((cold, noinline, format(printf, 4, 5))) static int refuse(char *message,
																		const char *text,
																		size_t length,
																		const char *format, ...)
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

/*
 * The number that 1 to 8 digits make; false where one of them is none. All at once, because the end
 * of a loop over so few cannot be predicted and costs more than the digits: neighbours are joined
 * to numbers below 100, these to numbers below 10,000, and these to one. What is read behind the
 * digits is shifted out; what comes in before them is 0.
 */
static bool take_8_digits(const char *text, size_t length, uint64_t *number)
{
	uint64_t digits = (eight_bytes_load(text) ^ EIGHT_BYTES_OF('0')) << (64 - 8 * length);

	if (((digits + EIGHT_BYTES_OF(0x80 - 10)) | digits) & EIGHT_BYTES_OF(0x80))
		return false;
	digits = digits * (10 << 8 | 1) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
	digits = digits * (100 << 16 | 1) >> 16 & UINT64_C(0x0000ffff0000ffff);
	*number = digits * (UINT64_C(10000) << 32 | 1) >> 32;
	return true;
}

enum { DIGITS_MAX = 16 };

/* Likewise for 1 to DIGITS_MAX digits. */
static bool take_digits(const char *text, size_t length, uint64_t *number)
{
	uint64_t high = 0;
	uint64_t low;

	if (length > 8) {
		if (!take_8_digits(text, length - 8, &high))
			return false;
		text += length - 8;
		length = 8;
	}
	if (!take_8_digits(text, length, &low))
		return false;
	*number = high * 100000000 + low;
	return true;
}

static int store_integer(const char *text, size_t length, int64_t *integer, char *message)
{
	size_t sign = *text == '-';
	uint64_t number;
	int64_t value = 0;
	bool overflow = false;

	if (length <= DIGITS_MAX && take_digits(text, length, &number)) {
		*integer = (int64_t)number;
		return 0;
	}
	if (length == sign)
		return refuse(message, text, length, "is not a whole number");
	for (size_t i = sign; i < length; i++) {
		if (!is_digit(text[i]))
			return refuse(message, text, length, "is not a whole number");
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, text[i] - '0', &value))
			overflow = true;
	}
	if (overflow)
		return refuse(message, text, length, "is too large");
	if (sign && value > 0)
		return refuse(message, text, length, "is below 0");
	*integer = value;
	return 0;
}

/*
 * Reads digits[.digits] where it is short enough for the digits and the power of ten that they are
 * divided by to be exact doubles, so that the one division rounds correctly. False for all else.
 */
static bool take_plain(const char *text, size_t length, double *real)
{
	static const double powers[DIGITS_MAX] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
											  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	const char *point = length <= DIGITS_MAX ? memchr(text, '.', length) : NULL;
	size_t n_whole = point ? (size_t)(point - text) : length;
	size_t n_part = point ? length - n_whole - 1 : 0;
	uint64_t whole;
	uint64_t part = 0;

	if (length > DIGITS_MAX || n_whole == 0 || !take_digits(text, n_whole, &whole))
		return false;
	if (point && (n_part == 0 || !take_digits(point + 1, n_part, &part)))
		return false;
	whole = whole * (uint64_t)powers[n_part] + part;
	if (whole > UINT64_C(1) << 53)
		return false;
	*real = (double)whole / powers[n_part];
	return true;
}

/* Behind the digits at `at`, of which there must be one; NULL if there is none. */
static const char *skip_digits(const char *at)
{
	if (!is_digit(*at))
		return NULL;
	while (is_digit(*at))
		at++;
	return at;
}

/* Whether text[length] is [-]digits[.digits][e[+-]digits]. */
static bool is_decimal(const char *text, size_t length)
{
	const char *at = skip_digits(text + (*text == '-'));

	if (at && *at == '.')
		at = skip_digits(at + 1);
	if (at && (*at == 'e' || *at == 'E'))
		at = skip_digits(at + 1 + (at[1] == '+' || at[1] == '-'));
	return at == text + length;
}

static int store_real(const char *text, size_t length, double *real, char *message)
{
	if (take_plain(text, length, real))
		return 0;
	if (!is_decimal(text, length))
		return refuse(message, text, length, "is not a number");
	*real = strtod(text, NULL);
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
