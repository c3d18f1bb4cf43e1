// SPDX-License-Identifier: MIT
/*
 * Running one pass: start the role processes, open the gate, look at the window's two ends, and
 * leave nothing behind. pass.h has the picture.
 */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "interrupt.h"
#include "memory.h"
#include "pass_memory.h"
#include "usage.h"

extern char **environ;

/* The poll set: one report pipe, the port of a foreign program, one pidfd a role. */
enum { PASS_POLL_REPORT, PASS_POLL_PORT, PASS_POLL_ROLES };

struct pass {
	const struct pass_spec *spec;
	const struct workload *workload;
	struct pass_outcome *outcome;
	struct noise_reader *noise;
	int memory_fd;
	struct folder folder; /* of the workload's files */
	int report[2];
	int port_fd; /* the standard output of a foreign program; -1 once its port is known */
	char port_text[16];
	size_t port_length;
	pid_t group;
	pid_t pids[WORKLOAD_ROLES_MAX];
	int pidfds[WORKLOAD_ROLES_MAX]; /* -1: not started, or reaped */
	int n_ready;
	int64_t deadline_ns;
	int64_t kernel_bytes_before;
	int window_ends; /* of a planned window: how many of its two ends have been looked at */
	bool planned;
	bool done; /* nothing more to wait for */
	struct arena_usage usage_at_open[WORKLOAD_ROLES_MAX];
};

static void pass_end(struct pass *pass, enum result_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The pass is over; the first reason stays. */
static void pass_end(struct pass *pass, enum result_status status, const char *format, ...)
{
	va_list arguments;

	if (pass->done)
		return;
	pass->done = true;
	pass->outcome->status = status;
	va_start(arguments, format);
	vsnprintf(pass->outcome->reason, sizeof(pass->outcome->reason), format, arguments);
	va_end(arguments);
}

static void pass_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- starting the roles ---- */

/* A pipe whose ends lie above the descriptors that a role gets. */
static int pass_pipe(int ends[2])
{
	int low[2];

	if (pipe2(low, O_CLOEXEC))
		return -errno;
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, PASS_FDS_FROM);
		close(low[i]);
	}
	return ends[0] < 0 || ends[1] < 0 ? -EMFILE : 0;
}

/*
 * posix_spawn shares our memory until the exec, so that its cost does not grow with the driver.
 * CONCBENCH_TRIAL names a program to run instead of this one, which is to exec it with the same
 * arguments: that is how a trial gets under valgrind, a debugger or a profiler.
 */
static int pass_spawn(struct pass *pass, int role, int stdout_fd)
{
	const char *program = getenv("CONCBENCH_TRIAL");
	char index[2] = {(char)('0' + role), '\0'};
	char *argv[] = {(char[]){"concbench"}, (char[]){"trial"}, index, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
											  POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, pass->group);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, stdout_fd < 0 ? 2 : stdout_fd, 1);
	posix_spawn_file_actions_adddup2(&files, pass->memory_fd, PASS_ARENA_FD);
	posix_spawn_file_actions_adddup2(&files, pass->report[1], PASS_REPORT_FD);
	rc = posix_spawn(&pass->pids[role], program ? program : "/proc/self/exe", &files, &attributes,
					 argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return -rc;
}

static int pass_start_role(struct pass *pass, int role)
{
	int port[2] = {-1, -1};
	int rc = 0;

	if (cell_foreign(pass->spec->cell, role))
		rc = pass_pipe(port);
	if (rc == 0)
		rc = pass_spawn(pass, role, port[1]);
	pass_close(&port[1]);
	if (port[0] >= 0)
		pass->port_fd = port[0];
	if (rc)
		return rc;
	if (!pass->group) {
		pass->group = pass->pids[role];
		interrupt_guard_group(pass->group);
	}
	pass->pidfds[role] = pidfd_open(pass->pids[role], 0);
	return pass->pidfds[role] < 0 ? -errno : 0;
}

static void pass_read_kernel_memory(int64_t *bytes)
{
	if (memory_of_kernel(bytes) < 0)
		*bytes = RESULT_NONE;
}

static void pass_open_gate(struct pass *pass)
{
	struct arena *arena = pass->outcome->arena;

	if (pass->spec->kind == ARENA_PASS_MEMORY)
		pass_read_kernel_memory(&pass->kernel_bytes_before);
	noise_read(pass->noise, &pass->outcome->noise[0]);
	atomic_store(&arena->gate, 1);
	syscall(SYS_futex, &arena->gate, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static void pass_ready(struct pass *pass)
{
	if (++pass->n_ready == pass->workload->n_roles)
		pass_open_gate(pass);
}

/* A foreign program prints its port and a newline; then it is ready. */
static void pass_read_port(struct pass *pass)
{
	size_t room = sizeof(pass->port_text) - 1 - pass->port_length;
	ssize_t n = read(pass->port_fd, pass->port_text + pass->port_length, room);
	long port;
	char *end;

	if (n > 0)
		pass->port_length += (size_t)n;
	if (n > 0 && (size_t)n < room && !memchr(pass->port_text, '\n', pass->port_length))
		return;
	port = strtol(pass->port_text, &end, 10);
	pass_close(&pass->port_fd);
	if (port < 1 || port > 65535 || *end != '\n') {
		pass_end(pass, RESULT_FAILED,
				 "the foreign program printed no port (1..65535 and a newline)");
		return;
	}
	atomic_store(&pass->outcome->arena->port, (uint32_t)port);
	pass_ready(pass);
}

/* ---- the window ---- */

/*
 * Stands in for getrusage where work is done by processes that still live: all of them in a planned
 * window, the descendants of the role in a watched one.
 */
static void pass_look_at_window_end(struct pass *pass)
{
	struct pass_outcome *outcome = pass->outcome;
	int end = pass->window_ends++ ? 1 : 0;

	noise_read(pass->noise, &outcome->noise[end]);
	for (int i = 0; i < pass->workload->n_roles; i++) {
		struct arena_usage now = {0};
		int rc;

		if (pass->pidfds[i] < 0)
			continue;
		rc = outcome->arena->watched ? usage_of_descendants(pass->pids[i], &now)
									 : usage_of_tree(pass->pids[i], &now);
		if (rc < 0)
			continue;
		if (end == 0) {
			pass->usage_at_open[i] = now;
			continue;
		}
		outcome->usage[i] = usage_between(&pass->usage_at_open[i], &now);
	}
}

/* The window of a watched role waits, open or closed, until the driver has looked. */
static void pass_look_at_watched(struct pass *pass)
{
	struct arena *arena = pass->outcome->arena;

	pass_look_at_window_end(pass);
	atomic_fetch_add(&arena->looked, 1);
	syscall(SYS_futex, &arena->looked, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

/* When the driver has to look at a planned window next; INT64_MAX: no more. */
static int64_t pass_next_look_ns(const struct pass *pass)
{
	const struct arena *arena = pass->outcome->arena;

	if (!pass->planned || pass->window_ends >= 2)
		return INT64_MAX;
	return pass->window_ends == 0 ? arena_open_ns(arena) : arena_close_ns(arena);
}

static void pass_look_at_memory(struct pass *pass)
{
	int64_t kernel_bytes;

	pass_read_kernel_memory(&kernel_bytes);
	if (memory_of_tree(pass->pids[0], &pass->outcome->user_bytes) < 0)
		pass->outcome->user_bytes = RESULT_NONE;
	if (kernel_bytes != RESULT_NONE && pass->kernel_bytes_before != RESULT_NONE)
		pass->outcome->kernel_bytes = kernel_bytes - pass->kernel_bytes_before;
	pass_end(pass, RESULT_OK, "%s", "");
}

static void pass_read_reports(struct pass *pass)
{
	char reports[16];
	ssize_t n = read(pass->report[0], reports, sizeof(reports));

	for (ssize_t i = 0; i < n; i++) {
		switch ((enum arena_report)reports[i]) {
		case ARENA_REPORT_READY:
			pass_ready(pass);
			break;
		case ARENA_REPORT_PLANNED:
			pass->planned = true;
			break;
		case ARENA_REPORT_FAILED:
			pass_end(pass, RESULT_FAILED, "%s", pass->outcome->arena->reason);
			break;
		case ARENA_REPORT_OPENING:
			pass_look_at_watched(pass);
			break;
		case ARENA_REPORT_CLOSED:
			if (pass->outcome->arena->watched)
				pass_look_at_watched(pass);
			else
				noise_read(pass->noise, &pass->outcome->noise[1]);
			break;
		case ARENA_REPORT_ALIVE:
			pass_look_at_memory(pass);
			break;
		}
	}
}

/* ---- the end ---- */

static void pass_judge_exit(struct pass *pass, int role, const siginfo_t *info)
{
	const struct arena *arena = pass->outcome->arena;
	const char *name = pass->workload->roles[role].name;
	bool exited = info->si_code == CLD_EXITED;

	if (exited && info->si_status == 0)
		return;
	if (exited && info->si_status == PASS_EXIT_UNSUPPORTED)
		pass_end(pass, RESULT_UNSUPPORTED, "%s: %s", name, arena->reason);
	else if (arena->reason[0])
		pass_end(pass, RESULT_FAILED, "%s: %s", name, arena->reason);
	else if (exited)
		pass_end(pass, RESULT_FAILED, "%s exited with status %d", name, info->si_status);
	else
		pass_end(pass, RESULT_FAILED, "%s was killed by signal %d (SIG%s)", name, info->si_status,
				 sigabbrev_np(info->si_status));
}

static void pass_reap_role(struct pass *pass, int role)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)pass->pidfds[role], &info, WEXITED | WNOHANG) || !info.si_pid)
		return;
	pass_close(&pass->pidfds[role]);
	pass_judge_exit(pass, role, &info);
	if (cell_foreign(pass->spec->cell, role))
		pass_end(pass, RESULT_FAILED, "the foreign %s ended before its clients",
				 pass->workload->roles[role].name);
}

/* Over once every role of ours has left; a foreign server serves until it is killed. */
static void pass_check_done(struct pass *pass)
{
	const struct arena *arena = pass->outcome->arena;

	for (int i = 0; i < pass->workload->n_roles; i++)
		if (pass->pidfds[i] >= 0 && !cell_foreign(pass->spec->cell, i))
			return;
	if (atomic_load(&arena->failed))
		pass_end(pass, RESULT_FAILED, "%s", arena->reason);
	pass_end(pass, RESULT_OK, "%s", "");
}

static void pass_wait(struct pass *pass)
{
	struct pollfd fds[PASS_POLL_ROLES + WORKLOAD_ROLES_MAX];
	int64_t now_ns = clock_now_ns();
	int64_t look_ns = pass_next_look_ns(pass);
	int64_t until_ns = look_ns < pass->deadline_ns ? look_ns : pass->deadline_ns;
	int rc;

	fds[PASS_POLL_REPORT] = (struct pollfd){.fd = pass->report[0], .events = POLLIN};
	fds[PASS_POLL_PORT] = (struct pollfd){.fd = pass->port_fd, .events = POLLIN};
	for (int i = 0; i < WORKLOAD_ROLES_MAX; i++)
		fds[PASS_POLL_ROLES + i] = (struct pollfd){.fd = pass->pidfds[i], .events = POLLIN};
	rc = interrupt_poll(fds, PASS_POLL_ROLES + WORKLOAD_ROLES_MAX,
						until_ns > now_ns ? until_ns - now_ns : 0);
	if (interrupt_signal())
		pass_end(pass, RESULT_INTERRUPTED, "cut by SIG%s", sigabbrev_np(interrupt_signal()));
	if (rc < 0)
		return;
	if (fds[PASS_POLL_REPORT].revents & POLLIN)
		pass_read_reports(pass);
	if (fds[PASS_POLL_PORT].revents)
		pass_read_port(pass);
	now_ns = clock_now_ns();
	if (pass_next_look_ns(pass) <= now_ns)
		pass_look_at_window_end(pass);
	for (int i = 0; i < WORKLOAD_ROLES_MAX; i++)
		if (fds[PASS_POLL_ROLES + i].revents)
			pass_reap_role(pass, i);
	if (now_ns >= pass->deadline_ns)
		pass_end(pass, RESULT_TIMEOUT, "not done after %.1f s",
				 (double)pass->spec->timeout_ns / 1e9);
}

/*
 * Kills what is left of the group and reaps it, orphans included: the driver is a subreaper, so
 * they have become its children. Ends when no child of the group is left.
 */
static void pass_clean(struct pass *pass)
{
	if (pass->group) {
		kill(-pass->group, SIGKILL);
		while (waitpid(-pass->group, NULL, 0) > 0 || errno == EINTR)
			continue;
	}
	interrupt_guard_group(0);
	for (int i = 0; i < WORKLOAD_ROLES_MAX; i++)
		pass_close(&pass->pidfds[i]);
	pass_close(&pass->port_fd);
	pass_close(&pass->report[0]);
	pass_close(&pass->report[1]);
	pass_close(&pass->memory_fd);
	folder_remove(&pass->folder);
}

/* What keeps the folder from being made says something of the machine, and is the pass's status. */
static int pass_make_folder(struct pass *pass)
{
	int rc = folder_make(&pass->folder);

	if (rc)
		pass_end(pass, RESULT_FAILED, "no folder for files can be made in %s: %s", folder_parent(),
				 strerror(-rc));
	return rc;
}

static int pass_start(struct pass *pass)
{
	int rc;

	pass->memory_fd = pass_memory_open(pass->spec, pass->outcome);
	if (pass->memory_fd < 0)
		return pass->memory_fd;
	if (pass->workload->wants_folder && pass_make_folder(pass))
		return 0;
	pass_memory_describe(pass->spec, pass->folder.path, pass->outcome);
	rc = pass_pipe(pass->report);
	for (int i = 0; rc == 0 && i < pass->workload->n_roles; i++)
		rc = pass_start_role(pass, i);
	return rc;
}

int pass_run(const struct pass_spec *spec, struct noise_reader *noise, struct pass_outcome *outcome)
{
	struct pass pass = {
		.spec = spec,
		.workload = spec->cell->workload,
		.outcome = outcome,
		.noise = noise,
		.memory_fd = -1,
		.report = {-1, -1},
		.port_fd = -1,
		.pidfds = {-1, -1},
		.deadline_ns = clock_now_ns() + spec->timeout_ns,
	};
	int rc;

	*outcome = (struct pass_outcome){.user_bytes = RESULT_NONE, .kernel_bytes = RESULT_NONE};
	rc = pass_start(&pass);
	/* Ends at the deadline at the latest. */
	while (rc == 0 && !pass.done) {
		pass_wait(&pass);
		pass_check_done(&pass);
	}
	pass_clean(&pass);
	return rc;
}

void pass_release(struct pass_outcome *outcome)
{
	pass_memory_close(outcome);
}
