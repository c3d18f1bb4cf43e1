// SPDX-License-Identifier: MIT
/*
 * One role of one pass, in a process of its own: set up, wait at the gate, run the body, leave.
 * Everything that would cost inside the window (mapping, touching, listening) is done before.
 */
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net.h"
#include "noise.h"
#include "pass.h"
#include "spread.h"

struct role {
	struct pass_page *page;
	struct arena *arena;
	const struct pass_role *spec;
	const struct workload *workload;
	const struct workload_role *row;
	const struct backend *backend;
	struct backend_config config;
	struct spread spread;
};

/* Leaves with a reason that the driver can show. No atexit handlers: they are not ours to run. */
static _Noreturn void role_die(struct role *role, int code, const char *what, int error)
{
	if (role->arena)
		arena_fail(role->arena, what, error);
	_exit(code);
}

static void role_map(struct role *role, const char *index)
{
	struct stat stat;
	void *memory;

	if (fstat(PASS_ARENA_FD, &stat))
		role_die(role, EXIT_FAILURE, "no arena", errno);
	memory = mmap(NULL, (size_t)stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
				  PASS_ARENA_FD, 0);
	if (memory == MAP_FAILED)
		role_die(role, EXIT_FAILURE, "mmap of the arena", errno);
	close(PASS_ARENA_FD);
	role->page = memory;
	role->arena = (struct arena *)((char *)memory + PASS_PAGE);
	role->spec = &role->page->roles[index[0] - '0'];
}

/* The trial dies with its driver, also when the driver was killed before this call. */
static void role_bind_to_driver(struct role *role)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != role->page->driver)
		_exit(EXIT_FAILURE);
}

/* Same rules for every backend: CPU placement and the least timer slack. */
static void role_place(struct role *role)
{
	cpu_set_t cpus;

	if (prctl(PR_SET_TIMERSLACK, 1UL))
		role_die(role, EXIT_FAILURE, "timer slack", errno);
	if (role->spec->cpu < 0)
		return;
	CPU_ZERO(&cpus);
	CPU_SET((size_t)role->spec->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		role_die(role, EXIT_FAILURE, "CPU placement", errno);
}

/* Tasks on CPUs of their own; only what they are made of asks how many CPUs there are. */
static void role_spread(struct role *role)
{
	int rc;

	if (!role->spec->spread)
		return;
	rc = spread_init(&role->spread);
	if (rc)
		role_die(role, EXIT_FAILURE, "CPUs that are allowed", rc);
	role->config.spread = &role->spread;
}

/* Files are named relative to the folder that the driver has made for them. */
static void role_enter_folder(struct role *role)
{
	if (role->page->folder[0] && chdir(role->page->folder))
		role_die(role, EXIT_FAILURE, "the folder for files", errno);
}

static void role_resolve(struct role *role, int index)
{
	const char *backend = role->spec->backend;

	role->workload = workload_find(role->page->workload, strlen(role->page->workload));
	role->backend = backend_find(backend, strlen(backend));
	if (!role->workload || !role->backend)
		role_die(role, EXIT_FAILURE, "unknown workload or backend", 0);
	role->row = &role->workload->roles[index];
	role->config = (struct backend_config){
		.stack_bytes = role->row->stack_bytes,
		.tasks_max = role->spec->tasks_max,
		.arena = role->arena,
	};
	memcpy(role->config.options, role->spec->options, sizeof(role->config.options));
}

/* Replaces the process by a program that is not ours; its standard output is the driver's pipe. */
static _Noreturn void role_run_foreign(struct role *role)
{
	const char *path = role->spec->foreign;

	fcntl(PASS_REPORT_FD, F_SETFD, FD_CLOEXEC);
	execl(path, path, (char *)NULL);
	role_die(role, EXIT_FAILURE, path, errno);
}

static int role_listen(struct role *role)
{
	int fd, port;

	if (!role->row->listens)
		return -1;
	fd = net_listen(role->backend->nonblocking);
	port = fd < 0 ? fd : net_port(fd);
	if (port < 0)
		role_die(role, EXIT_FAILURE, "listen", port);
	atomic_store(&role->arena->port, (uint32_t)port);
	return fd;
}

static void role_wait_gate(struct role *role)
{
	arena_report(role->arena, ARENA_REPORT_READY);
	while (!atomic_load(&role->arena->gate))
		syscall(SYS_futex, &role->arena->gate, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static struct backend_body role_body(const struct role *role, int fd)
{
	return (struct backend_body){
		.task = role->row->task,
		.event = role->row->event,
		.call = role->row->call,
		.fd = fd,
	};
}

_Noreturn void role_main(int argc, char **argv)
{
	struct role role = {0};
	struct backend_body body;
	bool first;
	int64_t probe_ns = 0;
	int rc;

	if (argc != 2 || strlen(argv[1]) != 1 || argv[1][0] < '0' ||
		argv[1][0] >= '0' + WORKLOAD_ROLES_MAX)
		_exit(EXIT_FAILURE);
	first = argv[1][0] == '0';
	role_map(&role, argv[1]);
	role_bind_to_driver(&role);
	role_place(&role);
	if (role.spec->foreign[0])
		role_run_foreign(&role);
	role_enter_folder(&role);
	role_resolve(&role, argv[1][0] - '0');
	if (role.backend->unavailable) {
		const char *why = role.backend->unavailable(&role.config);

		if (why)
			role_die(&role, PASS_EXIT_UNSUPPORTED, why, 0);
	}
	role_spread(&role);
	role.arena->report_fd = PASS_REPORT_FD;
	rc = role.backend->prepare ? role.backend->prepare(&role.config) : 0;
	if (rc)
		role_die(&role, EXIT_FAILURE, "preparing the backend", rc);
	rc = spread_enter_root(role.config.spread);
	if (rc)
		role_die(&role, EXIT_FAILURE, "CPU placement", rc);
	body = role_body(&role, role_listen(&role));
	role_wait_gate(&role);

	if (first)
		probe_ns = noise_probe();
	role.config.depths = first ? &role.page->depths : NULL;
	rc = role.backend->run(&role.config, &body);
	if (first)
		role.page->probe_ns = (double)(probe_ns + noise_probe()) / 2;
	if (first && role.backend->guard && role.backend->guard())
		snprintf(role.page->guard, sizeof(role.page->guard), "%s", role.backend->guard());
	if (rc)
		role_die(&role, EXIT_FAILURE, "running the body", rc);
	_exit(EXIT_SUCCESS);
}
