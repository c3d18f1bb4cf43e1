// SPDX-License-Identifier: MIT
/* Figures of one row, from its columns and its parameters' text. */
#include "scale_row.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "param.h"

/* ---- parameters ---- */

bool scale_params_find(const char *params, const char *name, struct word *value)
{
	const size_t length = strlen(name);
	struct word pair;

	while (word_next(&params, ";", &pair)) {
		if (pair.length <= length || pair.text[length] != '=' || memcmp(pair.text, name, length))
			continue;
		*value = (struct word){pair.text + length + 1, pair.length - length - 1};
		return true;
	}
	return false;
}

char *scale_params_without(const char *params, const char *name, char *buf)
{
	const size_t length = strlen(name);
	struct word pair;
	size_t used = 0;

	buf[0] = '\0';
	while (word_next(&params, ";", &pair)) {
		if (pair.length > length && pair.text[length] == '=' && !memcmp(pair.text, name, length))
			continue;
		used += (size_t)snprintf(buf + used, RESULT_PARAMS_MAX - used, "%s%.*s", used ? ";" : "",
								 (int)pair.length, pair.text);
	}
	return buf;
}

/* ---- figures ---- */

/*
 * The least that a round takes by its parameters. 0 for a workload that this build does not know,
 * NAN where it knows the workload with other parameters.
 */
static double least_of(const struct workload *workload, const char *params)
{
	int64_t numbers[ARENA_PARAMS_MAX] = {0};
	char error[PARAM_ERROR_MAX];

	if (!workload || !workload->round_ops || !workload->least_ns)
		return 0;
	for (size_t i = 0; workload->params[i].name; i++) {
		char text[PARAM_TEXT_MAX];
		struct param_value value;
		struct word word;

		if (!scale_params_find(params, workload->params[i].name, &word) ||
			!word_copy(word, text, sizeof(text)) ||
			param_parse(&workload->params[i], text, &value, error))
			return NAN;
		numbers[i] = value.number;
	}
	return (double)workload->least_ns(numbers);
}

static double number(int64_t value)
{
	return value == RESULT_NONE ? NAN : (double)value;
}

/* All figures are of one operation or one task. */
void scale_row_measure(struct scale_row *row, const struct result *result,
					   const struct workload *workload)
{
	const double ops = number(result->ops);
	const double rounds = number(result->rounds);
	const double wall_ns = number(result->wall_ns);

	row->least_ns = least_of(workload, result->params);
	row->noisy = result->noisy == 1;
	row->of_round = rounds > 0 && ops == rounds * row->size;
	row->of_tasks = number(result->tasks) == row->size;
	row->beyond = (wall_ns - rounds * row->least_ns) / ops;
	row->alive = number(result->tasks_peak);
	row->costs[SCALE_TIME] = wall_ns / ops;
	row->costs[SCALE_CPU] = result->cpu_ns_per_op;
	row->costs[SCALE_SPAWN] = result->spawn_ns_per_task;
	row->costs[SCALE_DRAIN] = result->drain_ns_per_task;
	row->costs[SCALE_MEMORY] = result->mem_bytes_per_task;
	row->costs[SCALE_SWITCHES] =
		(number(result->ctxsw_voluntary) + number(result->ctxsw_involuntary)) / ops;
}
