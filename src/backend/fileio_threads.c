// SPDX-License-Identifier: MIT
/*
 * Reading files with a pool of threads, as runtimes do that have nothing better: jobs go out
 * through a channel, and those that are done come back in a list, whose first one signals an
 * eventfd. So a busy pool costs a wake-up for each time that the loop looks, not for each read.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "channel.h"
#include "fileio.h"

enum {
	POOL_THREADS = 4, /* as many as libuv starts */
	POOL_DEPTH = 1024,
};

struct pool {
	struct fileio io;
	struct chan *jobs; /* addresses of reads; never full */
	pthread_t threads[POOL_THREADS];
	int n_threads;
	int wake; /* an eventfd, signalled when `finished` is no longer empty */
	ev_io news;
	_Atomic(struct file_read *) finished; /* last first; pushed by the threads, taken whole */
};

/* ---- on the pool's threads ---- */

static void pool_finish(struct pool *pool, struct file_read *read)
{
	struct file_read *last = atomic_load_explicit(&pool->finished, memory_order_relaxed);

	/*
	 * Release: who takes the list sees the result and the bytes. Once it is in, the read is no
	 * longer ours. Ends: another thread has pushed itself each time.
	 */
	do
		read->next = last;
	while (!atomic_compare_exchange_weak_explicit(&pool->finished, &last, read,
												  memory_order_release, memory_order_relaxed));
	if (!last)
		eventfd_write(pool->wake, 1);
}

static void *pool_main(void *self)
{
	struct pool *pool = self;
	struct gen_value job;

	/* Ends when the channel is closed. */
	while ((job = channel_get(pool->jobs)).more) {
		struct file_read *read = (struct file_read *)(uintptr_t)job.value;

		read->result = fileio_read_now(read->name, read->buf, read->len);
		pool_finish(pool, read);
	}
	return NULL;
}

/* ---- on the loop's thread ---- */

/* The list, first in, first out. */
static struct file_read *pool_take_finished(struct pool *pool)
{
	struct file_read *read, *next, *first = NULL;

	read = atomic_exchange_explicit(&pool->finished, NULL, memory_order_acquire);
	for (; read; read = next) {
		next = read->next;
		read->next = first;
		first = read;
	}
	return first;
}

/* The signal is taken back first: whoever pushes after the list was taken gives a new one. */
static void pool_on_news(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct pool *pool = watcher->data;
	struct file_read *read, *next;
	eventfd_t count;

	(void)loop;
	(void)revents;
	eventfd_read(pool->wake, &count);
	for (read = pool_take_finished(pool); read; read = next) {
		next = read->next;
		fileio_done(&pool->io, read);
	}
}

static void pool_end_threads(struct pool *pool)
{
	channel_close(pool->jobs);
	while (pool->n_threads > 0)
		pthread_join(pool->threads[--pool->n_threads], NULL);
}

/* Signals are for the role's main thread. */
static int pool_start_threads(struct pool *pool)
{
	pthread_attr_t attr;
	sigset_t all;
	int error;

	sigfillset(&all);
	error = pthread_attr_init(&attr);
	if (error)
		return -error;
	error = pthread_attr_setsigmask_np(&attr, &all);
	while (!error && pool->n_threads < POOL_THREADS) {
		error = pthread_create(&pool->threads[pool->n_threads], &attr, pool_main, pool);
		pool->n_threads += error == 0;
	}
	pthread_attr_destroy(&attr);
	if (error)
		pool_end_threads(pool);
	return -error;
}

static int pool_open(struct fileio *io)
{
	struct pool *pool = (struct pool *)io;
	int error = -ENOMEM;

	pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->wake < 0)
		return -errno;
	pool->jobs = channel_open(POOL_DEPTH, CHANNEL_RING, false);
	if (!pool->jobs)
		goto out_close_wake;
	error = pool_start_threads(pool);
	if (error)
		goto out_free_jobs;
	fileio_watch(io, &pool->news, pool->wake, pool_on_news);
	return 0;

out_free_jobs:
	channel_free(pool->jobs);
out_close_wake:
	close(pool->wake);
	return error;
}

static void pool_take(struct fileio *io, struct file_read *read)
{
	channel_put(((struct pool *)io)->jobs, (uintptr_t)read);
}

static void pool_flush(struct fileio *io)
{
	(void)io; /* the channel has woken who is needed */
}

static void pool_close(struct fileio *io)
{
	struct pool *pool = (struct pool *)io;

	fileio_unwatch(io, &pool->news);
	pool_end_threads(pool);
	channel_free(pool->jobs);
	close(pool->wake);
}

const struct fileio_engine fileio_threads = {
	.bytes = sizeof(struct pool),
	.depth = POOL_DEPTH,
	.open = pool_open,
	.take = pool_take,
	.flush = pool_flush,
	.close = pool_close,
};
