// SPDX-License-Identifier: MIT
/* `concbench ab`, top-down: options, plan, pairs, verdict. */
#include "ab.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ab_fit.h"
#include "ab_options.h"
#include "ab_session.h"
#include "clock.h"
#include "conclude.h"
#include "exit.h"
#include "interrupt.h"
#include "options.h"
#include "screen.h"

enum { SIDE_A = AB_OPTIONS_END, SIDE_B, BUDGET, FORCE };

static const struct options_row ab_options[] = {
	{SIDE_A, "a", "BIN", "the build to compare with"},
	{SIDE_B, "b", "BIN", "the build that may be slower"},
	AB_OPTIONS,
	{BUDGET, "budget", "TIME", "take about this long at most, confirming with fewer pairs"},
	{FORCE, "force", NULL, "measure although both are the same build"},
	{'o', "output", "FILE", "write all rows there; concbench compare reads them"},
	CONCLUDE_OPTIONS,
	{0},
};

struct ab {
	struct ab_options options;
	struct conclude conclude;
	const char *binaries[DATASET_SIDES];
	int64_t budget_ns;
	bool force;
	const char *out_path;
};

static void ab_help(void)
{
	printf(
		"usage: concbench ab --a OLD --b NEW [options]\n\n"
		"Did NEW get slower? Trials of both builds run back to back, in random order, first 5\n"
		"pairs of every cell, then 15 fresh pairs of those that look slower, and only these\n"
		"count for them. The chance of any false alarm over the whole suite is at most 5 %%.\n\n");
	options_print(stdout, ab_options);
	printf(
		"\nexit: 0 no regression, 1 regression (or rows that could not be written), 2 usage or\n"
		"data, 3 inconclusive (only with --require-power), 4 a binary could not be run, 130/143\n"
		"interrupted. The last line on stderr repeats it for scripts, whatever happened:\n"
		"concbench-verdict: exit=1 regressed=1 improved=0 equivalent=41 inconclusive=18 missing=0 "
		"cells=60\n");
}

static int ab_set(struct ab *ab, int id, const char *value)
{
	int status;

	if (conclude_option(&ab->conclude, id, value, &status) ||
		ab_option(&ab->options, id, value, &status))
		return status;
	switch (id) {
	case SIDE_A:
	case SIDE_B:
		ab->binaries[id == SIDE_B] = value;
		break;
	case BUDGET:
		return options_time("--budget", value, CLOCK_NS_PER_S, 7 * 24 * 3600 * CLOCK_NS_PER_S,
							&ab->budget_ns);
	case FORCE:
		ab->force = true;
		break;
	default: /* 'o' */
		ab->out_path = value;
		break;
	}
	return 0;
}

/* What a failure of the lower layers means for the caller of the program. */
static int ab_fail(int status, const char *error)
{
	if (interrupt_signal())
		return conclude_stop(128 + interrupt_signal(), "ab: interrupted");
	if (status == -EIO)
		return conclude_stop(EXIT_TRIAL, error);
	return conclude_stop(status == -ENOEXEC ? EXIT_BINARY : EXIT_USAGE, error);
}

/* Whether both are one build, said in *error then. -errno where one of them does not run. */
static int builds_same(const struct ab *ab, bool *same, char *error)
{
	char ids[DATASET_SIDES][64];

	for (int side = 0; side < DATASET_SIDES; side++) {
		int status = ab_build_id(ab->binaries[side], ids[side], error);

		if (status < 0)
			return status;
	}
	*same = *ids[0] && !strcmp(ids[0], ids[1]);
	if (*same)
		snprintf(
			error, AB_ERROR_MAX,
			"build-id: '%s' on both sides: the same build, nothing to compare (--force measures)",
			ids[0]);
	return 0;
}

/* Says how long it will take. -EINVAL with *error where that does not fit the budget. */
static int time_announce(const struct ab *ab, const struct ab_plan *plan, char *error)
{
	uint32_t pairs = ab->options.pairs ? ab->options.pairs : SCREEN_PAIRS;
	double expected_s = (double)ab_expected_ns(plan, pairs) / CLOCK_NS_PER_S;

	fprintf(stderr, "concbench: ab: %zu cells, %u pairs each: about %.0f s%s, seed %" PRIu64 "\n",
			plan->n_cells, pairs, expected_s,
			ab->options.pairs ? "" : ", then 15 pairs of each cell that looks slower",
			ab->options.seed);
	if (ab->budget_ns == 0 || expected_s * CLOCK_NS_PER_S <= (double)ab->budget_ns)
		return 0;
	snprintf(error, DATASET_ERROR_MAX, "--budget: %.0f s is too short, at least %.0f s are needed",
			 (double)ab->budget_ns / CLOCK_NS_PER_S, expected_s);
	return -EINVAL;
}

/* Opens what -o names, if it names something; *csv is NULL otherwise. */
static int output_open(const struct ab *ab, struct csv *storage, struct csv **csv, char *error)
{
	struct csv_error where;
	char text[DATASET_ERROR_MAX - sizeof("-o ")];

	*csv = NULL;
	if (!ab->out_path)
		return 0;
	if (csv_open(storage, ab->out_path, CSV_CREATE, &where) < 0) {
		snprintf(error, DATASET_ERROR_MAX, "-o %s",
				 csv_error_text(&where, ab->out_path, text, sizeof(text)));
		return -EINVAL;
	}
	*csv = storage;
	return 0;
}

/* Measures all pairs; afterwards every row is on disk. The caller releases the session. */
static int pairs_measure(const struct ab *ab, struct ab_session *session, char *error)
{
	struct csv storage;
	int status = output_open(ab, &storage, &session->csv, error);

	if (status < 0)
		return status;
	status = ab_session_run(session, error);
	if (session->csv && csv_close(session->csv) < 0 && status == 0) {
		snprintf(error, DATASET_ERROR_MAX, "-o %.400s: rows were lost", ab->out_path);
		status = -EIO;
	}
	return status;
}

/* Measures and gives the verdict. Returns the exit code. */
static int plan_run(struct ab *ab, const struct ab_plan *plan)
{
	struct ab_session session = {
		.binaries = {ab->binaries[0], ab->binaries[1]},
		.plan = plan,
		.seed = ab->options.seed,
		.pairs = ab->options.pairs,
		.budget_ns = ab->budget_ns,
		.order = {.rules = &ab->conclude.rules, .seed = 1},
	};
	char error[DATASET_ERROR_MAX];
	int status = time_announce(ab, plan, error);
	int code;

	if (status == 0)
		status = pairs_measure(ab, &session, error);
	if (status < 0) {
		code = ab_fail(status, error);
	} else {
		fprintf(stderr, "concbench: ab: took %.0f s, %.1f %% of it beside the trials\n",
				(double)session.total_ns / CLOCK_NS_PER_S,
				100 * (1 - (double)session.trials_ns / (double)session.total_ns));
		code = conclude_run(&ab->conclude, &session.order, &session.dataset, session.n_remeasured);
	}
	ab_session_release(&session);
	return code;
}

/* Asks A for the cells, and both builds for what they do not have in common. */
static int plan_prepare(const struct ab *ab, struct ab_plan *plan, char *error)
{
	struct ab_plan defaults[DATASET_SIDES] = {{0}};
	int status = ab_plan_make(plan, ab->binaries[0], &ab->options.choice, error);

	if (status < 0)
		return status;
	for (int side = 0; status == 0 && side < DATASET_SIDES; side++)
		status = ab_plan_defaults(&defaults[side], ab->binaries[side], error);
	if (status == 0)
		status = ab_fit(plan, defaults, error);
	for (int side = 0; side < DATASET_SIDES; side++)
		ab_plan_release(&defaults[side]);
	if (status < 0)
		ab_plan_release(plan);
	return status;
}

static int ab_run(struct ab *ab)
{
	struct ab_plan plan;
	char error[DATASET_ERROR_MAX];
	bool same = false;
	int status = interrupt_install();
	int code;

	if (status < 0)
		snprintf(error, sizeof(error), "signals: %s", strerror(-status));
	if (status == 0)
		status = builds_same(ab, &same, error);
	if (status == 0 && same && !ab->force)
		return conclude_stop(EXIT_OK, error);
	if (status == 0)
		status = plan_prepare(ab, &plan, error);
	if (status < 0)
		return ab_fail(status, error);
	code = plan_run(ab, &plan);
	ab_plan_release(&plan);
	return code;
}

static int ab_parse(struct ab *ab, int argc, char **argv)
{
	const char *value;
	int id;

	while ((id = options_next(argc, argv, ab_options, &value))) {
		if (id == OPTIONS_HELP)
			return OPTIONS_HELP;
		if (id == OPTIONS_BAD || ab_set(ab, id, value) < 0)
			return OPTIONS_BAD;
	}
	if (optind < argc) {
		fprintf(stderr, "concbench: %s: ab takes options only; see concbench ab --help\n",
				argv[optind]);
		return OPTIONS_BAD;
	}
	if (!ab->binaries[0] || !ab->binaries[1]) {
		fprintf(stderr, "concbench: ab: --%s is missing; see concbench ab --help\n",
				ab->binaries[0] ? "b" : "a");
		return OPTIONS_BAD;
	}
	return conclude_prepare(&ab->conclude) < 0 ? OPTIONS_BAD : 0;
}

int ab_main(int argc, char **argv)
{
	struct ab ab = {0};
	int code;

	ab_options_init(&ab.options);
	switch (ab_parse(&ab, argc, argv)) {
	case OPTIONS_HELP:
		ab_help();
		code = EXIT_OK;
		break;
	case 0:
		code = ab_run(&ab);
		break;
	default:
		code = EXIT_USAGE;
		break;
	}
	conclude_release(&ab.conclude);
	return code;
}
