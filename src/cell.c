// SPDX-License-Identifier: MIT
/* Cells: their key as text, and whether they can run here. */
#include "cell.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capacity.h"

void cell_numbers(const struct cell *cell, int64_t numbers[ARENA_PARAMS_MAX])
{
	for (int i = 0; i < ARENA_PARAMS_MAX; i++)
		numbers[i] = cell->params[i].number;
}

const struct param_value *cell_param(const struct cell *cell, const char *name)
{
	const struct param_row *row = param_find(cell->workload->params, name, strlen(name));

	return row ? &cell->params[row - cell->workload->params] : NULL;
}

const char *cell_foreign(const struct cell *cell, int role)
{
	const char *name = cell->workload->roles[role].foreign_param;
	const struct param_value *value = name ? cell_param(cell, name) : NULL;

	return value && strncmp(value->text, "exec:", 5) == 0 ? value->text + 5 : NULL;
}

struct backend_config cell_config(const struct cell *cell, int role, struct arena *arena)
{
	struct backend_config config = {
		.stack_bytes = cell->workload->roles[role].stack_bytes,
		.arena = arena,
	};
	int64_t numbers[ARENA_PARAMS_MAX];

	cell_numbers(cell, numbers);
	config.tasks_max = cell->workload->tasks(numbers, role);
	for (int i = 0; i < BACKEND_OPTIONS_MAX; i++)
		config.options[i] = cell->roles[role].options[i].number;
	return config;
}

/* A row and its value, to be sorted by name. */
struct cell_pair {
	const struct param_row *row;
	const struct param_value *value;
};

static int cell_pair_compare(const void *a, const void *b)
{
	return strcmp(((const struct cell_pair *)a)->row->name,
				  ((const struct cell_pair *)b)->row->name);
}

/* The pairs of a table (at most ARENA_PARAMS_MAX), sorted by name; how many. */
static size_t cell_pairs(const struct param_row *rows, const struct param_value *values,
						 struct cell_pair *pairs)
{
	size_t n = 0;

	for (; rows && rows[n].name; n++)
		pairs[n] = (struct cell_pair){&rows[n], &values[n]};
	qsort(pairs, n, sizeof(*pairs), cell_pair_compare);
	return n;
}

/* Appends to a text of `*length` bytes in buf; what does not fit is cut. */
static void cell_append(char *buf, size_t size, size_t *length, const char *text)
{
	size_t n = strlen(text);

	if (*length + n >= size)
		n = size - 1 - *length;
	memcpy(buf + *length, text, n);
	*length += n;
	buf[*length] = '\0';
}

static char *cell_text(const struct param_row *rows, const struct param_value *values, char *buf,
					   size_t size)
{
	struct cell_pair pairs[ARENA_PARAMS_MAX];
	size_t n = cell_pairs(rows, values, pairs);
	size_t length = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		cell_append(buf, size, &length, i ? ";" : "");
		cell_append(buf, size, &length, pairs[i].row->name);
		cell_append(buf, size, &length, "=");
		cell_append(buf, size, &length, pairs[i].value->text);
	}
	return buf;
}

char *cell_params_text(const struct cell *cell, char *buf, size_t size)
{
	return cell_text(cell->workload->params, cell->params, buf, size);
}

char *cell_variant_text(const struct cell *cell, char *buf, size_t size)
{
	return cell_text(cell->roles[0].backend->options, cell->roles[0].options, buf, size);
}

/* A value as a user would write it. `text` has room for 64 characters. */
static const char *cell_value_text(const struct param_row *row, const struct param_value *value,
								   char *text)
{
	if (row->kind == PARAM_CHOICE || row->kind == PARAM_BACKEND)
		return value->text;
	return param_format(row->kind, value->number, text, 64);
}

/* Whether a parameter says who does the work, or how, and not what the work is. */
static bool cell_is_beside(const struct workload *workload, const struct param_row *row)
{
	if (workload->beside_param && strcmp(workload->beside_param, row->name) == 0)
		return true;
	for (int i = 0; i < workload->n_roles; i++)
		if (workload->roles[i].foreign_param &&
			strcmp(workload->roles[i].foreign_param, row->name) == 0)
			return true;
	return false;
}

char *cell_params_label(const struct cell *cell, char *buf, size_t size)
{
	const struct param_row *rows = cell->workload->params;
	size_t length = 0;

	buf[0] = '\0';
	for (size_t i = 0; rows[i].name; i++) {
		char text[64];

		if (cell_is_beside(cell->workload, &rows[i]))
			continue;
		cell_append(buf, size, &length, length ? " " : "");
		cell_append(buf, size, &length, rows[i].name);
		cell_append(buf, size, &length, "=");
		cell_append(buf, size, &length, cell_value_text(&rows[i], &cell->params[i], text));
	}
	return buf;
}

char *cell_variant_label(const struct cell *cell, char *buf, size_t size)
{
	const struct cell_variant *variant = &cell->roles[0];
	const char *foreign = cell_foreign(cell, 0);
	struct cell_pair pairs[ARENA_PARAMS_MAX];
	size_t n = cell_pairs(variant->backend->options, variant->options, pairs);
	size_t length = 0;
	char mark = ':';

	cell_append(buf, size, &length, variant->backend->name);
	for (size_t i = 0; i < n; i++) {
		struct param_value standard;
		char error[PARAM_ERROR_MAX], text[64];

		if (param_parse(pairs[i].row, pairs[i].row->fallback, &standard, error) == 0 &&
			strcmp(standard.text, pairs[i].value->text) == 0)
			continue;
		cell_append(buf, size, &length, (char[]){mark, '\0'});
		cell_append(buf, size, &length, pairs[i].row->name);
		cell_append(buf, size, &length, "=");
		cell_append(buf, size, &length, cell_value_text(pairs[i].row, pairs[i].value, text));
		mark = '+';
	}
	if (foreign) {
		const char *slash = strrchr(foreign, '/');

		cell_append(buf, size, &length, ":");
		cell_append(buf, size, &length, slash ? slash + 1 : foreign);
	}
	if (cell->workload->beside_param) {
		cell_append(buf, size, &length, " ");
		cell_append(buf, size, &length, cell->workload->beside_param);
		cell_append(buf, size, &length, "=");
		cell_append(buf, size, &length, cell_param(cell, cell->workload->beside_param)->text);
	}
	return buf;
}

bool cell_same(const struct cell *a, const struct cell *b)
{
	char text_a[RESULT_PARAMS_MAX], text_b[RESULT_PARAMS_MAX];

	return a->workload == b->workload && a->roles[0].backend == b->roles[0].backend &&
		   strcmp(cell_variant_text(a, text_a, sizeof(text_a)),
				  cell_variant_text(b, text_b, sizeof(text_b))) == 0 &&
		   strcmp(cell_params_text(a, text_a, sizeof(text_a)),
				  cell_params_text(b, text_b, sizeof(text_b))) == 0;
}

bool cell_open_loop(const struct cell *cell)
{
	int64_t numbers[ARENA_PARAMS_MAX];

	cell_numbers(cell, numbers);
	return cell->workload->open_loop && cell->workload->open_loop(numbers);
}

bool cell_is_split(const struct cell *cell)
{
	const struct param_value *placement = cell_param(cell, "placement");

	return placement && strcmp(placement->text, "split") == 0;
}

bool cell_is_spread(const struct cell *cell)
{
	return cell->workload->n_roles == 1 && cell_is_split(cell);
}

bool cell_has_speedup(const struct cell *cell)
{
	const char *name = cell->workload->speedup_param;

	return name && cell_param(cell, name)->number > 1;
}

const char *cell_lat_kind(const struct cell *cell)
{
	int64_t numbers[ARENA_PARAMS_MAX];

	cell_numbers(cell, numbers);
	if (cell->workload->sampled && !cell->workload->sampled(numbers))
		return NULL;
	return cell_open_loop(cell) ? "response" : cell->workload->lat_kind;
}

bool cell_has_latency_pass(const struct cell *cell)
{
	return cell->workload->latency_pass && cell_lat_kind(cell);
}

enum limits_operation cell_floor(const struct cell *cell)
{
	int64_t numbers[ARENA_PARAMS_MAX];

	if (!cell->workload->floor)
		return LIMITS_OPERATIONS;
	cell_numbers(cell, numbers);
	return cell->workload->floor(numbers, cell->roles[0].backend->carrier);
}

void cell_resolve_params(struct cell *cell)
{
	const struct workload *workload = cell->workload;
	int64_t numbers[ARENA_PARAMS_MAX];

	if (!workload->resolve)
		return;
	cell_numbers(cell, numbers);
	workload->resolve(numbers, cell->roles[0].backend->carrier);
	for (size_t i = 0; workload->params[i].name; i++)
		if (numbers[i] != cell->params[i].number)
			param_choose(&workload->params[i], numbers[i], &cell->params[i]);
}

/* Which group of task_ops slots a body needs and the table lacks: the first one, or NULL. */
static const char *cell_missing(const struct task_ops *t, unsigned needs)
{
	if ((needs & WORKLOAD_NEEDS_SPAWN) && !(t->spawn && t->join))
		return "has no tasks";
	if ((needs & WORKLOAD_NEEDS_SLEEP) && !t->sleep_until)
		return "has no timers";
	if ((needs & WORKLOAD_NEEDS_NET) && !(t->accept && t->connect && t->read && t->write))
		return "has no sockets";
	if ((needs & WORKLOAD_NEEDS_GENERATORS) && !(t->gen_open && t->gen_next && t->gen_close))
		return "has no generators";
	if ((needs & WORKLOAD_NEEDS_CHANNELS) && !(t->chan_open && t->chan_put && t->chan_get))
		return "has no channels";
	if ((needs & WORKLOAD_NEEDS_LOCKS) && !(t->lock_open && t->lock_acquire && t->lock_release))
		return "has no locks";
	if ((needs & WORKLOAD_NEEDS_FILES) && !t->file_read)
		return "has no files";
	if ((needs & WORKLOAD_NEEDS_POSTS) && !(t->post_open && t->post_next && t->post_reply))
		return "has no calls from other threads";
	return NULL;
}

/* Whether the tasks of a workload with one role can be on CPUs of their own. */
static bool cell_can_spread(const struct cell *cell)
{
	switch (cell->roles[0].backend->carrier) {
	case BACKEND_CARRIER_THREAD:
	case BACKEND_CARRIER_PROCESS:
		return true;
	case BACKEND_CARRIER_SWITCH:
	case BACKEND_CARRIER_CALLBACK:
		return cell->workload->tasks_are_posters;
	default:
		return false;
	}
}

const char *cell_unsupported(const struct cell *cell, int role)
{
	const struct workload_role *body = &cell->workload->roles[role];
	const struct backend *backend = cell->roles[role].backend;
	struct backend_config config = cell_config(cell, role, NULL);
	const char *missing;

	if (role == 0 && cell->workload->unsupported) {
		int64_t numbers[ARENA_PARAMS_MAX];
		const char *why;

		cell_numbers(cell, numbers);
		why = cell->workload->unsupported(numbers, backend->carrier);
		if (why)
			return why;
	}
	if (cell_is_spread(cell) && !cell_can_spread(cell))
		return "all its tasks are in one thread, and placement=split wants a CPU for each";
	switch (backend->style) {
	case BACKEND_FOREIGN:
		return cell_foreign(cell, role) ? NULL : "only runs as the program of an exec: parameter";
	case BACKEND_CALL:
		if (!body->call)
			return "this work cannot be done by plain calls; see `concbench limits`";
		break;
	case BACKEND_EVENT:
		if (!body->event)
			return "has no event body";
		break;
	case BACKEND_TASK:
		if (!body->task)
			return "has no task body";
		missing = cell_missing(backend->task, body->needs);
		if (missing)
			return missing;
		break;
	}
	return backend->unavailable ? backend->unavailable(&config) : NULL;
}

/* What the cell takes of the machine, over all its roles. */
static struct capacity_need cell_need(const struct cell *cell)
{
	struct capacity_need need = {.fixed = {.bytes = 64 << 20, .pids = 4, .maps = 128}};
	int64_t numbers[ARENA_PARAMS_MAX];

	cell_numbers(cell, numbers);
	need.tasks = cell->workload->tasks(numbers, 0);
	for (int i = 0; i < cell->workload->n_roles; i++) {
		const struct backend *backend = cell->roles[i].backend;
		struct backend_config config = cell_config(cell, i, NULL);
		struct backend_demand demand = {0};
		uint64_t fds = (uint64_t)cell->workload->fds_per_task;

		if (backend->demand)
			demand = backend->demand(&config);
		fds += demand.fds_per_task;
		if (need.per_task.fds < fds)
			need.per_task.fds = fds;
		if (need.fixed.fds < demand.fds_fixed + 16)
			need.fixed.fds = demand.fds_fixed + 16;
		if (need.per_task.maps < demand.maps_per_task)
			need.per_task.maps = demand.maps_per_task;
		need.per_task.pids += demand.pids_per_task;
		if (cell->workload->tasks_are_posters && need.per_task.pids == 0)
			need.per_task.pids = 1;
		need.per_task.bytes += demand.bytes_per_task;
		if (i > 0 && cell->workload->roles[0].listens)
			need.per_task.ports = 1;
	}
	return need;
}

void cell_preflight(struct cell *cell)
{
	struct capacity_verdict verdict;
	struct capacity_need need;
	cpu_set_t allowed;

	cell->status = RESULT_UNSUPPORTED;
	for (int i = 0; i < cell->workload->n_roles; i++) {
		const char *why = cell_unsupported(cell, i);

		if (why) {
			snprintf(cell->reason, sizeof(cell->reason), "%s: %s", cell->roles[i].backend->name,
					 why);
			return;
		}
	}
	if (cell_is_split(cell) && sched_getaffinity(0, sizeof(allowed), &allowed) == 0 &&
		CPU_COUNT(&allowed) < 2) {
		snprintf(cell->reason, sizeof(cell->reason),
				 "placement=split needs 2 CPUs and 1 is allowed here");
		return;
	}
	need = cell_need(cell);
	if (!capacity_check(NULL, &need, &verdict)) {
		cell->status = RESULT_LIMITED;
		snprintf(cell->reason, sizeof(cell->reason), "%s", verdict.text);
		return;
	}
	cell->status = RESULT_OK;
}

int64_t cell_expected_ns(const struct cell *cell)
{
	const struct workload *workload = cell->workload;
	const struct param_value *window = cell_param(cell, "window");
	int64_t numbers[ARENA_PARAMS_MAX];
	int64_t expected;

	cell_numbers(cell, numbers);
	expected = workload->least_ns ? workload->least_ns(numbers) : 0;
	if (window && expected < window->number)
		expected = window->number;
	if (cell->rounds && workload->round_ops) {
		double work = cell->op_ns * (double)workload->round_ops(numbers) * (double)cell->rounds;

		if (work > (double)expected)
			expected = (int64_t)work;
	}
	return expected;
}
