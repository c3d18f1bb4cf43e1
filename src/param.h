// SPDX-License-Identifier: MIT
/*
 * Parameters: what a user can set of a workload (`-p name=value`) or of a backend
 * (`-b name:option=value`). Each is one row of a table; parsing, bounds, help and `list` all come
 * from the row.
 */
#ifndef CONCBENCH_PARAM_H
#define CONCBENCH_PARAM_H

#include <stddef.h>
#include <stdint.h>

enum {
	PARAM_TEXT_MAX = 256,
	PARAM_ERROR_MAX = 256,
};

enum param_kind {
	PARAM_COUNT,   /* a plain number; suffixes k, M, G (powers of 1000) */
	PARAM_BYTES,   /* bytes; k, M, G, and KiB, MiB, GiB (powers of 1024) */
	PARAM_TIME,    /* ns; suffixes ns, us, ms, s, m */
	PARAM_CHOICE,  /* one word of `choices`; its number is the index */
	PARAM_BACKEND, /* one word of `choices`, or [a-z0-9_]+, which the plan checks is a backend */
};

struct param_row {
	const char *name; /* NULL ends a table */
	enum param_kind kind;
	const char *fallback; /* the default, as a user would write it */
	int64_t min, max;     /* in base units, both allowed; unused for choices */
	const char *choices;  /* "own|common"; a word that ends in ':' takes any text behind it, but not
							 an empty one, nor ';', ',' or a line end. NULL: none. For a COUNT,
							 "cpus" allows that word: as many as the CPUs this process may use */
	const char *help;
};

struct param_value {
	int64_t number;            /* base units, or the index of the choice (-1: a backend's name) */
	char text[PARAM_TEXT_MAX]; /* canonical: the integer in base units, or the word */
};

/*
 * Reads `text` as a value of `row`. Returns 0, or -EINVAL / -ERANGE with one line in
 * error[PARAM_ERROR_MAX] that names the parameter, the value and what is allowed.
 */
int param_parse(const struct param_row *row, const char *text, struct param_value *value,
				char *error);

/* The value that is number `index` of a row's choices, none of which ends in ':'. */
void param_choose(const struct param_row *row, int64_t index, struct param_value *value);

/* The row called `name` (`len` bytes) in a table, or NULL. */
const struct param_row *param_find(const struct param_row *rows, const char *name, size_t len);

/* The bounds or the choices of a row, in words, for help and messages. Returns `buf`. */
char *param_allowed(const struct param_row *row, char *buf, size_t size);

/*
 * Reads a whole number with a suffix of `kind` (COUNT, BYTES or TIME), or with none for base units.
 * 0, -EINVAL (not a number) or -ERANGE (beyond 64 bits).
 */
int param_number(enum param_kind kind, const char *text, int64_t *number);

/*
 * The shortest exact way to write a number of `kind` ("10k", "64KiB", "250ms"), a time always with
 * its unit unless it is 0. Returns `buf`; 32 bytes are always enough.
 */
char *param_format(enum param_kind kind, int64_t number, char *buf, size_t size);

#endif
