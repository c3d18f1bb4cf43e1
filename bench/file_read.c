// SPDX-License-Identifier: MIT
/* Writing the files that file_read reads, before the window; see file_read.h. */
#include "file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int write_all(int fd, const char *at, size_t left)
{
	while (left > 0) {
		ssize_t n = write(fd, at, left);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			left -= (size_t)n;
		}
	}
	return 0;
}

static int write_file(const char *name, const void *block, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int error;

	if (fd < 0)
		return -errno;
	error = write_all(fd, block, size);
	/* Some file systems say only now that there is no room. */
	if (close(fd) && !error)
		error = -errno;
	return error;
}

int file_read_prepare(struct arena *arena)
{
	uint64_t files = (uint64_t)arena_param(arena, FILE_READ_FILES);
	size_t words = file_read_block_words(arena->params);
	uint64_t *row = file_read_block(arena, 0);
	uint64_t sum = 0;
	int error = 0;

	for (uint64_t at = 0; at < words + files; at++)
		row[at] = file_read_word(at);
	for (uint64_t at = 0; at < words; at++)
		sum += row[at];
	for (uint64_t file = 0; file < files && !error; file++) {
		snprintf(file_read_name(arena, file), sizeof(uint64_t), "f%06x", (unsigned)file);
		*file_read_sum(arena, file) = sum;
		sum += row[file + words] - row[file];
		error = write_file(file_read_name(arena, file), &row[file],
						   (size_t)arena_param(arena, FILE_READ_SIZE));
	}
	return error;
}
