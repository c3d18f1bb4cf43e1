// SPDX-License-Identifier: MIT
/*
 * `concbench aa`, top-down: the gate's own procedure, many times over, on a build against itself.
 *
 * Every red is a false alarm by construction. What a green run could have excluded (the upper
 * limit) says, cell by cell, how large a change this machine can detect.
 */
#include "aa.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ab_options.h"
#include "ab_session.h"
#include "clock.h"
#include "exit.h"
#include "gate_stat.h"
#include "interrupt.h"
#include "options.h"
#include "screen.h"
#include "splitmix.h"
#include "verdict.h"

enum { BINARY = AB_OPTIONS_END, RUNS, AA_RUNS_MAX = 1000 };

static const struct options_row aa_options[] = {
	{RUNS, "runs", "N", "how often the whole procedure is repeated (default: 20)"},
	{BINARY, "bin", "BIN", "the build (default: this one)"},
	AB_OPTIONS,
	{0},
};

/* What all runs found of one figure. */
struct figure {
	char cell[DATASET_ERROR_MAX];
	const struct metric *metric;
	double uppers[AA_RUNS_MAX]; /* finite limits */
	uint32_t n, n_regressed, n_improved;
};

struct aa {
	struct ab_options options;
	const char *binary;
	int64_t n_runs;
	struct figure *figures;
	size_t n_figures;
	uint32_t n_done, n_red, n_remeasured;
};

static void aa_help(void)
{
	printf("usage: concbench aa [options]\n\n"
		   "Runs the gate on a build against itself: how often would this machine cry wolf (at\n"
		   "most 5 %% by design), and how large a change could it detect?\n\n");
	options_print(stdout, aa_options);
	printf("\nexit: 0 done, 2 usage or data, 4 the binary could not be run, 130/143 interrupted\n");
}

/* The figure of a row, added if it is new. NULL: no memory. */
static struct figure *figure_find(struct aa *aa, const struct verdict_row *row)
{
	char cell[DATASET_ERROR_MAX];
	struct figure *grown;

	dataset_cell_text(row->cell, cell, sizeof(cell));
	for (size_t i = 0; i < aa->n_figures; i++) {
		if (aa->figures[i].metric == row->metric && !strcmp(aa->figures[i].cell, cell))
			return &aa->figures[i];
	}
	grown = realloc(aa->figures, (aa->n_figures + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	aa->figures = grown;
	memset(&grown[aa->n_figures], 0, sizeof(*grown));
	memcpy(grown[aa->n_figures].cell, cell, sizeof(cell));
	grown[aa->n_figures].metric = row->metric;
	return &grown[aa->n_figures++];
}

static int table_add(struct aa *aa, const struct verdict_table *table)
{
	aa->n_done++;
	aa->n_red += verdict_count(table).regressed > 0;
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct verdict_row *row = &table->rows[i];
		struct figure *figure;

		if (row->kind != VERDICT_JUDGED || !row->gates)
			continue;
		figure = figure_find(aa, row);
		if (!figure)
			return -ENOMEM;
		figure->n_regressed += row->gate.verdict == GATE_REGRESSED;
		figure->n_improved += row->gate.verdict == GATE_IMPROVED;
		if (isfinite(row->gate.upper))
			figure->uppers[figure->n++] = row->gate.upper;
	}
	return 0;
}

/* One whole run of the gate. */
static int run_once(struct aa *aa, const struct ab_plan *plan, uint64_t seed, char *error)
{
	struct metric_rules rules = {0};
	struct ab_session session = {
		.binaries = {aa->binary, aa->binary},
		.plan = plan,
		.seed = seed,
		.pairs = aa->options.pairs,
		.order = {.rules = &rules, .seed = 1},
	};
	struct verdict_table table;
	int status = ab_session_run(&session, error);

	if (status == 0)
		status = judge_run(&session.order, &session.dataset, &table, error);
	if (status == 0) {
		aa->n_remeasured += session.n_remeasured;
		status = table_add(aa, &table);
		fprintf(stderr, "concbench: aa: run %u of %" PRId64 ": %s, %.0f s\n", aa->n_done,
				aa->n_runs, verdict_count(&table).regressed > 0 ? "a false alarm" : "green",
				(double)session.total_ns / CLOCK_NS_PER_S);
		verdict_release(&table);
	}
	ab_session_release(&session);
	return status;
}

static void result_print(struct aa *aa)
{
	const char *cell = "";

	for (size_t i = 0; i < aa->n_figures; i++) {
		struct figure *figure = &aa->figures[i];
		double upper = gate_median(figure->uppers, figure->n);

		if (strcmp(cell, figure->cell) != 0)
			printf("%s\n", figure->cell);
		cell = figure->cell;
		printf("  %-10s  ", figure->metric->name);
		if (isfinite(upper))
			printf("changes beyond %+.1f %% can be excluded", 100 * expm1(upper));
		else
			printf("no change can be excluded");
		if (figure->n_regressed + figure->n_improved > 0)
			printf("; false alarms: %u slower, %u faster", figure->n_regressed, figure->n_improved);
		printf("\n");
	}
	printf("%u of %u runs with a false alarm (%.0f %%; at most 5 %% by design); "
		   "%u pairs measured again, the machine was busy\n",
		   aa->n_red, aa->n_done, aa->n_done ? 100.0 * aa->n_red / aa->n_done : 0,
		   aa->n_remeasured);
}

static int aa_fail(int status, const char *error)
{
	if (interrupt_signal()) {
		fprintf(stderr, "concbench: aa: interrupted\n");
		return 128 + interrupt_signal();
	}
	fprintf(stderr, "concbench: %s\n", error);
	return status == -ENOEXEC ? EXIT_BINARY : EXIT_USAGE;
}

/* All runs; what was found until an interruption is printed too. */
static int aa_run(struct aa *aa)
{
	char error[DATASET_ERROR_MAX] = "signals cannot be handled";
	struct ab_plan plan = {0};
	uint64_t random = aa->options.seed;
	int status = interrupt_install();

	if (status == 0)
		status = ab_plan_make(&plan, aa->binary, &aa->options.choice, error);
	if (status == 0) {
		uint32_t pairs = aa->options.pairs ? aa->options.pairs : SCREEN_PAIRS;

		fprintf(stderr,
				"concbench: aa: %" PRId64 " runs, %zu cells, %u pairs each: about %.0f s or more, "
				"seed %" PRIu64 "\n",
				aa->n_runs, plan.n_cells, pairs,
				(double)(ab_expected_ns(&plan, pairs) * aa->n_runs) / CLOCK_NS_PER_S,
				aa->options.seed);
	}
	for (int64_t run = 0; status == 0 && run < aa->n_runs; run++)
		status = run_once(aa, &plan, splitmix_next(&random) & INT32_MAX, error);
	if (aa->n_done > 0)
		result_print(aa);
	ab_plan_release(&plan);
	return status < 0 ? aa_fail(status, error) : EXIT_OK;
}

static int aa_set(struct aa *aa, int id, const char *value)
{
	int status;

	if (ab_option(&aa->options, id, value, &status))
		return status;
	if (id == RUNS)
		return options_count("--runs", value, 1, AA_RUNS_MAX, &aa->n_runs);
	aa->binary = value;
	return 0;
}

int aa_main(int argc, char **argv)
{
	struct aa aa = {.binary = "/proc/self/exe", .n_runs = 20};
	const char *value;
	int code;
	int id;

	ab_options_init(&aa.options);
	while ((id = options_next(argc, argv, aa_options, &value))) {
		if (id == OPTIONS_HELP) {
			aa_help();
			return EXIT_OK;
		}
		if (id == OPTIONS_BAD || aa_set(&aa, id, value) < 0)
			return EXIT_USAGE;
	}
	if (optind < argc) {
		fprintf(stderr, "concbench: %s: aa takes options only; see concbench aa --help\n",
				argv[optind]);
		return EXIT_USAGE;
	}
	code = aa_run(&aa);
	free(aa.figures);
	return code;
}
