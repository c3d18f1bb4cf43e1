// SPDX-License-Identifier: MIT
/* What B is asked for, where it does not have the settings that A has; see ab_fit.h. */
#include "ab_fit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "setting_list.h"

/* The defaults of a cell's workload and backend, or NULL. */
static const struct ab_request *defaults_find(const struct ab_plan *defaults,
											  const struct ab_cell *cell)
{
	for (size_t i = 0; i < defaults->n_cells; i++) {
		const struct ab_cell *other = &defaults->cells[i];

		if (!strcmp(other->workload, cell->workload) && !strcmp(other->backend, cell->backend))
			return &other->requests[0];
	}
	return NULL;
}

static char *append(char *at, struct word setting, bool first)
{
	if (!first)
		*at++ = ';';
	at = mempcpy(at, setting.text, setting.length);
	*at = '\0';
	return at;
}

/*
 * Makes of A's list the one for B: what B lacks is dropped, what only B has is appended. 0, -ENOMEM
 * or -EINVAL with *error filled in; `owner` is the workload or the backend.
 */
static int list_fit(char **list, const char *owner, const char *default_a, const char *default_b,
					char *error)
{
	char *fitted = calloc(1, strlen(*list) + strlen(default_b) + 2);
	char *end = fitted;
	const char *rest = *list;
	struct word setting;

	if (!fitted)
		return -ENOMEM;
	while (setting_list_next(&rest, &setting)) {
		struct word key = setting_key(setting);

		if (setting_list_find(default_b, key).text) {
			end = append(end, setting, end == fitted);
		} else if (!setting_list_has(default_a, setting)) {
			snprintf(error, AB_ERROR_MAX, "%s: '%.*s' in A, no '%.*s' in B", owner,
					 (int)setting.length, setting.text, (int)key.length, key.text);
			free(fitted);
			return -EINVAL;
		}
	}
	rest = default_b;
	while (setting_list_next(&rest, &setting)) {
		if (!setting_list_find(*list, setting_key(setting)).text)
			end = append(end, setting, end == fitted);
	}
	free(*list);
	*list = fitted;
	return 0;
}

int ab_fit(struct ab_plan *plan, const struct ab_plan defaults[DATASET_SIDES],
		   char error[AB_ERROR_MAX])
{
	int status = 0;

	snprintf(error, AB_ERROR_MAX, "out of memory");
	for (size_t i = 0; status == 0 && i < plan->n_cells; i++) {
		struct ab_cell *cell = &plan->cells[i];
		struct ab_request *asked = &cell->requests[1];
		const struct ab_request *a = defaults_find(&defaults[0], cell);
		const struct ab_request *b = defaults_find(&defaults[1], cell);

		if (!a || !b) /* B has no such workload or backend, and will say so */
			continue;
		status = list_fit(&asked->params, cell->workload, a->params, b->params, error);
		if (status == 0)
			status = list_fit(&asked->variant, cell->backend, a->variant, b->variant, error);
	}
	return status;
}
