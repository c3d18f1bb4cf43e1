// SPDX-License-Identifier: MIT
/*
 * Reading files through io_uring: a read is a chain of three requests, and all chains of a turn are
 * submitted by one system call. The ring's own descriptor tells the loop that there are results.
 *
 *   open into slot s  --link-->  read slot s  --hard link-->  close slot s
 *   fails: ends here             short, or fails: goes on      always says that it is done
 *
 * The file goes into a slot of the ring and never becomes a descriptor, so that the chain can be
 * written before the file is open. Opening first, and submitting the rest when that has ended, was
 * 6 % slower with 16 reads under way. Requests keep quiet when they succeed, but for the last: one
 * result a read, and one more where something is to be told. Cached blocks are read inside the
 * system call; what has to wait for the disk, the kernel hands to threads of its own.
 */
#include "fileio.h"

#include <errno.h>

#if __has_include(<liburing.h>)
#include <liburing.h>
#endif

#ifdef IORING_SETUP_SUBMIT_ALL /* by liburing 2.2 and later */

#include <fcntl.h>
#include <string.h>

enum {
	URING_DEPTH = 128,
	URING_STEPS = 4, /* a power of two; three are used */
};

enum uring_step { URING_OPEN, URING_READ, URING_CLOSE };

struct uring {
	struct fileio io;
	struct io_uring ring;
	ev_io news;
	struct file_read *reads[URING_DEPTH]; /* by slot */
	uint32_t free[URING_DEPTH];           /* slots that are, last in, first out */
	uint32_t n_free;
};

/* A ring that goes on behind a request that cannot be begun, with slots for files. 0 or -errno. */
static int uring_init(struct io_uring *ring)
{
	struct io_uring_params params = {.flags = IORING_SETUP_SUBMIT_ALL};
	int none[URING_DEPTH];
	int error = io_uring_queue_init_params(URING_DEPTH * URING_STEPS, ring, &params);

	if (error)
		return error;
	memset(none, -1, sizeof(none));
	error = params.features & IORING_FEAT_CQE_SKIP ? 0 : -EINVAL;
	if (!error)
		error = io_uring_register_files(ring, none, URING_DEPTH);
	if (error)
		io_uring_queue_exit(ring);
	return error;
}

static const char *uring_unavailable(void)
{
	struct io_uring ring;
	const int error = uring_init(&ring);

	switch (error) {
	case 0:
		io_uring_queue_exit(&ring);
		return NULL;
	case -ENOSYS:
		return "this kernel has no io_uring";
	case -EPERM:
	case -EACCES:
		return "io_uring is not permitted here";
	case -EINVAL:
		return "the io_uring of this kernel is too old (it takes Linux 5.18)";
	case -EMFILE:
	case -ENFILE:
		return "io_uring needs more descriptors than RLIMIT_NOFILE allows";
	default:
		return "io_uring cannot be set up here";
	}
}

/* ---- results ---- */

/* A result of one step of the read in a slot. */
static void uring_result(struct uring *uring, uint32_t slot, enum uring_step step, int result)
{
	struct file_read *read = uring->reads[slot];

	if (step != URING_CLOSE)
		read->result = result;
	/* After an open that failed nothing else is heard of. */
	if (step == URING_READ)
		return;
	uring->free[uring->n_free++] = slot;
	fileio_done(&uring->io, read);
}

static void uring_on_news(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct uring *uring = watcher->data;
	struct io_uring_cqe *cqe;
	unsigned head, n = 0;

	(void)loop;
	(void)revents;
	io_uring_for_each_cqe(&uring->ring, head, cqe)
	{
		uring_result(uring, (uint32_t)cqe->user_data / URING_STEPS,
					 (enum uring_step)(cqe->user_data % URING_STEPS), cqe->res);
		n++;
	}
	io_uring_cq_advance(&uring->ring, n);
}

/* ---- the engine ---- */

static int uring_open(struct fileio *io)
{
	struct uring *uring = (struct uring *)io;
	const int error = uring_init(&uring->ring);

	if (error)
		return error;
	while (uring->n_free < URING_DEPTH) {
		uring->free[uring->n_free] = uring->n_free;
		uring->n_free++;
	}
	ev_io_init(&uring->news, uring_on_news, uring->ring.ring_fd, EV_READ);
	uring->news.data = uring;
	ev_io_start(io->loop, &uring->news);
	ev_unref(io->loop); /* what keeps the loop alive are the reads */
	return 0;
}

/* There is room for all steps of as many reads as there are slots. */
static struct io_uring_sqe *uring_request(struct uring *uring)
{
	return io_uring_get_sqe(&uring->ring);
}

static void uring_take(struct fileio *io, struct file_read *read)
{
	struct uring *uring = (struct uring *)io;
	const uint32_t slot = uring->free[--uring->n_free];
	struct io_uring_sqe *sqe = uring_request(uring);

	uring->reads[slot] = read;
	read->result = (ssize_t)read->len;
	io_uring_prep_openat_direct(sqe, AT_FDCWD, read->name, O_RDONLY, 0, slot);
	sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
	sqe->user_data = slot * URING_STEPS + URING_OPEN;

	sqe = uring_request(uring);
	io_uring_prep_read(sqe, (int)slot, read->buf, (unsigned)read->len, 0);
	sqe->flags |= IOSQE_FIXED_FILE | IOSQE_IO_HARDLINK | IOSQE_CQE_SKIP_SUCCESS;
	sqe->user_data = slot * URING_STEPS + URING_READ;

	sqe = uring_request(uring);
	io_uring_prep_close_direct(sqe, slot);
	sqe->user_data = slot * URING_STEPS + URING_CLOSE;
}

/* Ends when the kernel has memory for all of them; another error could only be a defect of ours. */
static void uring_flush(struct fileio *io)
{
	struct io_uring *ring = &((struct uring *)io)->ring;
	int n;

	do
		n = io_uring_submit(ring);
	while (n == -EINTR || n == -EAGAIN);
}

static void uring_close(struct fileio *io)
{
	struct uring *uring = (struct uring *)io;

	ev_ref(io->loop);
	ev_io_stop(io->loop, &uring->news);
	io_uring_queue_exit(&uring->ring);
}

const struct fileio_engine fileio_uring = {
	.bytes = sizeof(struct uring),
	.depth = URING_DEPTH,
	.unavailable = uring_unavailable,
	.open = uring_open,
	.take = uring_take,
	.flush = uring_flush,
	.close = uring_close,
};

#else

static const char *uring_unavailable(void)
{
	return "built without liburing (liburing-dev, 2.2 or later)";
}

static int uring_open(struct fileio *io)
{
	(void)io;
	return -ENOSYS;
}

/* What has not been opened has nothing to do. */
const struct fileio_engine fileio_uring = {
	.bytes = sizeof(struct fileio),
	.unavailable = uring_unavailable,
	.open = uring_open,
};

#endif
