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

int settings_check(const struct settings *settings, const struct workload **chosen, int n_chosen,
				   char *error)
{
	for (size_t i = 0; i < settings->n; i++) {
		struct setting setting = setting_take_apart(settings->list[i]);
		bool known = false;

		if (!setting.list || !*setting.list) {
			snprintf(error, PARAM_ERROR_MAX, "-p %s: a value is missing (KEY=VALUE[,VALUE...])",
					 settings->list[i]);
			return -EINVAL;
		}
		if (setting.workload.text && !workload_find(setting.workload.text, setting.workload.length))
			return setting_unknown_workload(setting.workload, error);
		for (int w = 0; w < n_chosen && !known; w++)
			known = setting_is_for(&setting, chosen[w]) &&
					param_find(chosen[w]->params, setting.name.text, setting.name.length);
		if (!known) {
			snprintf(
				error, PARAM_ERROR_MAX,
				"-p %s: none of the chosen workloads has a parameter \"%.*s\"; see concbench list",
				settings->list[i], (int)setting.name.length, setting.name.text);
			return -EINVAL;
		}
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
						  const struct param_row *row)
{
	const char *list = NULL;

	for (size_t i = 0; i < settings->n; i++) {
		struct setting setting = setting_take_apart(settings->list[i]);
		struct word name = {row->name, strlen(row->name)};

		if (!word_same(setting.name, name) || !setting_is_for(&setting, workload))
			continue;
		if (setting.workload.text || !list)
			list = setting.list;
		if (setting.workload.text)
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
