// SPDX-License-Identifier: MIT
/* The driver's two signals; see interrupt.h. */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "clock.h"

/* What the handler and the driver share: the only mutable global of the driver. */
static struct interrupt_state {
	volatile sig_atomic_t signal;
	volatile sig_atomic_t group;
	sigset_t let_in; /* the mask while waiting */
} interrupt;

static void interrupt_handle(int signal)
{
	if (!interrupt.signal) {
		interrupt.signal = signal;
		return;
	}
	if (interrupt.group)
		kill(-(pid_t)interrupt.group, SIGKILL);
	_exit(128 + signal);
}

int interrupt_install(void)
{
	struct sigaction action = {.sa_handler = interrupt_handle};
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGTERM);
	action.sa_mask = both;
	if (sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL))
		return -errno;
	if (sigprocmask(SIG_BLOCK, &both, &interrupt.let_in))
		return -errno;
	sigdelset(&interrupt.let_in, SIGINT);
	sigdelset(&interrupt.let_in, SIGTERM);
	return 0;
}

int interrupt_signal(void)
{
	return interrupt.signal;
}

int interrupt_check(void)
{
	interrupt_poll(NULL, 0, 0);
	return interrupt.signal;
}

void interrupt_guard_group(pid_t group)
{
	interrupt.group = group;
}

int interrupt_poll(struct pollfd *fds, nfds_t n, int64_t timeout_ns)
{
	struct timespec timeout = clock_timespec(timeout_ns < 0 ? 0 : timeout_ns);
	int ready = ppoll(fds, n, timeout_ns < 0 ? NULL : &timeout, &interrupt.let_in);

	return ready < 0 ? -errno : ready;
}
