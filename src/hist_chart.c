// SPDX-License-Identifier: MIT
/* The bar chart: rows of values, filled from the slots, printed with their marks. */
#include "hist_chart.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "text.h"

enum { ROWS_MAX = 20, BAR_WIDTH = 40 };

/* A row spans at least 1 %, so that slots of 0.1 % fill neighbouring rows evenly. */
static const double ROW_RATIO_MIN = 1.01;

const struct hist_mark hist_marks[HIST_MARKS] = {
	{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99},
};

struct chart {
	int n_rows;
	int64_t low_ns[ROWS_MAX]; /* ascending; a row ends where the next one begins */
	int64_t counts[ROWS_MAX];
	int64_t peak; /* the highest count */
};

/* Cuts min..max into rows that are equally wide on a logarithmic scale, and at least 1 ns. */
static void chart_cut(struct chart *chart, const struct hist *hist)
{
	double low = hist->min_ns > 1 ? (double)hist->min_ns : 1;
	double span = (double)hist->max_ns / low;
	double rows = fmin(ROWS_MAX, floor(log(span) / log(ROW_RATIO_MIN)));

	chart->low_ns[0] = hist->min_ns;
	chart->n_rows = 1;
	for (int i = 1; i < rows; i++) {
		int64_t edge_ns = (int64_t)ceil(low * pow(span, i / rows));

		if (edge_ns > chart->low_ns[chart->n_rows - 1])
			chart->low_ns[chart->n_rows++] = edge_ns;
	}
}

static int chart_row(const struct chart *chart, int64_t ns)
{
	int row = chart->n_rows - 1;

	while (row > 0 && ns < chart->low_ns[row])
		row--;
	return row;
}

static void chart_fill(struct chart *chart, const struct hist *hist)
{
	struct hist_iter iter = {0};

	while (hist_iter_next(hist, &iter)) {
		/* By its highest value, as percentiles are reported: marks and bars then agree. */
		int64_t ns = iter.high_ns < hist->max_ns ? iter.high_ns : hist->max_ns;
		int row = chart_row(chart, ns);

		chart->counts[row] += iter.count;
		if (chart->peak < chart->counts[row])
			chart->peak = chart->counts[row];
	}
}

static int bar_length(const struct chart *chart, int64_t count)
{
	double share = log1p((double)count) / log1p((double)chart->peak);

	return count ? (int)fmax(1, rint(share * BAR_WIDTH)) : 0;
}

void hist_chart_print(const struct hist *hist, FILE *out)
{
	static const char bar[BAR_WIDTH + 1] = "########################################";
	struct chart chart = {0};
	char low[TEXT_SCALED_MAX];

	if (hist->count == 0)
		return;
	chart_cut(&chart, hist);
	chart_fill(&chart, hist);
	for (int row = 0; row < chart.n_rows; row++) {
		fprintf(out, "  %9s |%-*.*s|%12" PRId64, text_scale_ns((double)chart.low_ns[row], low),
				BAR_WIDTH, bar_length(&chart, chart.counts[row]), bar, chart.counts[row]);
		int n_marked = 0;
		for (int i = 0; i < HIST_MARKS; i++) {
			int64_t ns = hist_percentile_reportable(hist, hist_marks[i].percent);

			if (ns != HIST_NONE && chart_row(&chart, ns) == row)
				fprintf(out, "%s%s", n_marked++ ? " " : "  ", hist_marks[i].name);
		}
		fputc('\n', out);
	}
}
