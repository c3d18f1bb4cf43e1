// SPDX-License-Identifier: MIT
/* `concbench list`: workloads and backends with their parameters, and what cannot run here. */
#include "list.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "exit.h"
#include "options.h"
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

static bool list_has_body(const struct workload *workload, const struct backend *backend)
{
	const struct workload_role *role = &workload->roles[0];

	switch (backend->style) {
	case BACKEND_CALL:
		return role->call != NULL;
	case BACKEND_EVENT:
		return role->event != NULL;
	case BACKEND_TASK:
		return role->task != NULL;
	case BACKEND_FOREIGN:
		break;
	}
	return false;
}

/* Workloads whose first role this backend has no body for. */
static void list_bodies(const struct backend *backend)
{
	for (size_t i = 0; i < n_workloads; i++)
		if (backend->style != BACKEND_FOREIGN && !list_has_body(workloads[i], backend))
			printf("    unsupported: %s (no such body)\n", workloads[i]->name);
}

/* Why role 0 of a workload cannot do with these numbers on a backend; NULL: it can. */
static const char *list_why_not(const struct workload *workload, const struct backend *backend,
								const int64_t *numbers)
{
	int64_t resolved[ARENA_PARAMS_MAX];

	memcpy(resolved, numbers, sizeof(resolved));
	if (workload->resolve)
		workload->resolve(resolved, backend->carrier);
	return workload->unsupported(resolved, backend->carrier);
}

/* Each choice of each parameter is tried in turn, the others at their defaults. */
static void list_unsupported_choices(const struct workload *workload, const struct backend *backend,
									 int64_t *numbers)
{
	for (int i = 0; workload->params[i].name; i++) {
		const struct param_row *row = &workload->params[i];
		int64_t standard = numbers[i];
		const char *word = row->kind == PARAM_CHOICE ? row->choices : NULL;

		for (numbers[i] = 0; word; word = strchr(word, '|'), word = word ? word + 1 : NULL) {
			const char *why = list_why_not(workload, backend, numbers);

			if (why)
				printf("    unsupported: %s %s=%.*s: %s\n", workload->name, row->name,
					   (int)strcspn(word, "|"), word, why);
			numbers[i]++;
		}
		numbers[i] = standard;
	}
}

/* Workloads that this backend has a body for, and yet cannot do, or only in part. */
static void list_unsupported(const struct backend *backend)
{
	for (size_t i = 0; i < n_workloads; i++) {
		const struct workload *workload = workloads[i];
		int64_t numbers[ARENA_PARAMS_MAX] = {0};
		struct param_value value;
		char error[PARAM_ERROR_MAX];
		const char *why;

		if (!workload->unsupported || !list_has_body(workload, backend))
			continue;
		for (int j = 0; workload->params[j].name; j++)
			if (param_parse(&workload->params[j], workload->params[j].fallback, &value, error) == 0)
				numbers[j] = value.number;
		why = list_why_not(workload, backend, numbers);
		if (why)
			printf("    unsupported: %s: %s\n", workload->name, why);
		else
			list_unsupported_choices(workload, backend, numbers);
	}
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
		list_bodies(backends[i]);
		list_unsupported(backends[i]);
	}
	return EXIT_OK;
}
