// SPDX-License-Identifier: MIT
/*
 * The backend `thread`: a POSIX thread for each task and each generator, blocking calls, the
 * kernel's scheduler. Stacks are pthread's own, as small as the body allows, each with its guard
 * page.
 *
 * A parent learns of ended children through a list that they push themselves on; it joins those
 * threads when it spawns the next one or waits for all, so that a server's root does not gather
 * dead threads, and a parent that waits for a thousand children is woken once.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "backend.h"
#include "channel.h"
#include "clock.h"
#include "fileio.h"
#include "handoff.h"
#include "mutual.h"
#include "net.h"
#include "postbox.h"
#include "slab.h"
#include "spread.h"

enum {
	/* Beside the body's own need: the thread's descriptor and the static TLS, which glibc takes
	 * from the stack, and the frames of thread_main and of libc's start routine. */
	THREAD_STACK_MARGIN = 8 * 1024,
	/* Measured: 16 KiB kernel stack, task_struct and slab, touched stack pages. */
	THREAD_BYTES_PER_TASK = 26 * 1024,
};

enum thread_option { THREAD_STACK_SIZE, THREAD_HANDOFF, THREAD_QUEUE };

static const struct param_row thread_options[] = {
	{"stack_size", PARAM_BYTES, "0", 0, 1 << 30, NULL,
	 "stack of a thread, at least what the role needs; 0: just that"},
	{"handoff", PARAM_CHOICE, "futex", 0, 0, "futex|condvar|sem|pipe|eventfd|spin",
	 "how a generator and its consumer wake each other"},
	{"queue", PARAM_CHOICE, "ring", 0, 0, "ring|condvar",
	 "what a channel is: a ring without a lock, or a mutex and two condition variables"},
	{0},
};

static const enum handoff_kind thread_handoffs[] = {
	HANDOFF_FUTEX, HANDOFF_CONDVAR, HANDOFF_SEM, HANDOFF_PIPE, HANDOFF_EVENTFD, HANDOFF_SPIN,
};

static const enum channel_kind thread_queues[] = {CHANNEL_RING, CHANNEL_CONDVAR};

/* A task. Its parent writes it before the thread starts and frees it after the thread ended. */
struct thread_task {
	pthread_t thread; /* the parent's: the child may run before it is set */
	struct thread_task *parent;
	task_fn *fn;
	int fd;
	uint32_t turn; /* of the spread */
	_Alignas(16) char arg[TASK_ARG_MAX];

	_Atomic uint32_t alive;              /* children that run; a futex, woken at 0 */
	_Atomic(struct thread_task *) ended; /* children to be joined, last first */
	struct thread_task *next;            /* in the parent's list `ended` */
};

struct gen {
	struct thread_task task; /* a generator may spawn, too */
	struct handoff handoff;
	gen_fn *fn;
};

/* The one mutable object of the backend; constant while there is a second thread. */
static struct {
	struct arena *arena;
	struct spread *spread;
	struct slab *tasks, *gens;
	pthread_attr_t attr;
	enum handoff_kind handoff;
	enum channel_kind queue;
	struct thread_task root;
	char reason[128]; /* what thread_unavailable has returned */
} thread_state;

static _Thread_local struct thread_task *thread_self;

static const struct task_ops thread_ops;

/* ---- tasks ---- */

static void thread_task_init(struct thread_task *task, const void *arg, size_t len)
{
	atomic_init(&task->alive, 0);
	atomic_init(&task->ended, NULL);
	task->turn = spread_take(thread_state.spread);
	if (len)
		memcpy(task->arg, arg, len);
}

/* Joins the children that have ended by now. */
static void thread_reap(struct thread_task *self)
{
	struct thread_task *child, *next;

	if (!atomic_load_explicit(&self->ended, memory_order_relaxed))
		return;
	child = atomic_exchange_explicit(&self->ended, NULL, memory_order_acquire);
	for (; child; child = next) {
		next = child->next;
		pthread_join(child->thread, NULL);
		slab_release(child);
	}
}

static int thread_join(void)
{
	struct thread_task *self = thread_self;
	uint32_t alive;

	while ((alive = atomic_load_explicit(&self->alive, memory_order_acquire)) != 0)
		syscall(SYS_futex, &self->alive, FUTEX_WAIT_PRIVATE, alive, NULL, NULL, 0);
	thread_reap(self);
	return 0;
}

/* Tells the parent. It cannot free itself or `task` before this thread has ended altogether. */
static void thread_task_end(struct thread_task *task)
{
	struct thread_task *parent = task->parent;

	task->next = atomic_load_explicit(&parent->ended, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&parent->ended, &task->next, task,
												  memory_order_release, memory_order_relaxed))
		; /* ends: another child has pushed itself each time */
	if (atomic_fetch_sub_explicit(&parent->alive, 1, memory_order_acq_rel) == 1)
		syscall(SYS_futex, &parent->alive, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* What every thread does first. */
static void thread_begin(struct thread_task *self)
{
	int error = spread_enter(thread_state.spread, self->turn);

	thread_self = self;
	if (error)
		arena_fail(thread_state.arena, "CPU placement", error);
}

static void *thread_main(void *self)
{
	struct thread_task *task = self;

	thread_begin(task);
	task->fn(&thread_ops, thread_state.arena, task->arg, task->fd);
	thread_join();
	thread_task_end(task);
	return NULL;
}

static int thread_spawn(task_fn *fn, const void *arg, size_t len, int fd)
{
	struct thread_task *self = thread_self;
	struct thread_task *child;
	int error;

	thread_reap(self);
	child = slab_claim(thread_state.tasks);
	if (!child)
		return -EAGAIN;
	thread_task_init(child, arg, len);
	child->parent = self;
	child->fn = fn;
	child->fd = fd;
	atomic_fetch_add_explicit(&self->alive, 1, memory_order_relaxed);
	error = pthread_create(&child->thread, &thread_state.attr, thread_main, child);
	if (error) {
		/* No waker is needed: only this thread waits for the number. */
		atomic_fetch_sub_explicit(&self->alive, 1, memory_order_relaxed);
		slab_release(child);
		return error == ENOMEM ? -ENOMEM : -EAGAIN;
	}
	return 0;
}

static int thread_sleep_until(int64_t deadline_ns)
{
	const struct timespec deadline = clock_timespec(deadline_ns > 0 ? deadline_ns : 0);
	int error;

	do
		error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
	while (error == EINTR);
	return -error;
}

static void thread_yield(void)
{
	sched_yield();
}

static int thread_accept(int fd)
{
	return net_accept(fd, false);
}

static void thread_close(int fd)
{
	close(fd);
}

/* ---- generators ---- */

static void *thread_gen_main(void *self)
{
	struct gen *gen = self;

	thread_begin(&gen->task);
	if (handoff_begin(&gen->handoff))
		gen->fn(&thread_ops, thread_state.arena, gen, gen->task.arg);
	thread_join();
	handoff_end(&gen->handoff, false);
	return NULL;
}

static struct gen *thread_gen_open(gen_fn *fn, const void *arg, size_t len)
{
	struct gen *gen = slab_claim(thread_state.gens);

	if (!gen)
		return NULL;
	thread_task_init(&gen->task, arg, len);
	gen->fn = fn;
	if (handoff_init(&gen->handoff, thread_state.handoff, false))
		goto out_release;
	if (pthread_create(&gen->task.thread, &thread_state.attr, thread_gen_main, gen))
		goto out_release_handoff;
	return gen;

out_release_handoff:
	handoff_release(&gen->handoff);
out_release:
	slab_release(gen);
	return NULL;
}

static struct gen_value thread_gen_next(struct gen *gen)
{
	return handoff_next(&gen->handoff);
}

static uint64_t thread_gen_yield(struct gen *self, uint64_t value)
{
	return handoff_yield(&self->handoff, value);
}

static void thread_gen_close(struct gen *gen)
{
	handoff_close(&gen->handoff);
	pthread_join(gen->task.thread, NULL);
	handoff_release(&gen->handoff);
	slab_release(gen);
}

/* ---- channels and locks ---- */

static struct chan *thread_chan_open(uint32_t capacity)
{
	return channel_open(capacity, thread_state.queue, false, thread_state.spread);
}

static struct lock *thread_lock_open(enum task_lock kind)
{
	return mutual_open(kind, false);
}

/* ---- posters ---- */

static struct postbox *thread_post_open(post_fn *fn, uint32_t posters, uint32_t inflight)
{
	const struct postbox_plan plan = {
		.fn = fn,
		.arena = thread_state.arena,
		.posters = posters,
		.inflight = inflight,
		.spread = thread_state.spread,
	};
	struct postbox *box = postbox_new(&plan);

	if (box && postbox_start_threads(box)) {
		postbox_free(box);
		return NULL;
	}
	return box;
}

static void thread_post_close(struct postbox *box)
{
	postbox_stop_threads(box);
	postbox_free(box);
}

/* ---- the backend ---- */

/* The smallest stack that the role's body and the thread itself can do with. */
static size_t thread_stack_least(const struct backend_config *config)
{
	const size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
	const size_t needed = config->stack_bytes + THREAD_STACK_MARGIN;

	return needed > least ? needed : least;
}

static const char *thread_unavailable(const struct backend_config *config)
{
	const size_t stack_size = (size_t)config->options[THREAD_STACK_SIZE];
	const size_t least = thread_stack_least(config);

	if (stack_size && stack_size < least) {
		snprintf(thread_state.reason, sizeof(thread_state.reason),
				 "stack_size=%zu is below the %zu bytes that this role's threads need", stack_size,
				 least);
		return thread_state.reason;
	}
	return handoff_unavailable(thread_handoffs[config->options[THREAD_HANDOFF]],
							   config->tasks_max + 1);
}

static struct backend_demand thread_demand(const struct backend_config *config)
{
	return (struct backend_demand){
		.pids_per_task = 1,
		.maps_per_task = 2, /* stack and guard */
		.fds_per_task = handoff_fds(thread_handoffs[config->options[THREAD_HANDOFF]]),
		.bytes_per_task = THREAD_BYTES_PER_TASK,
	};
}

/* The attributes of every thread: its stack, and all signals blocked without a call of its own. */
static int thread_attr_init(const struct backend_config *config)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t wanted = (size_t)config->options[THREAD_STACK_SIZE];
	const size_t bytes = wanted ? wanted : thread_stack_least(config);
	sigset_t all;
	int error;

	sigfillset(&all);
	error = pthread_attr_init(&thread_state.attr);
	if (!error)
		error = pthread_attr_setstacksize(&thread_state.attr, (bytes + page - 1) / page * page);
	if (!error)
		error = pthread_attr_setsigmask_np(&thread_state.attr, &all);
	return -error;
}

static int thread_prepare(const struct backend_config *config)
{
	/* Ended children that their parent has not joined yet still hold their block. */
	const uint32_t n_blocks = 2 * config->tasks_max + 1;
	int error = thread_attr_init(config);

	if (error)
		return error;
	thread_state.arena = config->arena;
	thread_state.spread = config->spread;
	thread_state.handoff = thread_handoffs[config->options[THREAD_HANDOFF]];
	thread_state.queue = thread_queues[config->options[THREAD_QUEUE]];
	thread_state.tasks = slab_open(n_blocks, sizeof(struct thread_task), false);
	if (!thread_state.tasks)
		goto out_destroy_attr;
	thread_state.gens = slab_open(n_blocks, sizeof(struct gen), false);
	if (!thread_state.gens)
		goto out_close_tasks;
	return 0;

out_close_tasks:
	slab_close(thread_state.tasks);
out_destroy_attr:
	pthread_attr_destroy(&thread_state.attr);
	return -ENOMEM;
}

static int thread_run(const struct backend_config *config, const struct backend_body *body)
{
	int error;

	thread_self = &thread_state.root; /* a task of zeroes: without children */
	body->task(&thread_ops, config->arena, thread_state.root.arg, body->fd);
	error = thread_join();
	slab_close(thread_state.gens);
	slab_close(thread_state.tasks);
	pthread_attr_destroy(&thread_state.attr);
	return error;
}

static const char *thread_guard(void)
{
	return "pthread guard page";
}

static const struct task_ops thread_ops = {
	.spawn = thread_spawn,
	.join = thread_join,
	.sleep_until = thread_sleep_until,
	.yield = thread_yield,
	.accept = thread_accept,
	.connect = net_connect,
	.read = net_recv,
	.write = net_send,
	.close = thread_close,
	.read_timeout = net_read_timeout,
	.file_read = fileio_read_blocking,
	.gen_open = thread_gen_open,
	.gen_next = thread_gen_next,
	.gen_yield = thread_gen_yield,
	.gen_close = thread_gen_close,
	.chan_open = thread_chan_open,
	.chan_put = channel_put,
	.chan_get = channel_get,
	.chan_close = channel_close,
	.chan_free = channel_free,
	.lock_open = thread_lock_open,
	.lock_acquire = mutual_acquire,
	.lock_release = mutual_release,
	.lock_free = mutual_free,
	.post_open = thread_post_open,
	.post_next = postbox_next,
	.post_reply = postbox_reply,
	.post_close = thread_post_close,
};

const struct backend thread_backend = {
	.name = "thread",
	.summary = "a POSIX thread for each task, blocking calls",
	.style = BACKEND_TASK,
	.carrier = BACKEND_CARRIER_THREAD,
	.options = thread_options,
	.task = &thread_ops,
	.unavailable = thread_unavailable,
	.demand = thread_demand,
	.prepare = thread_prepare,
	.run = thread_run,
	.guard = thread_guard,
};
