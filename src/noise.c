// SPDX-License-Identifier: MIT
/*
 * What else happened on the machine. See noise.h.
 */
#include "noise.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "clock.h"
#include "result.h"
#include "sysfile.h"

/* /proc shows ticks of 10 ms on every architecture, whatever the kernel's own rate. */
#define NOISE_TICK_NS (10 * CLOCK_NS_PER_MS)

/* The share of the window that others may take before a trial counts as noisy. */
#define NOISE_TOLERANCE 0.05

void noise_open(struct noise_reader *reader, const char *root)
{
	struct cgroup cgroup;
	char path[SYSFILE_PATH_MAX + 16];

	reader->stat_fd = sysfile_open(root, "/proc/stat");
	reader->psi_fd = sysfile_open(root, "/proc/pressure/cpu");
	reader->throttle_fd = -1;
	cgroup_cpu_quota(root, &cgroup);
	if (cgroup.version > 0) {
		snprintf(path, sizeof(path), "%s/cpu.stat", cgroup.path);
		reader->throttle_fd = sysfile_open(root, path);
	}
}

void noise_close(struct noise_reader *reader)
{
	int *const fds[] = {&reader->stat_fd, &reader->psi_fd, &reader->throttle_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* "cpu user nice system idle iowait irq softirq steal guest ...", in ticks; guest is in user. */
static void read_stat(int fd, struct noise_sample *sample)
{
	int64_t user, nice, system, idle, iowait, irq, softirq, steal;
	char text[256];

	if (fd < 0 || sysfile_reread(fd, text, sizeof(text)) <= 0 ||
		sscanf(text,
			   "cpu %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
			   " %" SCNd64 " %" SCNd64,
			   &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 8)
		return;
	sample->busy_ns = (user + nice + system + irq + softirq) * NOISE_TICK_NS;
	sample->steal_ns = steal * NOISE_TICK_NS;
}

/* "some avg10=0.00 avg60=0.02 avg300=0.06 total=2696249", in us. */
static void read_psi(int fd, struct noise_sample *sample)
{
	char text[128];
	const char *total;
	int64_t us;

	if (fd < 0 || sysfile_reread(fd, text, sizeof(text)) <= 0)
		return;
	total = strstr(text, "total=");
	if (total && sscanf(total, "total=%" SCNd64, &us) == 1)
		sample->psi_some_ns = us * CLOCK_NS_PER_US;
}

/* Version 1 counts throttled_time in ns, version 2 throttled_usec. */
static void read_throttled(int fd, struct noise_sample *sample)
{
	char text[512];
	int64_t ns, us;

	if (fd < 0 || sysfile_reread(fd, text, sizeof(text)) <= 0)
		return;
	ns = sysfile_field(text, "throttled_time ");
	us = sysfile_field(text, "throttled_usec ");
	if (ns >= 0)
		sample->throttled_ns = ns;
	else if (us >= 0)
		sample->throttled_ns = us * CLOCK_NS_PER_US;
}

void noise_read(const struct noise_reader *reader, struct noise_sample *sample)
{
	struct timespec self;

	*sample = (struct noise_sample){
		.steal_ns = RESULT_NONE,
		.busy_ns = RESULT_NONE,
		.psi_some_ns = RESULT_NONE,
		.throttled_ns = RESULT_NONE,
	};
	sample->at_ns = clock_now_ns();
	read_stat(reader->stat_fd, sample);
	read_psi(reader->psi_fd, sample);
	read_throttled(reader->throttle_fd, sample);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &self);
	sample->self_cpu_ns = self.tv_sec * CLOCK_NS_PER_S + self.tv_nsec;
}

/* The growth of a counter, never negative (steal has been seen to step back); or RESULT_NONE. */
static int64_t growth(int64_t begin, int64_t end)
{
	if (begin == RESULT_NONE || end == RESULT_NONE)
		return RESULT_NONE;
	return end > begin ? end - begin : 0;
}

static int64_t is_noisy(const struct result *result, int64_t window_ns, int cpus)
{
	const int64_t allowed_ns = (int64_t)((double)window_ns * NOISE_TOLERANCE);
	const int64_t blur_ns = cpus * NOISE_TICK_NS;

	/* RESULT_NONE is below every bound: what was not measured accuses nobody. */
	if (result->steal_ns > allowed_ns || result->throttled_ns > 0)
		return 1;
	if (result->foreign_cpu_ns > blur_ns && result->foreign_cpu_ns - blur_ns > allowed_ns)
		return 1;
	if (result->steal_ns == RESULT_NONE && result->throttled_ns == RESULT_NONE &&
		result->foreign_cpu_ns == RESULT_NONE)
		return RESULT_NONE;
	return 0;
}

void noise_store(const struct noise_sample *begin, const struct noise_sample *end,
				 int64_t own_cpu_ns, int cpus, struct result *result)
{
	const int64_t busy_ns = growth(begin->busy_ns, end->busy_ns);
	const int64_t self_ns = growth(begin->self_cpu_ns, end->self_cpu_ns);

	result->psi_cpu_some_ns = growth(begin->psi_some_ns, end->psi_some_ns);
	result->steal_ns = growth(begin->steal_ns, end->steal_ns);
	result->throttled_ns = growth(begin->throttled_ns, end->throttled_ns);
	if (busy_ns == RESULT_NONE || own_cpu_ns == RESULT_NONE)
		result->foreign_cpu_ns = RESULT_NONE;
	else
		result->foreign_cpu_ns = growth(own_cpu_ns + self_ns, busy_ns);
	result->noisy = is_noisy(result, end->at_ns - begin->at_ns, cpus);
}

/*
 * 5,000 dependent multiply-and-shift steps (6 cycles each on current x86-64, so 10 us at 3 GHz).
 * The asm hides the result from the compiler, which would drop the loop otherwise.
 */
static int64_t probe_once(void)
{
	const int64_t begin_ns = clock_now_ns();
	uint64_t x = 0x9e3779b97f4a7c15U;

	for (int i = 0; i < 5000; i++) {
		x *= 0xbf58476d1ce4e5b9U;
		x ^= x >> 31;
	}
	__asm__ volatile("" : : "r"(x));
	return clock_now_ns() - begin_ns;
}

int64_t noise_probe(void)
{
	int64_t best_ns = probe_once();

	for (int i = 0; i < 2; i++) {
		const int64_t ns = probe_once();

		if (ns < best_ns)
			best_ns = ns;
	}
	return best_ns;
}
