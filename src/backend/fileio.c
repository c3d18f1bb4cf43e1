// SPDX-License-Identifier: MIT
/* What all engines share, and the one that reads in place; see fileio.h. */
#include "fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const struct fileio_engine *const fileio_engines[FILE_IO_KINDS] = {
	[FILE_IO_BLOCKING] = &fileio_inplace,
	[FILE_IO_THREADS] = &fileio_threads,
	[FILE_IO_URING] = &fileio_uring,
};

/* ---- by the calling thread ---- */

/* Reads until `len` bytes are there or the file ends. */
static ssize_t read_all(int fd, char *buf, size_t len)
{
	size_t got = 0;

	while (got < len) {
		const ssize_t n = read(fd, buf + got, len - got);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			got += (size_t)n;
	}
	return (ssize_t)got;
}

ssize_t fileio_read_now(const char *name, void *buf, size_t len)
{
	ssize_t n;
	int fd;

	do
		fd = open(name, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return -errno;
	n = read_all(fd, buf, len);
	close(fd);
	return n;
}

ssize_t fileio_read_blocking(const char *name, void *buf, size_t len, enum file_io io)
{
	return io == FILE_IO_BLOCKING ? fileio_read_now(name, buf, len) : -ENOTSUP;
}

/* ---- all engines ---- */

const char *fileio_unavailable(enum file_io kind)
{
	const struct fileio_engine *engine = fileio_engines[kind];

	return engine->unavailable ? engine->unavailable() : NULL;
}

static void fileio_turn(struct ev_loop *loop, ev_prepare *watcher, int revents)
{
	struct fileio *io = watcher->data;
	struct file_read *read;

	(void)loop;
	(void)revents;
	if (!io->head)
		return;
	while ((read = io->head) && io->taken < io->engine->depth) {
		io->head = read->next; /* before `take`, which may use `next` */
		io->taken++;
		io->engine->take(io, read);
	}
	io->engine->flush(io);
}

struct fileio *fileio_open(enum file_io kind, struct ev_loop *loop, int *error)
{
	struct fileio *io = calloc(1, fileio_engines[kind]->bytes);

	*error = -ENOMEM;
	if (!io)
		return NULL;
	io->engine = fileio_engines[kind];
	io->loop = loop;
	*error = io->engine->open(io);
	if (*error) {
		free(io);
		return NULL;
	}
	ev_prepare_init(&io->turn, fileio_turn);
	io->turn.data = io;
	ev_prepare_start(loop, &io->turn);
	ev_unref(loop);
	return io;
}

void fileio_close(struct fileio *io)
{
	ev_ref(io->loop);
	ev_prepare_stop(io->loop, &io->turn);
	io->engine->close(io);
	free(io);
}

void fileio_start(struct fileio *io, struct file_read *read)
{
	if (io->started++ == 0)
		ev_ref(io->loop);
	if (!io->head)
		io->tail = &io->head;
	read->next = NULL;
	*io->tail = read;
	io->tail = &read->next;
}

void fileio_done(struct fileio *io, struct file_read *read)
{
	io->taken--;
	if (--io->started == 0)
		ev_unref(io->loop);
	read->done(read);
}

/* ---- in place ---- */

/*
 * Reads at once, and has the loop call back in the same turn. An idle watcher, and not a fed event,
 * because the loop polls in between and those who wait take turns.
 */
struct inplace {
	struct fileio io;
	ev_idle idle;
	struct file_read *head, **tail; /* read, and not yet told */
};

static void inplace_tell(struct ev_loop *loop, ev_idle *watcher, int revents)
{
	struct inplace *inplace = watcher->data;
	struct file_read *read = inplace->head, *next;

	(void)revents;
	ev_idle_stop(loop, watcher);
	inplace->tail = &inplace->head;
	inplace->head = NULL;
	for (; read; read = next) {
		next = read->next;
		fileio_done(&inplace->io, read);
	}
}

static int inplace_open(struct fileio *io)
{
	struct inplace *inplace = (struct inplace *)io;

	inplace->tail = &inplace->head;
	ev_idle_init(&inplace->idle, inplace_tell);
	inplace->idle.data = inplace;
	return 0;
}

static void inplace_take(struct fileio *io, struct file_read *read)
{
	struct inplace *inplace = (struct inplace *)io;

	read->result = fileio_read_now(read->name, read->buf, read->len);
	read->next = NULL;
	*inplace->tail = read;
	inplace->tail = &read->next;
}

static void inplace_flush(struct fileio *io)
{
	ev_idle_start(io->loop, &((struct inplace *)io)->idle);
}

static void inplace_close(struct fileio *io)
{
	ev_idle_stop(io->loop, &((struct inplace *)io)->idle);
}

const struct fileio_engine fileio_inplace = {
	.bytes = sizeof(struct inplace),
	.depth = UINT32_MAX,
	.open = inplace_open,
	.take = inplace_take,
	.flush = inplace_flush,
	.close = inplace_close,
};
