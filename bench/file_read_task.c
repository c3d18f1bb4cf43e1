// SPDX-License-Identifier: MIT
/* file_read in direct style: a task reads its share, file by file, and the root joins them all. */
#include "file_read.h"

#include "task.h"

struct reader {
	uint64_t round;
	uint32_t task;
};

/* Reads the next file of a share. False when that failed. */
static bool read_next(const struct task_ops *t, struct arena *arena, struct file_read_share *share)
{
	struct file_read read = file_read_begin(arena, share);

	read.result = task_file_read(t, read.name, read.buf, read.len, file_read_io(arena->params));
	return file_read_end(arena, share, &read);
}

static void reader(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct reader *self = arg;
	struct file_read_share share = file_read_share_begin(arena, self->task, self->round);

	(void)fd;
	while (share.next < share.end && read_next(t, arena, &share))
		continue;
	file_read_share_end(arena, &share);
}

/* True when all went well; otherwise the trial has failed. */
static bool run_round(const struct task_ops *t, struct arena *arena, uint64_t round)
{
	uint32_t tasks = (uint32_t)arena_param(arena, FILE_READ_INFLIGHT);
	int error = 0, joined;

	for (uint32_t i = 0; i < tasks && error == 0; i++)
		error = task_spawn(t, reader, &(struct reader){round, i}, sizeof(struct reader), -1);
	joined = task_join(t);
	if (error)
		arena_fail(arena, "spawn", error);
	else if (joined)
		arena_fail(arena, "join", joined);
	else
		file_read_round_end(arena);
	return error == 0 && joined == 0;
}

/* Writes the files and reads the first one. True when all went well. */
static bool prepare(const struct task_ops *t, struct arena *arena)
{
	ssize_t n;
	int error = file_read_prepare(arena);

	if (error) {
		arena_fail(arena, "writing the files", error);
		return false;
	}
	n = task_file_read(t, file_read_name(arena, 0), file_read_buffer(arena, 0), 1,
					   file_read_io(arena->params));
	if (n != 1)
		arena_fail(arena, "reading the first file", (int)n);
	return n == 1;
}

void file_read_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	if (!prepare(t, arena))
		return;
	arena_window_open(arena);
	for (uint64_t round = 0; arena_round_wanted(arena, round); round++)
		if (!run_round(t, arena, round))
			break;
	arena_window_close(arena);
}
