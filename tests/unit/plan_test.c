// SPDX-License-Identifier: MIT
/*
 * Planning: which cells come of an order, which order the trials are in, and what is said of an
 * order that makes no plan.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "planned.h"
#include "sweep.h"

static int64_t number_of(const struct cell *cell, const char *name)
{
	const struct param_value *value = cell_param(cell, name);

	assert_non_null(value);
	return value->number;
}

/* How many cells have these numbers of two parameters. */
static int count_cells(const struct plan *plan, const char *a, int64_t a_is, const char *b,
					   int64_t b_is)
{
	int n = 0;

	for (size_t i = 0; i < plan->n_cells; i++)
		n += number_of(&plan->cells[i], a) == a_is && number_of(&plan->cells[i], b) == b_is;
	return n;
}

/* ---- cells ---- */

static void lists_make_their_product_on_every_variant(void **state)
{
	struct plan plan = planned(&(struct planned){"fib_generators",
												 "call,event",
												 {"generators=1,2", "values=10k,20k,30k"},
												 .repetitions = 1});

	(void)state;
	assert_int_equal(plan.n_cells, 2 * 3 * 2);
	for (int64_t generators = 1; generators <= 2; generators++)
		for (int64_t values = 10000; values <= 30000; values += 10000)
			assert_int_equal(count_cells(&plan, "generators", generators, "values", values), 2);
	plan_release(&plan);
}

static void equal_cells_are_planned_once(void **state)
{
	/* The same value in other words, and the same variant with its default spelled out. */
	struct plan plan = planned(&(struct planned){"fib_generators",
												 "coro,coro:stack=own,coro",
												 {"generators=1", "values=1k,1000,2k,1k"},
												 .repetitions = 1});

	(void)state;
	assert_int_equal(plan.n_cells, 2);
	assert_int_equal(plan.n_trials, 2);
	plan_release(&plan);
}

/* The row that a word "name=list" of a profile or a series is for. */
static const struct param_row *row_of(const struct workload *workload, struct word word)
{
	return param_find(workload->params, word.text, strcspn(word.text, "="));
}

static void profiles_and_series_name_parameters_that_there_are(void **state)
{
	(void)state;
	for (size_t w = 0; w < n_workloads; w++) {
		const char *texts[] = {workloads[w]->profiles[0], workloads[w]->profiles[1],
							   workloads[w]->profiles[2], workloads[w]->sweep};

		for (int i = 0; i < 4; i++) {
			struct word word;

			while (word_next(&texts[i], " ", &word))
				if (!row_of(workloads[w], word))
					fail_msg("%s: %.*s", workloads[w]->name, (int)word.length, word.text);
		}
	}
}

static void a_sweep_sets_the_main_parameter_and_what_keeps_it_short(void **state)
{
	struct planned words = {"ring", "coro", .repetitions = 1, .sweep = true};
	struct plan plan = planned(&words);

	(void)state;
	assert_true(plan.n_cells >= 4);
	for (size_t i = 1; i < plan.n_cells; i++)
		assert_true(number_of(&plan.cells[i], "tasks") >=
					2 * number_of(&plan.cells[i - 1], "tasks"));
	assert_int_equal(number_of(&plan.cells[0], "window"), 40 * CLOCK_NS_PER_MS);
	assert_string_equal(plan.unswept, "");
	plan_release(&plan);
	/* The user comes before the series. */
	words.settings[0] = "ring.tasks=3,5";
	words.settings[1] = "window=7ms";
	plan = planned(&words);
	assert_int_equal(plan.n_cells, 2);
	assert_int_equal(count_cells(&plan, "tasks", 3, "window", 7 * CLOCK_NS_PER_MS), 1);
	assert_int_equal(count_cells(&plan, "tasks", 5, "window", 7 * CLOCK_NS_PER_MS), 1);
	plan_release(&plan);
}

static void a_workload_without_a_series_is_left_out_and_named(void **state)
{
	static const struct param_row params[] = {{.name = "n"}, {0}};
	const struct workload with = {.name = "with", .params = params, .sweep = "n=1,2 m=3"};
	const struct workload without = {.name = "without", .params = params};
	const struct workload *chosen[] = {&without, &with, &without};
	char unswept[PARAM_ERROR_MAX], error[PARAM_ERROR_MAX];

	(void)state;
	assert_string_equal(sweep_param(&with)->name, "n");
	assert_null(sweep_param(&without));
	assert_int_equal(sweep_keep(chosen, 3, unswept, error), 1);
	assert_ptr_equal(chosen[0], &with);
	assert_string_equal(unswept, "without, without");
	chosen[0] = &without;
	assert_int_equal(sweep_keep(chosen, 1, unswept, error), -EINVAL);
	assert_string_equal(error, "--sweep: no series for without; give one with -p instead");
}

/* Thousands of them, each named twice: the first naming decides where a cell stands. */
static void many_equal_cells_are_planned_once_and_in_order(void **state)
{
	enum { VALUES = 4000 };
	static char list[2 * VALUES * 5 + 16] = "values=";
	size_t length = strlen(list);
	struct plan plan;

	(void)state;
	for (int i = 0; i < 2 * VALUES; i++)
		length += (size_t)sprintf(list + length, "%s%d", i ? "," : "", 1000 + i * 3 % VALUES);
	plan = planned(&(struct planned){
		"fib_generators", "call", {"generators=1", "through=direct", list}, .repetitions = 1});
	assert_int_equal(plan.n_cells, VALUES);
	for (int i = 0; i < VALUES; i++)
		assert_int_equal(number_of(&plan.cells[i], "values"), 1000 + i * 3 % VALUES);
	plan_release(&plan);
}

static void too_many_cells_are_refused(void **state)
{
	static char list[(PLAN_CELLS_MAX + 1) * 6 + 16] = "values=";
	size_t length = strlen(list);
	char error[PARAM_ERROR_MAX];
	struct plan plan;

	(void)state;
	for (int i = 0; i <= PLAN_CELLS_MAX; i++)
		length += (size_t)sprintf(list + length, "%s%d", i ? "," : "", 10000 + i);
	assert_int_equal(planned_try(&(struct planned){"fib_generators",
												   "call",
												   {"generators=1", "through=direct", list},
												   .repetitions = 1},
								 &plan, error),
					 -EINVAL);
	assert_non_null(strstr(error, "more than 10000 cells"));
}

static void a_setting_bound_to_a_workload_beats_the_plain_one(void **state)
{
	struct plan plan = planned(&(struct planned){
		"fib_generators,sleep_fanout",
		"event",
		{"window=5ms", "fib_generators.window=3ms", "generators=1", "values=1k", "tasks=10"},
		.repetitions = 1});

	(void)state;
	assert_int_equal(plan.n_cells, 2);
	for (size_t i = 0; i < 2; i++) {
		bool fib = strcmp(plan.cells[i].workload->name, "fib_generators") == 0;

		assert_int_equal(number_of(&plan.cells[i], "window"), fib ? 3000000 : 5000000);
	}
	plan_release(&plan);
}

static void a_setting_may_fit_only_some_of_the_workloads(void **state)
{
	struct plan plan = planned(&(struct planned){NULL, "event", {"conns=3"}, .repetitions = 1});
	int found = 0;

	(void)state;
	for (size_t i = 0; i < plan.n_cells; i++)
		if (cell_param(&plan.cells[i], "conns"))
			found += number_of(&plan.cells[i], "conns") == 3;
	assert_true(found >= 1);
	assert_true((size_t)found < plan.n_cells);
	assert_true(plan.n_cells >= n_workloads);
	plan_release(&plan);
}

static void all_backends_but_the_foreign_one_are_the_default(void **state)
{
	struct plan plan = planned(
		&(struct planned){"fib_generators", NULL, {"generators=1", "values=1k"}, .repetitions = 1});

	(void)state;
	assert_int_equal(plan.n_cells, n_backends - 1);
	for (size_t i = 0; i < plan.n_cells; i++)
		assert_int_not_equal(plan.cells[i].roles[0].backend->style, BACKEND_FOREIGN);
	plan_release(&plan);
}

/* ---- profiles ---- */

static void profiles_have_their_own_defaults_and_repetitions(void **state)
{
	static const uint32_t repetitions[] = {3, 10, 20};

	(void)state;
	for (int profile = PLAN_QUICK; profile <= PLAN_FULL; profile++) {
		struct plan plan = planned(&(struct planned){"fib_generators",
													 "call",
													 {"generators=1", "through=direct"},
													 .profile = (enum plan_profile)profile});

		assert_int_equal(plan.n_cells, 1);
		assert_int_equal(plan.n_trials, repetitions[profile]);
		assert_int_equal(number_of(&plan.cells[0], "window"),
						 profile == PLAN_QUICK ? 60000000 : 200000000);
		plan_release(&plan);
	}
	assert_int_equal(plan_profile_parse("quick"), PLAN_QUICK);
	assert_int_equal(plan_profile_parse("full"), PLAN_FULL);
	assert_int_equal(plan_profile_parse("Full"), -EINVAL);
}

static void the_profile_of_defaults_has_one_cell_a_workload(void **state)
{
	struct plan plan = planned(
		&(struct planned){NULL, "event", {NULL}, .profile = PLAN_DEFAULTS, .repetitions = 1});

	(void)state;
	assert_int_equal(plan_profile_parse("defaults"), PLAN_DEFAULTS);
	assert_int_equal(plan.n_cells, n_workloads);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct cell *cell = &plan.cells[i];

		for (int p = 0; cell->workload->params[p].name; p++) {
			const struct param_row *row = &cell->workload->params[p];
			struct param_value value;
			char error[PARAM_ERROR_MAX];

			if (!strcmp(row->name, "placement")) /* follows the CPUs that are allowed */
				continue;
			assert_int_equal(param_parse(row, row->fallback, &value, error), 0);
			if (!strcmp(value.text, "auto")) /* follows the backend */
				continue;
			assert_int_equal(cell->params[p].number, value.number);
		}
	}
	plan_release(&plan);
}

static void the_user_beats_the_profile(void **state)
{
	struct plan plan = planned(&(struct planned){
		"fib_generators", "call", {"generators=1", "window=7ms"}, .repetitions = 2});

	(void)state;
	assert_int_equal(plan.n_trials, 2);
	assert_int_equal(number_of(&plan.cells[0], "window"), 7000000);
	plan_release(&plan);
}

/* ---- the order of trials ---- */

static const struct planned six_cells = {"fib_generators",
										 "call,event",
										 {"generators=1", "values=1k,2k,3k"},
										 .repetitions = 20,
										 .seed = 11};

static void every_block_has_every_cell_once(void **state)
{
	struct plan plan = planned(&six_cells);

	(void)state;
	assert_int_equal(plan.n_cells, 6);
	assert_int_equal(plan.n_trials, 6 * 20);
	for (uint32_t rep = 1; rep <= 20; rep++) {
		unsigned seen = 0;

		for (size_t i = 0; i < 6; i++) {
			const struct plan_trial *trial = &plan.trials[(rep - 1) * 6 + i];

			assert_int_equal(trial->rep, rep);
			seen |= 1u << trial->cell;
		}
		assert_int_equal(seen, 0x3f);
	}
	plan_release(&plan);
}

/* Whether block number `b` has the cells in the same order in both plans. */
static bool same_block(const struct plan *one, size_t b, const struct plan *two, size_t c)
{
	for (size_t i = 0; i < 6; i++)
		if (one->trials[b * 6 + i].cell != two->trials[c * 6 + i].cell)
			return false;
	return true;
}

static void the_order_comes_from_the_seed_alone(void **state)
{
	struct planned other_seed = six_cells;
	struct plan plan = planned(&six_cells), again = planned(&six_cells), other;
	int same_blocks = 0, alike = 0;

	(void)state;
	other_seed.seed = 12;
	other = planned(&other_seed);
	assert_memory_equal(plan.trials, again.trials, plan.n_trials * sizeof(*plan.trials));
	/* By chance one block in 720 is the same as another. */
	for (size_t b = 0; b < 20; b++) {
		same_blocks += same_block(&plan, b, &other, b);
		alike += b > 0 && same_block(&plan, b, &plan, 0);
	}
	assert_true(same_blocks < 5);
	assert_true(alike < 5);
	plan_release(&plan);
	plan_release(&again);
	plan_release(&other);
}

/* A seed that somebody wrote down gives the order that it gave then. */
static void the_order_of_a_seed_stays(void **state)
{
	static const uint32_t order[] = {3, 0, 4, 2, 5, 1, 4, 2, 1, 5, 0, 3};
	struct plan plan = planned(&six_cells);

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		assert_int_equal(plan.trials[i].cell, order[i]);
	plan_release(&plan);
}

static void a_cell_that_cannot_run_is_planned_once(void **state)
{
	struct plan plan = planned(&(struct planned){
		"sleep_fanout", "call,event", {"tasks=1", "sleep=1ms"}, .repetitions = 5});
	int unsupported = 0;

	(void)state;
	assert_int_equal(plan.n_cells, 2);
	assert_int_equal(plan.n_trials, 1 + 5);
	for (size_t i = 0; i < plan.n_trials; i++) {
		const struct cell *cell = &plan.cells[plan.trials[i].cell];

		if (cell->status == RESULT_OK)
			continue;
		unsupported++;
		assert_int_equal(cell->status, RESULT_UNSUPPORTED);
		assert_non_null(strstr(cell->reason, "plain calls"));
		assert_int_equal(plan.trials[i].rep, 1);
		assert_int_equal(plan_trial_ns(cell), 0);
	}
	assert_int_equal(unsupported, 1);
	plan_release(&plan);
}

static void a_trial_takes_at_least_its_window(void **state)
{
	struct plan plan = planned(&(struct planned){
		"fib_generators", "call", {"generators=1", "window=70ms"}, .repetitions = 1});

	(void)state;
	assert_true(plan_trial_ns(&plan.cells[0]) >= 2 * 70000000); /* throughput and latency */
	plan_release(&plan);
}

/* ---- roles ---- */

static void roles_get_the_backends_of_their_parameters(void **state)
{
	struct plan plan = planned(&(struct planned){
		"tcp_echo", "coro:stack=dense", {"conns=1", "client=self,thread"}, .repetitions = 1});

	(void)state;
	assert_int_equal(plan.n_cells, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct cell *cell = &plan.cells[i];
		bool self = strcmp(cell_param(cell, "client")->text, "self") == 0;

		assert_string_equal(cell->roles[0].backend->name, "coro");
		assert_string_equal(cell->roles[1].backend->name, self ? "coro" : "thread");
		if (self)
			assert_memory_equal(cell->roles[1].options, cell->roles[0].options,
								sizeof(cell->roles[0].options));
	}
	plan_release(&plan);
}

static void a_foreign_server_is_one_cell_whatever_the_backends(void **state)
{
	struct plan plan = planned(&(struct planned){
		"tcp_echo", "event,coro,thread", {"conns=1", "server=exec:/bin/true"}, .repetitions = 1});

	(void)state;
	assert_int_equal(plan.n_cells, 1);
	assert_string_equal(plan.cells[0].roles[0].backend->name, "exec");
	assert_string_equal(cell_foreign(&plan.cells[0], 0), "/bin/true");
	assert_null(cell_foreign(&plan.cells[0], 1));
	plan_release(&plan);
}

/* ---- one CPU ---- */

/* Runs in a child that is bound to one CPU; its exit code is the number of the check that failed.
 */
static int plan_on_one_cpu(void)
{
	struct planned words = {"tcp_echo", "event", {"conns=1"}, .repetitions = 1};
	cpu_set_t cpus;
	size_t cpu = 0;
	struct plan plan;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return 1;

	plan = planned(&words);
	if (plan.n_cells != 1 || plan.cells[0].status != RESULT_OK)
		return 2;
	if (strcmp(cell_param(&plan.cells[0], "placement")->text, "same") != 0)
		return 3;
	plan_release(&plan);

	words.settings[1] = "placement=split";
	plan = planned(&words);
	if (plan.n_cells != 1 || plan.cells[0].status != RESULT_UNSUPPORTED)
		return 4;
	if (!strstr(plan.cells[0].reason, "2 CPUs"))
		return 5;
	plan_release(&plan);
	return 0;
}

static void one_cpu_changes_the_default_placement_but_not_a_wish(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(plan_on_one_cpu());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- refusals ---- */

struct refusal {
	const char *workloads, *backends, *settings[2];
	const char *parts[3]; /* of the message */
};

static const struct refusal refusals[] = {
	{"nap", NULL, {0}, {"\"nap\"", "sleep_fanout|", "fib_generators"}},
	{"", NULL, {0}, {"workload: \"\"", "sleep_fanout"}},
	{"tcp_echo,tcp_echo", NULL, {0}, {"\"tcp_echo\" is named twice"}},
	{NULL, "fiber", {0}, {"\"fiber\"", "call|coro|event"}},
	{NULL, "exec", {0}, {"\"exec\"", "is not one of"}},
	{NULL, "coro,,event", {0}, {"backend: \"\""}},
	{NULL, "coro:depth=3", {0}, {"backend coro", "no option \"depth\"", "switch"}},
	{NULL, "call:x=1", {0}, {"backend call", "no option \"x\"", "none"}},
	{NULL, "coro:stack=tall", {0}, {"stack", "\"tall\"", "own|dense|copy"}},
	{NULL, "coro:stack", {0}, {"stack", "own|dense|copy"}},
	{NULL, "coro:stack=own+stack=dense", {0}, {"backend coro", "stack is set twice"}},
	{NULL, NULL, {"tasks"}, {"-p tasks", "value is missing"}},
	{NULL, NULL, {"tasks="}, {"-p tasks=", "value is missing"}},
	{NULL, NULL, {"nap.tasks=1"}, {"\"nap\"", "sleep_fanout"}},
	{NULL, NULL, {"spoons=1"}, {"-p spoons=1", "\"spoons\"", "concbench list"}},
	{"tcp_echo", NULL, {"tasks=1"}, {"-p tasks=1", "none of the chosen workloads"}},
	{"tcp_echo", NULL, {"sleep_fanout.tasks=1"}, {"\"sleep_fanout\" is not chosen"}},
	{NULL, NULL, {"tasks=1", "tasks=2"}, {"-p tasks=2", "\"tasks\" is set twice"}},
	{NULL, NULL, {"tasks=0"}, {"tasks", "0 is out of range", "1..10M"}},
	{NULL, NULL, {"tasks=1,2,"}, {"tasks"}},
	{NULL, NULL, {"deadline=late"}, {"deadline", "\"late\"", "own|common"}},
	{"fib_generators", NULL, {"generators=5", "values=4"}, {"values: 4", "generators=5"}},
	{"tcp_echo", "event", {"client=fiber"}, {"\"fiber\"", "event"}},
	{"tcp_echo", "event", {"client=self", "server=exec:/bin/true"}, {"client=self", "foreign"}},
};

static void a_refusal_names_what_is_wrong_and_what_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		const struct refusal *refusal = &refusals[i];
		const struct planned words = {
			.workloads = refusal->workloads,
			.backends = refusal->backends,
			.settings = {refusal->settings[0], refusal->settings[1]},
		};
		char error[PARAM_ERROR_MAX] = "";
		struct plan plan;
		int rc = planned_try(&words, &plan, error);

		if (rc != -EINVAL && rc != -ERANGE)
			fail_msg("refusal %zu: rc %d, \"%s\"", i, rc, error);
		for (int part = 0; part < 3 && refusal->parts[part]; part++)
			if (!strstr(error, refusal->parts[part]))
				fail_msg("\"%s\" lacks \"%s\"", error, refusal->parts[part]);
		assert_null(strchr(error, '\n'));
		assert_null(plan.cells);
		assert_null(plan.trials);
	}
}

static void a_value_or_variant_that_is_too_long_is_refused_not_cut(void **state)
{
	char setting[600], variant[700], error[PARAM_ERROR_MAX];
	struct plan plan;

	(void)state;
	snprintf(setting, sizeof(setting), "tasks=%0*d", 400, 1);
	assert_int_equal(planned_try(&(struct planned){.settings = {setting}}, &plan, error), -EINVAL);
	assert_non_null(strstr(error, "tasks: a value is longer than"));
	snprintf(variant, sizeof(variant), "coro:stack_size=%0*d", 600, 1);
	assert_int_equal(planned_try(&(struct planned){.backends = variant}, &plan, error), -EINVAL);
	assert_non_null(strstr(error, "backend coro: its options are longer than"));
}

/* The word leaves the choice to the program, and no key of a cell has it. */
static void auto_is_resolved_for_each_backend(void **state)
{
	struct plan plan = planned(&(struct planned){
		"file_read", "call,coro,event,thread", {"io=auto,blocking"}, .repetitions = 1});

	(void)state;
	assert_int_equal(plan.n_cells, 2 + 2 * 2);
	for (size_t i = 0; i < plan.n_cells; i++) {
		const struct cell *cell = &plan.cells[i];
		const struct param_value *io = cell_param(cell, "io");
		bool alone = strcmp(cell->roles[0].backend->name, "call") == 0 ||
					 strcmp(cell->roles[0].backend->name, "thread") == 0;

		assert_int_equal(cell->status, RESULT_OK);
		assert_string_not_equal(io->text, "auto");
		if (alone)
			assert_string_equal(io->text, "blocking");
		assert_int_equal(io->number == 1, strcmp(io->text, "blocking") == 0);
	}
	plan_release(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_make_their_product_on_every_variant),
		cmocka_unit_test(equal_cells_are_planned_once),
		cmocka_unit_test(profiles_and_series_name_parameters_that_there_are),
		cmocka_unit_test(a_sweep_sets_the_main_parameter_and_what_keeps_it_short),
		cmocka_unit_test(a_workload_without_a_series_is_left_out_and_named),
		cmocka_unit_test(many_equal_cells_are_planned_once_and_in_order),
		cmocka_unit_test(too_many_cells_are_refused),
		cmocka_unit_test(a_setting_bound_to_a_workload_beats_the_plain_one),
		cmocka_unit_test(a_setting_may_fit_only_some_of_the_workloads),
		cmocka_unit_test(all_backends_but_the_foreign_one_are_the_default),
		cmocka_unit_test(profiles_have_their_own_defaults_and_repetitions),
		cmocka_unit_test(the_profile_of_defaults_has_one_cell_a_workload),
		cmocka_unit_test(the_user_beats_the_profile),
		cmocka_unit_test(every_block_has_every_cell_once),
		cmocka_unit_test(the_order_comes_from_the_seed_alone),
		cmocka_unit_test(the_order_of_a_seed_stays),
		cmocka_unit_test(a_cell_that_cannot_run_is_planned_once),
		cmocka_unit_test(a_trial_takes_at_least_its_window),
		cmocka_unit_test(roles_get_the_backends_of_their_parameters),
		cmocka_unit_test(a_foreign_server_is_one_cell_whatever_the_backends),
		cmocka_unit_test(auto_is_resolved_for_each_backend),
		cmocka_unit_test(one_cpu_changes_the_default_placement_but_not_a_wish),
		cmocka_unit_test(a_refusal_names_what_is_wrong_and_what_is_allowed),
		cmocka_unit_test(a_value_or_variant_that_is_too_long_is_refused_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
