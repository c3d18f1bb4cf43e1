// SPDX-License-Identifier: MIT
/* Conformance: reading files, in either style, in every way that the backend has. */
#ifndef CONCBENCH_CONFORMANCE_FILES_H
#define CONCBENCH_CONFORMANCE_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance.h"
#include "fileio.h"

enum { FILE_BYTES = 3000, FILES_MANY = 300, FILE_ROUNDS = 10 };

/* ---- a folder ---- */

/* What is read, and what comes of it. */
static const struct file_expected {
	const char *name;
	size_t len;
	ssize_t result;
} files_expected[] = {
	{"whole", FILE_BYTES, FILE_BYTES},
	{"whole", 100, 100},
	{"whole", 4096, FILE_BYTES},
	{"missing", 100, -ENOENT},
	{"empty", 100, 0},
	{".", 100, -EISDIR},
	{"whole/below", 100, -ENOTDIR},
	{"", 100, -ENOENT},
	{"link", 100, -ELOOP},
	{"whole", 1, 1},
	{"./whole", 2999, 2999},
};

enum { N_FILES_EXPECTED = sizeof(files_expected) / sizeof(files_expected[0]) };

/* Byte number `at` of the file `whole`. */
static char file_byte(size_t at)
{
	return (char)(at * 7 + at / 256);
}

static void file_make(struct arena *arena, const char *name, size_t bytes)
{
	FILE *file = fopen(name, "w");

	if (!WANT(arena, file != NULL))
		return;
	for (size_t i = 0; i < bytes; i++)
		putc(file_byte(i), file);
	WANT(arena, fclose(file) == 0);
}

/* Makes a folder and goes there; `path` keeps its name. */
static bool files_make(struct arena *arena, char path[64])
{
	snprintf(path, 64, "/tmp/concbench-test-XXXXXX");
	if (!WANT(arena, mkdtemp(path) != NULL) || !WANT(arena, chdir(path) == 0))
		return false;
	file_make(arena, "whole", FILE_BYTES);
	file_make(arena, "empty", 0);
	WANT(arena, symlink("link", "link") == 0);
	WANT(arena, mkfifo("fifo", 0600) == 0);
	return true;
}

static void files_remove(struct arena *arena, const char *path)
{
	static const char *const names[] = {"whole", "empty", "link", "fifo"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	WANT(arena, chdir("/") == 0 && rmdir(path) == 0);
}

/* Whether a read gave what it should, and left the buffer alone behind that. */
static bool file_is(const struct file_expected *expected, ssize_t result, const char *buf)
{
	size_t got = result > 0 ? (size_t)result : 0;

	if (result != expected->result)
		return false;
	for (size_t i = 0; i < got; i++)
		if (buf[i] != file_byte(i))
			return false;
	return buf[got] == '\x55';
}

/* A buffer that is longer than any read, and shows where one has written. */
static char *file_buffer(void)
{
	char *buf = malloc(8192);

	memset(buf, 0x55, 8192);
	return buf;
}

/* ---- direct style ---- */

/* The ways that this backend and this machine have. */
static bool file_io_here(struct arena *arena, enum file_io way)
{
	if (way == FILE_IO_BLOCKING)
		return true;
	return !arena_param(arena, CASE_PIDS) && !fileio_unavailable(way);
}

static void file_read_all(const struct task_ops *t, struct arena *arena, enum file_io way,
						  char *buf)
{
	for (size_t i = 0; i < N_FILES_EXPECTED; i++) {
		const struct file_expected *expected = &files_expected[i];
		const ssize_t n = task_file_read(t, expected->name, buf, expected->len, way);

		WANT(arena, file_is(expected, n, buf));
		memset(buf, 0x55, 8192);
	}
}

static void files_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	char *name = malloc(300), *buf = file_buffer();
	char path[64];

	(void)arg;
	(void)fd;
	if (!files_make(arena, path))
		return;
	memset(name, 'x', 299);
	name[299] = '\0';
	for (int way = 0; way < FILE_IO_KINDS; way++) {
		if (!file_io_here(arena, (enum file_io)way)) {
			WANT(arena, task_file_read(t, "whole", buf, 1, (enum file_io)way) < 0);
			continue;
		}
		file_read_all(t, arena, (enum file_io)way, buf);
		WANT(arena, task_file_read(t, name, buf, 1, (enum file_io)way) == -ENAMETOOLONG);
	}
	free(name);
	free(buf);
	files_remove(arena, path);
}

struct file_arg {
	char *buf;
	enum file_io io;
};

/* Cell 0 counts reads. */
static void file_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct file_arg *with = arg;

	(void)fd;
	for (int i = 0; i < FILE_ROUNDS; i++) {
		file_read_all(t, arena, with->io, with->buf);
		cell_add(arena, 0, 1);
	}
}

static void files_many_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int tasks = (int)arena_param(arena, CASE_TASKS);
	char *bufs[FILES_MANY];
	char path[64];

	(void)arg;
	(void)fd;
	if (!files_make(arena, path))
		return;
	for (int i = 0; i < tasks; i++)
		bufs[i] = file_buffer();
	for (int way = 0; way < FILE_IO_KINDS; way++) {
		if (!file_io_here(arena, (enum file_io)way))
			continue;
		atomic_store(cell(arena, 0), 0);
		for (int i = 0; i < tasks; i++) {
			const struct file_arg with = {.buf = bufs[i], .io = (enum file_io)way};

			WANT(arena, task_spawn(t, file_task, &with, sizeof(with), -1) == 0);
		}
		WANT(arena, task_join(t) == 0);
		WANT(arena, cell_value(arena, 0) == tasks * FILE_ROUNDS);
	}
	for (int i = 0; i < tasks; i++)
		free(bufs[i]);
	files_remove(arena, path);
}

/* Nobody has written to it yet. */
static void fifo_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const struct file_arg *with = arg;

	(void)fd;
	WANT(arena, task_file_read(t, "fifo", with->buf, 8, with->io) == 5);
	WANT(arena, memcmp(with->buf, "hello", 5) == 0);
	cell_add(arena, 0, 1);
}

/* While a read cannot go on, the other tasks can. */
static void fifo_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct file_arg with = {.buf = file_buffer(), .io = FILE_IO_BLOCKING};
	char path[64];

	(void)arg;
	if (!files_make(arena, path))
		return;
	if (!arena_param(arena, CASE_PIDS))
		with.io = FILE_IO_THREADS;
	WANT(arena, task_spawn(t, fifo_task, &with, sizeof(with), -1) == 0);
	/* Ends when the reader has opened it: a process, a thread or one of the pool. */
	while ((fd = open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENXIO)
		task_sleep_until(t, clock_now_ns() + CLOCK_NS_PER_MS);
	WANT(arena, cell_value(arena, 0) == 0);
	WANT(arena, write(fd, "hello", 5) == 5);
	close(fd);
	WANT(arena, task_join(t) == 0);
	free(with.buf);
	files_remove(arena, path);
}

static const struct conformance_case file_cases[] = {
	{.name = "files", .task = files_root, .tasks = 1},
	{.name = "many files at once", .task = files_many_root, .tasks = 8, .tasks_light = FILES_MANY},
	{.name = "a file that keeps one waiting", .task = fifo_root, .tasks = 1, .total = 1},
};

/* ---- callback style ---- */

/* One of the reads that are under way at a time, and goes through all that is expected. */
struct file_chain {
	struct file_read read; /* first, so that the read is the chain */
	struct event *event;
	size_t at; /* in files_expected */
	int left;  /* rounds */
};

static struct {
	struct file_chain chains[FILES_MANY];
	int alive;        /* chains */
	enum file_io io;  /* of all of them */
	bool starting;    /* nothing may be done meanwhile */
	char path[64];    /* of the folder */
	ev_timer writing; /* to the fifo, as soon as somebody has opened it */
} files;              /* of the one body that runs in this process */

static void chain_start(struct file_chain *chain)
{
	const struct file_expected *expected = &files_expected[chain->at];

	chain->read.name = expected->name;
	chain->read.len = expected->len;
	memset(chain->read.buf, 0x55, 8192);
	files.starting = true;
	WANT(chain->event->arena, event_file_read(chain->event, &chain->read, files.io) == 0);
	files.starting = false;
}

/* All chains, in the next way that is here; after the last one the folder goes. */
static void chains_start(struct event *event, int way)
{
	while (way < FILE_IO_KINDS && fileio_unavailable((enum file_io)way)) {
		WANT(event->arena, event_file_read(event, &files.chains[0].read, (enum file_io)way) < 0);
		way++;
	}
	if (way == FILE_IO_KINDS) {
		for (int i = 0; i < FILES_MANY; i++)
			free(files.chains[i].read.buf);
		files_remove(event->arena, files.path);
		return;
	}
	files.io = (enum file_io)way;
	files.alive = FILES_MANY;
	for (int i = 0; i < FILES_MANY; i++) {
		files.chains[i].left = FILE_ROUNDS / 5;
		chain_start(&files.chains[i]);
	}
}

static void on_chain_read(struct file_read *read)
{
	struct file_chain *chain = (struct file_chain *)read;
	struct event *event = chain->event;

	WANT(event->arena, !files.starting);
	WANT(event->arena, file_is(&files_expected[chain->at], read->result, read->buf));
	if (++chain->at == N_FILES_EXPECTED) {
		chain->at = 0;
		chain->left--;
	}
	if (chain->left > 0)
		chain_start(chain);
	else if (--files.alive == 0)
		chains_start(event, (int)files.io + 1);
}

static int files_event(struct event *event, int fd)
{
	(void)fd;
	if (!files_make(event->arena, files.path))
		return -EINVAL;
	for (int i = 0; i < FILES_MANY; i++)
		files.chains[i] = (struct file_chain){
			.read = {.buf = file_buffer(), .done = on_chain_read},
			.event = event,
		};
	chains_start(event, FILE_IO_BLOCKING);
	return 0;
}

static void on_writing(struct ev_loop *loop, ev_timer *timer, int revents)
{
	int fd = open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	(void)revents;
	if (fd < 0 && errno == ENXIO)
		return;
	WANT(timer->data, write(fd, "hello", 5) == 5);
	close(fd);
	ev_timer_stop(loop, timer);
}

static void on_fifo_read(struct file_read *read)
{
	struct file_chain *chain = (struct file_chain *)read;
	struct arena *arena = chain->event->arena;

	WANT(arena, read->result == 5 && memcmp(read->buf, "hello", 5) == 0);
	cell_add(arena, 0, 1);
	free(read->buf);
	files_remove(arena, files.path);
}

/* While a read cannot go on, the loop can. */
static int fifo_event(struct event *event, int fd)
{
	struct file_chain *chain = &files.chains[0];

	(void)fd;
	if (!files_make(event->arena, files.path))
		return -EINVAL;
	chain->event = event;
	chain->read =
		(struct file_read){.name = "fifo", .buf = file_buffer(), .len = 8, .done = on_fifo_read};
	ev_timer_init(&files.writing, on_writing, 0.001, 0.001);
	files.writing.data = event->arena;
	ev_timer_start(event->loop, &files.writing);
	return event_file_read(event, &chain->read, FILE_IO_THREADS);
}

static const struct conformance_case file_event_cases[] = {
	{.name = "many files at once", .event = files_event, .tasks = 1},
	{.name = "a file that keeps one waiting", .event = fifo_event, .tasks = 1, .total = 1},
};

#endif
