// SPDX-License-Identifier: MIT
/* file_read by plain calls: one share after another, and nothing else to do meanwhile. */
#include "file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* As read->result. */
static ssize_t open_and_read(const struct file_read *request)
{
	int fd = open(request->name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, request->buf, request->len);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

/* True when all went well; otherwise the trial has failed. */
static bool run_round(struct arena *arena, uint64_t round)
{
	for (uint32_t task = 0; task < arena->n_tasks; task++) {
		struct file_read_share share = file_read_share_begin(arena, task, round);

		while (share.next < share.end) {
			struct file_read next = file_read_begin(arena, &share);

			next.result = open_and_read(&next);
			if (!file_read_end(arena, &share, &next))
				return false;
		}
		file_read_share_end(arena, &share);
	}
	file_read_round_end(arena);
	return true;
}

int file_read_call(struct arena *arena)
{
	int error = file_read_prepare(arena);

	if (error) {
		arena_fail(arena, "writing the files", error);
		return error;
	}
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round) && run_round(arena, round); round++)
		continue;
	arena_window_close(arena);
	return 0;
}
