// SPDX-License-Identifier: MIT
/* Option tables over getopt_long. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "param.h"

/* The table as getopt_long wants it. `letters` has room for two characters a row and a few more. */
static void options_translate(const struct options_row *rows, struct option *longs, char *letters)
{
	size_t n = 0;

	*letters++ = '+';
	*letters++ = ':';
	*letters++ = 'h';
	for (; rows[n].name && n < OPTIONS_MAX; n++) {
		longs[n] = (struct option){
			.name = rows[n].name,
			.has_arg = rows[n].arg ? required_argument : no_argument,
			.val = rows[n].id,
		};
		if (rows[n].id >= 256)
			continue;
		*letters++ = (char)rows[n].id;
		if (rows[n].arg)
			*letters++ = ':';
	}
	longs[n] = (struct option){.name = "help", .val = 'h'};
	longs[n + 1] = (struct option){0};
	*letters = '\0';
}

/*
 * What getopt_long did not like, whose only witness is optopt: the option of a value that it does
 * not take, a letter that nobody knows, or 0 for a word behind "--" that is unknown or ambiguous.
 */
static void options_refuse(char **argv, const struct options_row *rows)
{
	const char *known = optopt == 'h' ? "help" : NULL;

	for (; rows->name && optopt; rows++)
		if (rows->id == optopt)
			known = rows->name;
	if (known)
		fprintf(stderr, "concbench: --%s: takes no value", known);
	else if (optopt)
		fprintf(stderr, "concbench: -%c: unknown option", optopt);
	else
		fprintf(stderr, "concbench: %s: unknown option", argv[optind - 1]);
	fprintf(stderr, "; see concbench %s --help\n", argv[0]);
}

int options_next(int argc, char **argv, const struct options_row *rows, const char **value)
{
	struct option longs[OPTIONS_MAX + 2];
	char letters[2 * OPTIONS_MAX + 8];
	int id;

	options_translate(rows, longs, letters);
	opterr = 0;
	id = getopt_long(argc, argv, letters, longs, NULL);
	*value = optarg;
	switch (id) {
	case -1:
		return OPTIONS_END;
	case 'h':
		return OPTIONS_HELP;
	case ':':
		fprintf(stderr, "concbench: %s: a value is missing; see concbench %s --help\n",
				argv[optind - 1], argv[0]);
		return OPTIONS_BAD;
	case '?':
		options_refuse(argv, rows);
		return OPTIONS_BAD;
	default:
		return id;
	}
}

void options_print(FILE *out, const struct options_row *rows)
{
	for (; rows->name; rows++) {
		char text[64];

		snprintf(text, sizeof(text), "%c%c%c --%s%s%s", rows->id < 256 ? '-' : ' ',
				 rows->id < 256 ? rows->id : ' ', rows->id < 256 ? ',' : ' ', rows->name,
				 rows->arg ? " " : "", rows->arg ? rows->arg : "");
		fprintf(out, "  %-28s %s\n", text, rows->help);
	}
	fprintf(out, "  %-28s %s\n", "-h, --help", "this text");
}

static int options_number(enum param_kind kind, const char *name, const char *value,
						  struct param_row row, int64_t *number)
{
	char error[PARAM_ERROR_MAX];
	struct param_value parsed;
	int rc;

	row.name = name;
	row.kind = kind;
	rc = param_parse(&row, value, &parsed, error);
	if (rc)
		fprintf(stderr, "concbench: %s\n", error);
	else
		*number = parsed.number;
	return rc;
}

int options_count(const char *name, const char *value, int64_t min, int64_t max, int64_t *number)
{
	return options_number(PARAM_COUNT, name, value, (struct param_row){.min = min, .max = max},
						  number);
}

int options_time(const char *name, const char *value, int64_t min, int64_t max, int64_t *ns)
{
	return options_number(PARAM_TIME, name, value, (struct param_row){.min = min, .max = max}, ns);
}
