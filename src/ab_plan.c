// SPDX-License-Identifier: MIT
/*
 * How `ab` talks to the two builds; see ab_plan.h.
 */
#include "ab_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "csv_reader.h"
#include "exit.h"

#define PLAN_HEADER "workload,backend,variant,params,rep,expected_ns"

/* A build has its own deadlines; these only catch one that hangs. */
#define ASK_LIMIT_NS (30 * CLOCK_NS_PER_S)
#define TRIAL_LIMIT_NS (600 * CLOCK_NS_PER_S)

enum { PLAN_FIELDS = 6 };

/* A command line for child_collect. */
struct command {
	const char *words[AB_ARGS_MAX];
	size_t n;
};

static void command_add(struct command *command, const char *word)
{
	if (command->n + 1 < AB_ARGS_MAX)
		command->words[command->n++] = word;
}

/*
 * Runs it. 0 when it ended by itself; otherwise -errno with *error filled in. The cast drops a
 * const that execve never makes use of.
 */
static int command_run(struct command *command, int64_t limit_ns, struct child_output *output,
					   char *error)
{
	int status;

	command->words[command->n] = NULL;
	status = child_collect((char *const *)(uintptr_t)command->words, limit_ns, output);
	if (status == 0 && output->exit_code < 128)
		return 0;
	if (status == 0) {
		snprintf(error, AB_ERROR_MAX, "%.200s: killed by signal %d", command->words[0],
				 output->exit_code - 128);
		status = output->exit_code == 128 + 2 || output->exit_code == 128 + 15 ? -EINTR : -ENOEXEC;
	} else {
		snprintf(error, AB_ERROR_MAX, "%.200s: %s", command->words[0], strerror(-status));
		if (status != -EINTR && status != -ENOMEM)
			status = -ENOEXEC;
	}
	free(output->text);
	output->text = NULL;
	return status;
}

/* A build's complaint without the program's name, which the message that quotes it has already. */
static const char *complaint_of(const struct child_output *output)
{
	static const char prefix[] = "concbench: ";

	if (strncmp(output->complaint, prefix, sizeof(prefix) - 1) != 0)
		return output->complaint;
	return output->complaint + sizeof(prefix) - 1;
}

/* ---- the plan ---- */

static int request_set(struct ab_request *request, const char *variant, const char *params)
{
	request->variant = strdup(variant);
	request->params = strdup(params);
	return request->variant && request->params ? 0 : -ENOMEM;
}

/* One line of the plan, which is cut apart and kept. 0, -EINVAL or -ENOMEM. */
static int cell_parse(struct ab_cell *cell, const char *text)
{
	char *fields[PLAN_FIELDS];
	char *next;
	char *end;
	size_t n = 0;
	int status = 0;

	cell->workload = strdup(text);
	if (!cell->workload)
		return -ENOMEM;
	next = cell->workload;
	for (; next && n < PLAN_FIELDS; n++)
		fields[n] = strsep(&next, ",");
	if (n < PLAN_FIELDS || next || !*fields[0] || !*fields[1])
		return -EINVAL;
	errno = 0;
	cell->expected_ns = strtoll(fields[5], &end, 10);
	if (errno || end == fields[5] || *end || cell->expected_ns < 0)
		return -EINVAL;
	cell->backend = fields[1];
	for (int side = 0; status == 0 && side < DATASET_SIDES; side++)
		status = request_set(&cell->requests[side], fields[2], fields[3]);
	return status;
}

static int plan_parse(struct ab_plan *plan, char *text)
{
	char *next = text;
	char *line = strsep(&next, "\n");
	int status = 0;

	if (strcmp(line, PLAN_HEADER) != 0)
		return -EINVAL;
	while (status == 0 && (line = strsep(&next, "\n")) && *line) {
		struct ab_cell *grown = realloc(plan->cells, (plan->n_cells + 1) * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		plan->cells = grown;
		grown[plan->n_cells] = (struct ab_cell){0};
		status = cell_parse(&grown[plan->n_cells++], line);
	}
	return status == 0 && plan->n_cells == 0 ? -EINVAL : status;
}

/* Makes a plan of what the build prints for `command`, which lacks the end. As ab_plan_make. */
static int plan_ask(struct ab_plan *plan, struct command *command, char *error)
{
	const char *binary = command->words[0];
	struct child_output output;
	int status;

	*plan = (struct ab_plan){0};
	command_add(command, "--dry-run");
	command_add(command, "-o");
	command_add(command, "-");
	status = command_run(command, ASK_LIMIT_NS, &output, error);
	if (status < 0)
		return status;
	if (output.exit_code != 0) {
		snprintf(error, AB_ERROR_MAX, "%.200s: %s", binary,
				 *output.complaint ? complaint_of(&output) : "no plan, and no word why");
		status = output.exit_code == EXIT_USAGE ? -EINVAL : -ENOEXEC;
	} else {
		status = plan_parse(plan, output.text);
		if (status == -EINVAL) {
			snprintf(error, AB_ERROR_MAX, "%.200s: what 'run --dry-run -o -' prints is no plan",
					 binary);
			status = -ENOEXEC;
		}
	}
	free(output.text);
	if (status < 0)
		ab_plan_release(plan);
	return status;
}

int ab_plan_make(struct ab_plan *plan, const char *binary, const struct ab_choice *choice,
				 char error[AB_ERROR_MAX])
{
	struct command command = {{binary, "run", "--profile", "quick", "-r", "1"}, 6};

	if (choice->workloads) {
		command_add(&command, "-w");
		command_add(&command, choice->workloads);
	}
	if (choice->backends) {
		command_add(&command, "-b");
		command_add(&command, choice->backends);
	}
	for (size_t i = 0; i < choice->n_settings; i++) {
		command_add(&command, "-p");
		command_add(&command, choice->settings[i]);
	}
	return plan_ask(plan, &command, error);
}

int ab_plan_defaults(struct ab_plan *plan, const char *binary, char error[AB_ERROR_MAX])
{
	struct command command = {{binary, "run", "--profile", "defaults", "-r", "1"}, 6};
	int status = plan_ask(plan, &command, error);

	return status == -EINVAL ? 0 : status;
}

void ab_plan_release(struct ab_plan *plan)
{
	for (size_t i = 0; i < plan->n_cells; i++) {
		struct ab_cell *cell = &plan->cells[i];

		for (int side = 0; side < DATASET_SIDES; side++) {
			free(cell->requests[side].variant);
			free(cell->requests[side].params);
		}
		free(cell->workload);
	}
	free(plan->cells);
	*plan = (struct ab_plan){0};
}

/* ---- trials ---- */

/* A row for a build that would not even begin: the cell as it was asked for, and why. */
static void row_refused(struct result *result, const struct ab_cell *cell, const char *complaint)
{
	result_init(result);
	result->status = RESULT_FAILED;
	snprintf(result->workload, sizeof(result->workload), "%s", cell->workload);
	snprintf(result->backend, sizeof(result->backend), "%s", cell->backend);
	snprintf(result->reason, sizeof(result->reason), "%s", complaint);
	result->workload_version = 1;
}

/* The one row that a trial prints. */
static int row_read(const struct child_output *output, struct result *result, char *error)
{
	struct csv_reader reader;
	struct csv_error where;
	int status = csv_reader_open_memory(&reader, output->text, output->length, &where);

	if (status == 0) {
		result_init(result);
		status = csv_reader_next(&reader, result, &where);
		csv_reader_close(&reader);
	}
	if (status > 0 && result->planned == 1)
		return 0;
	if (status > 0)
		snprintf(error, AB_ERROR_MAX, "it planned %" PRId64 " trials instead of one",
				 result->planned);
	else if (status < 0)
		csv_error_text(&where, "its row", error, AB_ERROR_MAX);
	else
		snprintf(error, AB_ERROR_MAX, "its row is missing");
	return -ENOEXEC;
}

/* Adds the words for a cell; they lie in `backend` and `params`, which are cut apart. */
static void command_add_cell(struct command *command, const char *workload, char *backend,
							 char *params)
{
	char *setting;

	for (char *at = backend; *at; at++)
		*at = *at == ';' ? '+' : *at;
	command_add(command, "-w");
	command_add(command, workload);
	command_add(command, "-b");
	command_add(command, backend);
	while ((setting = strsep(&params, ";"))) {
		if (!*setting)
			continue;
		command_add(command, "-p");
		command_add(command, setting);
	}
}

/* Runs the command of a trial and takes its row, or why there is none. As ab_trial. */
static int trial_ask(struct command *command, const struct ab_cell *cell, struct result *result,
					 char *error)
{
	struct child_output output;
	char what[AB_ERROR_MAX];
	int status = command_run(command, TRIAL_LIMIT_NS, &output, error);

	if (status < 0)
		return status;
	if (output.exit_code == EXIT_USAGE) {
		row_refused(result, cell, complaint_of(&output));
	} else {
		status = row_read(&output, result, what);
		if (status < 0)
			snprintf(error, AB_ERROR_MAX, "%.150s: exit %d; %.120s; %.150s", command->words[0],
					 output.exit_code, what, complaint_of(&output));
	}
	free(output.text);
	return status;
}

int ab_trial(const char *binary, const struct ab_cell *cell, int side, struct result *result,
			 char error[AB_ERROR_MAX])
{
	const struct ab_request *request = &cell->requests[side];
	struct command command = {{binary, "run"}, 2};
	char *params = strdup(request->params);
	char *backend;
	int status = -ENOMEM;

	if (asprintf(&backend, "%s%s%s", cell->backend, *request->variant ? ":" : "",
				 request->variant) < 0)
		backend = NULL;
	snprintf(error, AB_ERROR_MAX, "out of memory");
	if (params && backend) {
		command_add_cell(&command, cell->workload, backend, params);
		command_add(&command, "-r");
		command_add(&command, "1");
		command_add(&command, "-o");
		command_add(&command, "-");
		status = trial_ask(&command, cell, result, error);
	}
	free(params);
	free(backend);
	return status;
}

int ab_build_id(const char *binary, char id[64], char error[AB_ERROR_MAX])
{
	struct command command = {{binary, "--version"}, 2};
	struct child_output output;
	const char *at;
	int status = command_run(&command, ASK_LIMIT_NS, &output, error);

	if (status < 0)
		return status;
	id[0] = '\0';
	at = strstr(output.text, "\nbuild-id ");
	if (at)
		snprintf(id, 64, "%.*s", (int)strcspn(at + 10, "\n"), at + 10);
	free(output.text);
	return 0;
}
