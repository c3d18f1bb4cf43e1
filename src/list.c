// SPDX-License-Identifier: MIT
/* `concbench list`: workloads and backends with their parameters, and what cannot run here. */
#include "list.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "cell.h"
#include "exit.h"
#include "options.h"
#include "variant.h"
#include "workload.h"

static const struct options_row list_options[] = {{0}};

static void list_params(const struct param_row *rows)
{
	for (; rows && rows->name; rows++) {
		char allowed[PARAM_ERROR_MAX];

		printf("    %-12s = %-9s %s; %s\n", rows->name, rows->fallback, rows->help,
			   param_allowed(rows, allowed, sizeof(allowed)));
	}
}

static void list_workload(const struct workload *workload)
{
	static const char *const profiles[] = {"quick", "standard", "full"};

	printf("  %s (version %d): %s\n    one operation: %s\n", workload->name, workload->version,
		   workload->summary, workload->operation);
	list_params(workload->params);
	for (int i = 0; i < WORKLOAD_PROFILES; i++)
		if (workload->profiles[i] && *workload->profiles[i])
			printf("    --profile %-8s %s\n", profiles[i], workload->profiles[i]);
}

/*
 * Every choice of every option is tried in turn, the others at their defaults: what cannot run
 * here is said with the reason.
 */
static void list_unavailable(const struct backend *backend)
{
	struct backend_config config = {.tasks_max = 1};
	struct param_value value;
	char error[PARAM_ERROR_MAX];
	const char *why;

	for (int i = 0; backend->options && backend->options[i].name; i++)
		if (param_parse(&backend->options[i], backend->options[i].fallback, &value, error) == 0)
			config.options[i] = value.number;
	why = backend->unavailable ? backend->unavailable(&config) : NULL;
	if (why) {
		printf("    unavailable here: %s\n", why);
		return;
	}
	for (int i = 0; backend->options && backend->options[i].name; i++) {
		const struct param_row *row = &backend->options[i];
		int64_t standard = config.options[i];
		const char *word = row->kind == PARAM_CHOICE ? row->choices : NULL;

		for (; word; word = strchr(word, '|'), word = word ? word + 1 : NULL) {
			char text[PARAM_TEXT_MAX];

			snprintf(text, sizeof(text), "%.*s", (int)strcspn(word, "|"), word);
			if (param_parse(row, text, &value, error))
				continue;
			config.options[i] = value.number;
			why = backend->unavailable ? backend->unavailable(&config) : NULL;
			if (why)
				printf("    unavailable here: %s=%s: %s\n", row->name, text, why);
		}
		config.options[i] = standard;
	}
}

/* Every parameter and option at its default; the other roles are not looked at. */
static struct cell list_cell(const struct workload *workload, const struct backend *backend)
{
	struct cell cell = {.workload = workload, .roles[0].backend = backend};
	char error[PARAM_ERROR_MAX];

	for (int i = 0; workload->params[i].name; i++)
		param_parse(&workload->params[i], workload->params[i].fallback, &cell.params[i], error);
	variant_defaults(&cell.roles[0], error);
	return cell;
}

/* Why the role under test cannot run, or NULL: what is left to the program is chosen first. */
static const char *list_why_not(const struct cell *wanted)
{
	struct cell cell = *wanted;

	cell_resolve_params(&cell);
	return cell_unsupported(&cell, 0);
}

/* What a backend cannot do, and why. */
struct list_gap {
	char what[PARAM_TEXT_MAX]; /* "ring placement=split"; empty once it has been printed */
	char why[RESULT_TEXT_MAX];
};

/* Gaps that wait to be printed: those with the same reason stand in one line. */
struct list_gaps {
	size_t n;
	struct list_gap list[64];
};

static void list_print_gaps(struct list_gaps *gaps)
{
	for (size_t i = 0; i < gaps->n; i++) {
		if (!*gaps->list[i].what)
			continue;
		printf("    unsupported: %s", gaps->list[i].what);
		for (size_t j = i + 1; j < gaps->n; j++)
			if (strcmp(gaps->list[j].why, gaps->list[i].why) == 0) {
				printf(", %s", gaps->list[j].what);
				gaps->list[j].what[0] = '\0';
			}
		printf(": %s\n", gaps->list[i].why);
	}
	gaps->n = 0;
}

/* `row`: the parameter whose value, the cell's, is the cause; NULL: there is none. */
static void list_add_gap(struct list_gaps *gaps, const struct cell *cell,
						 const struct param_row *row, const char *why)
{
	struct list_gap *gap;

	if (gaps->n == sizeof(gaps->list) / sizeof(gaps->list[0]))
		list_print_gaps(gaps);
	gap = &gaps->list[gaps->n++];
	snprintf(gap->what, sizeof(gap->what), "%s%s%s%s%s", cell->workload->name, row ? " " : "",
			 row ? row->name : "", row ? "=" : "",
			 row ? cell->params[row - cell->workload->params].text : "");
	snprintf(gap->why, sizeof(gap->why), "%s", why);
}

/* Each choice of each parameter is tried in turn, the others at their defaults. */
static void list_unsupported_choices(struct list_gaps *gaps, struct cell *cell)
{
	for (int i = 0; cell->workload->params[i].name; i++) {
		const struct param_row *row = &cell->workload->params[i];
		struct param_value standard = cell->params[i];
		const char *word = row->kind == PARAM_CHOICE ? row->choices : NULL;

		for (int index = 0; word; index++) {
			const char *why;

			param_choose(row, index, &cell->params[i]);
			why = list_why_not(cell);
			if (why)
				list_add_gap(gaps, cell, row, why);
			word = strchr(word, '|');
			word = word ? word + 1 : NULL;
		}
		cell->params[i] = standard;
	}
}

/* Workloads that this backend cannot do, or only in part. */
static void list_unsupported(const struct backend *backend)
{
	struct list_gaps gaps = {0};

	for (size_t i = 0; i < n_workloads && backend->style != BACKEND_FOREIGN; i++) {
		struct cell cell = list_cell(workloads[i], backend);
		const char *why = list_why_not(&cell);

		if (why)
			list_add_gap(&gaps, &cell, NULL, why);
		else
			list_unsupported_choices(&gaps, &cell);
	}
	list_print_gaps(&gaps);
}

int list_main(int argc, char **argv)
{
	const char *value;
	int id = options_next(argc, argv, list_options, &value);

	if (id == OPTIONS_HELP) {
		printf(
			"usage: concbench list\n\nWorkloads and backends with their parameters, defaults and "
			"bounds,\nand what is unavailable on this machine and why.\n\n");
		options_print(stdout, list_options);
		return EXIT_OK;
	}
	if (id == OPTIONS_BAD)
		return EXIT_USAGE;
	if (optind < argc) {
		fprintf(stderr, "concbench: %s: list takes no operands\n", argv[optind]);
		return EXIT_USAGE;
	}
	printf("workloads (-w NAME -p PARAMETER=VALUE[,VALUE...])\n");
	for (size_t i = 0; i < n_workloads; i++)
		list_workload(workloads[i]);
	printf("\nbackends (-b NAME[:OPTION=VALUE[+OPTION=VALUE...]])\n");
	for (size_t i = 0; i < n_backends; i++) {
		printf("  %s: %s\n", backends[i]->name, backends[i]->summary);
		list_params(backends[i]->options);
		list_unavailable(backends[i]);
		list_unsupported(backends[i]);
	}
	return EXIT_OK;
}
