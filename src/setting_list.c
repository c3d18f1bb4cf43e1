// SPDX-License-Identifier: MIT
/* Lists of settings, taken apart and compared; see setting_list.h. */
#include "setting_list.h"

#define SEPARATORS ";,"

bool setting_list_next(const char **rest, struct word *setting)
{
	while (word_next(rest, SEPARATORS, setting)) {
		if (setting->length > 0)
			return true;
	}
	return false;
}

struct word setting_key(struct word setting)
{
	const char *equals = memchr(setting.text, '=', setting.length);

	if (equals)
		setting.length = (size_t)(equals - setting.text);
	return setting;
}

struct word setting_list_find(const char *list, struct word key)
{
	struct word setting;

	while (setting_list_next(&list, &setting)) {
		if (word_same(setting_key(setting), key))
			return setting;
	}
	return (struct word){NULL, 0};
}

bool setting_list_has(const char *list, struct word setting)
{
	struct word found = setting_list_find(list, setting_key(setting));

	return found.text && word_same(found, setting);
}

struct setting_changes setting_changes_of(const char *a, const char *b)
{
	return (struct setting_changes){.a = a, .b = b, .rest_a = a, .rest_b = b};
}

bool setting_changes_next(struct setting_changes *changes, struct setting_change *change)
{
	while (setting_list_next(&changes->rest_a, &change->a)) {
		change->b = setting_list_find(changes->b, setting_key(change->a));
		if (!change->b.text || !word_same(change->a, change->b))
			return true;
	}
	while (setting_list_next(&changes->rest_b, &change->b)) {
		change->a = setting_list_find(changes->a, setting_key(change->b));
		if (!change->a.text)
			return true;
	}
	return false;
}
