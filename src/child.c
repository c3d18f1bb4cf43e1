// SPDX-License-Identifier: MIT
/*
 * Running a child for its output; see child.h.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "interrupt.h"

#define GRACE_NS (5 * CLOCK_NS_PER_S) /* for the child to clean up in */

extern char **environ;

struct child {
	pid_t pid;
	int fds[2]; /* of its standard output and standard error; -1 when at the end */
};

/* Own process group, default signals, all let in: the driver itself has two of them blocked. */
static int attributes_set(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t defaults;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGTERM);
	sigaddset(&defaults, SIGPIPE);
	if (posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
												 POSIX_SPAWN_SETSIGDEF))
		return -EINVAL;
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	return 0;
}

static int spawn(char *const argv[], int out, int err, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return -error;
	error = posix_spawnattr_init(&attributes);
	if (error)
		goto out_actions;
	error = attributes_set(&attributes);
	if (!error)
		error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	if (!error)
		error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
out_actions:
	posix_spawn_file_actions_destroy(&actions);
	return error > 0 ? -error : error;
}

static int child_start(struct child *child, char *const argv[])
{
	int out[2];
	int err[2];
	int status;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC) < 0) {
		status = -errno;
		close(out[0]);
		close(out[1]);
		return status;
	}
	status = spawn(argv, out[1], err[1], &child->pid);
	close(out[1]);
	close(err[1]);
	child->fds[0] = out[0];
	child->fds[1] = err[0];
	if (status < 0) {
		close(out[0]);
		close(err[0]);
	}
	return status;
}

static int text_append(struct child_output *output, const char *data, size_t length)
{
	char *grown;

	if (output->length + length > CHILD_TEXT_MAX)
		return -EFBIG;
	grown = realloc(output->text, output->length + length + 1);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + output->length, data, length);
	output->text = grown;
	output->length += length;
	output->text[output->length] = '\0';
	return 0;
}

/* Keeps what fits of the complaint; the rest of standard error is read and dropped. */
static void complaint_append(struct child_output *output, const char *data, size_t length)
{
	size_t have = strlen(output->complaint);
	size_t room = sizeof(output->complaint) - 1 - have;

	if (length > room)
		length = room;
	memcpy(output->complaint + have, data, length);
	output->complaint[have + length] = '\0';
}

/* Reads what is there on one of the two; closes it at its end. */
static int stream_read(struct child *child, int which, struct child_output *output)
{
	char data[16384];
	ssize_t length = read(child->fds[which], data, sizeof(data));

	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (length <= 0) {
		close(child->fds[which]);
		child->fds[which] = -1;
		return length < 0 ? -errno : 0;
	}
	if (which == 0)
		return text_append(output, data, (size_t)length);
	complaint_append(output, data, (size_t)length);
	return 0;
}

/* Reads until both streams end (0), the time is over, a signal comes, or something breaks. */
static int child_read(struct child *child, int64_t deadline_ns, struct child_output *output)
{
	while (child->fds[0] >= 0 || child->fds[1] >= 0) {
		struct pollfd fds[2] = {{.fd = child->fds[0], .events = POLLIN},
								{.fd = child->fds[1], .events = POLLIN}};
		int64_t left_ns = deadline_ns - clock_now_ns();
		int status = left_ns > 0 ? interrupt_poll(fds, 2, left_ns) : 0;

		if (status < 0)
			return status;
		if (status == 0)
			return -ETIMEDOUT;
		for (int which = 0; which < 2; which++) {
			status = fds[which].revents ? stream_read(child, which, output) : 0;
			if (status < 0)
				return status;
		}
	}
	return 0;
}

/* Reaps the child; `politely` it gets some time to end on a SIGINT. */
static int child_end(struct child *child, bool politely, bool kill_it)
{
	int status = 0;

	if (kill_it && politely) {
		struct child_output ignored = {0};

		kill(-child->pid, SIGINT);
		child_read(child, clock_now_ns() + GRACE_NS, &ignored);
		free(ignored.text);
	}
	if (kill_it)
		kill(-child->pid, SIGKILL);
	for (int which = 0; which < 2; which++) {
		if (child->fds[which] >= 0)
			close(child->fds[which]);
	}
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_collect(char *const argv[], int64_t limit_ns, struct child_output *output)
{
	struct child child;
	int status;

	*output = (struct child_output){0};
	if (interrupt_check())
		return -EINTR;
	status = text_append(output, "", 0);
	if (status == 0)
		status = child_start(&child, argv);
	if (status < 0)
		return status;
	interrupt_guard_group(child.pid);
	status = child_read(&child, clock_now_ns() + limit_ns, output);
	output->exit_code = child_end(&child, status == -EINTR || status == -ETIMEDOUT, status < 0);
	interrupt_guard_group(0);
	output->complaint[strcspn(output->complaint, "\n")] = '\0';
	return status;
}
