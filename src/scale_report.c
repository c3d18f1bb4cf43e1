// SPDX-License-Identifier: MIT
/* The lines of a file's series, in words and as CSV. */
#include "scale_report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "csv_field.h"
#include "scale_line.h"
#include "text.h"

enum { NUMBER_MAX = 40 };

/* ---- figures ---- */

/* A size as a user would write it. */
static char *size_text(const struct scale_series *series, double size, char *buf)
{
	if (size == rint(size) && size < 1e15)
		return param_format(series->by_kind, (int64_t)size, buf, NUMBER_MAX);
	snprintf(buf, NUMBER_MAX, "%g", size);
	return buf;
}

static char *cost_text(const struct scale_line *line, double cost, char *buf)
{
	if (line->unit[0] == 'n')
		return text_scale_ns(cost, buf);
	return line->unit[0] == 'B' ? text_scale_bytes(cost, buf) : text_scale_ratio(cost, buf);
}

/* Rounded, and never -0.00. */
static double hundredths(double exponent)
{
	return rint(100 * exponent) / 100 + 0.0;
}

static void trials_count(const struct scale_data *data, uint32_t *used, uint32_t *noisy)
{
	*used = *noisy = 0;
	for (size_t i = 0; i < data->n_series; i++) {
		for (size_t j = 0; j < data->series[i].n_sizes; j++) {
			*used += data->series[i].sizes[j].n_ok;
			*noisy += data->series[i].sizes[j].n_noisy;
		}
	}
}

/* ---- text ---- */

static void leaving_print(FILE *out, const struct scale_series *series,
						  const struct scale_line *line)
{
	const struct growth *growth = &line->growth;
	char factor[TEXT_SCALED_MAX], size[NUMBER_MAX];

	if (isnan(line->leaves_at))
		return;
	fprintf(out, "              leaves this line at N=%s: %s x what the smaller sizes lead to",
			size_text(series, line->leaves_at, size), text_scale_ratio(growth->factor, factor));
	if (line->last > line->leaves_at)
		fprintf(out, ", %s x at N=%s", text_scale_ratio(growth->last_factor, factor),
				size_text(series, line->last, size));
	fputc('\n', out);
}

static void line_print(FILE *out, const struct scale_series *series, const struct scale_line *line)
{
	const struct power_fit *fit = &line->growth.fit;
	char words[GROWTH_WORDS_MAX], size[NUMBER_MAX], cost[TEXT_SCALED_MAX];

	fprintf(out, "    %-8s  ", line->name);
	if (line->negligible) {
		fprintf(out, "fewer than one in a hundred operations%s%s\n",
				series->of_round ? " at N=" : "",
				series->of_round ? size_text(series, line->last, size) : "");
		return;
	}
	if (!line->growth.fitted) {
		fprintf(out, "cannot be fitted: %zu size%s measured, at least %d needed\n", line->n,
				line->n == 1 ? "" : "s", POWER_FIT_MIN);
		return;
	}
	fprintf(out, "~ N^%.2f (%.2f .. %.2f)", hundredths(fit->exponent), hundredths(fit->lower),
			hundredths(fit->upper));
	if (fit->fixed > 0)
		fprintf(out, " beside %s", cost_text(line, fit->fixed, cost));
	fprintf(out, ", %s; %s at N=%s", growth_words(fit, words),
			cost_text(line, line->first_cost, cost), size_text(series, line->first, size));
	fprintf(out, ", %s at N=%s", cost_text(line, line->last_cost, cost),
			size_text(series, line->last, size));
	if (line->n < line->n_good)
		fprintf(out, "; a figure at %zu of %zu sizes", line->n, line->n_good);
	fputc('\n', out);
	leaving_print(out, series, line);
}

/* Sizes some of whose trials, or all before the last good size, were not ok. */
static void others_print(FILE *out, const struct scale_series *series,
						 const struct scale_stop *stop)
{
	char text[NUMBER_MAX];

	for (size_t i = 0; i < series->n_sizes; i++) {
		const struct scale_size *size = &series->sizes[i];

		if (size->other.n > 0 && size->size <= stop->last)
			fprintf(out, "    %u of %u trials at N=%s %s: %s\n", size->other.n,
					size->other.n + size->n_ok, size_text(series, size->size, text),
					result_status_word(size->other.status), size->other.reason);
	}
}

static void stop_print(FILE *out, const struct scale_series *series, const struct scale_stop *stop)
{
	const struct scale_size *first = stop->first;
	char text[NUMBER_MAX];

	if (!first)
		return;
	if (isnan(stop->last)) {
		fprintf(out, "    %s: %s\n", result_status_word(first->other.status), first->other.reason);
		return;
	}
	fprintf(out, "    stops after N=%s", size_text(series, stop->last, text));
	fprintf(out, ": N=%s is %s: %s\n", size_text(series, first->size, text),
			result_status_word(first->other.status), first->other.reason);
}

/* A round of N tasks that starts them too slowly never holds N of them. */
static void alive_print(FILE *out, const struct scale_series *series)
{
	char text[NUMBER_MAX];

	for (size_t i = series->n_sizes; series->of_round && i-- > 0;) {
		const struct scale_size *size = &series->sizes[i];

		if (size->alive < 0.9 * size->size) {
			fprintf(out, "    at N=%s no more than %.0f tasks were alive at once\n",
					size_text(series, size->size, text), size->alive);
			return;
		}
	}
}

static bool same_block(const struct scale_series *a, const struct scale_series *b)
{
	return !strcmp(a->workload, b->workload) && a->version == b->version &&
		   !strcmp(a->others, b->others);
}

/* The heading of series[0] and those of its block behind it, of which the first says most. */
static void block_print(FILE *out, const struct scale_series *series, size_t n)
{
	const struct scale_series *told = series;
	char text[TEXT_SCALED_MAX];

	/* What was measured knows what its costs are of. */
	for (size_t i = 0; i < n && same_block(series, &series[i]); i++)
		if (isnan(scale_stop_find(told).last))
			told = &series[i];
	fprintf(out, "%s by N = %s%s%s\n", series->workload, series->by, *series->others ? "; " : "",
			series->others);
	fprintf(out, "  costs of %s", told->of_round ? "a round of N operations" : "one operation");
	if (told->of_round && told->least_ns > 0)
		fprintf(out, ", time beyond the %s that it has to take",
				text_scale_ns(told->least_ns, text));
	fprintf(out, "; spawn, drain and memory of %s\n", told->of_tasks ? "N tasks" : "one task");
}

/* How many lines were fitted, or -ENOMEM. */
static int series_print(FILE *out, const struct scale_series *series)
{
	struct scale_stop stop = scale_stop_find(series);
	int n_fitted = 0;

	fprintf(out, "  %s%s%s\n", series->backend, *series->variant ? ":" : "", series->variant);
	for (int cost = 0; cost < SCALE_COSTS; cost++) {
		struct scale_line line;

		if (scale_line_find(series, (enum scale_cost)cost, &line) < 0)
			return -ENOMEM;
		if (line.n > 0)
			line_print(out, series, &line);
		n_fitted += line.growth.fitted;
	}
	if (isnan(series->least_ns))
		fprintf(out, "    time cannot be fitted: this build's %s has other parameters\n",
				series->workload);
	alive_print(out, series);
	others_print(out, series, &stop);
	stop_print(out, series, &stop);
	return n_fitted;
}

static void notes_print(FILE *out, const struct scale_data *data, const char *by)
{
	uint32_t used, noisy;

	trials_count(data, &used, &noisy);
	if (noisy > 0)
		fprintf(out, "note: %u of %u trials ran beside other work (noisy=1), and were used\n",
				noisy, used);
	for (uint32_t i = 0; i < data->unscaled.n; i++)
		fprintf(out, "note: %s: left out, it has no %s%s\n", data->unscaled.texts[i],
				by ? "parameter " : "main parameter; see --by", by ? by : "");
	if (data->n_zero > 0)
		fprintf(out, "note: %u rows left out: N=0 is on no line\n", data->n_zero);
}

int scale_report_text(FILE *out, const struct scale_data *data, const char *by)
{
	int n_fitted = 0;

	for (size_t i = 0; i < data->n_series; i++) {
		const struct scale_series *series = &data->series[i];
		int n;

		if (i == 0 || !same_block(series, series - 1))
			block_print(out, series, data->n_series - i);
		n = series_print(out, series);
		if (n < 0)
			return n;
		n_fitted += n;
	}
	notes_print(out, data, by);
	return n_fitted;
}

/* ---- CSV ---- */

static void csv_print_key(FILE *out, const struct scale_series *series)
{
	csv_field_text(out, series->workload, ',');
	fprintf(out, "%" PRId64 ",", series->version);
	csv_field_text(out, series->backend, ',');
	csv_field_text(out, series->variant, ',');
	csv_field_text(out, series->others, ',');
	csv_field_text(out, series->by, ',');
}

static void csv_print_line(FILE *out, const struct scale_line *line)
{
	const struct growth *growth = &line->growth;
	const struct power_fit *fit = &growth->fit;
	bool fitted = growth->fitted;
	char words[GROWTH_WORDS_MAX];

	fprintf(out, "%s,%s,%s,%zu,", line->name, line->unit, line->sums ? "N" : "1", line->n);
	csv_field_number(out, line->first, ',');
	csv_field_number(out, line->first_cost, ',');
	csv_field_number(out, line->last, ',');
	csv_field_number(out, line->last_cost, ',');
	csv_field_number(out, fitted ? fit->exponent : NAN, ',');
	csv_field_number(out, fitted ? fit->lower : NAN, ',');
	csv_field_number(out, fitted ? fit->upper : NAN, ',');
	csv_field_number(out, fitted ? fit->fixed : NAN, ',');
	fprintf(out, "%s,", fitted ? growth_words(fit, words) : line->negligible ? "negligible" : "");
	csv_field_number(out, line->leaves_at, ',');
	csv_field_number(out, fitted ? growth->factor : NAN, ',');
}

static void csv_print_stop(FILE *out, const struct scale_stop *stop)
{
	if (!stop->first) {
		fputs(",,\n", out);
		return;
	}
	csv_field_number(out, stop->first->size, ',');
	fprintf(out, "%s,", result_status_word(stop->first->other.status));
	csv_field_text(out, stop->first->other.reason, '\n');
}

int scale_report_csv(FILE *out, const struct scale_data *data)
{
	int n_fitted = 0;

	fputs("workload,workload_version,backend,variant,params,by,cost,unit,of,sizes,first,first_cost,"
		  "last,last_cost,exponent,exponent_lower,exponent_upper,fixed,growth,leaves_at,"
		  "leaves_factor,stops_at,stops_status,stops_reason\n",
		  out);
	for (size_t i = 0; i < data->n_series; i++) {
		const struct scale_series *series = &data->series[i];
		struct scale_stop stop = scale_stop_find(series);

		for (int cost = 0; cost < SCALE_COSTS; cost++) {
			struct scale_line line;

			if (scale_line_find(series, (enum scale_cost)cost, &line) < 0)
				return -ENOMEM;
			n_fitted += line.growth.fitted;
			/* A backend that did nothing at all has one row, for the reason. */
			if (line.n == 0 && (cost > 0 || !isnan(stop.last)))
				continue;
			csv_print_key(out, series);
			if (line.n > 0)
				csv_print_line(out, &line);
			else
				fputs(",,,0,,,,,,,,,,,,", out);
			csv_print_stop(out, &stop);
		}
	}
	return n_fitted;
}
