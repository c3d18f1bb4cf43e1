// SPDX-License-Identifier: MIT
/* Planning: settings -> lists of values -> cells -> an interleaved order of trials. */
#include "plan.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "setting.h"
#include "splitmix.h"
#include "sweep.h"
#include "variant.h"

/* The values that one parameter of a workload takes in this run. */
struct plan_axis {
	const struct param_row *row;
	struct param_value *values;
	size_t n;
	bool by_user;
};

static const char *const plan_profiles[] = {"quick", "standard", "full", "defaults"};
static const uint32_t plan_repetitions[] = {3, 10, 20, 3};

_Static_assert((int)PLAN_DEFAULTS == (int)WORKLOAD_PROFILES, "the last profile has no lists");

int plan_profile_parse(const char *word)
{
	for (int i = PLAN_QUICK; i <= PLAN_DEFAULTS; i++)
		if (strcmp(word, plan_profiles[i]) == 0)
			return i;
	return -EINVAL;
}

/* The workloads of `list`, in the list's order, as indexes into chosen[]; how many, or -EINVAL. */
static int plan_choose_workloads(const char *list, const struct workload **chosen, char *error)
{
	struct word word;
	int n = 0;

	if (!list) {
		memcpy(chosen, workloads, n_workloads * sizeof(*chosen));
		return (int)n_workloads;
	}
	while (word_next(&list, ",", &word)) {
		const struct workload *workload = workload_find(word.text, word.length);

		if (!workload)
			return setting_unknown_workload(word, error);
		for (int i = 0; i < n; i++) {
			if (chosen[i] == workload) {
				snprintf(error, PARAM_ERROR_MAX, "workload: \"%s\" is named twice", workload->name);
				return -EINVAL;
			}
		}
		chosen[n++] = workload;
	}
	return n;
}

/* ---- parameters ---- */

/* Fills in the values of a list: all of them, or those that the parameter takes. */
static int plan_parse_list(struct plan_axis *axis, const char *list, bool all, char *error)
{
	size_t room = 1;
	struct word word;

	for (const char *c = list; *c; c++)
		room += *c == ',';
	axis->values = calloc(room, sizeof(*axis->values));
	if (!axis->values)
		return -ENOMEM;
	while (word_next(&list, ",", &word)) {
		int rc = setting_parse(axis->row, word, &axis->values[axis->n], error);

		if (rc == 0)
			axis->n++;
		else if (all)
			return rc;
	}
	return 0;
}

static int plan_fill_axis(const struct plan_order *order, const struct workload *workload,
						  struct plan_axis *axis, char *error)
{
	bool bound;
	const char *list = settings_list(&order->settings, workload, axis->row, &bound);
	char buf[PARAM_TEXT_MAX];

	if (list) {
		int rc = plan_parse_list(axis, list, bound, error);

		axis->by_user = axis->n > 0;
		if (rc || axis->by_user)
			return rc;
		/* All its values are for other workloads. */
		free(axis->values);
		list = NULL;
	}
	if (order->sweep)
		list = sweep_list(workload, axis->row, buf, sizeof(buf));
	if (!list && order->profile != PLAN_DEFAULTS)
		list =
			settings_profile_list(workload->profiles[order->profile], axis->row, buf, sizeof(buf));
	return plan_parse_list(axis, list ? list : axis->row->fallback, true, error);
}

/* ---- cells ---- */

static bool plan_one_cpu(void)
{
	cpu_set_t allowed;

	return sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) == 1;
}

/*
 * Where only one CPU is allowed the *default* placement cannot be one role a CPU; the params column
 * then says so. A user's own wish is kept, and found unsupported.
 */
static void plan_adapt_placement(struct plan_axis *axis)
{
	char error[PARAM_ERROR_MAX];

	if (axis->by_user || strcmp(axis->row->name, "placement") || !plan_one_cpu())
		return;
	axis->n = 1;
	param_parse(axis->row, "same", &axis->values[0], error);
}

/* The backends of the roles other than the one under test, from their parameters. */
static int plan_resolve_roles(struct cell *cell, char *error)
{
	for (int i = 0; i < cell->workload->n_roles; i++) {
		const struct workload_role *role = &cell->workload->roles[i];
		const struct param_value *named =
			role->backend_param ? cell_param(cell, role->backend_param) : NULL;

		if (cell_foreign(cell, i)) {
			if (access(cell_foreign(cell, i), X_OK) < 0) {
				snprintf(error, PARAM_ERROR_MAX, "%s: exec:%s: %s", role->foreign_param,
						 cell_foreign(cell, i), strerror(errno));
				return -EINVAL;
			}
			cell->roles[i] = (struct cell_variant){.backend = backend_find("exec", 4)};
		}
		if (!named)
			continue;
		if (strcmp(named->text, "self") == 0 && cell_foreign(cell, 0)) {
			snprintf(error, PARAM_ERROR_MAX, "%s=self: a foreign program cannot be both sides",
					 role->backend_param);
			return -EINVAL;
		}
		if (strcmp(named->text, "self") == 0) {
			cell->roles[i] = cell->roles[0];
			continue;
		}
		cell->roles[i].backend = backend_find(named->text, strlen(named->text));
		if (!cell->roles[i].backend || cell->roles[i].backend->style == BACKEND_FOREIGN)
			return variant_unknown_backend(role->backend_param,
										   (struct word){named->text, strlen(named->text)}, error);
		if (variant_defaults(&cell->roles[i], error))
			return -EINVAL;
	}
	return 0;
}

static int plan_add_cell(struct plan *plan, const struct cell *cell, char *error)
{
	int added = cell_set_add(&plan->set, plan->cells, cell);

	if (added == -EOVERFLOW) {
		snprintf(error, PARAM_ERROR_MAX, "the lists make more than %d cells", PLAN_CELLS_MAX);
		return -EINVAL;
	}
	if (added <= 0)
		return added;
	if ((plan->n_cells & (plan->n_cells - 1)) == 0) {
		size_t room = plan->n_cells ? 2 * plan->n_cells : 1;
		struct cell *cells = realloc(plan->cells, room * sizeof(*cells));

		if (!cells)
			return -ENOMEM;
		plan->cells = cells;
	}
	plan->cells[plan->n_cells] = *cell;
	cell_preflight(&plan->cells[plan->n_cells++]);
	return 0;
}

/* One combination of parameters, on every variant. */
static int plan_add_combination(struct plan *plan, const struct cell *combination,
								const struct variants *variants, char *error)
{
	int64_t numbers[ARENA_PARAMS_MAX];
	int rc;

	cell_numbers(combination, numbers);
	rc = combination->workload->check ? combination->workload->check(numbers, error) : 0;
	for (size_t i = 0; rc == 0 && i < variants->n; i++) {
		struct cell cell = *combination;

		cell.roles[0] = variants->list[i];
		cell_resolve_params(&cell);
		rc = plan_resolve_roles(&cell, error);
		if (rc == 0)
			rc = plan_add_cell(plan, &cell, error);
	}
	return rc;
}

/* Counts through the product of the axes; false after the last combination. */
static bool plan_step(const struct plan_axis *axes, size_t n, size_t *at)
{
	for (size_t i = n; i-- > 0;) {
		if (++at[i] < axes[i].n)
			return true;
		at[i] = 0;
	}
	return false;
}

static int plan_add_workload(struct plan *plan, const struct plan_order *order,
							 const struct workload *workload, const struct variants *variants,
							 char *error)
{
	struct plan_axis axes[ARENA_PARAMS_MAX] = {0};
	size_t at[ARENA_PARAMS_MAX] = {0};
	size_t n = 0;
	int rc = 0;

	for (; rc == 0 && workload->params[n].name; n++) {
		axes[n].row = &workload->params[n];
		rc = plan_fill_axis(order, workload, &axes[n], error);
		if (rc == 0)
			plan_adapt_placement(&axes[n]);
	}
	while (rc == 0) {
		struct cell cell = {.workload = workload};

		for (size_t i = 0; i < n; i++)
			cell.params[i] = axes[i].values[at[i]];
		rc = plan_add_combination(plan, &cell, variants, error);
		if (!plan_step(axes, n, at))
			break;
	}
	for (size_t i = 0; i < n; i++)
		free(axes[i].values);
	return rc;
}

/* ---- the order ---- */

static void plan_shuffle(struct plan_trial *trials, size_t n, uint64_t *rng)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = splitmix_below(rng, (uint32_t)i);
		struct plan_trial swap = trials[i - 1];

		trials[i - 1] = trials[j];
		trials[j] = swap;
	}
}

static int plan_lay_out(struct plan *plan, uint32_t repetitions, uint64_t seed)
{
	uint64_t rng = seed;

	plan->trials = calloc(plan->n_cells * repetitions, sizeof(*plan->trials));
	if (!plan->trials)
		return -ENOMEM;
	for (uint32_t rep = 1; rep <= repetitions; rep++) {
		size_t first = plan->n_trials;

		for (size_t i = 0; i < plan->n_cells; i++)
			if (rep == 1 || plan->cells[i].status == RESULT_OK)
				plan->trials[plan->n_trials++] =
					(struct plan_trial){.cell = (uint32_t)i, .rep = rep};
		plan_shuffle(plan->trials + first, plan->n_trials - first, &rng);
	}
	return 0;
}

int plan_make(const struct plan_order *order, struct plan *plan, char *error)
{
	const struct workload *chosen[PLAN_WORKLOADS_MAX];
	struct variants variants = {0};
	uint32_t repetitions =
		order->repetitions ? order->repetitions : plan_repetitions[order->profile];
	int n, rc;

	*plan = (struct plan){0};
	snprintf(error, PARAM_ERROR_MAX, "out of memory");
	n = plan_choose_workloads(order->workloads, chosen, error);
	rc = n < 0 ? n : variants_parse(order->backends, &variants, error);
	if (rc == 0)
		rc = settings_check(&order->settings, chosen, n, error);
	if (rc == 0 && order->sweep) {
		n = sweep_keep(chosen, n, plan->unswept, error);
		rc = n < 0 ? n : 0;
	}
	for (int i = 0; rc == 0 && i < n; i++)
		rc = plan_add_workload(plan, order, chosen[i], &variants, error);
	if (rc == 0)
		rc = plan_lay_out(plan, repetitions, order->seed);
	free(variants.list);
	cell_set_release(&plan->set);
	if (rc)
		plan_release(plan);
	return rc;
}

void plan_release(struct plan *plan)
{
	free(plan->cells);
	free(plan->trials);
	*plan = (struct plan){0};
}

int64_t plan_trial_ns(const struct cell *cell)
{
	const int64_t process_ns = 4 * CLOCK_NS_PER_MS; /* starting, gate, reaping: one pass */
	int64_t pass_ns = cell_expected_ns(cell) + process_ns;
	int64_t passes = 1;

	if (cell->status != RESULT_OK)
		return 0;
	if (cell_has_latency_pass(cell))
		passes++;
	if (cell_has_speedup(cell))
		passes++;
	return passes * pass_ns + (cell->workload->memory_pass ? 4 * process_ns : 0);
}
