// SPDX-License-Identifier: MIT
/* One row into fields; csv_split_row at the end reads top-down. */
#include "csv_split.h"

#include <string.h>

#include "eight_bytes.h"

/*
 * Bit i: byte i of the block is at most ','. All bytes that end a plain field are among these, and
 * few others (a space, '+', '(') are. Eight bytes at a time: the sum sets the top bit of a byte
 * that is larger, never carrying into the next; the product gathers the top bits.
 */
static uint64_t block_scan(const char *block)
{
	uint64_t bits = 0;

	for (int i = 0; i < CSV_SPLIT_BLOCK; i += 8) {
		uint64_t bytes = eight_bytes_load(block + i);
		uint64_t larger = ((bytes & EIGHT_BYTES_OF(0x7f)) + EIGHT_BYTES_OF(0x7f - ',')) | bytes;
		bits |= ((~larger & EIGHT_BYTES_OF(0x80)) >> 7) * UINT64_C(0x0102040810204080) >> 56 << i;
	}
	return bits;
}

/* Makes `at` the first byte that plain_end looks at. */
static void scan(struct csv_split *split, const char *at)
{
	split->block = at;
	split->candidates = block_scan(at);
}

/*
 * The end of a plain field: the next byte that means something, or the sentinel. A large file is
 * mostly this; by blocks it does not wait for one field's end to look for the next.
 */
static const char *plain_end(struct csv_split *split)
{
	static const bool special[256] = {
		[','] = true, ['\n'] = true, ['"'] = true, ['\r'] = true, ['\0'] = true};

	for (;;) { /* ends at the sentinel */
		const char *at;

		while (split->candidates == 0)
			scan(split, split->block + CSV_SPLIT_BLOCK);
		at = split->block + __builtin_ctzll(split->candidates);
		split->candidates &= split->candidates - 1;
		if (special[(unsigned char)*at])
			return at;
	}
}

/* The rest of a quoted field: takes split->at from behind one quote to behind the other. As below.
 */
static int split_quoted(struct csv_split *split, struct csv_field *field, struct csv_error *error)
{
	field->text = split->at;
	for (;;) {
		const char *quote = memchr(split->at, '"', (size_t)(split->end - split->at));

		if (!quote || quote + 1 == split->end)
			return 0;
		for (const char *at = split->at; at < quote; at++) {
			if (*at == '\0')
				return csv_error_malformed(error, split->line, "", "a NUL byte");
			split->line += *at == '\n';
		}
		split->at = quote + 1;
		if (*split->at != '"')
			break;
		field->doubled = split->doubled = true;
		split->at++;
	}
	scan(split, split->at + 1);
	field->length = (size_t)(split->at - 1 - field->text);
	return 1;
}

/* Why a plain field cannot end with the byte at split->at. */
static int bad_byte(const struct csv_split *split, struct csv_error *error)
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

/* "" in a quoted field becomes ", in place. */
static void undouble(struct csv_field *field)
{
	char *to = (char *)(uintptr_t)field->text; /* the caller's row may be written to */
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

static void undouble_all(struct csv_field *fields, int n)
{
	for (int i = 0; i < n; i++) {
		if (fields[i].doubled)
			undouble(&fields[i]);
	}
}

int csv_split_row(struct csv_split *split, struct csv_field *fields, struct csv_error *error)
{
	struct csv_field *field = fields;
	int n = 0;

	split->doubled = false;
	scan(split, split->at);
	for (;;) { /* ends with the row, or at the sentinel */
		field->line = split->line;
		field->doubled = false;
		if (*split->at == '"') {
			split->at++;
			int rc = split_quoted(split, field, error);
			if (rc <= 0)
				return rc;
		} else {
			field->text = split->at;
			split->at = plain_end(split);
			field->length = (size_t)(split->at - field->text);
		}
		if (split->at == split->end)
			return 0;
		if (*split->at != ',' && *split->at != '\n')
			return bad_byte(split, error);
		n++;
		field += n <= CSV_COLUMNS_MAX;
		if (*split->at++ == '\n')
			break;
	}
	split->line++;
	if (split->doubled)
		undouble_all(fields, n < CSV_COLUMNS_MAX ? n : CSV_COLUMNS_MAX);
	return n;
}
