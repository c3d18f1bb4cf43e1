// SPDX-License-Identifier: MIT
/*
 * Small text files of the kernel. See sysfile.h.
 */
#include "sysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int sysfile_open(const char *root, const char *path)
{
	char full[SYSFILE_PATH_MAX];
	int fd;

	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

ssize_t sysfile_reread(int fd, char *buf, size_t size)
{
	size_t length = 0;
	ssize_t got;

	/* Ends at the end of the file or of the buffer; the kernel may hand a long file out in parts.
	 */
	do {
		got = pread(fd, buf + length, size - 1 - length, (off_t)length);
		if (got > 0)
			length += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	buf[length] = '\0';
	return got < 0 && length == 0 ? -errno : (ssize_t)length;
}

ssize_t sysfile_read(const char *root, const char *path, char *buf, size_t size)
{
	const int fd = sysfile_open(root, path);
	ssize_t length;

	buf[0] = '\0';
	if (fd < 0)
		return fd;
	length = sysfile_reread(fd, buf, size);
	close(fd);
	return length;
}

/* The number that `text` begins with, blanks skipped. */
static int64_t number_at(const char *text)
{
	int64_t value;
	char *end;

	text += strspn(text, " \t");
	if (strncmp(text, "max", 3) == 0)
		return INT64_MAX;
	errno = 0;
	value = strtoll(text, &end, 10);
	/* A limit that is too large to be read is no limit. */
	return end == text ? -1 : value;
}

int64_t sysfile_number(const char *root, const char *path)
{
	char buf[64];

	if (sysfile_read(root, path, buf, sizeof(buf)) <= 0)
		return -1;
	return number_at(buf);
}

int64_t sysfile_field(const char *text, const char *key)
{
	const size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0)
			return number_at(line + length);
	}
	return -1;
}
