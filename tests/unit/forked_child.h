// SPDX-License-Identifier: MIT
/*
 * A child process for tests that look at one from outside: it says when it is ready, stays until
 * it is killed, and dies with the test.
 */
#ifndef CONCBENCH_FORKED_CHILD_H
#define CONCBENCH_FORKED_CHILD_H

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Forks; the child runs `body`, and child_start returns when it has come back from it. */
static inline pid_t child_start(void (*body)(void))
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		abort();
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body();
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		abort();
	close(ready[0]);
	return pid;
}

static inline void child_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
