// SPDX-License-Identifier: MIT
/* Injected slowness: which cells, and by how much. */
#include "inject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INJECT_PERCENT_MAX = 1000 };

/* The share behind ":+"; 0 when `text` is not of the form ":+N%" with N in 1..1000. */
static uint32_t inject_percent(const char *text)
{
	char *end;
	long percent;

	if (strncmp(text, ":+", 2) != 0 || text[2] < '0' || text[2] > '9')
		return 0;
	percent = strtol(text + 2, &end, 10);
	if (strcmp(end, "%") != 0 || percent < 1 || percent > INJECT_PERCENT_MAX)
		return 0;
	return (uint32_t)percent;
}

static int inject_refuse(const char *text, const char *why, char *error)
{
	snprintf(error, PARAM_ERROR_MAX, "--inject: \"%s\" %s", text, why);
	return -EINVAL;
}

int inject_apply(const char *text, struct plan *plan, char *error)
{
	size_t name = strcspn(text, "/");
	const char *backend = text[name] ? text + name + 1 : "";
	size_t backend_length = strcspn(backend, ":");
	const struct workload *workload = workload_find(text, name);
	uint32_t percent = inject_percent(backend + backend_length);

	if (!workload || !backend_find(backend, backend_length) || !percent)
		return inject_refuse(text, "is not WORKLOAD/BACKEND:+N% with N in 1..1000", error);
	if (!workload->round_ops)
		return inject_refuse(text, "goes by duration; only fixed work can be slowed down", error);
	for (size_t i = 0; i < plan->n_cells; i++)
		if (plan->cells[i].workload == workload &&
			plan->cells[i].roles[0].backend == backend_find(backend, backend_length))
			plan->cells[i].inject_percent = percent;
	return 0;
}
