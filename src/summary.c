// SPDX-License-Identifier: MIT
/* Repetitions summed up, cell by cell. */
#include "summary.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "stats.h"
#include "table.h"

/* Texts of a table row, which the table only borrows. */
struct summary_texts {
	char params[RESULT_PARAMS_MAX];
	char variant[RESULT_TEXT_MAX];
};

int summary_init(struct summary *summary, const struct plan *plan)
{
	uint32_t repetitions = 1;

	for (size_t i = 0; i < plan->n_trials; i++)
		if (repetitions < plan->trials[i].rep)
			repetitions = plan->trials[i].rep;
	*summary = (struct summary){.plan = plan, .repetitions = repetitions};
	summary->cells = calloc(plan->n_cells, sizeof(*summary->cells));
	if (!summary->cells)
		return -ENOMEM;
	for (size_t i = 0; i < plan->n_cells; i++) {
		struct summary_cell *cell = &summary->cells[i];

		cell->ops_per_s = calloc(5 * (size_t)repetitions, sizeof(double));
		if (!cell->ops_per_s) {
			summary_release(summary);
			return -ENOMEM;
		}
		cell->cpu_ns_per_op = cell->ops_per_s + repetitions;
		cell->mem_bytes = cell->cpu_ns_per_op + repetitions;
		cell->times_limit = cell->mem_bytes + repetitions;
		cell->speedup = cell->times_limit + repetitions;
	}
	return 0;
}

void summary_release(struct summary *summary)
{
	for (size_t i = 0; summary->cells && i < summary->plan->n_cells; i++) {
		free(summary->cells[i].ops_per_s);
		if (summary->cells[i].latency.counts)
			hist_release(&summary->cells[i].latency);
	}
	free(summary->cells);
	summary->cells = NULL;
}

static int summary_merge(struct summary_cell *cell, const struct hist *latency)
{
	int rc = cell->latency.counts ? 0 : hist_init(&cell->latency, latency->highest_ns);

	return rc ? rc : hist_merge(&cell->latency, latency);
}

/* What the operations of a trial took over the machine's floor beside it; NAN: there was none. */
static double summary_times_limit(const struct workload *workload, const struct result *result)
{
	double ns = workload->floor_is_cpu ? result->cpu_ns_per_op : 1e9 / result->throughput_ops_per_s;

	return ns / result->limit_ns_per_op;
}

int summary_add(struct summary *summary, size_t cell_index, const struct result *result,
				const struct hist *latency)
{
	struct summary_cell *cell = &summary->cells[cell_index];

	cell->n_trials++;
	if (result->status > cell->status) {
		cell->status = result->status;
		memcpy(cell->reason, result->reason, sizeof(cell->reason));
	}
	if (result->status != RESULT_OK)
		return 0;
	cell->ops_per_s[cell->n_ok] = result->throughput_ops_per_s;
	cell->times_limit[cell->n_ok] =
		summary_times_limit(summary->plan->cells[cell_index].workload, result);
	cell->cpu_ns_per_op[cell->n_ok] = result->cpu_ns_per_op;
	cell->mem_bytes[cell->n_ok] = result->mem_bytes_per_task;
	cell->speedup[cell->n_ok] = result->speedup;
	cell->n_ok++;
	cell->n_noisy += result->noisy == 1;
	if (result->errors > 0 && result->ops > 0)
		cell->errors += (double)result->errors;
	if (result->ops > 0)
		cell->ops += (double)result->ops;
	if (!latency->count)
		return 0;
	/* Batches are chosen once a cell, so that samples of all repetitions mean the same. */
	cell->lat_batch = result->lat_batch;
	return summary_merge(cell, latency);
}

size_t summary_count(const struct summary *summary, enum result_status status)
{
	size_t n = 0;

	for (size_t i = 0; i < summary->plan->n_cells; i++)
		n += summary->cells[i].n_trials && summary->cells[i].status == status;
	return n;
}

/* The median of those of n values that were measured; sorts them. */
static double summary_median(double *values, size_t n)
{
	size_t measured = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(values[i]))
			values[measured++] = values[i];
	stats_sort(values, measured);
	return stats_median(values, measured);
}

static void summary_row(struct summary_cell *cell, const struct cell *of,
						struct summary_texts *texts, struct table_cell *row)
{
	double ops_per_s = summary_median(cell->ops_per_s, cell->n_ok);

	cell_params_label(of, texts->params, sizeof(texts->params));
	cell_variant_label(of, texts->variant, sizeof(texts->variant));
	*row = (struct table_cell){
		.workload = of->workload->name,
		.params = texts->params,
		.variant = texts->variant,
		.baseline = of->roles[0].backend->style == BACKEND_CALL,
		.status = cell->status,
		.reason = cell->reason,
		.n_ok = (int)cell->n_ok,
		.n_trials = (int)cell->n_trials,
		.n_noisy = (int)cell->n_noisy,
		.error_share = cell->ops > 0 ? cell->errors / cell->ops : 0,
		.ops_per_s = ops_per_s,
		.spread = stats_spread(cell->ops_per_s, cell->n_ok), /* sorted by now */
		.cpu_ns_per_op = summary_median(cell->cpu_ns_per_op, cell->n_ok),
		.mem_bytes_per_task = summary_median(cell->mem_bytes, cell->n_ok),
		.speedup = summary_median(cell->speedup, cell->n_ok),
		.times_limit = summary_median(cell->times_limit, cell->n_ok),
		.latency = cell->latency.counts ? &cell->latency : NULL,
		.lat_batch = cell->lat_batch,
		.lat_kind = cell_lat_kind(of),
	};
}

static struct table_style summary_style(FILE *out)
{
	struct table_style style = {0};
	struct winsize size;

	if (!isatty(fileno(out)))
		return style;
	style.colour = !getenv("NO_COLOR");
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		style.width = size.ws_col;
	return style;
}

int summary_print(const struct summary *summary, FILE *out)
{
	size_t n_cells = summary->plan->n_cells;
	struct table_style style = summary_style(out);
	struct table_cell *rows = calloc(n_cells, sizeof(*rows));
	struct summary_texts *texts = calloc(n_cells, sizeof(*texts));
	size_t n = 0;
	int rc = -ENOMEM;

	if (rows && texts) {
		for (size_t i = 0; i < n_cells; i++) {
			if (!summary->cells[i].n_trials)
				continue;
			summary_row(&summary->cells[i], &summary->plan->cells[i], &texts[n], &rows[n]);
			n++;
		}
		rc = table_print(out, rows, n, &style);
	}
	free(rows);
	free(texts);
	return rc;
}
