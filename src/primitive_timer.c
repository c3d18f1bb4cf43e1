// SPDX-License-Identifier: MIT
/*
 * Primitives of waking up at a time: how late the median wake-up is, with the least timer slack.
 */
#include "primitive.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "stats.h"

struct timer {
	int timer_fd, epoll_fd;
};

/* Waits until the deadline in its own way. 0 or an errno. */
typedef int wait_fn(const struct timer *timer, int64_t deadline_ns);

/* The median lateness of up to `n` waits of `sleep_ns` each. */
static double lateness(struct primitive_place *place, uint64_t n, int64_t sleep_ns, wait_fn *wait,
					   const struct timer *timer)
{
	enum { WAITS_MAX = 256 };
	double late_ns[WAITS_MAX];
	const int slack_ns = prctl(PR_GET_TIMERSLACK);
	size_t count = 0;
	int error = 0;

	prctl(PR_SET_TIMERSLACK, 1);
	while (!error && count < n && count < WAITS_MAX &&
		   (count == 0 || clock_now_ns() < place->give_up_ns)) {
		const int64_t deadline_ns = clock_now_ns() + sleep_ns;

		error = wait(timer, deadline_ns);
		late_ns[count++] = (double)(clock_now_ns() - deadline_ns);
	}
	if (slack_ns > 0)
		prctl(PR_SET_TIMERSLACK, (unsigned long)slack_ns);
	if (error)
		return primitive_failed(place, "waiting for a timer", error);
	stats_sort(late_ns, count);
	return stats_median(late_ns, count);
}

static int wait_nanosleep(const struct timer *timer, int64_t deadline_ns)
{
	const struct timespec deadline = clock_timespec(deadline_ns);
	int error;

	(void)timer;
	do
		error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
	while (error == EINTR);
	return error;
}

double primitive_timer_nanosleep(struct primitive_place *place, uint64_t n)
{
	return lateness(place, n, 100 * CLOCK_NS_PER_US, wait_nanosleep, NULL);
}

/* Edge-triggered: arming it again makes the next expiry a new event, without a read. */
static int wait_timerfd(const struct timer *timer, int64_t deadline_ns)
{
	const struct itimerspec deadline = {.it_value = clock_timespec(deadline_ns)};
	struct epoll_event event;
	int ready;

	if (timerfd_settime(timer->timer_fd, TFD_TIMER_ABSTIME, &deadline, NULL))
		return errno;
	do
		ready = epoll_wait(timer->epoll_fd, &event, 1, -1);
	while (ready < 0 && errno == EINTR);
	return ready < 0 ? errno : 0;
}

static double lateness_of_timerfd(struct primitive_place *place, uint64_t n, int64_t sleep_ns)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	struct timer timer;
	double ns;

	timer.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer.timer_fd < 0)
		return primitive_failed(place, "timerfd_create", errno);
	timer.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (timer.epoll_fd < 0 || epoll_ctl(timer.epoll_fd, EPOLL_CTL_ADD, timer.timer_fd, &event))
		ns = primitive_failed(place, "epoll", errno);
	else
		ns = lateness(place, n, sleep_ns, wait_timerfd, &timer);
	if (timer.epoll_fd >= 0)
		close(timer.epoll_fd);
	close(timer.timer_fd);
	return ns;
}

double primitive_timer_timerfd(struct primitive_place *place, uint64_t n)
{
	return lateness_of_timerfd(place, n, 100 * CLOCK_NS_PER_US);
}

double primitive_timer_idle(struct primitive_place *place, uint64_t n)
{
	return lateness_of_timerfd(place, n, 10 * CLOCK_NS_PER_MS);
}
