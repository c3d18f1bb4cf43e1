// SPDX-License-Identifier: MIT
/* `concbench run`, top-down: options, plan, trials one by one, table. */
#include "run.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "exit.h"
#include "inject.h"
#include "interrupt.h"
#include "options.h"
#include "plan.h"
#include "progress.h"
#include "run_files.h"
#include "summary.h"
#include "trial.h"

struct run {
	struct plan_order order;
	const char *label;
	int64_t timeout_ns;
	bool dry_run;
	bool no_latency;
	const char *inject; /* NULL: nothing */

	struct plan plan;
	struct trial_context context;
	struct summary summary;
	struct run_files files;
	char run_id[40];
	size_t n_done;
};

enum {
	RUN_PROFILE = 256,
	RUN_LABEL,
	RUN_SEED,
	RUN_TIMEOUT,
	RUN_APPEND,
	RUN_FORCE,
	RUN_HIST,
	RUN_NO_LATENCY,
	RUN_INJECT,
	RUN_SWEEP,
	RUN_DRY
};

static const struct options_row run_options[] = {
	{'w', "workloads", "LIST", "workloads, comma-separated (default: all)"},
	{'b', "backends", "LIST",
	 "backends with options, e.g. coro,thread:handoff=pipe (default: all)"},
	{'p', "param", "KEY=VALUE", "a parameter, or [workload.]key=v1,v2 for a sweep; repeatable"},
	{'r', "repetitions", "N", "trials of each cell (default: the profile's 3, 10 or 20)"},
	{RUN_PROFILE, "profile", "NAME",
	 "quick, standard or full: sizes and repetitions; or every parameter's own defaults "
	 "(default: quick)"},
	{RUN_SWEEP, "sweep", NULL,
	 "each workload's main parameter in a geometric series, for concbench scale"},
	{'o', "output", "FILE", "write the CSV there; - for standard output"},
	{RUN_APPEND, "append", NULL, "add to an existing FILE with the same header"},
	{RUN_FORCE, "force", NULL, "overwrite an existing FILE"},
	{RUN_HIST, "hist", "FILE", "write each trial's histogram there, for concbench hist"},
	{RUN_LABEL, "label", "TEXT", "a text for the label column"},
	{RUN_SEED, "seed", "N", "seed of the trials' order (default: random, recorded)"},
	{RUN_TIMEOUT, "timeout", "TIME", "limit of one pass (default: 3 x the expected time + 10 s)"},
	{RUN_INJECT, "inject", "CELL:+N%",
	 "slow WORKLOAD/BACKEND down by that share, for tests of the gate"},
	{RUN_NO_LATENCY, "no-latency", NULL, "take no latency samples, to see what taking them costs"},
	{RUN_DRY, "dry-run", NULL, "print the plan with an estimate of the time; with -o - as CSV"},
	{0},
};

static void run_help(void)
{
	printf("usage: concbench run [options]\n\n"
		   "Measures every chosen workload on every chosen backend, repetitions interleaved in a\n"
		   "seeded random order. A table goes to a terminal, CSV to a pipe or to -o FILE.\n\n");
	options_print(stdout, run_options);
	printf("\nA parameter without a workload is for every chosen one that has it, each value for "
		   "those "
		   "that\ntake it; one that takes none of the values keeps its default.\n");
	printf("\nexit: 0 ok, 1 a trial failed, 2 usage, 130/143 interrupted\n");
}

/* ---- options ---- */

static int run_add_setting(struct run *run, const char *value)
{
	if (run->order.settings.n == SETTINGS_MAX) {
		fprintf(stderr, "concbench: -p %s: more than %d parameters\n", value, SETTINGS_MAX);
		return -EINVAL;
	}
	run->order.settings.list[run->order.settings.n++] = value;
	return 0;
}

static int run_set_mode(struct run *run, enum csv_mode mode)
{
	if (run->files.mode != CSV_CREATE && run->files.mode != mode) {
		fprintf(stderr, "concbench: --append and --force exclude each other\n");
		return -EINVAL;
	}
	run->files.mode = mode;
	return 0;
}

static int run_set_profile(struct run *run, const char *value)
{
	int profile = plan_profile_parse(value);

	if (profile < 0) {
		fprintf(stderr, "concbench: --profile: \"%s\" is not one of quick|standard|full|defaults\n",
				value);
		return profile;
	}
	run->order.profile = (enum plan_profile)profile;
	return 0;
}

static int run_set_label(struct run *run, const char *value)
{
	if (strlen(value) >= RESULT_TEXT_MAX) {
		fprintf(stderr, "concbench: --label: %zu characters are too many (0..%d)\n", strlen(value),
				RESULT_TEXT_MAX - 1);
		return -EINVAL;
	}
	run->label = value;
	return 0;
}

static int run_set(struct run *run, int id, const char *value)
{
	int64_t number;
	int rc = 0;

	switch (id) {
	case 'w':
		run->order.workloads = value;
		break;
	case 'b':
		run->order.backends = value;
		break;
	case 'p':
		return run_add_setting(run, value);
	case 'r':
		rc = options_count("-r", value, 1, PLAN_REPETITIONS_MAX, &number);
		if (rc == 0)
			run->order.repetitions = (uint32_t)number;
		break;
	case 'o':
		run->files.out_path = value;
		break;
	case RUN_PROFILE:
		return run_set_profile(run, value);
	case RUN_LABEL:
		return run_set_label(run, value);
	case RUN_SEED:
		rc = options_count("--seed", value, 0, INT64_MAX, &number);
		if (rc == 0)
			run->order.seed = (uint64_t)number;
		break;
	case RUN_TIMEOUT:
		return options_time("--timeout", value, CLOCK_NS_PER_MS, 24 * 3600 * CLOCK_NS_PER_S,
							&run->timeout_ns);
	case RUN_APPEND:
		return run_set_mode(run, CSV_APPEND);
	case RUN_FORCE:
		return run_set_mode(run, CSV_FORCE);
	case RUN_INJECT:
		run->inject = value;
		break;
	case RUN_SWEEP:
		run->order.sweep = true;
		break;
	case RUN_NO_LATENCY:
		run->no_latency = true;
		break;
	case RUN_HIST:
		run->files.hist_path = value;
		break;
	default: /* RUN_DRY */
		run->dry_run = true;
		break;
	}
	return rc;
}

/* 0, an OPTIONS_HELP, or -EINVAL after one line on stderr. */
static int run_parse(struct run *run, int argc, char **argv)
{
	extern int optind;
	const char *value;
	int id;

	while ((id = options_next(argc, argv, run_options, &value)) != OPTIONS_END) {
		if (id == OPTIONS_HELP)
			return OPTIONS_HELP;
		if (id == OPTIONS_BAD || run_set(run, id, value))
			return -EINVAL;
	}
	if (optind < argc) {
		fprintf(stderr, "concbench: %s: run takes options only; see concbench run --help\n",
				argv[optind]);
		return -EINVAL;
	}
	if (run->files.mode != CSV_CREATE && !run->files.out_path && !run->files.hist_path) {
		fprintf(stderr, "concbench: --append and --force need an -o FILE or a --hist FILE\n");
		return -EINVAL;
	}
	if (run->files.hist_path &&
		(strcmp(run->files.hist_path, "-") == 0 ||
		 (run->files.out_path && strcmp(run->files.hist_path, run->files.out_path) == 0))) {
		fprintf(stderr, "concbench: --hist: %s: it needs a file of its own\n",
				run->files.hist_path);
		return -EINVAL;
	}
	return 0;
}

/* ---- the dry run ---- */

static int64_t run_expected_ns(const struct plan *plan)
{
	int64_t sum_ns = 0;

	for (size_t i = 0; i < plan->n_trials; i++)
		sum_ns += plan_trial_ns(&plan->cells[plan->trials[i].cell]);
	return sum_ns;
}

static void run_print_plan(const struct run *run)
{
	bool csv = run->files.out_path && strcmp(run->files.out_path, "-") == 0;

	if (csv)
		printf("workload,backend,variant,params,rep,expected_ns\n");
	for (size_t i = 0; i < run->plan.n_trials; i++) {
		const struct plan_trial *trial = &run->plan.trials[i];
		const struct cell *cell = &run->plan.cells[trial->cell];
		char params[RESULT_PARAMS_MAX], variant[RESULT_TEXT_MAX];

		if (csv)
			printf("%s,%s,%s,%s,%" PRIu32 ",%" PRId64 "\n", cell->workload->name,
				   cell->roles[0].backend->name, cell_variant_text(cell, variant, sizeof(variant)),
				   cell_params_text(cell, params, sizeof(params)), trial->rep, plan_trial_ns(cell));
		else
			printf("%4zu  %-16s %-24s rep %-3" PRIu32 " %s%s%s\n", i + 1, cell->workload->name,
				   cell_variant_label(cell, variant, sizeof(variant)), trial->rep,
				   cell_params_label(cell, params, sizeof(params)),
				   cell->status == RESULT_OK ? "" : "  ", cell->reason);
	}
	fprintf(stderr, "concbench: %zu cells, %zu trials, about %.0f s or more, seed %" PRIu64 "\n",
			run->plan.n_cells, run->plan.n_trials, (double)run_expected_ns(&run->plan) / 1e9,
			run->order.seed);
}

/* ---- the run ---- */

static void run_utc(char *buf, size_t size, const char *format)
{
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(buf, size, format, &utc);
}

static void run_identify(struct run *run)
{
	char stamp[24];
	uint32_t random = 0;

	run_utc(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ");
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = (uint32_t)clock_now_ns();
	snprintf(run->run_id, sizeof(run->run_id), "%s-%08" PRIx32, stamp, random);
}

static void run_start_row(const struct run *run, const struct plan_trial *trial,
						  struct result *result)
{
	const struct cell *cell = &run->plan.cells[trial->cell];

	result_init(result);
	snprintf(result->run_id, sizeof(result->run_id), "%s", run->run_id);
	run_utc(result->started_utc, sizeof(result->started_utc), "%Y-%m-%dT%H:%M:%SZ");
	snprintf(result->label, sizeof(result->label), "%s", run->label ? run->label : "");
	result->seq = (int64_t)run->n_done + 1;
	result->planned = (int64_t)run->plan.n_trials;
	snprintf(result->workload, sizeof(result->workload), "%s", cell->workload->name);
	result->workload_version = cell->workload->version;
	snprintf(result->backend, sizeof(result->backend), "%s", cell->roles[0].backend->name);
	cell_variant_text(cell, result->variant, sizeof(result->variant));
	cell_params_text(cell, result->params, sizeof(result->params));
	result->rep = trial->rep;
	result->seed = (int64_t)run->order.seed;
}

static void run_show_progress(const struct run *run, const struct progress *progress,
							  const struct plan_trial *trial)
{
	const struct cell *cell = &run->plan.cells[trial->cell];
	char variant[RESULT_TEXT_MAX], params[RESULT_PARAMS_MAX], text[RESULT_PARAMS_MAX + 512];

	snprintf(text, sizeof(text), "%s %s rep %" PRIu32 " %s", cell->workload->name,
			 cell_variant_label(cell, variant, sizeof(variant)), trial->rep,
			 cell_params_label(cell, params, sizeof(params)));
	progress_update(progress, (unsigned)run->n_done, text);
}

/* One trial, from the plan to the disk. 0, or -errno when its row could not be kept. */
static int run_trial(struct run *run, const struct plan_trial *trial)
{
	int64_t begun_ns = clock_now_ns();
	struct result result;
	int rc;

	run_start_row(run, trial, &result);
	trial_run(&run->context, &run->plan.cells[trial->cell], &result);
	run->n_done++;
	rc = summary_add(&run->summary, trial->cell, &result, &run->context.latency);
	if (rc) {
		fprintf(stderr, "concbench: row %zu could not be kept: %s\n", run->n_done, strerror(-rc));
		return rc;
	}
	return run_files_add(&run->files, begun_ns, &result, &run->context.latency);
}

static int run_all(struct run *run)
{
	struct progress progress;
	int rc = 0;

	progress_begin(&progress, STDERR_FILENO, (unsigned)run->plan.n_trials,
				   run_expected_ns(&run->plan));
	for (size_t i = 0; rc == 0 && i < run->plan.n_trials && !interrupt_check(); i++) {
		run_show_progress(run, &progress, &run->plan.trials[i]);
		rc = run_trial(run, &run->plan.trials[i]);
	}
	progress_clear(&progress);
	return rc;
}

static size_t run_count_bad(const struct run *run)
{
	return summary_count(&run->summary, RESULT_INVALID) +
		   summary_count(&run->summary, RESULT_FAILED) +
		   summary_count(&run->summary, RESULT_TIMEOUT);
}

static void run_report(const struct run *run)
{
	size_t noisy = 0, measured = 0;

	for (size_t i = 0; i < run->plan.n_cells; i++) {
		noisy += run->summary.cells[i].n_noisy;
		measured += run->summary.cells[i].n_ok;
	}
	fprintf(stderr, "concbench: %zu of %zu trials, %zu cells failed, seed %" PRIu64 "%s%s\n",
			run->n_done, run->plan.n_trials, run_count_bad(run), run->order.seed,
			run->files.out_path ? ", rows in " : "",
			run->files.out_path ? run->files.out_path : "");
	if (noisy)
		fprintf(stderr,
				"concbench: %zu of %zu trials ran beside other work (noisy=1): only compare what"
				" was interleaved\n",
				noisy, measured);
}

static int run_measure(struct run *run)
{
	bool csv_on_stdout;
	int rc;

	run_identify(run);
	rc = run_files_open(&run->files, run->run_id);
	if (rc)
		return rc == -ENOSPC ? EXIT_TRIAL : EXIT_USAGE;
	csv_on_stdout = run->files.csv_open && strcmp(run->files.out_path, "-") == 0;
	rc = trial_context_init(&run->context);
	if (rc == 0)
		rc = summary_init(&run->summary, &run->plan);
	if (rc == 0)
		rc = interrupt_install();
	if (rc) {
		fprintf(stderr, "concbench: cannot begin: %s\n", strerror(-rc));
		return EXIT_TRIAL;
	}
	run->context.timeout_ns = run->timeout_ns;
	run->context.no_latency = run->no_latency;
	/* A plan of one trial is part of somebody else's measurement (`ab`), which asks for no floor.
	 */
	run->context.floors = run->plan.n_trials > 1;
	rc = run_all(run);
	if (!csv_on_stdout)
		summary_print(&run->summary, stdout);
	run_report(run);
	if (run_files_close(&run->files))
		rc = -EIO;
	if (interrupt_signal())
		return 128 + interrupt_signal();
	return rc || run_count_bad(run) ? EXIT_TRIAL : EXIT_OK;
}

int run_main(int argc, char **argv)
{
	struct run run = {.order.profile = PLAN_QUICK};
	char error[PARAM_ERROR_MAX];
	int rc;

	/* A seed that fits a signed column. */
	if (getrandom(&run.order.seed, sizeof(run.order.seed), 0) != sizeof(run.order.seed))
		run.order.seed = (uint64_t)clock_now_ns();
	run.order.seed &= INT32_MAX;
	rc = run_parse(&run, argc, argv);
	if (rc == OPTIONS_HELP) {
		run_help();
		return EXIT_OK;
	}
	if (rc)
		return EXIT_USAGE;
	rc = plan_make(&run.order, &run.plan, error);
	if (rc == 0 && run.inject)
		rc = inject_apply(run.inject, &run.plan, error);
	if (rc) {
		fprintf(stderr, "concbench: %s\n", error);
		return rc == -EINVAL || rc == -ERANGE ? EXIT_USAGE : EXIT_TRIAL;
	}
	if (run.plan.unswept[0])
		fprintf(stderr, "concbench: --sweep: no series for %s: left out\n", run.plan.unswept);
	if (run.dry_run) {
		run_print_plan(&run);
		plan_release(&run.plan);
		return EXIT_OK;
	}
	rc = run_measure(&run);
	summary_release(&run.summary);
	trial_context_release(&run.context);
	plan_release(&run.plan);
	return rc;
}
