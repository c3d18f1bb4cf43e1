// SPDX-License-Identifier: MIT
/*
 * Reading files beside a libev loop: one engine for each way of doing it (enum file_io), the same
 * for coro and for event, so that what differs between the two is the programming model.
 *
 *   user            fileio                  engine                          user
 *   fileio_start -> list, an ev_ref   -->   take, take, ..., flush   ...   read->done()
 *   (any callback   (no call but that)      once, before the loop waits     from the loop
 *    or task)
 *
 * The list is handed over just before the loop waits, so that one system call submits all that
 * were started in a turn. An engine keeps the loop alive only while reads are under way.
 */
#ifndef CONCBENCH_FILEIO_H
#define CONCBENCH_FILEIO_H

#include <stdint.h>

#include <ev.h>

#include "file.h"

struct fileio;

/*
 * Why reads of this kind cannot be done here, in one static line; NULL: they can. It tries, at the
 * cost of a few system calls.
 */
const char *fileio_unavailable(enum file_io kind);

/* An engine on a loop, NULL and -errno in *error if there can be none. */
struct fileio *fileio_open(enum file_io kind, struct ev_loop *loop, int *error);

/* Gives everything back, once all reads have ended; the loop must still exist. */
void fileio_close(struct fileio *io);

/*
 * Starts a read, whose fields up to `done` are set: read->done(read) is called from the loop, never
 * from in here. Needs little stack, so that a task on 1 KiB can call it.
 */
void fileio_start(struct fileio *io, struct file_read *read);

/* The read by the calling thread. As read->result. */
ssize_t fileio_read_now(const char *name, void *buf, size_t len);

/* The slot of task.h where a task may block: -ENOTSUP for any `io` but FILE_IO_BLOCKING. */
ssize_t fileio_read_blocking(const char *name, void *buf, size_t len, enum file_io io);

/* ---- for engines ---- */

struct fileio_engine {
	size_t bytes;                     /* of its state, which begins with struct fileio */
	uint32_t depth;                   /* reads that it can have under way */
	const char *(*unavailable)(void); /* NULL: always there */
	int (*open)(struct fileio *io);   /* its state is zeroed; 0 or -errno */
	void (*take)(struct fileio *io, struct file_read *read);
	void (*flush)(struct fileio *io); /* after the last `take` of a turn */
	void (*close)(struct fileio *io);
};

struct fileio {
	const struct fileio_engine *engine;
	struct ev_loop *loop;
	ev_prepare turn;
	struct file_read *head, **tail; /* started and not yet taken, first in, first out */
	uint32_t started;               /* not yet done; while there are any, they hold an ev_ref */
	uint32_t taken;                 /* of those, how many the engine has */
};

/* A read that was taken has ended: to be called from the loop, in any order. */
void fileio_done(struct fileio *io, struct file_read *read);

extern const struct fileio_engine fileio_inplace, fileio_threads, fileio_uring;

#endif
