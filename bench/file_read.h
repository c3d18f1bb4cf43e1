// SPDX-License-Identifier: MIT
/*
 * file_read: many small files, each opened, read and closed again. No poller can say of a file that
 * it will not block, so that the models have to deal with calls that could.
 *
 * One operation: one file's block was read, from its opening to its closing, and found equal to
 * what it should be. A round shares its `reads` among `inflight` tasks, which it starts and joins;
 * read number r is of file number r mod `files`.
 *
 *   io=blocking   three plain system calls. A thread and a process stop nobody else by that; a
 *                 coroutine and a callback stop all others, which is the honest baseline
 *   io=threads    a pool of threads makes these calls, and the task or the callback goes on later
 *   io=io_uring   the kernel makes them, as many as are wanted at a time
 *   io=auto       blocking where only the own task waits; else io_uring, or threads without it
 *
 *   read          from the end of the task's previous read (its first one: from its start) until
 *                 the block has been compared. The clock is read once for each
 *
 * The files are written before the window, to a private folder below $TMPDIR or /tmp, so that what
 * is read lies in the page cache: the figures are about the calls and the way to them, not about
 * the disk, and what opening costs is a matter of that file system. One read before the window has
 * the pool or the ring set up.
 *
 * The digest is the sum, mod 2^64, of the 64-bit words of all blocks that were read in a round.
 */
#ifndef CONCBENCH_FILE_READ_H
#define CONCBENCH_FILE_READ_H

#include <string.h>
#include <sys/types.h>

#include "arena.h"
#include "file.h"

struct event;
struct task_ops;

enum file_read_param {
	FILE_READ_FILES,
	FILE_READ_SIZE,
	FILE_READ_READS,
	FILE_READ_INFLIGHT,
	FILE_READ_IO,
	FILE_READ_WINDOW,
	FILE_READ_PLACEMENT,
};

/* The choices of `io`, in the order of its row; a cell has any but the first. */
enum {
	FILE_READ_AUTO,
	FILE_READ_BLOCKING,
	FILE_READ_THREADS,
	FILE_READ_URING,
};

/* No more than this in all files, and in all buffers. */
#define FILE_READ_BYTES_MAX ((int64_t)1 << 30)

static inline enum file_io file_read_io(const int64_t *params)
{
	return (enum file_io)(params[FILE_READ_IO] - FILE_READ_BLOCKING);
}

/* ---- what lies in the arena's words, in this order ---- */

static inline size_t file_read_block_words(const int64_t *params)
{
	return (size_t)params[FILE_READ_SIZE] / sizeof(uint64_t);
}

/* Of one buffer: whole cache lines. */
static inline size_t file_read_buffer_words(const int64_t *params)
{
	return (file_read_block_words(params) + 7) / 8 * 8;
}

/* What a task reads into. */
static inline uint64_t *file_read_buffer(struct arena *arena, uint32_t task)
{
	return arena_words(arena) + task * file_read_buffer_words(arena->params);
}

/* Where what follows the buffers begins; all of that is constant while files are read. */
static inline uint64_t *file_read_constants(struct arena *arena)
{
	return file_read_buffer(arena, (uint32_t)arena_param(arena, FILE_READ_INFLIGHT));
}

/* The names of the files, each in a word. */
static inline char *file_read_name(struct arena *arena, uint64_t file)
{
	return (char *)(file_read_constants(arena) + file);
}

/* The sum of a file's words. */
static inline uint64_t *file_read_sum(struct arena *arena, uint64_t file)
{
	return file_read_constants(arena) + arena_param(arena, FILE_READ_FILES) + file;
}

/* A file's block: all lie in one row of words, the next one's a word further on. */
static inline uint64_t *file_read_block(struct arena *arena, uint64_t file)
{
	return file_read_constants(arena) + 2 * arena_param(arena, FILE_READ_FILES) + file;
}

/* Word number `at` of that row. */
static inline uint64_t file_read_word(uint64_t at)
{
	uint64_t x = (at + 1) * 6364136223846793005u;

	return x ^ x >> 32;
}

/*
 * Fills all of that but the buffers, and writes the files to the working directory. 0 or -errno.
 * In file_read.c: it blocks.
 */
int file_read_prepare(struct arena *arena);

/* ---- a task's share of a round ---- */

/* Reads [next, end); its slice has how many it did, and their digest in `bytes`. */
struct file_read_share {
	uint64_t next, end;
	uint64_t round;
	int64_t start_ns; /* of the present read */
	uint32_t task;
};

/* The share of task number `task` (from 0): the first ones take what is over. */
static inline struct file_read_share file_read_share_begin(struct arena *arena, uint32_t task,
														   uint64_t round)
{
	uint64_t tasks = (uint64_t)arena_param(arena, FILE_READ_INFLIGHT);
	uint64_t reads = (uint64_t)arena_param(arena, FILE_READ_READS);
	uint64_t size = reads / tasks, over = reads % tasks;
	uint64_t first = task * size + (task < over ? task : over);
	int64_t now_ns = clock_now_ns();

	arena_task_begin(arena, task, now_ns);
	return (struct file_read_share){
		.next = first,
		.end = first + size + (task < over),
		.round = round,
		.start_ns = now_ns,
		.task = task,
	};
}

static inline void file_read_share_end(struct arena *arena, const struct file_read_share *share)
{
	arena_task_end(arena, share->task, clock_now_ns());
}

/* The next read of a share that has one: its file, and the buffer, which shows what is missing. */
static inline struct file_read file_read_begin(struct arena *arena,
											   const struct file_read_share *share)
{
	uint64_t files = (uint64_t)arena_param(arena, FILE_READ_FILES);
	uint64_t *buffer = file_read_buffer(arena, share->task);

	buffer[0] = 0;
	buffer[file_read_block_words(arena->params) - 1] = 0;
	return (struct file_read){
		.name = file_read_name(arena, share->next % files),
		.buf = buffer,
		.len = (size_t)arena_param(arena, FILE_READ_SIZE),
	};
}

/* It has ended. False: not well, and the trial has failed. */
static inline bool file_read_end(struct arena *arena, struct file_read_share *share,
								 const struct file_read *read)
{
	uint64_t file = share->next % (uint64_t)arena_param(arena, FILE_READ_FILES);
	struct arena_slice *slice = arena_slice(arena, share->task);
	int64_t now_ns;

	if (read->result != (ssize_t)read->len) {
		arena_fail(arena, "reading a file", read->result < 0 ? (int)read->result : 0);
		return false;
	}
	slice->ops++;
	if (memcmp(read->buf, file_read_block(arena, file), read->len) == 0)
		slice->bytes += *file_read_sum(arena, file);
	else
		slice->errors++;
	now_ns = clock_now_ns();
	arena_sample_put(arena,
					 share->round * (uint64_t)arena_param(arena, FILE_READ_READS) + share->next,
					 now_ns - share->start_ns);
	share->start_ns = now_ns;
	share->next++;
	return true;
}

/* All tasks of a round have ended: nobody else writes to the slices, which are cleared. */
static inline void file_read_round_end(struct arena *arena)
{
	uint64_t ops = 0, digest = 0;

	for (uint32_t task = 0; task < arena->n_tasks; task++) {
		struct arena_slice *slice = arena_slice(arena, task);

		ops += slice->ops;
		digest += slice->bytes;
		slice->ops = 0;
		slice->bytes = 0;
	}
	arena_round_end(arena, ops, digest);
}

/* ---- for the row in workloads.c ---- */

static inline uint32_t file_read_tasks(const int64_t *params, int role)
{
	(void)role;
	return (uint32_t)params[FILE_READ_INFLIGHT];
}

static inline struct arena_sizing file_read_sizing(const int64_t *params, uint64_t rounds)
{
	uint32_t tasks = (uint32_t)params[FILE_READ_INFLIGHT];
	uint64_t words = 3 * (uint64_t)params[FILE_READ_FILES] + file_read_block_words(params) +
					 tasks * file_read_buffer_words(params);

	return (struct arena_sizing){
		.n_slices = tasks,
		.n_tasks = tasks,
		.n_words = (uint32_t)words,
		.n_samples = (uint64_t)params[FILE_READ_READS] * rounds,
	};
}

/* Not even a call that does nothing is made in 30 ns, and there are three. */
static inline int64_t file_read_least_ns(const int64_t *params)
{
	return params[FILE_READ_READS] * 90;
}

static inline uint64_t file_read_round_ops(const int64_t *params)
{
	return (uint64_t)params[FILE_READ_READS];
}

static inline uint64_t file_read_round_digest(const int64_t *params)
{
	uint64_t files = (uint64_t)params[FILE_READ_FILES];
	uint64_t reads = (uint64_t)params[FILE_READ_READS];
	uint64_t words = file_read_block_words(params);
	uint64_t sum = 0, digest = 0;

	for (uint64_t at = 0; at < words; at++)
		sum += file_read_word(at);
	for (uint64_t file = 0; file < files; file++) {
		digest += sum * (reads / files + (file < reads % files));
		sum += file_read_word(file + words) - file_read_word(file);
	}
	return digest;
}

/* ---- the bodies ---- */

void file_read_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd);
int file_read_event(struct event *event, int fd);
int file_read_call(struct arena *arena);

#endif
