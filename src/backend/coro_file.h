// SPDX-License-Identifier: MIT
/*
 * Reading files for coroutines: the file_read slot of the task table. FILE_IO_BLOCKING stops all
 * tasks for as long as it takes; with the other kinds only the calling task parks.
 */
#ifndef CONCBENCH_CORO_FILE_H
#define CONCBENCH_CORO_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "file.h"

/* Reserves what tasks keep of a read beside their control blocks. 0 or -errno. */
int coro_file_reserve(void);

/* The loop must still exist. */
void coro_file_release(void);

ssize_t coro_file_read(const char *name, void *buf, size_t len, enum file_io io);

#endif
