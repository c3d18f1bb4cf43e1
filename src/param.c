// SPDX-License-Identifier: MIT
/*
 * Parsing, bounds and messages of parameters, all from their table rows.
 */
#include "param.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *suffix;
	int64_t factor;
};

/* Each list ascends and ends with a NULL; without a suffix a number is in base units. */
static const struct unit count_units[] = {
	{"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {NULL, 0}};
static const struct unit byte_units[] = {
	{"k", 1000},         {"KiB", 1 << 10}, {"M", 1000000}, {"MiB", 1 << 20},
	{"G", 1000000000LL}, {"GiB", 1 << 30}, {NULL, 0},
};
static const struct unit time_units[] = {
	{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000LL}, {"m", 60000000000LL}, {NULL, 0},
};

static const struct unit *units_of(enum param_kind kind)
{
	if (kind == PARAM_TIME)
		return time_units;
	return kind == PARAM_BYTES ? byte_units : count_units;
}

static const char *noun_of(enum param_kind kind)
{
	if (kind == PARAM_TIME)
		return "a time";
	return kind == PARAM_BYTES ? "a size" : "a number";
}

static bool is_number_kind(enum param_kind kind)
{
	return kind == PARAM_COUNT || kind == PARAM_BYTES || kind == PARAM_TIME;
}

/* The factor of a suffix, or 0. */
static int64_t unit_factor(enum param_kind kind, const char *suffix)
{
	if (*suffix == '\0')
		return 1;
	for (const struct unit *unit = units_of(kind); unit->suffix; unit++)
		if (strcmp(unit->suffix, suffix) == 0)
			return unit->factor;
	return 0;
}

int param_number(enum param_kind kind, const char *text, int64_t *number)
{
	bool negative = *text == '-';
	const char *digits = text + negative;
	const char *at = digits;
	int64_t value = 0;
	bool overflow = false;

	for (; *at >= '0' && *at <= '9'; at++) {
		overflow |= __builtin_mul_overflow(value, 10, &value);
		overflow |= __builtin_sub_overflow(value, *at - '0', &value); /* INT64_MIN fits, too */
	}
	int64_t factor = unit_factor(kind, at);
	if (at == digits || factor == 0)
		return -EINVAL;

	overflow |= __builtin_mul_overflow(value, factor, &value);
	if (!negative)
		overflow |= __builtin_sub_overflow(0, value, &value);
	if (overflow)
		return -ERANGE;
	*number = value;
	return 0;
}

char *param_format(enum param_kind kind, int64_t number, char *buf, size_t size)
{
	char candidate[32];
	bool unit_needed = kind == PARAM_TIME && number != 0; /* a bare time would have to be guessed */

	snprintf(buf, size, "%" PRId64, number);
	if (number == 0)
		return buf;

	size_t shortest = unit_needed ? SIZE_MAX : strlen(buf);
	for (const struct unit *unit = units_of(kind); unit->suffix; unit++) {
		if (number % unit->factor != 0)
			continue;
		snprintf(candidate, sizeof(candidate), "%" PRId64 "%s", number / unit->factor,
				 unit->suffix);
		if (strlen(candidate) <= shortest) {
			shortest = strlen(candidate);
			snprintf(buf, size, "%s", candidate);
		}
	}
	return buf;
}

char *param_allowed(const struct param_row *row, char *buf, size_t size)
{
	char min[32], max[32];

	if (is_number_kind(row->kind))
		snprintf(buf, size, "%s..%s%s%s", param_format(row->kind, row->min, min, sizeof(min)),
				 param_format(row->kind, row->max, max, sizeof(max)), row->choices ? " or " : "",
				 row->choices ? row->choices : "");
	else if (row->kind == PARAM_BACKEND)
		snprintf(buf, size, "%s%sBACKEND", row->choices ? row->choices : "",
				 row->choices ? "|" : "");
	else
		snprintf(buf, size, "%s", row->choices);
	return buf;
}

const struct param_row *param_find(const struct param_row *rows, const char *name, size_t len)
{
	for (const struct param_row *row = rows; row && row->name; row++)
		if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
			return row;
	return NULL;
}

/* Copies what a user typed for a message of one line: shortened, control characters replaced. */
static const char *printable(const char *text, char *buf, size_t size)
{
	size_t len = strlen(text);

	snprintf(buf, size, "%s", text);
	if (len >= size)
		memcpy(buf + size - 4, "...", 4);
	for (char *at = buf; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return buf;
}

/* How many CPUs this process may use: what the word `cpus` stands for. */
static int64_t cpus_allowed(void)
{
	cpu_set_t allowed;

	return sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

/* As param_number, and the word that a row may allow in place of a number. */
static int number_or_word(const struct param_row *row, const char *text, int64_t *number)
{
	if (!row->choices || strcmp(text, row->choices) != 0)
		return param_number(row->kind, text, number);
	*number = cpus_allowed();
	return 0;
}

/* A time whose unit was most likely forgotten. */
static bool bare_time(enum param_kind kind, const char *text)
{
	size_t length = strlen(text);

	return kind == PARAM_TIME && length > 0 && text[length - 1] >= '0' && text[length - 1] <= '9' &&
		   strcmp(text, "0") != 0;
}

static int parse_number(const struct param_row *row, const char *text, struct param_value *value,
						char *error)
{
	char allowed[96], shown[64], units[64] = "";
	int rc = number_or_word(row, text, &value->number);

	if (rc == 0 && value->number >= row->min && value->number <= row->max) {
		snprintf(value->text, sizeof(value->text), "%" PRId64, value->number);
		return 0;
	}
	param_allowed(row, allowed, sizeof(allowed));
	printable(text, shown, sizeof(shown));
	if (rc != -EINVAL) {
		snprintf(error, PARAM_ERROR_MAX, "%s: %s is out of range (%s%s)", row->name, shown, allowed,
				 bare_time(row->kind, text) ? "; without a suffix it is ns" : "");
		return -ERANGE;
	}
	for (const struct unit *unit = units_of(row->kind); unit->suffix; unit++) {
		strcat(units, *units ? ", " : "");
		strcat(units, unit->suffix);
	}
	snprintf(error, PARAM_ERROR_MAX, "%s: \"%s\" is not %s (%s, suffixes %s)", row->name, shown,
			 noun_of(row->kind), allowed, units);
	return -EINVAL;
}

/* The index in `choices` of the one that `text` is, or begins with if that ends in ':'; or -1. */
static int find_choice(const char *choices, const char *text)
{
	const char *word = choices;

	for (int index = 0; word; index++) {
		const char *bar = strchr(word, '|');
		size_t len = bar ? (size_t)(bar - word) : strlen(word);
		bool open = len > 0 && word[len - 1] == ':';

		if (strncmp(text, word, len) == 0 && (open || text[len] == '\0'))
			return index;
		word = bar ? bar + 1 : NULL;
	}
	return -1;
}

void param_choose(const struct param_row *row, int64_t index, struct param_value *value)
{
	const char *word = row->choices;

	for (int64_t i = 0; i < index; i++)
		word = strchr(word, '|') + 1;
	value->number = index;
	snprintf(value->text, sizeof(value->text), "%.*s", (int)strcspn(word, "|"), word);
}

static bool is_backend_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len > 0 && text[len] == '\0';
}

static int parse_word(const struct param_row *row, const char *text, struct param_value *value,
					  char *error)
{
	char shown[64], allowed[128];
	int index = find_choice(row->choices, text);

	printable(text, shown, sizeof(shown));
	if (strlen(text) >= sizeof(value->text)) {
		snprintf(error, PARAM_ERROR_MAX, "%s: \"%s\" is longer than %zu bytes", row->name, shown,
				 sizeof(value->text) - 1);
		return -EINVAL;
	}
	if (index < 0 && !(row->kind == PARAM_BACKEND && is_backend_name(text))) {
		snprintf(error, PARAM_ERROR_MAX, "%s: \"%s\" is not one of %s", row->name, shown,
				 param_allowed(row, allowed, sizeof(allowed)));
		return -EINVAL;
	}
	const char *colon = strchr(text, ':'); /* only a choice that takes any text has one */
	if (index >= 0 && colon && (colon[1] == '\0' || colon[1 + strcspn(colon + 1, ";,\n")])) {
		snprintf(error, PARAM_ERROR_MAX,
				 "%s: \"%s\" must go on behind the ':', without ';', ',' and line ends", row->name,
				 shown);
		return -EINVAL;
	}
	value->number = index;
	memcpy(value->text, text, strlen(text) + 1);
	return 0;
}

int param_parse(const struct param_row *row, const char *text, struct param_value *value,
				char *error)
{
	if (is_number_kind(row->kind))
		return parse_number(row, text, value, error);
	return parse_word(row, text, value, error);
}
