// SPDX-License-Identifier: MIT
/*
 * Reading files with a pool of threads, as runtimes do that have nothing better: jobs go out
 * through a channel, and those that are done come back in a list, whose first one wakes the loop by
 * an ev_async. So the way back costs at most one system call for each time that the loop waits, and
 * none for each read; the way out costs one for each thread that has to be woken.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

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
	ev_async news;                        /* sent when `finished` is no longer empty */
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
	if (last)
		return;
	/*
	 * ev_async_send begins with a plain store, which could overtake the push. Not C11's fence,
	 * which gcc refuses to build with TSan.
	 */
	__sync_synchronize();
	ev_async_send(pool->io.loop, &pool->news);
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

/* libev takes the signal back first: whoever pushes after the list was taken gives a new one. */
static void pool_on_news(struct ev_loop *loop, ev_async *watcher, int revents)
{
	struct pool *pool = watcher->data;
	struct file_read *read, *next;

	(void)loop;
	(void)revents;
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

/* All but the threads. */
static void pool_release(struct pool *pool)
{
	ev_ref(pool->io.loop);
	ev_async_stop(pool->io.loop, &pool->news);
	channel_free(pool->jobs);
}

static int pool_open(struct fileio *io)
{
	struct pool *pool = (struct pool *)io;
	int error;

	pool->jobs = channel_open(POOL_DEPTH, CHANNEL_RING, false, NULL);
	if (!pool->jobs)
		return -ENOMEM;
	ev_async_init(&pool->news, pool_on_news);
	pool->news.data = pool;
	ev_async_start(io->loop, &pool->news);
	ev_unref(io->loop); /* what keeps the loop alive are the reads */
	error = pool_start_threads(pool);
	if (error)
		pool_release(pool);
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
	pool_end_threads((struct pool *)io);
	pool_release((struct pool *)io);
}

const struct fileio_engine fileio_threads = {
	.bytes = sizeof(struct pool),
	.depth = POOL_DEPTH,
	.open = pool_open,
	.take = pool_take,
	.flush = pool_flush,
	.close = pool_close,
};
