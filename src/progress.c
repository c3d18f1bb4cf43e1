// SPDX-License-Identifier: MIT
/*
 * The progress line. See progress.h.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"

void progress_begin(struct progress *progress, int fd, unsigned total, int64_t expected_ns)
{
	*progress = (struct progress){
		.fd = isatty(fd) ? fd : -1,
		.started_ns = clock_now_ns(),
		.expected_ns = expected_ns,
		.total = total,
	};
}

/*
 * What is left, in ns. The plan's estimate counts as much as the first few steps: they come in
 * random order, so that early on their mean says little.
 */
static int64_t left_ns(const struct progress *progress, unsigned done)
{
	const double plan_weight = 5;
	const double elapsed = (double)(clock_now_ns() - progress->started_ns);
	const double planned = (double)progress->expected_ns / progress->total;
	const double step = (planned * plan_weight + elapsed) / (plan_weight + done);
	const double left = step * (progress->total - done);

	return left > 0 ? (int64_t)left : 0;
}

/* "41s", "3m05s", "2h10m". */
static void format_eta(int64_t ns, char *buf, size_t size)
{
	const int64_t s = (ns + CLOCK_NS_PER_S / 2) / CLOCK_NS_PER_S;

	if (s < 60)
		snprintf(buf, size, "%ds", (int)s);
	else if (s < 3600)
		snprintf(buf, size, "%dm%02ds", (int)(s / 60), (int)(s % 60));
	else
		snprintf(buf, size, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
}

/* The last column stays free: some terminals break the line as soon as it is full. */
static int columns(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) || size.ws_col < 2)
		return 79;
	return size.ws_col - 1;
}

/* A progress line that cannot be written is not worth failing for. */
static void write_line(int fd, const char *text, size_t length)
{
	if (write(fd, text, length) < 0)
		return;
}

void progress_update(const struct progress *progress, unsigned done, const char *text)
{
	static const char clear_rest[] = "\033[K";
	char line[512], eta[32];
	int length, width;

	if (progress->fd < 0 || progress->total == 0)
		return;
	format_eta(left_ns(progress, done), eta, sizeof(eta));
	length = snprintf(line, sizeof(line) - sizeof(clear_rest), "\r[%u/%u] %u %% %s  eta %s", done,
					  progress->total, 100 * done / progress->total, text, eta);
	if (length >= (int)(sizeof(line) - sizeof(clear_rest)))
		length = (int)(sizeof(line) - sizeof(clear_rest)) - 1;
	width = 1 + columns(progress->fd);
	if (length > width)
		length = width;
	memcpy(line + length, clear_rest, sizeof(clear_rest) - 1);
	write_line(progress->fd, line, (size_t)length + sizeof(clear_rest) - 1);
}

void progress_clear(const struct progress *progress)
{
	if (progress->fd >= 0)
		write_line(progress->fd, "\r\033[K", 4);
}
