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

#include "splitmix.h"

/* The values that one parameter of a workload takes in this run. */
struct plan_axis {
	const struct param_row *row;
	struct param_value *values;
	size_t n;
	bool by_user;
};

/* A run's backend variants, from -b. */
struct plan_variants {
	struct cell_variant *list;
	size_t n;
};

/* A piece of a text that is not terminated. */
struct plan_word {
	const char *text;
	size_t length;
};

static const char *const plan_profiles[] = {"quick", "standard", "full"};
static const uint32_t plan_repetitions[] = {3, 10, 20};

int plan_profile_parse(const char *word)
{
	for (int i = 0; i < WORKLOAD_PROFILES; i++)
		if (strcmp(word, plan_profiles[i]) == 0)
			return i;
	return -EINVAL;
}

/*
 * Cuts the next word off `*rest` at any of `separators`; false at the end. An empty word is a word:
 * who wants none refuses it.
 */
static bool plan_next(const char **rest, const char *separators, struct plan_word *word)
{
	if (!*rest)
		return false;
	word->text = *rest;
	word->length = strcspn(*rest, separators);
	*rest = word->text[word->length] ? word->text + word->length + 1 : NULL;
	return true;
}

/* A word as a terminated copy in buf; false when it is too long. */
static bool plan_copy(struct plan_word word, char *buf, size_t size)
{
	if (word.length >= size)
		return false;
	memcpy(buf, word.text, word.length);
	buf[word.length] = '\0';
	return true;
}

/* ---- names ---- */

static int plan_unknown_workload(struct plan_word word, char *error)
{
	int n = snprintf(error, PARAM_ERROR_MAX, "workload: \"%.*s\" is not one of ", (int)word.length,
					 word.text);

	for (size_t i = 0; i < n_workloads && n < PARAM_ERROR_MAX; i++)
		n += snprintf(error + n, PARAM_ERROR_MAX - (size_t)n, "%s%s", i ? "|" : "",
					  workloads[i]->name);
	return -EINVAL;
}

static int plan_unknown_backend(struct plan_word word, char *error)
{
	int n = snprintf(error, PARAM_ERROR_MAX, "backend: \"%.*s\" is not one of ", (int)word.length,
					 word.text);

	for (size_t i = 0, shown = 0; i < n_backends && n < PARAM_ERROR_MAX; i++)
		if (backends[i]->style != BACKEND_FOREIGN)
			n += snprintf(error + n, PARAM_ERROR_MAX - (size_t)n, "%s%s", shown++ ? "|" : "",
						  backends[i]->name);
	return -EINVAL;
}

/* The workloads of `list`, in the list's order, as indexes into chosen[]; how many, or -EINVAL. */
static int plan_choose_workloads(const char *list, const struct workload **chosen, char *error)
{
	struct plan_word word;
	int n = 0;

	if (!list) {
		memcpy(chosen, workloads, n_workloads * sizeof(*chosen));
		return (int)n_workloads;
	}
	while (plan_next(&list, ",", &word)) {
		const struct workload *workload = workload_find(word.text, word.length);

		if (!workload)
			return plan_unknown_workload(word, error);
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

/* ---- variants ---- */

static int plan_default_options(struct cell_variant *variant, char *error)
{
	const struct param_row *rows = variant->backend->options;

	for (size_t i = 0; rows && rows[i].name; i++) {
		int rc = param_parse(&rows[i], rows[i].fallback, &variant->options[i], error);

		if (rc)
			return rc;
	}
	return 0;
}

/* One "option=value" of a variant. */
static int plan_set_option(struct cell_variant *variant, struct plan_word word, unsigned *seen,
						   char *error)
{
	const struct param_row *rows = variant->backend->options;
	const char *equals = memchr(word.text, '=', word.length);
	size_t name_length = equals ? (size_t)(equals - word.text) : word.length;
	const struct param_row *row = rows ? param_find(rows, word.text, name_length) : NULL;
	char text[PARAM_TEXT_MAX];
	int n;

	if (!row) {
		n = snprintf(error, PARAM_ERROR_MAX, "backend %s: no option \"%.*s\" (it has",
					 variant->backend->name, (int)name_length, word.text);
		for (size_t i = 0; rows && rows[i].name && n < PARAM_ERROR_MAX; i++)
			n += snprintf(error + n, PARAM_ERROR_MAX - (size_t)n, " %s", rows[i].name);
		if (n < PARAM_ERROR_MAX)
			snprintf(error + n, PARAM_ERROR_MAX - (size_t)n, "%s)", rows ? "" : " none");
		return -EINVAL;
	}
	if (*seen & 1u << (row - rows)) {
		snprintf(error, PARAM_ERROR_MAX, "backend %s: %s is set twice", variant->backend->name,
				 row->name);
		return -EINVAL;
	}
	*seen |= 1u << (row - rows);
	if (!equals || !plan_copy((struct plan_word){equals + 1, word.length - name_length - 1}, text,
							  sizeof(text)))
		text[0] = '\0';
	return param_parse(row, text, &variant->options[row - rows], error);
}

/* "coro" or "coro:switch=asm+stack=own". */
static int plan_parse_variant(struct plan_word word, struct cell_variant *variant, char *error)
{
	const char *colon = memchr(word.text, ':', word.length);
	size_t name_length = colon ? (size_t)(colon - word.text) : word.length;
	char options[PARAM_TEXT_MAX * 2];
	const char *rest = options;
	struct plan_word option;
	unsigned seen = 0;
	int rc;

	*variant = (struct cell_variant){.backend = backend_find(word.text, name_length)};
	if (!variant->backend || variant->backend->style == BACKEND_FOREIGN)
		return plan_unknown_backend(word, error);
	rc = plan_default_options(variant, error);
	if (rc || !colon)
		return rc;
	if (!plan_copy((struct plan_word){colon + 1, word.length - name_length - 1}, options,
				   sizeof(options))) {
		snprintf(error, PARAM_ERROR_MAX, "backend %s: its options are longer than %zu characters",
				 variant->backend->name, sizeof(options) - 1);
		return -EINVAL;
	}
	while (rc == 0 && plan_next(&rest, "+", &option))
		rc = plan_set_option(variant, option, &seen, error);
	return rc;
}

static int plan_all_variants(struct plan_variants *variants, char *error)
{
	for (size_t i = 0; i < n_backends; i++) {
		struct cell_variant *variant = &variants->list[variants->n];
		int rc;

		if (backends[i]->style == BACKEND_FOREIGN)
			continue;
		*variant = (struct cell_variant){.backend = backends[i]};
		rc = plan_default_options(variant, error);
		if (rc)
			return rc;
		variants->n++;
	}
	return 0;
}

static int plan_parse_variants(const char *list, struct plan_variants *variants, char *error)
{
	size_t room = n_backends;
	struct plan_word word;
	int rc = 0;

	for (const char *c = list; c && *c; c++)
		room += *c == ',';
	variants->list = calloc(room + 1, sizeof(*variants->list));
	if (!variants->list)
		return -ENOMEM;
	if (!list)
		return plan_all_variants(variants, error);
	while (rc == 0 && plan_next(&list, ",", &word))
		rc = plan_parse_variant(word, &variants->list[variants->n++], error);
	return rc;
}

/* ---- parameters ---- */

/* A setting taken apart: [workload.]name=list. */
struct plan_setting {
	struct plan_word workload, name;
	const char *list;
};

static struct plan_setting plan_setting(const char *text)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	const char *dot = memchr(text, '.', length);
	struct plan_setting setting = {.name = {text, length}, .list = equals ? equals + 1 : NULL};

	if (dot) {
		setting.workload = (struct plan_word){text, (size_t)(dot - text)};
		setting.name = (struct plan_word){dot + 1, length - (size_t)(dot - text) - 1};
	}
	return setting;
}

static bool plan_is_for(const struct plan_setting *setting, const struct workload *workload)
{
	return !setting->workload.text ||
		   (strlen(workload->name) == setting->workload.length &&
			memcmp(workload->name, setting->workload.text, setting->workload.length) == 0);
}

static bool plan_same_word(struct plan_word a, struct plan_word b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.text, b.text, a.length) == 0);
}

/* Settings must fit a chosen workload, and no two may set the same thing. */
static int plan_check_settings(const struct plan_order *order, const struct workload **chosen,
							   int n_chosen, char *error)
{
	for (size_t i = 0; i < order->n_settings; i++) {
		struct plan_setting setting = plan_setting(order->settings[i]);
		bool known = false;

		if (!setting.list || !*setting.list) {
			snprintf(error, PARAM_ERROR_MAX, "-p %s: a value is missing (KEY=VALUE[,VALUE...])",
					 order->settings[i]);
			return -EINVAL;
		}
		if (setting.workload.text && !workload_find(setting.workload.text, setting.workload.length))
			return plan_unknown_workload(setting.workload, error);
		for (int w = 0; w < n_chosen && !known; w++)
			known = plan_is_for(&setting, chosen[w]) &&
					param_find(chosen[w]->params, setting.name.text, setting.name.length);
		if (!known) {
			snprintf(
				error, PARAM_ERROR_MAX,
				"-p %s: none of the chosen workloads has a parameter \"%.*s\"; see concbench list",
				order->settings[i], (int)setting.name.length, setting.name.text);
			return -EINVAL;
		}
		for (size_t j = 0; j < i; j++) {
			struct plan_setting other = plan_setting(order->settings[j]);

			if (plan_same_word(setting.name, other.name) &&
				plan_same_word(setting.workload, other.workload)) {
				snprintf(error, PARAM_ERROR_MAX, "-p %s: \"%.*s\" is set twice", order->settings[i],
						 (int)setting.name.length, setting.name.text);
				return -EINVAL;
			}
		}
	}
	return 0;
}

/* The list of values that the user gave for a parameter, or NULL; one for this workload goes first.
 */
static const char *plan_user_list(const struct plan_order *order, const struct workload *workload,
								  const struct param_row *row)
{
	const char *list = NULL;

	for (size_t i = 0; i < order->n_settings; i++) {
		struct plan_setting setting = plan_setting(order->settings[i]);
		struct plan_word name = {row->name, strlen(row->name)};

		if (!plan_same_word(setting.name, name) || !plan_is_for(&setting, workload))
			continue;
		if (setting.workload.text || !list)
			list = setting.list;
		if (setting.workload.text)
			break;
	}
	return list;
}

/* The list that a profile ("name=list name=list") has for a parameter: a copy in buf, or NULL. */
static const char *plan_profile_list(const char *profile, const struct param_row *row, char *buf,
									 size_t size)
{
	struct plan_word word;

	while (plan_next(&profile, " ", &word)) {
		size_t length = strlen(row->name);

		if (word.length > length && word.text[length] == '=' &&
			memcmp(word.text, row->name, length) == 0 &&
			plan_copy((struct plan_word){word.text + length + 1, word.length - length - 1}, buf,
					  size))
			return buf;
	}
	return NULL;
}

static int plan_parse_list(struct plan_axis *axis, const char *list, char *error)
{
	size_t room = 1;
	struct plan_word word;

	for (const char *c = list; *c; c++)
		room += *c == ',';
	axis->values = calloc(room, sizeof(*axis->values));
	if (!axis->values)
		return -ENOMEM;
	while (plan_next(&list, ",", &word)) {
		char text[PARAM_TEXT_MAX];
		int rc;

		if (!plan_copy(word, text, sizeof(text))) {
			snprintf(error, PARAM_ERROR_MAX, "%s: a value is longer than %d characters",
					 axis->row->name, PARAM_TEXT_MAX - 1);
			return -EINVAL;
		}
		rc = param_parse(axis->row, text, &axis->values[axis->n], error);
		if (rc)
			return rc;
		axis->n++;
	}
	return 0;
}

static int plan_fill_axis(const struct plan_order *order, const struct workload *workload,
						  struct plan_axis *axis, char *error)
{
	const char *list = plan_user_list(order, workload, axis->row);
	char buf[PARAM_TEXT_MAX];

	axis->by_user = list != NULL;
	if (!list)
		list = plan_profile_list(workload->profiles[order->profile], axis->row, buf, sizeof(buf));
	return plan_parse_list(axis, list ? list : axis->row->fallback, error);
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

		if (cell_foreign(cell, i))
			cell->roles[i] = (struct cell_variant){.backend = backend_find("exec", 4)};
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
		if (!cell->roles[i].backend)
			return plan_unknown_backend((struct plan_word){named->text, strlen(named->text)},
										error);
		if (plan_default_options(&cell->roles[i], error))
			return -EINVAL;
	}
	return 0;
}

static int plan_add_cell(struct plan *plan, const struct cell *cell, char *error)
{
	for (size_t i = 0; i < plan->n_cells; i++)
		if (cell_same(&plan->cells[i], cell))
			return 0;
	if (plan->n_cells == PLAN_CELLS_MAX) {
		snprintf(error, PARAM_ERROR_MAX, "the lists make more than %d cells", PLAN_CELLS_MAX);
		return -EINVAL;
	}
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
								const struct plan_variants *variants, char *error)
{
	int64_t numbers[ARENA_PARAMS_MAX];
	int rc;

	cell_numbers(combination, numbers);
	rc = combination->workload->check ? combination->workload->check(numbers, error) : 0;
	for (size_t i = 0; rc == 0 && i < variants->n; i++) {
		struct cell cell = *combination;

		cell.roles[0] = variants->list[i];
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
							 const struct workload *workload, const struct plan_variants *variants,
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
	struct plan_variants variants = {0};
	uint32_t repetitions =
		order->repetitions ? order->repetitions : plan_repetitions[order->profile];
	int n, rc;

	*plan = (struct plan){0};
	snprintf(error, PARAM_ERROR_MAX, "out of memory");
	n = plan_choose_workloads(order->workloads, chosen, error);
	rc = n < 0 ? n : plan_parse_variants(order->backends, &variants, error);
	if (rc == 0)
		rc = plan_check_settings(order, chosen, n, error);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = plan_add_workload(plan, order, chosen[i], &variants, error);
	if (rc == 0)
		rc = plan_lay_out(plan, repetitions, order->seed);
	free(variants.list);
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
	if (cell->workload->latency_pass)
		passes++;
	return passes * pass_ns + (cell->workload->memory_pass ? 4 * process_ns : 0);
}
