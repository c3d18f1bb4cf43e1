// SPDX-License-Identifier: MIT
/*
 * file_read in callback style: as many chains of reads as there are tasks in direct style. When a
 * read has ended, its chain begins the next one, and the last chain to end begins the next round.
 */
#include "file_read.h"

#include <errno.h>
#include <stdlib.h>

#include "event.h"

/* A task, as it were. */
struct chain {
	struct file_read read; /* first, so that what has been read is the chain */
	struct file_read_share share;
	struct reader *reader;
};

struct reader {
	struct event *event;
	uint64_t round;
	uint32_t n_chains, alive;
	struct chain chains[];
};

static void on_read(struct file_read *read);

/* The next read of a chain that has one. */
static void start_read(struct chain *chain)
{
	struct event *event = chain->reader->event;
	int error;

	chain->read = file_read_begin(event->arena, &chain->share);
	chain->read.done = on_read;
	error = event_file_read(event, &chain->read, file_read_io(event->arena->params));
	if (error)
		arena_fail(event->arena, "reading a file", error);
}

static void start_round(struct reader *reader)
{
	struct arena *arena = reader->event->arena;

	reader->alive = 0;
	for (uint32_t i = 0; i < reader->n_chains; i++) {
		struct chain *chain = &reader->chains[i];

		chain->share = file_read_share_begin(arena, i, reader->round);
		if (chain->share.next == chain->share.end) {
			file_read_share_end(arena, &chain->share);
			continue;
		}
		reader->alive++;
		start_read(chain);
	}
}

static void finish_round(struct reader *reader)
{
	struct arena *arena = reader->event->arena;

	file_read_round_end(arena);
	if (arena_round_wanted(arena, ++reader->round)) {
		start_round(reader);
		return;
	}
	arena_window_close(arena);
	free(reader);
}

static void on_read(struct file_read *read)
{
	struct chain *chain = (struct chain *)read;
	struct reader *reader = chain->reader;
	struct arena *arena = reader->event->arena;

	if (!file_read_end(arena, &chain->share, read))
		return;
	if (chain->share.next < chain->share.end) {
		start_read(chain);
		return;
	}
	file_read_share_end(arena, &chain->share);
	if (--reader->alive == 0)
		finish_round(reader);
}

/* The read before the window. */
static void on_first_read(struct file_read *read)
{
	struct reader *reader = ((struct chain *)read)->reader;

	if (read->result != 1) {
		arena_fail(reader->event->arena, "reading the first file", (int)read->result);
		return;
	}
	arena_window_open(reader->event->arena);
	start_round(reader);
}

static struct reader *reader_new(struct event *event)
{
	uint32_t n = (uint32_t)arena_param(event->arena, FILE_READ_INFLIGHT);
	struct reader *reader = calloc(1, sizeof(*reader) + n * sizeof(reader->chains[0]));

	if (!reader)
		return NULL;
	reader->event = event;
	reader->n_chains = n;
	for (uint32_t i = 0; i < n; i++)
		reader->chains[i].reader = reader;
	return reader;
}

int file_read_event(struct event *event, int fd)
{
	struct arena *arena = event->arena;
	struct reader *reader = reader_new(event);
	int error = reader ? file_read_prepare(arena) : -ENOMEM;

	(void)fd;
	if (error) {
		arena_fail(arena, "writing the files", error);
		goto out_free;
	}
	reader->chains[0].read = (struct file_read){
		.name = file_read_name(arena, 0),
		.buf = file_read_buffer(arena, 0),
		.len = 1,
		.done = on_first_read,
	};
	error = event_file_read(event, &reader->chains[0].read, file_read_io(arena->params));
	if (!error)
		return 0;
out_free:
	free(reader);
	return error;
}
