// SPDX-License-Identifier: MIT
/*
 * Descriptors for coroutines: a call is tried first, and only on EAGAIN does its task park.
 *
 * Each descriptor has a record with one watcher, which stays active while its task goes from one
 * wait to the next: an epoll_ctl for each wait would cost 25 % of an echo. It is stopped only when
 * the descriptor is ready and nobody waits, or waits for the other direction.
 *
 * A read with a timeout does not arm a timer for each wait either: a descriptor's one timer comes
 * four times in the time allowed, and counts how often it has seen the same wait.
 */
#include "coro_io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "coro.h"
#include "net.h"

enum {
	IO_FDS_MAX = 1 << 20,
	IO_QUARTERS = 4,
	IO_LATE = 255, /* in `quiet`: the wait was ended by the timer */
};

struct coro_fd {
	ev_io watcher;
	struct coro *waiter; /* one at most: a descriptor has one owner */
	bool adopted;        /* known to be non-blocking */
	bool drained;        /* the last read took all there was: the next would only say EAGAIN */
	bool timer_pending;  /* it may outlive the descriptor and then serves the next of its number */
	uint8_t quiet;       /* how often the timer came during the present wait */
	uint32_t quarter_us; /* of the time a read may wait; 0: no limit */
};

_Static_assert(sizeof(void *) < 8 || sizeof(struct coro_fd) == 64, "one cache line");

int coro_io_reserve(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return -errno;
	coro_rt.n_fds = limit.rlim_cur < IO_FDS_MAX ? (int)limit.rlim_cur : IO_FDS_MAX;
	coro_rt.fds = coro_map((size_t)coro_rt.n_fds * sizeof(struct coro_fd), 0);
	return coro_rt.fds ? 0 : -ENOMEM;
}

void coro_io_release(void)
{
	if (coro_rt.fds)
		munmap(coro_rt.fds, (size_t)coro_rt.n_fds * sizeof(struct coro_fd));
	coro_rt.fds = NULL;
}

/* ---- on the hub ---- */

static void io_on_ready(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct coro_fd *record = (struct coro_fd *)watcher;
	struct coro *waiter = record->waiter;

	(void)revents;
	if (!waiter) {
		ev_io_stop(loop, watcher);
		return;
	}
	record->waiter = NULL;
	coro_ready(waiter);
}

static void io_watch(int fd, int events)
{
	struct coro_fd *record = &coro_rt.fds[fd];

	ev_io_stop(coro_rt.loop, &record->watcher);
	ev_io_init(&record->watcher, io_on_ready, fd, events);
	ev_io_start(coro_rt.loop, &record->watcher);
}

static void io_forget(int fd, int events)
{
	(void)events;
	ev_io_stop(coro_rt.loop, &coro_rt.fds[fd].watcher);
}

static int io_arm(int fd)
{
	struct coro_fd *record = &coro_rt.fds[fd];
	int64_t deadline_ns = clock_now_ns() + record->quarter_us * CLOCK_NS_PER_US;
	int error = timerq_push(&coro_rt.timers, deadline_ns, (uint64_t)fd << 1 | 1);

	record->timer_pending = error == 0;
	return error;
}

void coro_io_quiet(int fd)
{
	struct coro_fd *record = &coro_rt.fds[fd];
	struct coro *waiter = record->waiter;

	record->timer_pending = false;
	if (!record->quarter_us)
		return;
	/* The first visit may fall anywhere into the first quarter of a wait: one more is needed. */
	if (waiter && (record->watcher.events & EV_READ) && ++record->quiet > IO_QUARTERS) {
		record->waiter = NULL;
		record->quiet = IO_LATE;
		coro_ready(waiter);
	}
	io_arm(fd);
}

/* ---- on a task's stack ---- */

/* Parks the calling task until `fd` is ready for `events`. */
static int io_wait(int fd, int events)
{
	struct coro_fd *record = &coro_rt.fds[fd];

	/* libev sets flags of its own in `events`. */
	if (!ev_is_active(&record->watcher) ||
		(record->watcher.events & (EV_READ | EV_WRITE)) != events)
		coro_ask_hub(io_watch, fd, events);
	record->quiet = 0;
	record->waiter = coro_rt.current;
	return coro_park();
}

/* Makes sure that a descriptor, wherever it came from, can be tried. 0 or -errno. */
static int io_adopt(int fd)
{
	int flags;

	if (fd < 0 || fd >= coro_rt.n_fds)
		return -EBADF;
	if (coro_rt.fds[fd].adopted)
		return 0;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
		return -errno;
	coro_rt.fds[fd].adopted = true;
	return 0;
}

/*
 * A short read has emptied the socket, so that the next one waits before it tries, as an event
 * loop does. Should data have come since, the watcher, which is level-triggered, tells at once.
 */
ssize_t coro_read(int fd, void *buf, size_t len)
{
	ssize_t n = io_adopt(fd);

	if (n)
		return n;
	if (coro_rt.fds[fd].drained)
		io_wait(fd, EV_READ);
	/* Ends when there is data, the end of the stream, an error, or nothing for too long. */
	while ((n = net_recv(fd, buf, len)) == -EAGAIN && coro_rt.fds[fd].quiet != IO_LATE)
		io_wait(fd, EV_READ);
	coro_rt.fds[fd].drained = n > 0 && (size_t)n < len;
	coro_rt.fds[fd].quiet = 0;
	return n;
}

ssize_t coro_write(int fd, const void *buf, size_t len)
{
	ssize_t n = io_adopt(fd);

	if (n)
		return n;
	/* Ends when there is room, or an error. */
	while ((n = net_send(fd, buf, len)) == -EAGAIN)
		io_wait(fd, EV_WRITE);
	return n;
}

int coro_accept(int fd)
{
	int connection = io_adopt(fd);

	if (connection)
		return connection;
	/* Ends when a connection comes in, or with an error. */
	while ((connection = net_accept(fd, true)) == -EAGAIN)
		io_wait(fd, EV_READ);
	if (connection >= 0 && connection < coro_rt.n_fds)
		coro_rt.fds[connection].adopted = true;
	return connection;
}

int coro_connect(uint16_t port)
{
	int fd = net_connect_start(port);
	struct pollfd poller = {.fd = fd, .events = POLLOUT};
	int error;

	if (fd < 0)
		return fd;
	error = io_adopt(fd);
	/* On loopback the connection mostly stands by now, and the watcher can be spared. */
	if (!error && poll(&poller, 1, 0) == 0)
		error = io_wait(fd, EV_WRITE);
	if (!error)
		error = net_connected(fd);
	if (!error)
		return fd;
	coro_close(fd);
	return error;
}

int coro_read_timeout(int fd, int64_t timeout_ns)
{
	int error = io_adopt(fd);

	if (error)
		return error;
	coro_rt.fds[fd].quarter_us = (uint32_t)(timeout_ns / IO_QUARTERS / CLOCK_NS_PER_US) + 1;
	return coro_rt.fds[fd].timer_pending ? 0 : io_arm(fd);
}

void coro_close(int fd)
{
	if (fd >= 0 && fd < coro_rt.n_fds) {
		if (ev_is_active(&coro_rt.fds[fd].watcher))
			coro_ask_hub(io_forget, fd, 0);
		coro_rt.fds[fd].adopted = coro_rt.fds[fd].drained = false;
		coro_rt.fds[fd].quarter_us = 0;
	}
	close(fd);
}
