// SPDX-License-Identifier: MIT
/* Lists of settings: taken apart, and in what two of them differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "setting_list.h"

static void a_list_is_taken_apart(void **state)
{
	const char *rest = "a=1;b=;;c,d=x=y";
	const char *const expected[] = {"a=1", "b=", "c", "d=x=y"};
	const char *const keys[] = {"a", "b", "c", "d"};
	struct word setting;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(setting_list_next(&rest, &setting));
		assert_true(word_same(setting, word_of(expected[i])));
		assert_true(word_same(setting_key(setting), word_of(keys[i])));
	}
	assert_false(setting_list_next(&rest, &setting));
	assert_false(setting_list_next(&rest, &setting));
	rest = "";
	assert_false(setting_list_next(&rest, &setting));
}

static void settings_are_found_by_their_whole_key(void **state)
{
	static const char list[] = "tasks=2;tokens=1";

	(void)state;
	assert_true(word_same(setting_list_find(list, word_of("tokens")), word_of("tokens=1")));
	assert_null(setting_list_find(list, word_of("t")).text);
	assert_null(setting_list_find(list, word_of("tokens=1")).text);
	assert_true(setting_list_has(list, word_of("tasks=2")));
	assert_false(setting_list_has(list, word_of("tasks=20")));
	assert_false(setting_list_has("", word_of("tasks=2")));
}

/* All changes as "A>B A>B ", with '-' for what is not there. */
static const char *changes(const char *a, const char *b)
{
	static char text[256];
	struct setting_changes walk = setting_changes_of(a, b);
	struct setting_change change;

	text[0] = '\0';
	while (setting_changes_next(&walk, &change)) {
		struct word in_a = change.a.text ? change.a : word_of("-");
		struct word in_b = change.b.text ? change.b : word_of("-");

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s>%.*s ", (int)in_a.length,
				 in_a.text, (int)in_b.length, in_b.text);
	}
	return text;
}

static void changes_are_found_in_any_order(void **state)
{
	(void)state;
	assert_string_equal(changes("a=1;b=2", "b=2;a=1"), "");
	assert_string_equal(changes("a=1;b=2", "a=1;b=3"), "b=2>b=3 ");
	assert_string_equal(changes("a=1;c=3", "a=1;b=2"), "c=3>- ->b=2 ");
	assert_string_equal(changes("", "a=1;b=2"), "->a=1 ->b=2 ");
	assert_string_equal(changes("a=1", ""), "a=1>- ");
	assert_string_equal(changes("a=1", "a=12"), "a=1>a=12 ");
	assert_string_equal(changes("", ""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_taken_apart),
		cmocka_unit_test(settings_are_found_by_their_whole_key),
		cmocka_unit_test(changes_are_found_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
