// SPDX-License-Identifier: MIT
/*
 * SIGINT and SIGTERM in the driver. The first one asks it to stop: the present trial is cut, its
 * row is written, everything measured is on disk. The second one stops at once: the handler kills
 * the trial's process group and leaves.
 *
 * Both signals are blocked except inside interrupt_poll, so that a row is never torn and a signal
 * that arrives between two looks is not lost.
 */
#ifndef CONCBENCH_INTERRUPT_H
#define CONCBENCH_INTERRUPT_H

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

/* Installs the handlers and blocks the two signals. Returns 0 or -errno. */
int interrupt_install(void);

/* The first signal that came, or 0. */
int interrupt_signal(void);

/* Lets a signal that is waiting come in now; then like interrupt_signal. */
int interrupt_check(void);

/* The process group that a second signal kills; 0: none. */
void interrupt_guard_group(pid_t group);

/* ppoll(2) with the signals let in; `timeout_ns` < 0 waits for ever. Count, or -errno (-EINTR). */
int interrupt_poll(struct pollfd *fds, nfds_t n, int64_t timeout_ns);

#endif
