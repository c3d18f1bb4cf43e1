// SPDX-License-Identifier: MIT
/*
 * Descriptors for coroutines: the network slots of the task table. A call is tried first; when
 * the descriptor is not ready its task parks and the hub watches. Descriptors of any origin are
 * made non-blocking when they are first used.
 */
#ifndef CONCBENCH_CORO_IO_H
#define CONCBENCH_CORO_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reserves the records of all descriptors that the process may open. 0 or -errno. */
int coro_io_reserve(void);
void coro_io_release(void);

int coro_accept(int fd);
int coro_connect(uint16_t port);
ssize_t coro_read(int fd, void *buf, size_t len);
ssize_t coro_write(int fd, const void *buf, size_t len);
void coro_close(int fd);
int coro_read_timeout(int fd, int64_t timeout_ns);

/* On the hub: the timer of a descriptor has expired. */
void coro_io_quiet(int fd);

#endif
