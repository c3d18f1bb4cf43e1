// SPDX-License-Identifier: MIT
/* Backend variants: "name:option=value+option=value". */
#include "variant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int variant_unknown_backend(const char *what, struct word word, char *error)
{
	int n = snprintf(error, PARAM_ERROR_MAX, "%s: \"%.*s\" is not one of ", what, (int)word.length,
					 word.text);

	for (size_t i = 0, shown = 0; i < n_backends && n < PARAM_ERROR_MAX; i++)
		if (backends[i]->style != BACKEND_FOREIGN)
			n += snprintf(error + n, PARAM_ERROR_MAX - (size_t)n, "%s%s", shown++ ? "|" : "",
						  backends[i]->name);
	return -EINVAL;
}

int variant_defaults(struct cell_variant *variant, char *error)
{
	const struct param_row *rows = variant->backend->options;

	for (size_t i = 0; rows && rows[i].name; i++) {
		int rc = param_parse(&rows[i], rows[i].fallback, &variant->options[i], error);

		if (rc)
			return rc;
	}
	return 0;
}

/* One "option=value" of a variant. */
static int variant_set_option(struct cell_variant *variant, struct word word, unsigned *seen,
							  char *error)
{
	const struct param_row *rows = variant->backend->options;
	const char *equals = memchr(word.text, '=', word.length);
	size_t name_length = equals ? (size_t)(equals - word.text) : word.length;
	const struct param_row *row = rows ? param_find(rows, word.text, name_length) : NULL;
	char text[PARAM_TEXT_MAX];
	int n;

	if (!row) {
		n = snprintf(error, PARAM_ERROR_MAX, "backend %s: no option \"%.*s\" (it has",
					 variant->backend->name, (int)name_length, word.text);
		for (size_t i = 0; rows && rows[i].name && n < PARAM_ERROR_MAX; i++)
			n += snprintf(error + n, PARAM_ERROR_MAX - (size_t)n, " %s", rows[i].name);
		if (n < PARAM_ERROR_MAX)
			snprintf(error + n, PARAM_ERROR_MAX - (size_t)n, "%s)", rows ? "" : " none");
		return -EINVAL;
	}
	if (*seen & 1u << (row - rows)) {
		snprintf(error, PARAM_ERROR_MAX, "backend %s: %s is set twice", variant->backend->name,
				 row->name);
		return -EINVAL;
	}
	*seen |= 1u << (row - rows);
	if (!equals ||
		!word_copy((struct word){equals + 1, word.length - name_length - 1}, text, sizeof(text)))
		text[0] = '\0';
	return param_parse(row, text, &variant->options[row - rows], error);
}

/* "coro" or "coro:switch=asm+stack=own". */
static int variant_parse(struct word word, struct cell_variant *variant, char *error)
{
	const char *colon = memchr(word.text, ':', word.length);
	size_t name_length = colon ? (size_t)(colon - word.text) : word.length;
	char options[PARAM_TEXT_MAX * 2];
	const char *rest = options;
	struct word option;
	unsigned seen = 0;
	int rc;

	*variant = (struct cell_variant){.backend = backend_find(word.text, name_length)};
	if (!variant->backend || variant->backend->style == BACKEND_FOREIGN)
		return variant_unknown_backend("backend", word, error);
	rc = variant_defaults(variant, error);
	if (rc || !colon)
		return rc;
	if (!word_copy((struct word){colon + 1, word.length - name_length - 1}, options,
				   sizeof(options))) {
		snprintf(error, PARAM_ERROR_MAX, "backend %s: its options are longer than %zu characters",
				 variant->backend->name, sizeof(options) - 1);
		return -EINVAL;
	}
	while (rc == 0 && word_next(&rest, "+", &option))
		rc = variant_set_option(variant, option, &seen, error);
	return rc;
}

static int variants_all(struct variants *variants, char *error)
{
	for (size_t i = 0; i < n_backends; i++) {
		struct cell_variant *variant = &variants->list[variants->n];
		int rc;

		if (backends[i]->style == BACKEND_FOREIGN)
			continue;
		*variant = (struct cell_variant){.backend = backends[i]};
		rc = variant_defaults(variant, error);
		if (rc)
			return rc;
		variants->n++;
	}
	return 0;
}

int variants_parse(const char *list, struct variants *variants, char *error)
{
	size_t room = n_backends;
	struct word word;
	int rc = 0;

	for (const char *c = list; c && *c; c++)
		room += *c == ',';
	variants->list = calloc(room + 1, sizeof(*variants->list));
	if (!variants->list)
		return -ENOMEM;
	if (!list)
		return variants_all(variants, error);
	while (rc == 0 && word_next(&list, ",", &word))
		rc = variant_parse(word, &variants->list[variants->n++], error);
	return rc;
}
