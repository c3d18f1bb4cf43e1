// SPDX-License-Identifier: MIT
/* Settings: taking them apart, and finding the one for a parameter. */
#include "setting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int setting_unknown_workload(struct word word, char *error)
{
	int n = snprintf(error, PARAM_ERROR_MAX, "workload: \"%.*s\" is not one of ", (int)word.length,
					 word.text);

	for (size_t i = 0; i < n_workloads && n < PARAM_ERROR_MAX; i++)
		n += snprintf(error + n, PARAM_ERROR_MAX - (size_t)n, "%s%s", i ? "|" : "",
					  workloads[i]->name);
	return -EINVAL;
}

/* A setting taken apart: [workload.]name=list. */
struct setting {
	struct word workload, name;
	const char *list;
};

static struct setting setting_take_apart(const char *text)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	const char *dot = memchr(text, '.', length);
	struct setting setting = {.name = {text, length}, .list = equals ? equals + 1 : NULL};

	if (dot) {
		setting.workload = (struct word){text, (size_t)(dot - text)};
		setting.name = (struct word){dot + 1, length - (size_t)(dot - text) - 1};
	}
	return setting;
}

static bool setting_is_for(const struct setting *setting, const struct workload *workload)
{
	return !setting->workload.text ||
		   (strlen(workload->name) == setting->workload.length &&
			memcmp(workload->name, setting->workload.text, setting->workload.length) == 0);
}

int setting_parse(const struct param_row *row, struct word word, struct param_value *value,
				  char *error)
{
	char text[PARAM_TEXT_MAX];

	if (!word_copy(word, text, sizeof(text))) {
		snprintf(error, PARAM_ERROR_MAX, "%s: a value is longer than %d characters", row->name,
				 PARAM_TEXT_MAX - 1);
		return -EINVAL;
	}
	return param_parse(row, text, value, error);
}

/* The row of a workload that a setting is for, or NULL. */
static const struct param_row *setting_row(const struct setting *setting,
										   const struct workload *workload)
{
	if (!setting_is_for(setting, workload))
		return NULL;
	return param_find(workload->params, setting->name.text, setting->name.length);
}

/* Whether one of the chosen workloads takes a value. Otherwise the error is the first one's. */
static int setting_check_value(const struct setting *setting, struct word word,
							   const struct workload **chosen, int n_chosen, char *error)
{
	int first_rc = 0;

	for (int w = 0; w < n_chosen; w++) {
		const struct param_row *row = setting_row(setting, chosen[w]);
		char other_error[PARAM_ERROR_MAX];
		struct param_value value;
		int rc;

		if (!row)
			continue;
		rc = setting_parse(row, word, &value, first_rc ? other_error : error);
		if (rc == 0)
			return 0;
		if (first_rc == 0)
			first_rc = rc;
	}
	return first_rc;
}

static int setting_check(const char *text, const struct workload **chosen, int n_chosen,
						 char *error)
{
	struct setting setting = setting_take_apart(text);
	bool is_chosen = false, known = false;
	struct word word;
	int rc = 0;

	if (!setting.list || !*setting.list) {
		snprintf(error, PARAM_ERROR_MAX, "-p %s: a value is missing (KEY=VALUE[,VALUE...])", text);
		return -EINVAL;
	}
	if (setting.workload.text && !workload_find(setting.workload.text, setting.workload.length))
		return setting_unknown_workload(setting.workload, error);
	for (int w = 0; w < n_chosen; w++)
		is_chosen |= setting_is_for(&setting, chosen[w]);
	if (!is_chosen) {
		snprintf(error, PARAM_ERROR_MAX, "-p %s: the workload \"%.*s\" is not chosen", text,
				 (int)setting.workload.length, setting.workload.text);
		return -EINVAL;
	}
	for (int w = 0; w < n_chosen && !known; w++)
		known = setting_row(&setting, chosen[w]) != NULL;
	if (!known) {
		snprintf(error, PARAM_ERROR_MAX,
				 "-p %s: none of the chosen workloads has a parameter \"%.*s\"; see concbench list",
				 text, (int)setting.name.length, setting.name.text);
		return -EINVAL;
	}
	while (rc == 0 && word_next(&setting.list, ",", &word))
		rc = setting_check_value(&setting, word, chosen, n_chosen, error);
	return rc;
}

int settings_check(const struct settings *settings, const struct workload **chosen, int n_chosen,
				   char *error)
{
	for (size_t i = 0; i < settings->n; i++) {
		struct setting setting = setting_take_apart(settings->list[i]);
		int rc = setting_check(settings->list[i], chosen, n_chosen, error);

		if (rc)
			return rc;
		for (size_t j = 0; j < i; j++) {
			struct setting other = setting_take_apart(settings->list[j]);

			if (word_same(setting.name, other.name) &&
				word_same(setting.workload, other.workload)) {
				snprintf(error, PARAM_ERROR_MAX, "-p %s: \"%.*s\" is set twice", settings->list[i],
						 (int)setting.name.length, setting.name.text);
				return -EINVAL;
			}
		}
	}
	return 0;
}

const char *settings_list(const struct settings *settings, const struct workload *workload,
						  const struct param_row *row, bool *bound)
{
	const char *list = NULL;

	*bound = false;
	for (size_t i = 0; i < settings->n; i++) {
		struct setting setting = setting_take_apart(settings->list[i]);
		struct word name = {row->name, strlen(row->name)};

		if (!word_same(setting.name, name) || !setting_is_for(&setting, workload))
			continue;
		if (setting.workload.text || !list)
			list = setting.list;
		*bound = setting.workload.text != NULL;
		if (*bound)
			break;
	}
	return list;
}

const char *settings_profile_list(const char *profile, const struct param_row *row, char *buf,
								  size_t size)
{
	struct word word;

	while (word_next(&profile, " ", &word)) {
		size_t length = strlen(row->name);

		if (word.length > length && word.text[length] == '=' &&
			memcmp(word.text, row->name, length) == 0 &&
			word_copy((struct word){word.text + length + 1, word.length - length - 1}, buf, size))
			return buf;
	}
	return NULL;
}
