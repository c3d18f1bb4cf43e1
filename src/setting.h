// SPDX-License-Identifier: MIT
/*
 * Settings: parameters of workloads as the user writes them, "[workload.]name=value[,value...]",
 * and as a profile has them, "name=list name=list".
 */
#ifndef CONCBENCH_SETTING_H
#define CONCBENCH_SETTING_H

#include <stddef.h>

#include "word.h"
#include "workload.h"

enum { SETTINGS_MAX = 64 };

struct settings {
	const char *list[SETTINGS_MAX];
	size_t n;
};

/*
 * Every setting must fit one of the `n_chosen` workloads, and no two may set the same thing. 0, or
 * -EINVAL with one line in error[PARAM_ERROR_MAX].
 */
int settings_check(const struct settings *settings, const struct workload **chosen, int n_chosen,
				   char *error);

/*
 * The list of values that the user gave for a parameter, or NULL. A setting bound to the workload
 * comes before a plain one.
 */
const char *settings_list(const struct settings *settings, const struct workload *workload,
						  const struct param_row *row);

/* The list that a profile has for a parameter: a copy in buf, or NULL. */
const char *settings_profile_list(const char *profile, const struct param_row *row, char *buf,
								  size_t size);

/* Says which workloads there are; returns -EINVAL. */
int setting_unknown_workload(struct word word, char *error);

#endif
