// SPDX-License-Identifier: MIT
/*
 * Command-line options of a verb, from one table: parsing, messages and --help.
 *
 * It sits on getopt_long, so long options may be shortened, values may be joined, and `--` ends
 * the options. Every table gets -h and --help by itself.
 */
#ifndef CONCBENCH_OPTIONS_H
#define CONCBENCH_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct options_row {
	int id; /* what options_next returns: a letter (then also the short option), or >= 256 */
	const char *name; /* the long option, NULL ends a table */
	const char *arg;  /* what its value is called in the help; NULL: it takes none */
	const char *help;
};

enum { OPTIONS_END = 0, OPTIONS_BAD = -1, OPTIONS_HELP = -2, OPTIONS_MAX = 32 };

/*
 * The next option of argv (argv[0] is the verb): its id, with *value set where it takes one;
 * OPTIONS_END at the first operand (optind is its index); OPTIONS_HELP; or OPTIONS_BAD after one
 * line on stderr.
 */
int options_next(int argc, char **argv, const struct options_row *rows, const char **value);

/* The rows as they appear in --help. */
void options_print(FILE *out, const struct options_row *rows);

/*
 * Reads a whole number in min..max, or a time with a suffix (in ns). 0, or -EINVAL after one line
 * on stderr that names the option, the value and what is allowed.
 */
int options_count(const char *name, const char *value, int64_t min, int64_t max, int64_t *number);
int options_time(const char *name, const char *value, int64_t min, int64_t max, int64_t *ns);

#endif
