// SPDX-License-Identifier: MIT
/* The sizes of a series that count, the line through them, and its end. */
#include "scale_line.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SWITCHES_MIN 0.01

static const struct {
	const char *name, *unit;
} costs[SCALE_COSTS] = {
	[SCALE_TIME] = {"time", "ns"},    [SCALE_CPU] = {"cpu", "ns"},
	[SCALE_SPAWN] = {"spawn", "ns"},  [SCALE_DRAIN] = {"drain", "ns"},
	[SCALE_MEMORY] = {"memory", "B"}, [SCALE_SWITCHES] = {"switches", ""},
};

/* Whether the machine's own context switches are all there is at the sizes at[0..n). */
static bool is_negligible(const struct scale_series *series, const double *at,
						  const double *cost_at, size_t n)
{
	if (series->of_round)
		return cost_at[n - 1] < SWITCHES_MIN * at[n - 1];
	for (size_t i = 0; i < n; i++)
		if (cost_at[i] >= SWITCHES_MIN)
			return false;
	return true;
}

int scale_line_find(const struct scale_series *series, enum scale_cost cost,
					struct scale_line *line)
{
	double *at = calloc(2 * series->n_sizes, sizeof(*at));
	double *cost_at = at + series->n_sizes;

	if (!at)
		return -ENOMEM;
	*line = (struct scale_line){
		.name = costs[cost].name,
		.unit = costs[cost].unit,
		.sums = scale_series_sums(series, cost),
		.leaves_at = NAN,
	};
	for (size_t i = 0; i < series->n_sizes; i++) {
		line->n_good += series->sizes[i].n_ok > 0;
		if (!(series->sizes[i].costs[cost] > 0 && isfinite(series->sizes[i].costs[cost])))
			continue;
		at[line->n] = series->sizes[i].size;
		cost_at[line->n++] = series->sizes[i].costs[cost];
	}
	if (line->n > 0) {
		line->negligible = cost == SCALE_SWITCHES && is_negligible(series, at, cost_at, line->n);
		line->first = at[0];
		line->first_cost = cost_at[0];
		line->last = at[line->n - 1];
		line->last_cost = cost_at[line->n - 1];
	}
	/* Memory is a slope already: what does not depend on N is not in it. */
	if (!line->negligible)
		line->growth = growth_find(at, cost_at, line->n, series->of_round && cost != SCALE_MEMORY);
	if (line->growth.fitted && line->growth.n_fitted < line->n)
		line->leaves_at = at[line->growth.n_fitted];
	free(at);
	return 0;
}

struct scale_stop scale_stop_find(const struct scale_series *series)
{
	struct scale_stop stop = {.last = NAN};

	for (size_t i = 0; i < series->n_sizes; i++) {
		const struct scale_size *size = &series->sizes[i];

		if (size->n_ok > 0) {
			stop.last = size->size;
			stop.first = NULL;
		} else if (!stop.first) {
			stop.first = size;
		}
	}
	return stop;
}
