// SPDX-License-Identifier: MIT
/*
 * Settings: parameters of workloads as the user writes them, "[workload.]name=value[,value...]",
 * and as a profile has them, "name=list name=list".
 */
#ifndef CONCBENCH_SETTING_H
#define CONCBENCH_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "word.h"
#include "workload.h"

enum { SETTINGS_MAX = 64 };

struct settings {
	const char *list[SETTINGS_MAX];
	size_t n;
};

/*
 * Every setting must fit one of the `n_chosen` workloads, each of its values must be one that such
 * a workload takes, and no two settings may set the same thing. 0, or -EINVAL or -ERANGE with one
 * line in error[PARAM_ERROR_MAX].
 */
int settings_check(const struct settings *settings, const struct workload **chosen, int n_chosen,
				   char *error);

/*
 * The list of values that the user gave for a parameter, or NULL. A setting `bound` to the workload
 * comes before a plain one; of a plain one's values, the workload takes those that it can.
 */
const char *settings_list(const struct settings *settings, const struct workload *workload,
						  const struct param_row *row, bool *bound);

/* One value of a list. 0, or -EINVAL or -ERANGE with one line in error[PARAM_ERROR_MAX]. */
int setting_parse(const struct param_row *row, struct word word, struct param_value *value,
				  char *error);

/* The list that a profile has for a parameter: a copy in buf, or NULL. */
const char *settings_profile_list(const char *profile, const struct param_row *row, char *buf,
								  size_t size);

/* Says which workloads there are; returns -EINVAL. */
int setting_unknown_workload(struct word word, char *error);

#endif
