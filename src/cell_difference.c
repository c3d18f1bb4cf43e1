// SPDX-License-Identifier: MIT
/* How two cells differ; see cell_difference.h. */
#include "cell_difference.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "setting_list.h"

/* How far two lists of settings are from being equal. */
enum lists { LISTS_EQUAL, LISTS_ADDED, LISTS_PLACEMENT, LISTS_OTHER };

static enum lists lists_compare(const char *a, const char *b)
{
	struct setting_changes changes = setting_changes_of(a, b);
	struct setting_change change;
	enum lists lists = LISTS_EQUAL;

	while (setting_changes_next(&changes, &change)) {
		bool added = !change.a.text || !change.b.text;
		enum lists kind = LISTS_OTHER;

		if (added)
			kind = LISTS_ADDED;
		else if (word_same(setting_key(change.a), word_of("placement")))
			kind = LISTS_PLACEMENT;
		if (lists != LISTS_EQUAL && kind != lists)
			return LISTS_OTHER;
		lists = kind;
	}
	return lists;
}

enum cell_difference cell_difference(const struct dataset_cell *a, const struct dataset_cell *b)
{
	enum lists variant;
	enum lists params;

	if (strcmp(a->workload, b->workload) || strcmp(a->backend, b->backend))
		return OTHER_CELL;
	variant = lists_compare(a->variant, b->variant);
	params = lists_compare(a->params, b->params);
	if (a->version != b->version)
		return variant <= LISTS_ADDED && params <= LISTS_ADDED ? OTHER_VERSION : OTHER_CELL;
	if (variant <= LISTS_ADDED && params <= LISTS_ADDED)
		return OTHER_KEYS;
	if (params <= LISTS_ADDED)
		return OTHER_VARIANT;
	if (variant > LISTS_ADDED)
		return OTHER_CELL;
	return params == LISTS_PLACEMENT && variant == LISTS_EQUAL ? OTHER_PLACEMENT : OTHER_PARAMS;
}

/* A setting in quotes, or "no 'KEY'" for the side that lacks it. */
static char *setting_words(struct word setting, struct word other, char buf[128])
{
	struct word key;

	if (setting.text) {
		snprintf(buf, 128, "'%.*s'", (int)setting.length, setting.text);
		return buf;
	}
	key = setting_key(other);
	snprintf(buf, 128, "no '%.*s'", (int)key.length, key.text);
	return buf;
}

/* The change that is told first: a value that differs, else a key that one side lacks. */
static bool change_find(const char *a, const char *b, struct setting_change *first)
{
	struct setting_changes changes = setting_changes_of(a, b);
	struct setting_change change;
	bool found = false;

	while (setting_changes_next(&changes, &change)) {
		if (!found || (change.a.text && change.b.text))
			*first = change;
		found = true;
		if (first->a.text && first->b.text)
			break;
	}
	return found;
}

void cell_difference_words(const struct dataset_cell *a, const struct dataset_cell *b,
						   char error[DATASET_ERROR_MAX])
{
	enum cell_difference difference = cell_difference(a, b);
	bool in_params = difference == OTHER_PARAMS || difference == OTHER_PLACEMENT;
	struct setting_change change = {{NULL, 0}, {NULL, 0}};
	char in_a[128];
	char in_b[128];

	if (difference == OTHER_VERSION) {
		snprintf(error, DATASET_ERROR_MAX,
				 "workload_version of %s: %" PRId64 " in A, %" PRId64 " in B", a->workload,
				 a->version, b->version);
		return;
	}
	if (difference == OTHER_KEYS)
		in_params = change_find(a->params, b->params, &change);
	if (in_params)
		change_find(a->params, b->params, &change);
	else
		change_find(a->variant, b->variant, &change);
	snprintf(error, DATASET_ERROR_MAX, "%s of %s %s: %s in A, %s in B",
			 in_params ? "params" : "variant", a->workload, a->backend,
			 setting_words(change.a, change.b, in_a), setting_words(change.b, change.a, in_b));
}
