// SPDX-License-Identifier: MIT
/*
 * Lists of resolved settings, as the CSV's `variant` and `params` have them: "k=v;k=v", each key
 * once. A comma separates as well, for lists that are typed. Pure text: nothing here knows which
 * settings there are, so lists that another build wrote can be taken apart too.
 */
#ifndef CONCBENCH_SETTING_LIST_H
#define CONCBENCH_SETTING_LIST_H

#include <stdbool.h>

#include "word.h"

/* Takes the next setting off `*rest`; false at the end. An empty list has none. */
bool setting_list_next(const char **rest, struct word *setting);

/* The part before the '='. */
struct word setting_key(struct word setting);

/* The setting of that key; its text is NULL where the list has none. */
struct word setting_list_find(const char *list, struct word key);

/* Whether the list has this very setting, key and value. */
bool setting_list_has(const char *list, struct word setting);

/* A key in which two lists differ: its setting in each; the text is NULL where one has none. */
struct setting_change {
	struct word a, b;
};

/* A walk over all of them: those that A has in A's order, then those that only B has. */
struct setting_changes {
	const char *a, *b;
	const char *rest_a, *rest_b;
};

struct setting_changes setting_changes_of(const char *a, const char *b);

/* The next change; false at the end. */
bool setting_changes_next(struct setting_changes *changes, struct setting_change *change);

#endif
