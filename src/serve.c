// SPDX-License-Identifier: MIT
/*
 * `concbench serve`: runs the server of a workload by hand, the very code that is measured, so that
 * other programs can talk to it. It prints its port and serves until it is killed.
 */
#include "serve.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "cell.h"
#include "exit.h"
#include "net.h"
#include "options.h"
#include "plan.h"

static const struct options_row serve_options[] = {
	{'w', "workload", "NAME", "whose server, e.g. http_get"},
	{'b', "backend", "VARIANT", "on which backend (default: event)"},
	{'p', "param", "KEY=VALUE", "a parameter of the workload; may be repeated"},
	{0},
};

static int serve_error(const char *what)
{
	fprintf(stderr, "concbench: %s\n", what);
	return EXIT_USAGE;
}

/* Of what a user asks for nothing is passed over. */
static bool serve_is_one(const char *option, const char *list)
{
	if (!strchr(list, ','))
		return true;
	fprintf(stderr, "concbench: serve: %s %s: several servers, and it runs one\n", option, list);
	return false;
}

/* Reads the options; EXIT_OK, or what to exit with after one line on stderr. */
static int serve_parse(int argc, char **argv, struct plan_order *order)
{
	const char *value;
	int id;

	while ((id = options_next(argc, argv, serve_options, &value)) != OPTIONS_END) {
		switch (id) {
		case 'w':
			if (!serve_is_one("-w", value))
				return EXIT_USAGE;
			order->workloads = value;
			break;
		case 'b':
			if (!serve_is_one("-b", value))
				return EXIT_USAGE;
			order->backends = value;
			break;
		case 'p':
			if (!serve_is_one("-p", value))
				return EXIT_USAGE;
			if (order->settings.n == SETTINGS_MAX)
				return serve_error("-p: too many");
			order->settings.list[order->settings.n++] = value;
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		fprintf(stderr, "concbench: %s: serve takes options only; see concbench serve --help\n",
				argv[optind]);
	else if (!order->workloads)
		fprintf(stderr, "concbench: serve: -w is missing; see concbench serve --help\n");
	return optind == argc && order->workloads ? EXIT_OK : EXIT_USAGE;
}

/* An arena with the cell's parameters and no driver behind it; NULL: no memory. */
static struct arena *serve_arena(const struct cell *cell)
{
	int64_t params[ARENA_PARAMS_MAX];
	struct arena_sizing sizing;
	struct arena *arena;

	cell_numbers(cell, params);
	sizing = cell->workload->sizing(params, 1);
	sizing.n_samples = 0;
	arena =
		mmap(NULL, arena_size(&sizing), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED)
		return NULL;
	arena_init(arena, &sizing);
	memcpy(arena->params, params, sizeof(params));
	arena->pass = ARENA_PASS_THROUGHPUT;
	return arena;
}

/* Listens and says where. The socket, or -errno. */
static int serve_listen(const struct backend *backend)
{
	int fd = net_listen(backend->nonblocking);
	int port = fd < 0 ? fd : net_port(fd);

	if (port < 0)
		return port;
	printf("%d\n", port);
	return fflush(stdout) == 0 ? fd : -errno;
}

static int serve_run(const struct cell *cell)
{
	const struct workload_role *role = &cell->workload->roles[0];
	const struct backend *backend = cell->roles[0].backend;
	struct arena *arena = serve_arena(cell);
	struct backend_config config = cell_config(cell, 0, arena);
	struct backend_body body = {.task = role->task, .event = role->event};
	int rc;

	if (!arena)
		return -ENOMEM;
	rc = backend->prepare ? backend->prepare(&config) : 0;
	if (rc)
		return rc;
	body.fd = serve_listen(backend);
	if (body.fd < 0)
		return body.fd;
	rc = backend->run(&config, &body);
	if (atomic_load(&arena->failed))
		fprintf(stderr, "concbench: %s\n", arena->reason);
	return rc;
}

int serve_main(int argc, char **argv)
{
	struct plan_order order = {.backends = "event", .repetitions = 1};
	char error[PARAM_ERROR_MAX];
	struct plan plan;
	int code, rc;

	if (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		printf("usage: concbench serve -w WORKLOAD [-b BACKEND] [-p KEY=VALUE]...\n\nRuns the "
			   "server of a workload by hand: prints its port on 127.0.0.1\nand serves until it "
			   "is killed.\n\n");
		options_print(stdout, serve_options);
		return EXIT_OK;
	}
	code = serve_parse(argc, argv, &order);
	if (code)
		return code;
	if (plan_make(&order, &plan, error))
		return serve_error(error);
	code = EXIT_USAGE;
	/* Where the profile has several values for a parameter the first one counts. */
	if (!plan.cells[0].workload->roles[0].listens) {
		fprintf(stderr, "concbench: serve: -w %s: this workload has no server\n", order.workloads);
	} else if (plan.cells[0].status != RESULT_OK) {
		fprintf(stderr, "concbench: serve: %s\n", plan.cells[0].reason);
	} else {
		/* Whoever started it takes it along. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		rc = serve_run(&plan.cells[0]);
		if (rc)
			fprintf(stderr, "concbench: serve: %s\n", strerror(-rc));
		code = rc ? EXIT_TRIAL : EXIT_OK;
	}
	plan_release(&plan);
	return code;
}
