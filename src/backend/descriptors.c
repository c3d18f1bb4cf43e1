// SPDX-License-Identifier: MIT
/* Closing what a forked child must not hold; see descriptors.h. */
#include "descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void descriptors_sort(int *fds, int n)
{
	for (int i = 1; i < n; i++)
		for (int j = i; j > 0 && fds[j - 1] > fds[j]; j--) {
			const int fd = fds[j];

			fds[j] = fds[j - 1];
			fds[j - 1] = fd;
		}
}

/* Closes first..last (both included), one by one. */
static int descriptors_close_listed(unsigned first, unsigned last)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		/* "." and ".." give 0, which is never closed. */
		const unsigned fd = (unsigned)atoi(entry->d_name);

		if (fd >= first && fd <= last && fd != (unsigned)dirfd(dir))
			close((int)fd);
	}
	closedir(dir);
	return 0;
}

static int descriptors_close(unsigned first, unsigned last)
{
	if (first > last || !close_range(first, last, 0))
		return 0;
	return descriptors_close_listed(first, last);
}

int descriptors_keep(int *keep, int n)
{
	int first = STDERR_FILENO + 1;
	int error = 0;

	descriptors_sort(keep, n);
	for (int i = 0; i < n && !error; i++) {
		if (keep[i] < first)
			continue;
		error = descriptors_close((unsigned)first, (unsigned)keep[i] - 1);
		first = keep[i] + 1;
	}
	return error ? error : descriptors_close((unsigned)first, ~0U);
}
