// SPDX-License-Identifier: MIT
/* Sweeps: what a workload's row says of its main parameter. */
#include "sweep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "setting.h"

const struct param_row *sweep_param(const struct workload *workload)
{
	if (!workload->sweep)
		return NULL;
	return param_find(workload->params, workload->sweep, strcspn(workload->sweep, "="));
}

const char *sweep_list(const struct workload *workload, const struct param_row *row, char *buf,
					   size_t size)
{
	return settings_profile_list(workload->sweep, row, buf, size);
}

int sweep_keep(const struct workload **chosen, int n, char *unswept, char *error)
{
	int left = 0;
	int length = 0;

	unswept[0] = '\0';
	for (int i = 0; i < n; i++) {
		if (sweep_param(chosen[i]))
			chosen[left++] = chosen[i];
		else if (length < PARAM_ERROR_MAX)
			length += snprintf(unswept + length, PARAM_ERROR_MAX - (size_t)length, "%s%s",
							   length ? ", " : "", chosen[i]->name);
	}
	if (left > 0)
		return left;
	snprintf(error, PARAM_ERROR_MAX, "--sweep: no series for %.*s; give one with -p instead",
			 PARAM_ERROR_MAX - 64, unswept);
	return -EINVAL;
}
