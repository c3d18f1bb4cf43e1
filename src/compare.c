// SPDX-License-Identifier: MIT
/* `concbench compare`, top-down: options, files, verdict. */
#include "compare.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include <getopt.h>

#include "conclude.h"
#include "dataset.h"
#include "exit.h"
#include "history.h"
#include "options.h"
#include "self_test.h"
#include "setting_list.h"

enum { ACROSS = CONCLUDE_END, ASSUME, ARCHIVED, SELF_TEST, HISTORY, PARTIAL };

static const struct options_row compare_options[] = {
	CONCLUDE_OPTIONS,
	{ACROSS, "across-hosts", NULL, "allow another host, kernel or placement; then only advice"},
	{ASSUME, "assume", "KEY=VALUE,...",
	 "a file whose cells lack a parameter or option did as with this value"},
	{ARCHIVED, "gate-archived", NULL, "let two jobs gate, given at least 5 runs in BASE"},
	{PARTIAL, "partial", NULL, "take files that were cut short as far as they go"},
	{HISTORY, "history", "DIR", "compare NEW with the earlier runs of this host in DIR; advice"},
	{SELF_TEST, "self-test", NULL, "does the gate stay green and turn red when it should?"},
	{0},
};

struct compare {
	struct conclude conclude;
	struct judge_order order;
	const char *history;
	bool self_test;
	bool partial;
};

static void compare_help(void)
{
	printf("usage: concbench compare AB.csv\n"
		   "       concbench compare BASE.csv NEW.csv\n"
		   "       concbench compare --history DIR NEW.csv\n"
		   "       concbench compare --self-test [AB.csv]\n\n"
		   "Did anything get slower? Rows that share a pair_id (from concbench ab) are pairs and\n"
		   "may fail a build; other files are two jobs, and what they show is advice. The chance\n"
		   "of any false alarm over the whole suite is at most 5 %%.\n\n");
	options_print(stdout, compare_options);
	printf("\nexit: 0 no regression, 1 regression, 2 usage or data, 3 inconclusive (only with "
		   "--require-power)\n");
}

static int compare_assume(struct compare *compare, const char *value)
{
	const char *rest = value;
	struct word setting;

	while (setting_list_next(&rest, &setting)) {
		size_t key_length = setting_key(setting).length;

		if (key_length == 0 || key_length + 1 >= setting.length) {
			fprintf(stderr, "concbench: --assume: '%.*s' is not KEY=VALUE\n", (int)setting.length,
					setting.text);
			return -EINVAL;
		}
	}
	compare->order.comparable.assumed = value;
	return 0;
}

static int compare_set(struct compare *compare, int id, const char *value)
{
	int status;

	if (conclude_option(&compare->conclude, id, value, &status))
		return status;
	switch (id) {
	case ACROSS:
		compare->order.comparable.across_hosts = true;
		break;
	case ASSUME:
		return compare_assume(compare, value);
	case ARCHIVED:
		compare->order.gate_archived = true;
		break;
	case PARTIAL:
		compare->partial = true;
		break;
	case HISTORY:
		compare->history = value;
		break;
	default: /* SELF_TEST */
		compare->self_test = true;
		break;
	}
	return 0;
}

/* How many files the chosen form takes; complains when it is another number. */
static bool operands_fit(const struct compare *compare, int n)
{
	int min = compare->self_test ? 0 : 1;
	int max = compare->self_test || compare->history ? 1 : 2;

	if (n >= min && n <= max)
		return true;
	fprintf(stderr, "concbench: compare: %d files given, %s wanted; see concbench compare --help\n",
			n,
			compare->self_test ? "0..1"
			: compare->history ? "1"
							   : "1..2");
	return false;
}

static int files_compare(struct compare *compare, int n_files, char **files)
{
	struct dataset dataset = {0};
	char error[DATASET_ERROR_MAX];
	int code = EXIT_OK;

	for (int side = 0; side < n_files && code == EXIT_OK; side++) {
		if (dataset_read(&dataset, files[side], side, compare->partial, error) < 0)
			code = conclude_refuse(error);
	}
	if (code == EXIT_OK && n_files == 1 && dataset.pairs.n == 0)
		code = conclude_refuse("pair_id: empty; a single file must hold the pairs of both sides");
	if (code == EXIT_OK)
		code = conclude_run(&compare->conclude, &compare->order, &dataset, 0);
	dataset_release(&dataset);
	return code;
}

static int compare_run(struct compare *compare, int n_files, char **files)
{
	if (!operands_fit(compare, n_files))
		return EXIT_USAGE;
	if (compare->self_test)
		return self_test_run(n_files ? files[0] : NULL);
	if (conclude_prepare(&compare->conclude) < 0)
		return EXIT_USAGE;
	if (compare->history)
		return history_run(compare->history, files[0], &compare->conclude.rules,
						   compare->conclude.verbose);
	return files_compare(compare, n_files, files);
}

int compare_main(int argc, char **argv)
{
	struct compare compare = {.order = {.seed = 1}};
	const char *value;
	int code = EXIT_OK;
	int id;

	while (code == EXIT_OK && (id = options_next(argc, argv, compare_options, &value))) {
		if (id == OPTIONS_HELP) {
			compare_help();
			conclude_release(&compare.conclude);
			return EXIT_OK;
		}
		if (id == OPTIONS_BAD || compare_set(&compare, id, value) < 0)
			code = EXIT_USAGE;
	}
	if (code == EXIT_OK)
		code = compare_run(&compare, argc - optind, argv + optind);
	conclude_release(&compare.conclude);
	return code;
}
