// SPDX-License-Identifier: MIT
/*
 * A child process that is run for what it prints: in its own process group, with nothing on
 * standard input. Needs interrupt_install to have been called; the first SIGINT or SIGTERM is
 * passed on to the child as SIGINT, so that it can clean up, and ends the wait.
 */
#ifndef CONCBENCH_CHILD_H
#define CONCBENCH_CHILD_H

#include <stddef.h>
#include <stdint.h>

enum { CHILD_COMPLAINT_MAX = 256, CHILD_TEXT_MAX = 1 << 24 };

struct child_output {
	char *text; /* standard output, NUL-terminated; the caller frees it */
	size_t length;
	char complaint[CHILD_COMPLAINT_MAX]; /* the first line on standard error */
	int exit_code;                       /* 128 + signal when killed */
};

/*
 * Runs argv[0] (looked for in PATH when it has no slash) and collects what it prints. Returns 0,
 * -errno where it could not be started, -ETIMEDOUT after `limit_ns`, -EINTR when interrupted, or
 * -EFBIG beyond CHILD_TEXT_MAX. In every case the child and its group are gone afterwards.
 */
int child_collect(char *const argv[], int64_t limit_ns, struct child_output *output);

#endif
