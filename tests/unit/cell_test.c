// SPDX-License-Identifier: MIT
/*
 * Cells: their key as text, what a user calls them, and why they cannot run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cell.h"
#include "planned.h"

/* The only cell of a plan; valid until the plan is released. */
static const struct cell *only(const struct plan *plan)
{
	assert_int_equal(plan->n_cells, 1);
	return &plan->cells[0];
}

static void the_parameters_are_sorted_in_base_units(void **state)
{
	struct plan plan = planned(&(struct planned){
		"fib_generators", "call", {"values=2k", "window=5ms", "generators=3"}, .repetitions = 1});
	char text[RESULT_PARAMS_MAX];

	(void)state;
	assert_string_equal(cell_params_text(only(&plan), text, sizeof(text)),
						"generators=3;placement=same;through=direct;values=2000;window=5000000");
	plan_release(&plan);
}

static void the_variant_has_every_option_sorted(void **state)
{
	struct plan plan = planned(&(struct planned){
		"fib_generators", "coro:stack=dense", {"generators=1"}, .repetitions = 1});
	char text[RESULT_TEXT_MAX];
	const char *at = cell_variant_text(only(&plan), text, sizeof(text));
	const struct param_row *rows = only(&plan)->roles[0].backend->options;
	size_t options = 0, semicolons = 0;
	const char *before = "";

	(void)state;
	assert_non_null(strstr(text, "stack=dense"));
	while (rows[options].name)
		options++;
	/* Ends with the last pair. */
	for (char *pair; (pair = strsep((char **)&at, ";")); before = pair) {
		assert_true(strcmp(before, pair) < 0);
		semicolons++;
	}
	assert_int_equal(semicolons, options);
	plan_release(&plan);
}

static void a_backend_without_options_has_an_empty_variant(void **state)
{
	struct plan plan =
		planned(&(struct planned){"fib_generators", "call", {"generators=1"}, .repetitions = 1});
	char text[RESULT_TEXT_MAX] = "x";

	(void)state;
	assert_string_equal(cell_variant_text(only(&plan), text, sizeof(text)), "");
	assert_string_equal(cell_variant_label(only(&plan), text, sizeof(text)), "call");
	plan_release(&plan);
}

static void the_label_says_what_differs_from_the_default(void **state)
{
	static const struct {
		const char *variant, *label;
	} rows[] = {
		{"coro", "coro"},
		{"coro:stack=own", "coro"},
		{"coro:stack=dense", "coro:stack=dense"},
		{"coro:switch=ucontext+stack=dense", "coro:stack=dense+switch=ucontext"},
		{"coro:stack_size=65536", "coro:stack_size=64KiB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct plan plan = planned(&(struct planned){
			"fib_generators", rows[i].variant, {"generators=1"}, .repetitions = 1});
		char text[RESULT_TEXT_MAX];

		assert_string_equal(cell_variant_label(only(&plan), text, sizeof(text)), rows[i].label);
		plan_release(&plan);
	}
}

static void a_foreign_program_is_called_by_its_name(void **state)
{
	struct plan plan = planned(&(struct planned){
		"tcp_echo", "event", {"conns=2", "server=exec:/usr/bin/true"}, .repetitions = 1});
	char text[RESULT_PARAMS_MAX];

	(void)state;
	assert_string_equal(cell_variant_label(only(&plan), text, sizeof(text)), "exec:true");
	/* Which program serves is not what is asked of it. */
	assert_null(strstr(cell_params_label(only(&plan), text, sizeof(text)), "exec"));
	assert_non_null(
		strstr(cell_params_text(only(&plan), text, sizeof(text)), ";server=exec:/usr/bin/true;"));
	plan_release(&plan);
}

static void a_way_to_do_the_work_goes_with_the_variant(void **state)
{
	struct plan plan = planned(&(struct planned){
		"file_read", "coro:stack=dense", {"io=threads", "files=3"}, .repetitions = 1});
	char text[RESULT_PARAMS_MAX];

	(void)state;
	assert_string_equal(cell_variant_label(only(&plan), text, sizeof(text)),
						"coro:stack=dense io=threads");
	assert_null(strstr(cell_params_label(only(&plan), text, sizeof(text)), "io="));
	assert_non_null(strstr(cell_params_text(only(&plan), text, sizeof(text)), ";io=threads;"));
	plan_release(&plan);
}

static void parameters_are_shown_as_a_user_would_write_them(void **state)
{
	struct plan plan = planned(&(struct planned){"fib_generators",
												 "call",
												 {"values=2000", "window=5000us", "generators=3"},
												 .repetitions = 1});
	char text[RESULT_PARAMS_MAX];

	(void)state;
	assert_string_equal(cell_params_label(only(&plan), text, sizeof(text)),
						"generators=3 values=2k through=direct window=5ms placement=same");
	plan_release(&plan);
}

static void a_text_that_does_not_fit_is_cut_at_the_end(void **state)
{
	struct plan plan = planned(&(struct planned){
		"fib_generators", "coro", {"values=2k", "generators=3"}, .repetitions = 1});
	char text[17] = "################";

	(void)state;
	assert_string_equal(cell_params_text(only(&plan), text, 16), "generators=3;pl");
	assert_int_equal(text[16], '\0');
	assert_string_equal(cell_params_label(only(&plan), text, 8), "generat");
	assert_string_equal(cell_variant_label(only(&plan), text, 3), "co");
	assert_string_equal(cell_params_text(only(&plan), text, 1), "");
	plan_release(&plan);
}

static void cells_are_the_same_by_their_key_alone(void **state)
{
	struct plan plan = planned(&(struct planned){"fib_generators",
												 "coro,coro:stack=dense",
												 {"values=1k,2k", "generators=1"},
												 .repetitions = 1});
	struct cell copy = plan.cells[0];

	(void)state;
	copy.rounds = 17;
	copy.status = RESULT_LIMITED;
	assert_true(cell_same(&plan.cells[0], &copy));
	for (size_t i = 1; i < plan.n_cells; i++)
		assert_false(cell_same(&plan.cells[0], &plan.cells[i]));
	plan_release(&plan);
}

static void a_backend_is_told_its_options_stack_and_tasks(void **state)
{
	struct plan plan = planned(&(struct planned){
		"sleep_fanout", "coro:stack=dense", {"tasks=77", "sleep=1ms"}, .repetitions = 1});
	const struct cell *cell = only(&plan);
	struct backend_config config = cell_config(cell, 0, NULL);

	(void)state;
	assert_int_equal(config.tasks_max, 77);
	assert_int_equal(config.stack_bytes, cell->workload->roles[0].stack_bytes);
	for (int i = 0; i < BACKEND_OPTIONS_MAX; i++)
		assert_int_equal(config.options[i], cell->roles[0].options[i].number);
	assert_null(config.arena);
	plan_release(&plan);
}

static void what_a_pass_takes_grows_with_its_rounds(void **state)
{
	struct plan plan = planned(&(struct planned){
		"fib_generators", "call", {"values=1k", "generators=1", "window=1ms"}, .repetitions = 1});
	struct cell cell = *only(&plan);

	(void)state;
	assert_int_equal(cell_expected_ns(&cell), 1000000);
	cell.rounds = 100;
	cell.op_ns = 50;
	assert_int_equal(cell_expected_ns(&cell), 100 * 1000 * 50);
	plan_release(&plan);
}

/* ---- why a cell cannot run ---- */

static struct cell cell_on(const struct backend *backend, const struct workload *workload)
{
	struct cell cell = {.workload = workload, .roles = {{.backend = backend}}};

	cell_preflight(&cell);
	return cell;
}

static uint32_t one_task(const int64_t *params, int role)
{
	(void)params;
	(void)role;
	return 1;
}

static int event_body(struct event *event, int fd)
{
	(void)event;
	(void)fd;
	return 0;
}

static uint32_t many_tasks(const int64_t *params, int role)
{
	(void)params;
	(void)role;
	return UINT32_MAX;
}

static void body(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)t;
	(void)arena;
	(void)arg;
	(void)fd;
}

static int join(void)
{
	return 0;
}

static const char *asleep(const struct backend_config *config)
{
	(void)config;
	return "it is asleep";
}

static struct backend_demand one_pid_each(const struct backend_config *config)
{
	(void)config;
	return (struct backend_demand){.pids_per_task = 1};
}

static const struct param_row no_params[] = {{0}};
static const struct task_ops only_join = {.join = join};

static void a_missing_group_of_slots_is_named(void **state)
{
	static const struct {
		enum workload_needs needs;
		const char *reason;
	} rows[] = {
		{WORKLOAD_NEEDS_SPAWN, "poor: has no tasks"},
		{WORKLOAD_NEEDS_SLEEP, "poor: has no timers"},
		{WORKLOAD_NEEDS_NET, "poor: has no sockets"},
		{WORKLOAD_NEEDS_GENERATORS, "poor: has no generators"},
		{WORKLOAD_NEEDS_CHANNELS, "poor: has no channels"},
		{WORKLOAD_NEEDS_LOCKS, "poor: has no locks"},
		{WORKLOAD_NEEDS_FILES, "poor: has no files"},
		{WORKLOAD_NEEDS_POSTS, "poor: has no calls from other threads"},
	};
	const struct backend poor = {.name = "poor", .style = BACKEND_TASK, .task = &only_join};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct workload workload = {.params = no_params,
										  .roles = {{.task = body, .needs = rows[i].needs}},
										  .n_roles = 1,
										  .tasks = one_task};
		struct cell cell = cell_on(&poor, &workload);

		assert_int_equal(cell.status, RESULT_UNSUPPORTED);
		assert_string_equal(cell.reason, rows[i].reason);
	}
}

static void a_missing_body_is_named(void **state)
{
	const struct workload none = {
		.params = no_params, .roles = {{0}}, .n_roles = 1, .tasks = one_task};
	const struct backend task = {.name = "t", .style = BACKEND_TASK, .task = &only_join};
	const struct backend event = {.name = "e", .style = BACKEND_EVENT};
	const struct backend call = {.name = "c", .style = BACKEND_CALL};
	const struct backend foreign = {.name = "f", .style = BACKEND_FOREIGN};

	(void)state;
	assert_string_equal(cell_on(&task, &none).reason, "t: has no task body");
	assert_string_equal(cell_on(&event, &none).reason, "e: has no event body");
	assert_non_null(strstr(cell_on(&call, &none).reason, "plain calls"));
	assert_non_null(strstr(cell_on(&foreign, &none).reason, "exec:"));
}

static void what_the_backend_says_is_unavailable_is_passed_on(void **state)
{
	const struct workload workload = {
		.params = no_params, .roles = {{.task = body}}, .n_roles = 1, .tasks = one_task};
	const struct backend backend = {
		.name = "lazy", .style = BACKEND_TASK, .task = &only_join, .unavailable = asleep};
	struct cell cell = cell_on(&backend, &workload);

	(void)state;
	assert_int_equal(cell.status, RESULT_UNSUPPORTED);
	assert_string_equal(cell.reason, "lazy: it is asleep");
}

static void too_many_tasks_are_limited_and_say_by_what(void **state)
{
	const struct workload workload = {
		.params = no_params, .roles = {{.task = body}}, .n_roles = 1, .tasks = many_tasks};
	const struct backend backend = {
		.name = "threads", .style = BACKEND_TASK, .task = &only_join, .demand = one_pid_each};
	struct cell cell = cell_on(&backend, &workload);

	(void)state;
	assert_int_equal(cell.status, RESULT_LIMITED);
	assert_non_null(strstr(cell.reason, " allows "));
	assert_non_null(strstr(cell.reason, " tasks, 4294967295 asked for"));
}

static void posters_take_pids_on_every_backend(void **state)
{
	struct workload workload = {
		.params = no_params, .roles = {{.event = event_body}}, .n_roles = 1, .tasks = many_tasks};
	const struct backend backend = {.name = "callbacks", .style = BACKEND_EVENT};

	(void)state;
	assert_int_equal(cell_on(&backend, &workload).status, RESULT_OK);
	workload.tasks_are_posters = true;
	assert_int_equal(cell_on(&backend, &workload).status, RESULT_LIMITED);
}

/* Tasks of one thread have one CPU; posters are threads on any backend. */
static void only_what_has_threads_is_split(void **state)
{
	static const char *const refused = "coro: all its tasks are in one thread, and "
									   "placement=split wants a CPU for each";
	struct planned words = {.workloads = "ring",
							.backends = "coro,thread",
							.settings = {"tasks=2", "placement=split"},
							.repetitions = 1};
	struct plan plan = planned(&words);

	(void)state;
	assert_int_equal(plan.n_cells, 2);
	assert_int_equal(plan.cells[0].status, RESULT_UNSUPPORTED);
	assert_string_equal(plan.cells[0].reason, refused);
	assert_null(strstr(plan.cells[1].reason, "one thread"));
	plan_release(&plan);

	words.workloads = "cross_submit";
	words.settings[0] = "posters=2";
	plan = planned(&words);
	assert_null(strstr(plan.cells[0].reason, "one thread"));
	assert_int_equal(plan.cells[0].status, plan.cells[1].status);
	plan_release(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parameters_are_sorted_in_base_units),
		cmocka_unit_test(the_variant_has_every_option_sorted),
		cmocka_unit_test(a_backend_without_options_has_an_empty_variant),
		cmocka_unit_test(the_label_says_what_differs_from_the_default),
		cmocka_unit_test(a_foreign_program_is_called_by_its_name),
		cmocka_unit_test(a_way_to_do_the_work_goes_with_the_variant),
		cmocka_unit_test(parameters_are_shown_as_a_user_would_write_them),
		cmocka_unit_test(a_text_that_does_not_fit_is_cut_at_the_end),
		cmocka_unit_test(cells_are_the_same_by_their_key_alone),
		cmocka_unit_test(a_backend_is_told_its_options_stack_and_tasks),
		cmocka_unit_test(what_a_pass_takes_grows_with_its_rounds),
		cmocka_unit_test(a_missing_group_of_slots_is_named),
		cmocka_unit_test(a_missing_body_is_named),
		cmocka_unit_test(what_the_backend_says_is_unavailable_is_passed_on),
		cmocka_unit_test(too_many_tasks_are_limited_and_say_by_what),
		cmocka_unit_test(posters_take_pids_on_every_backend),
		cmocka_unit_test(only_what_has_threads_is_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
