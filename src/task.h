// SPDX-License-Identifier: MIT
/*
 * The task interface: what a direct-style body may do. One table of functions, no state.
 *
 * A body written against it runs unchanged as coroutines, threads and forked processes. The rules
 * that make this possible:
 *   - no pointer into one task's stack ever reaches another task;
 *   - what tasks share lies in the arena, in channels and behind locks; bodies have no mutable
 *     globals;
 *   - a descriptor has one owner: passing it to task_spawn moves it, the parent's is gone;
 *   - calls that can fail return -errno.
 *
 * A slot of the table *is* the backend's function, and the forwarders below are all there is
 * between a body and it. gen_next and gen_yield leave in tail position, because a frame that
 * returns across a stack switch costs 15-20 ns in mispredicted returns.
 */
#ifndef CONCBENCH_TASK_H
#define CONCBENCH_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "file.h"
#include "post.h"

struct arena;
struct chan;
struct gen;
struct lock;
struct postbox;
struct task_ops;

enum { TASK_ARG_MAX = 64 };

/* `arg` points to the task's own copy of the argument; `fd` is the descriptor it owns, or -1. */
typedef void task_fn(const struct task_ops *t, struct arena *arena, const void *arg, int fd);

typedef void gen_fn(const struct task_ops *t, struct arena *arena, struct gen *self,
					const void *arg);

/*
 * What comes out of a generator, a channel or a postbox. Two registers wide, so that a value
 * crosses a switch without touching memory.
 */
struct gen_value {
	uint64_t value;
	uint64_t more; /* 0: this is the end and `value` is 0 */
};

/* What a lock is made of. A rwlock is taken for writing, a semaphore counts to one. */
enum task_lock {
	TASK_LOCK_MUTEX,
	TASK_LOCK_SPIN,
	TASK_LOCK_RWLOCK,
	TASK_LOCK_SEMAPHORE,
};

struct task_ops {
	int (*spawn)(task_fn *fn, const void *arg, size_t len, int fd);
	int (*join)(void);
	int (*sleep_until)(int64_t deadline_ns);
	void (*yield)(void);

	int (*accept)(int fd);
	int (*connect)(uint16_t port);
	ssize_t (*read)(int fd, void *buf, size_t len);
	ssize_t (*write)(int fd, const void *buf, size_t len);
	void (*close)(int fd);
	int (*read_timeout)(int fd, int64_t timeout_ns);

	ssize_t (*file_read)(const char *name, void *buf, size_t len, enum file_io io);

	struct gen *(*gen_open)(gen_fn *fn, const void *arg, size_t len);
	struct gen_value (*gen_next)(struct gen *gen);
	uint64_t (*gen_yield)(struct gen *self, uint64_t value);
	void (*gen_close)(struct gen *gen);

	struct chan *(*chan_open)(uint32_t capacity);
	int (*chan_put)(struct chan *chan, uint64_t value);
	struct gen_value (*chan_get)(struct chan *chan);
	void (*chan_close)(struct chan *chan);
	void (*chan_free)(struct chan *chan);

	struct lock *(*lock_open)(enum task_lock kind);
	void (*lock_acquire)(struct lock *lock);
	void (*lock_release)(struct lock *lock);
	void (*lock_free)(struct lock *lock);

	struct postbox *(*post_open)(post_fn *fn, uint32_t posters, uint32_t inflight);
	struct gen_value (*post_next)(struct postbox *box);
	void (*post_reply)(struct postbox *box, uint64_t result);
	void (*post_close)(struct postbox *box);
};

/*
 * Starts a child of the calling task: fn runs with a copy of the `len` (0..TASK_ARG_MAX) bytes at
 * `arg` and owns `fd` (-1: none). On failure (-EAGAIN, -ENOMEM) the caller keeps `fd`.
 */
static inline int task_spawn(const struct task_ops *t, task_fn *fn, const void *arg, size_t len,
							 int fd)
{
	return t->spawn(fn, arg, len, fd);
}

/* Waits until every child of the calling task has ended. -ECHILD if one did not end by itself. */
static inline int task_join(const struct task_ops *t)
{
	return t->join();
}

/* Sleeps until clock_now_ns() >= deadline_ns; a past deadline returns at once. */
static inline int task_sleep_until(const struct task_ops *t, int64_t deadline_ns)
{
	return t->sleep_until(deadline_ns);
}

/* Lets other runnable tasks run. */
static inline void task_yield(const struct task_ops *t)
{
	t->yield();
}

/* The next connection on a listening socket, ready for task_read and task_write; or -errno. */
static inline int task_accept(const struct task_ops *t, int fd)
{
	return t->accept(fd);
}

/* A connection to 127.0.0.1:port, or -errno (-ECONNREFUSED where nobody listens). */
static inline int task_connect(const struct task_ops *t, uint16_t port)
{
	return t->connect(port);
}

/* At least one byte, at most `len`, from a socket; 0 at the end of the stream; or -errno. */
static inline ssize_t task_read(const struct task_ops *t, int fd, void *buf, size_t len)
{
	return t->read(fd, buf, len);
}

/* Writes at least one byte, at most `len`, to a socket; -EPIPE where nobody reads; or -errno. */
static inline ssize_t task_write(const struct task_ops *t, int fd, const void *buf, size_t len)
{
	return t->write(fd, buf, len);
}

/* Closes a descriptor that the calling task owns. */
static inline void task_close(const struct task_ops *t, int fd)
{
	t->close(fd);
}

/*
 * From now on a task_read on this socket, which the calling task owns, returns -EAGAIN when nothing
 * has come for `timeout_ns` (1 us .. 1 h), or up to a quarter longer. 0 or -errno.
 */
static inline int task_read_timeout(const struct task_ops *t, int fd, int64_t timeout_ns)
{
	return t->read_timeout(fd, timeout_ns);
}

/*
 * Reads the first `len` bytes (1 .. 1 GiB) of a file, or all where it is shorter, from its opening
 * to its closing. How many bytes, or -errno; -ENOTSUP where the backend has no such way (`io`).
 * Neither `name` nor `buf` may lie on a task's stack: while the task waits, another thread or the
 * kernel uses them, and its stack may be put away. The heap and the arena will do.
 */
static inline ssize_t task_file_read(const struct task_ops *t, const char *name, void *buf,
									 size_t len, enum file_io io)
{
	return t->file_read(name, buf, len, io);
}

/*
 * A generator that will run `fn`, with its own copy of the argument, when its first value is
 * pulled. NULL when there is no room. It is pulled and closed by the task that opened it.
 */
static inline struct gen *gen_open(const struct task_ops *t, gen_fn *fn, const void *arg,
								   size_t len)
{
	return t->gen_open(fn, arg, len);
}

/* Pulls the next value. Once fn has returned, every call says `more` = 0. */
static inline struct gen_value gen_next(const struct task_ops *t, struct gen *gen)
{
	return t->gen_next(gen);
}

/* Inside fn: hands `value` out and waits. 0: the generator was closed, fn must return now. */
static inline uint64_t gen_yield(const struct task_ops *t, struct gen *self, uint64_t value)
{
	return t->gen_yield(self, value);
}

/* Ends a generator, whether or not it has come to its end, and gives back what it held. */
static inline void gen_close(const struct task_ops *t, struct gen *gen)
{
	t->gen_close(gen);
}

/*
 * A channel: a bounded queue of 64-bit values, first in, first out, for any number of producers
 * and consumers. It lies where every task of the trial sees it at the same address, so that the
 * pointer may travel in the argument of a child. NULL when there is no room; capacity >= 1.
 *
 * A task opens it before it spawns those that use it, and frees it when they have ended.
 */
static inline struct chan *chan_open(const struct task_ops *t, uint32_t capacity)
{
	return t->chan_open(capacity);
}

/* Puts a value in; waits while the channel is full. 0, or -EPIPE once the channel is closed. */
static inline int chan_put(const struct task_ops *t, struct chan *chan, uint64_t value)
{
	return t->chan_put(chan, value);
}

/* Takes the oldest value out; waits while there is none. `more` = 0 once closed and empty. */
static inline struct gen_value chan_get(const struct task_ops *t, struct chan *chan)
{
	return t->chan_get(chan);
}

/*
 * Closes a channel, once or again: whoever waits in it is woken, and what is in it can still be
 * taken. A value whose chan_put runs at the same time may be left behind.
 */
static inline void chan_close(const struct task_ops *t, struct chan *chan)
{
	t->chan_close(chan);
}

/* Gives back what a channel held. By the task that opened it, when nobody uses it any more. */
static inline void chan_free(const struct task_ops *t, struct chan *chan)
{
	t->chan_free(chan);
}

/* A lock that nobody holds; opened, passed on and freed as a channel is. NULL: no such lock. */
static inline struct lock *lock_open(const struct task_ops *t, enum task_lock kind)
{
	return t->lock_open(kind);
}

/* Waits until the calling task alone holds the lock. It must not hold it already. */
static inline void lock_acquire(const struct task_ops *t, struct lock *lock)
{
	t->lock_acquire(lock);
}

/* Lets go of a lock; by the task that acquired it. */
static inline void lock_release(const struct task_ops *t, struct lock *lock)
{
	t->lock_release(lock);
}

static inline void lock_free(const struct task_ops *t, struct lock *lock)
{
	t->lock_free(lock);
}

/*
 * Starts `posters` threads outside of the scheduler, or processes where tasks are processes, which
 * run `fn` and post calls to the calling task, each at most `inflight` unanswered ones at a time
 * (see post.h). NULL when they cannot be started. The task alone uses the postbox; it closes it
 * before it joins children or ends.
 */
static inline struct postbox *post_open(const struct task_ops *t, post_fn *fn, uint32_t posters,
										uint32_t inflight)
{
	return t->post_open(fn, posters, inflight);
}

/* The next call, in the order in which they came; waits for it. `more` = 0: all posters ended. */
static inline struct gen_value post_next(const struct task_ops *t, struct postbox *box)
{
	return t->post_next(box);
}

/* Answers the call that post_next gave last, once. */
static inline void post_reply(const struct task_ops *t, struct postbox *box, uint64_t result)
{
	t->post_reply(box, result);
}

/* Tells posters that still run to end, and waits until all have ended. */
static inline void post_close(const struct task_ops *t, struct postbox *box)
{
	t->post_close(box);
}

#endif
