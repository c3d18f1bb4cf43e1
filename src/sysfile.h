// SPDX-License-Identifier: MIT
/*
 * Small text files of the kernel: /proc, /sys and cgroups. Whatever asks the machine reads them
 * through here.
 *
 * Any of them may be missing (an old kernel, a container, a masked /proc), so every function says
 * so by its value and no caller treats it as an error of the program. `root` is put before each
 * path: "" for this machine, a folder with a made-up tree for tests.
 */
#ifndef CONCBENCH_SYSFILE_H
#define CONCBENCH_SYSFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SYSFILE_PATH_MAX = 1024 };

/* Opens a file for sysfile_reread. A descriptor, or -errno. */
int sysfile_open(const char *root, const char *path);

/*
 * Reads the file from its start into buf[size], as much as fits less one byte, and ends it with a
 * NUL. Returns the length or -errno; buf is "" then.
 */
ssize_t sysfile_read(const char *root, const char *path, char *buf, size_t size);

/* The same from an open descriptor: the cheap way to read a file many times. */
ssize_t sysfile_reread(int fd, char *buf, size_t size);

/* The number that a file begins with; INT64_MAX for "max". -1 when there is no such file. */
int64_t sysfile_number(const char *root, const char *path);

/*
 * The number behind `key` at the start of a line of `text` ("MemAvailable:", "steal "), blanks
 * between them skipped; -1 when no line begins so.
 */
int64_t sysfile_field(const char *text, const char *key);

#endif
