// SPDX-License-Identifier: MIT
/*
 * Reading files for coroutines; see coro_file.h. What a task reads is noted beside its control
 * block and not on its stack, which with stack=copy is elsewhere while the engine works.
 */
#include "coro_file.h"

#include <errno.h>
#include <sys/mman.h>

#include "coro.h"
#include "fileio.h"

struct coro_file {
	struct file_read read;
	struct coro *waiter;
};

/* Address space only, unless files are read. */
int coro_file_reserve(void)
{
	coro_rt.files = coro_map(coro_rt.capacity * sizeof(struct coro_file), 0);
	return coro_rt.files ? 0 : -ENOMEM;
}

void coro_file_release(void)
{
	for (int i = 0; i < FILE_IO_KINDS; i++) {
		if (coro_rt.fileio[i])
			fileio_close(coro_rt.fileio[i]);
		coro_rt.fileio[i] = NULL;
	}
	if (coro_rt.files)
		munmap(coro_rt.files, coro_rt.capacity * sizeof(struct coro_file));
	coro_rt.files = NULL;
}

/* On the hub. */
static void file_open_engine(int io, int unused)
{
	(void)unused;
	coro_rt.fileio[io] = fileio_open((enum file_io)io, coro_rt.loop, &coro_rt.fileio_error);
}

static void file_done(struct file_read *read)
{
	coro_ready(((struct coro_file *)read)->waiter);
}

ssize_t coro_file_read(const char *name, void *buf, size_t len, enum file_io io)
{
	struct coro_file *file = &coro_rt.files[coro_rt.current - coro_rt.coros];

	if (io == FILE_IO_BLOCKING)
		return fileio_read_now(name, buf, len);
	if (!coro_rt.fileio[io]) {
		coro_ask_hub(file_open_engine, (int)io, 0);
		if (!coro_rt.fileio[io])
			return coro_rt.fileio_error;
	}
	file->read = (struct file_read){.name = name, .buf = buf, .len = len, .done = file_done};
	file->waiter = coro_rt.current;
	fileio_start(coro_rt.fileio[io], &file->read);
	coro_park();
	return file->read.result;
}
