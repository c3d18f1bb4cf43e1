// SPDX-License-Identifier: MIT
/*
 * A private folder for the files of one pass, below $TMPDIR or /tmp: concbench-XXXXXX. Its maker
 * holds a lock on it, which ends with its process; so who finds one that it can lock knows that
 * the maker was killed, and removes it. Folders are flat: whatever is in one that is not a file
 * keeps it from being removed.
 */
#ifndef CONCBENCH_FOLDER_H
#define CONCBENCH_FOLDER_H

enum { FOLDER_PATH_MAX = 256 };

struct folder {
	char path[FOLDER_PATH_MAX]; /* "": there is none */
	int fd;                     /* holds the lock; not inherited by programs */
};

/* Where folders are made. */
const char *folder_parent(void);

/* Removes folders whose makers were killed, and makes a new one. 0, or -errno and there is none. */
int folder_make(struct folder *folder);

/* Removes it with all its files; does nothing where there is none. */
void folder_remove(struct folder *folder);

#endif
