// SPDX-License-Identifier: MIT
/*
 * The one conformance suite: every case on every backend of its style, with default options and
 * with each other choice of each option, one at a time. The options come from the backends' own
 * tables, so that a new backend or variant is covered without a line here.
 *
 *   conformance_test [TEXT]      only the tests whose name contains TEXT
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "conformance.h"
#include "conformance_tasks.h"
#include "conformance_sockets.h"
#include "conformance_gens.h"
#include "conformance_chans.h"
#include "conformance_faults.h"
#include "conformance_events.h"
#include "conformance_files.h"
#include "conformance_posts.h"
#include "conformance_spread.h"

enum { EXIT_SKIPPED = 77, TESTS_MAX = 4096 };

/* One test: a case on a variant of a backend. */
struct conformance_run {
	const struct conformance_case *of;
	const struct backend *backend;
	int64_t options[BACKEND_OPTIONS_MAX];
	char name[160];
};

static struct conformance_run runs[TESTS_MAX];
static size_t n_runs;

/* ---- one test ---- */

static struct arena *arena_new(void)
{
	const struct arena_sizing sizing = {
		.n_slices = 1, .n_tasks = 1, .n_samples = CONFORMANCE_CELLS};
	struct arena *arena =
		mmap(NULL, arena_size(&sizing), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(arena, MAP_FAILED);
	arena_init(arena, &sizing);
	return arena;
}

static struct backend_config run_config(const struct conformance_run *run, struct arena *arena)
{
	const struct conformance_case *of = run->of;
	struct backend_config config = {.stack_bytes = CONFORMANCE_STACK, .arena = arena};
	bool light;

	memcpy(config.options, run->options, sizeof(config.options));
	arena->params[CASE_NONBLOCKING] = run->backend->nonblocking;
	arena->params[CASE_PIDS] = run->backend->demand(&config).pids_per_task;
	light = of->tasks_light && !arena->params[CASE_PIDS];
	config.tasks_max = light ? of->tasks_light : of->tasks;
	arena->params[CASE_TASKS] = config.tasks_max;
	return config;
}

/* In a process of its own, like a role of a trial. Returns its exit code. */
static int run_case(const struct conformance_run *run, struct arena *arena)
{
	const struct conformance_case *of = run->of;
	const struct backend *backend = run->backend;
	struct backend_config config = run_config(run, arena);
	struct backend_body body = {.task = of->task, .event = of->event, .fd = -1};
	const char *why = backend->unavailable ? backend->unavailable(&config) : NULL;
	int rc;

	if (why) {
		arena_fail(arena, why, 0);
		return EXIT_SKIPPED;
	}
	config.spread = of->spread;
	if (of->spread)
		WANT(arena, spread_init(of->spread) == 0);
	faults.mmap = of->prepare_fails;
	rc = backend->prepare ? backend->prepare(&config) : 0;
	faults.mmap = false;
	if (of->prepare_fails)
		return WANT(arena, rc == -ENOMEM) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (!WANT(arena, rc == 0))
		return EXIT_FAILURE;
	if (of->listens) {
		body.fd = net_listen(backend->nonblocking);
		atomic_store(&arena->port, (uint32_t)net_port(body.fd));
	}
	WANT(arena, spread_enter_root(of->spread) == 0);
	rc = backend->run(&config, &body);
	WANT(arena, rc == of->run_error);
	if (of->total)
		WANT(arena, cell_value(arena, 0) == of->total);
	return atomic_load(&arena->failed) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SIGKILL when the time is up: a backend may well block SIGALRM. */
static void deadline_set(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	const struct itimerspec time = {.it_value.tv_sec = CONFORMANCE_DEADLINE_S};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &time, NULL))
		abort();
}

/* Runs the case in a process group of its own, of which nothing is left. Returns its status. */
static int run_in_child(const struct conformance_run *run, struct arena *arena)
{
	siginfo_t info;
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setpgid(0, 0);
		deadline_set();
		_exit(run_case(run, arena));
	}
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	kill(-pid, SIGKILL); /* while its number is still taken */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_run(void **state)
{
	const struct conformance_run *run = *state;
	struct arena *arena = arena_new();
	const int status = run_in_child(run, arena);
	const bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED;

	if (WIFSIGNALED(status))
		print_error("%s: %s\n", run->name, strsignal(WTERMSIG(status)));
	else if (status)
		print_error("%s: %s\n", run->name, arena->reason);
	munmap(arena, arena->size);
	if (skipped)
		skip();
	assert_int_equal(status, 0);
}

/* ---- all tests ---- */

static void runs_add(const struct conformance_case *of, const struct conformance_run *variant,
					 const char *variant_name)
{
	struct conformance_run *run = &runs[n_runs];

	if (of->only && strcmp(of->only, variant->backend->name) != 0)
		return;
	if (n_runs == TESTS_MAX)
		abort();
	*run = *variant;
	run->of = of;
	snprintf(run->name, sizeof(run->name), "%s on %s%s", of->name, variant->backend->name,
			 variant_name);
	n_runs++;
}

static void runs_add_table(const struct conformance_case *cases, size_t n,
						   const struct conformance_run *variant, const char *variant_name)
{
	for (size_t i = 0; i < n; i++)
		runs_add(&cases[i], variant, variant_name);
}

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void runs_add_variant(const struct conformance_run *variant, const char *name)
{
	if (variant->backend->style == BACKEND_TASK) {
		runs_add_table(task_cases, LENGTH(task_cases), variant, name);
		runs_add_table(socket_cases, LENGTH(socket_cases), variant, name);
		runs_add_table(gen_cases, LENGTH(gen_cases), variant, name);
		runs_add_table(chan_cases, LENGTH(chan_cases), variant, name);
		runs_add_table(file_cases, LENGTH(file_cases), variant, name);
		runs_add_table(fault_cases, LENGTH(fault_cases), variant, name);
		runs_add_table(post_cases, LENGTH(post_cases), variant, name);
		runs_add_table(spread_cases, LENGTH(spread_cases), variant, name);
	} else if (variant->backend->style == BACKEND_EVENT) {
		runs_add_table(event_cases, LENGTH(event_cases), variant, name);
		runs_add_table(file_event_cases, LENGTH(file_event_cases), variant, name);
		runs_add_table(event_post_cases, LENGTH(event_post_cases), variant, name);
	}
}

static int64_t option_number(const struct param_row *row, const char *text)
{
	char error[PARAM_ERROR_MAX];
	struct param_value value;

	if (param_parse(row, text, &value, error)) {
		fprintf(stderr, "conformance_test: %s\n", error);
		exit(EXIT_FAILURE);
	}
	return value.number;
}

/* Each choice of option number `index` that is not its default. */
static void runs_add_choices(const struct conformance_run *defaults, int index)
{
	const struct param_row *row = &defaults->backend->options[index];
	char words[PARAM_TEXT_MAX], name[PARAM_TEXT_MAX];
	struct conformance_run variant = *defaults;
	char *rest = words;
	const char *word;

	snprintf(words, sizeof(words), "%s", row->choices);
	while ((word = strsep(&rest, "|"))) {
		if (!strcmp(word, row->fallback))
			continue;
		variant.options[index] = option_number(row, word);
		snprintf(name, sizeof(name), ":%s=%s", row->name, word);
		runs_add_variant(&variant, name);
	}
}

static void runs_add_backend(const struct backend *backend)
{
	struct conformance_run defaults = {.backend = backend};
	const struct param_row *rows = backend->options;

	for (int i = 0; rows && rows[i].name; i++)
		defaults.options[i] = option_number(&rows[i], rows[i].fallback);
	runs_add_variant(&defaults, "");
	for (int i = 0; rows && rows[i].name; i++)
		if (rows[i].kind == PARAM_CHOICE)
			runs_add_choices(&defaults, i);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[TESTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < n_backends; i++)
		runs_add_backend(backends[i]);
	for (size_t i = 0; i < n_runs; i++)
		if (argc < 2 || strstr(runs[i].name, argv[1]))
			tests[n++] = (struct CMUnitTest){
				.name = runs[i].name, .test_func = test_run, .initial_state = &runs[i]};
	return _cmocka_run_group_tests("conformance", tests, n, NULL, NULL);
}
