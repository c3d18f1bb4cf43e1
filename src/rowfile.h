// SPDX-License-Identifier: MIT
/*
 * A file that only ever holds whole rows: each is handed over by one write, and what cannot be
 * written whole is taken back from a regular file. A full disk or a killed run leaves no torn row.
 */
#ifndef CONCBENCH_ROWFILE_H
#define CONCBENCH_ROWFILE_H

#include <stdbool.h>
#include <stddef.h>

struct rowfile {
	int fd;
	bool regular; /* can be cut back; pipes and devices cannot */
	bool created; /* was not there before it was opened */
};

/*
 * Opens `path` for reading and appending. `how` is O_EXCL (a file that exists is refused: -EEXIST),
 * O_TRUNC (it is emptied) or 0 (rows go behind what is there); a pipe or a device that exists is
 * written to whatever `how` says. 0 or -errno.
 */
int rowfile_open(struct rowfile *file, const char *path, int how);

/* Appends one row, whole or not at all. 0 or -errno (-ENOSPC, -EPIPE). */
int rowfile_write(struct rowfile *file, const char *row, size_t size);

/* 0, or -errno of a delayed write. Rows were not held back: there is nothing to flush. */
int rowfile_close(struct rowfile *file);

#endif
