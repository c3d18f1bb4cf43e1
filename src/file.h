// SPDX-License-Identifier: MIT
/*
 * Reading small files: what the task interface and the event interface have in common.
 *
 * A read opens a file, reads its first bytes and closes it again: three calls that may block, and
 * that no poller can say will not. The models differ in what they do about that (enum file_io).
 * Names are relative to the working directory, which for a workload that wants files is a private
 * folder made by the driver.
 */
#ifndef CONCBENCH_FILE_H
#define CONCBENCH_FILE_H

#include <stddef.h>
#include <sys/types.h>

enum file_io {
	FILE_IO_BLOCKING, /* by the calling thread, which waits: so do all tasks or callbacks on it */
	FILE_IO_THREADS,  /* by a small pool of threads */
	FILE_IO_URING,    /* by the kernel, through io_uring */
	FILE_IO_KINDS,
};

/*
 * A read in callback style. It belongs to its user, and does not move until `done` is called; nor
 * do `name` and `buf`.
 */
struct file_read {
	const char *name;
	void *buf;
	size_t len; /* 1 .. 1 GiB */
	void (*done)(struct file_read *read);
	ssize_t result; /* bytes, fewer than `len` only where the file is shorter; or -errno */

	struct file_read *next; /* of whoever does it */
};

#endif
