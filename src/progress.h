// SPDX-License-Identifier: MIT
/*
 * A line that says how far the run has come, rewritten in place, on a terminal only:
 *
 *   [12/60] 20 % tcp_echo coro conns=64 rep 2  eta 41s
 *
 * On anything but a terminal nothing is written at all. Before writing another line to the same
 * terminal call progress_clear; the next update draws the line again.
 */
#ifndef CONCBENCH_PROGRESS_H
#define CONCBENCH_PROGRESS_H

#include <stdint.h>

struct progress {
	int fd; /* -1: not a terminal */
	int64_t started_ns;
	int64_t expected_ns;
	unsigned total;
};

/* fd: normally STDERR_FILENO. expected_ns: the plan's estimate for all `total` steps. */
void progress_begin(struct progress *progress, int fd, unsigned total, int64_t expected_ns);

/* `done` steps are over and the one called `text` begins. */
void progress_update(const struct progress *progress, unsigned done, const char *text);

void progress_clear(const struct progress *progress);

#endif
