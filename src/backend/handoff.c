// SPDX-License-Identifier: MIT
/*
 * Batons of every kind, and the exchange of values over a pair of them; see handoff.h.
 *
 * A failing wait or signal on a baton that was set up can only be a defect of ours, so there is
 * nothing to return: such a generator stands still and the trial's deadline tells.
 */
#include "handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "spin.h"

struct baton_ops {
	int (*init)(struct baton *baton, bool shared);
	void (*release)(struct baton *baton);
	void (*signal)(struct baton *baton);
	void (*wait)(struct baton *baton);
	int n_fds;
};

/* ---- futex ---- */

/*
 * The waiter says when it sleeps, so that a signal that comes before costs no system call, and one
 * that comes after costs exactly one.
 */
enum { WORD_EMPTY, WORD_SET, WORD_SLEEPING };

static int futex_init(struct baton *baton, bool shared)
{
	atomic_init(&baton->word, WORD_EMPTY);
	baton->futex_flags = shared ? 0 : FUTEX_PRIVATE_FLAG;
	return 0;
}

static void futex_signal(struct baton *baton)
{
	/* Release: the value is visible to whoever sees the word. */
	if (atomic_exchange_explicit(&baton->word, WORD_SET, memory_order_release) == WORD_SLEEPING)
		syscall(SYS_futex, &baton->word, FUTEX_WAKE | baton->futex_flags, 1, NULL, NULL, 0);
}

static void futex_wait(struct baton *baton)
{
	uint32_t seen = WORD_EMPTY;

	if (atomic_compare_exchange_strong_explicit(&baton->word, &seen, WORD_SLEEPING,
												memory_order_acquire, memory_order_acquire))
		do
			syscall(SYS_futex, &baton->word, FUTEX_WAIT | baton->futex_flags, WORD_SLEEPING, NULL,
					NULL, 0);
		while (atomic_load_explicit(&baton->word, memory_order_acquire) == WORD_SLEEPING);
	atomic_store_explicit(&baton->word, WORD_EMPTY, memory_order_relaxed);
}

static void baton_release_nothing(struct baton *baton)
{
	(void)baton;
}

/* ---- spin ---- */

/* After this many looks (some 100 us) the other side is taken not to have a CPU of its own. */
enum { SPIN_LOOKS_BEFORE_YIELD = 4096 };

static void spin_signal(struct baton *baton)
{
	atomic_store_explicit(&baton->word, WORD_SET, memory_order_release);
}

static void spin_wait(struct baton *baton)
{
	for (unsigned looks = 1; atomic_load_explicit(&baton->word, memory_order_acquire) != WORD_SET;
		 looks++) {
		spin_pause(1);
		if (looks % SPIN_LOOKS_BEFORE_YIELD == 0)
			sched_yield();
	}
	atomic_store_explicit(&baton->word, WORD_EMPTY, memory_order_relaxed);
}

/* ---- mutex and condition variable ---- */

static int condvar_init(struct baton *baton, bool shared)
{
	(void)shared; /* no option offers it for processes */
	baton->set = false;
	pthread_mutex_init(&baton->mutex, NULL);
	pthread_cond_init(&baton->cond, NULL);
	return 0;
}

static void condvar_release(struct baton *baton)
{
	pthread_cond_destroy(&baton->cond);
	pthread_mutex_destroy(&baton->mutex);
}

static void condvar_signal(struct baton *baton)
{
	pthread_mutex_lock(&baton->mutex);
	baton->set = true;
	pthread_mutex_unlock(&baton->mutex);
	/* Outside the lock, so that the woken side does not run into it. */
	pthread_cond_signal(&baton->cond);
}

static void condvar_wait(struct baton *baton)
{
	pthread_mutex_lock(&baton->mutex);
	while (!baton->set)
		pthread_cond_wait(&baton->cond, &baton->mutex);
	baton->set = false;
	pthread_mutex_unlock(&baton->mutex);
}

/* ---- semaphore ---- */

static int sem_baton_init(struct baton *baton, bool shared)
{
	return sem_init(&baton->sem, shared, 0) ? -errno : 0;
}

static void sem_baton_release(struct baton *baton)
{
	sem_destroy(&baton->sem);
}

static void sem_baton_signal(struct baton *baton)
{
	sem_post(&baton->sem);
}

static void sem_baton_wait(struct baton *baton)
{
	while (sem_wait(&baton->sem) && errno == EINTR)
		;
}

/* ---- pipe and eventfd ---- */

static int pipe_init(struct baton *baton, bool shared)
{
	(void)shared;
	return pipe2(baton->fds, O_CLOEXEC) ? -errno : 0;
}

static int eventfd_init(struct baton *baton, bool shared)
{
	(void)shared;
	baton->fds[0] = baton->fds[1] = eventfd(0, EFD_CLOEXEC);
	return baton->fds[0] < 0 ? -errno : 0;
}

static void pipe_release(struct baton *baton)
{
	close(baton->fds[0]);
	if (baton->fds[1] != baton->fds[0])
		close(baton->fds[1]);
}

static void pipe_signal(struct baton *baton)
{
	const char byte = 0;

	while (write(baton->fds[1], &byte, sizeof(byte)) < 0 && errno == EINTR)
		;
}

static void pipe_wait(struct baton *baton)
{
	char byte;

	while (read(baton->fds[0], &byte, sizeof(byte)) < 0 && errno == EINTR)
		;
}

static void eventfd_signal(struct baton *baton)
{
	while (eventfd_write(baton->fds[1], 1) && errno == EINTR)
		;
}

static void eventfd_wait(struct baton *baton)
{
	eventfd_t count;

	while (eventfd_read(baton->fds[0], &count) && errno == EINTR)
		;
}

/* ---- message queue ---- */

static int mq_init(struct baton *baton, bool shared)
{
	struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 1};
	char name[64];

	(void)shared;
	/* The address tells apart the batons of one process; the name is gone as soon as it is used. */
	snprintf(name, sizeof(name), "/concbench.%d.%p", getpid(), (void *)baton);
	baton->queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
	if (baton->queue < 0)
		return -errno;
	mq_unlink(name);
	return 0;
}

static void mq_release(struct baton *baton)
{
	mq_close(baton->queue);
}

static void mq_signal(struct baton *baton)
{
	const char byte = 0;

	while (mq_send(baton->queue, &byte, sizeof(byte), 0) && errno == EINTR)
		;
}

static void mq_wait(struct baton *baton)
{
	char byte;

	while (mq_receive(baton->queue, &byte, sizeof(byte), NULL) < 0 && errno == EINTR)
		;
}

static const struct baton_ops handoff_ops[HANDOFF_KINDS] = {
	[HANDOFF_FUTEX] = {futex_init, baton_release_nothing, futex_signal, futex_wait, 0},
	[HANDOFF_CONDVAR] = {condvar_init, condvar_release, condvar_signal, condvar_wait, 0},
	[HANDOFF_SEM] = {sem_baton_init, sem_baton_release, sem_baton_signal, sem_baton_wait, 0},
	[HANDOFF_PIPE] = {pipe_init, pipe_release, pipe_signal, pipe_wait, 2},
	[HANDOFF_EVENTFD] = {eventfd_init, pipe_release, eventfd_signal, eventfd_wait, 1},
	[HANDOFF_MQ] = {mq_init, mq_release, mq_signal, mq_wait, 1},
	[HANDOFF_SPIN] = {futex_init, baton_release_nothing, spin_signal, spin_wait, 0},
};

/* ---- the exchange ---- */

uint32_t handoff_fds(enum handoff_kind kind)
{
	return 2 * (uint32_t)handoff_ops[kind].n_fds;
}

int handoff_list_fds(const struct handoff *handoff, int *fds)
{
	const struct baton *batons[] = {&handoff->pull, &handoff->push};
	int n = 0;

	/* An mqd_t is a descriptor on Linux, and lies where fds[0] does. */
	for (int side = 0; side < 2; side++)
		for (int i = 0; i < handoff->ops->n_fds; i++)
			fds[n++] = batons[side]->fds[i];
	return n;
}

const char *handoff_unavailable(enum handoff_kind kind, uint32_t sides)
{
	struct baton probe;
	cpu_set_t cpus;

	if (kind == HANDOFF_SPIN) {
		if (sched_getaffinity(0, sizeof(cpus), &cpus))
			return "handoff=spin: the CPUs allowed here cannot be found out";
		if (CPU_COUNT(&cpus) < 2)
			return "handoff=spin needs a CPU for each side, and only one is allowed here";
		if ((uint32_t)CPU_COUNT(&cpus) < sides)
			return "handoff=spin needs a CPU for each generator and one for its consumer";
	}
	if (kind == HANDOFF_MQ) {
		if (mq_init(&probe, true))
			return "handoff=mq: no message queue can be opened here (mq_open)";
		mq_release(&probe);
	}
	return NULL;
}

int handoff_init(struct handoff *handoff, enum handoff_kind kind, bool shared)
{
	int error;

	handoff->ops = &handoff_ops[kind];
	handoff->closed = handoff->ended = false;
	error = handoff->ops->init(&handoff->pull, shared);
	if (error)
		return error;
	error = handoff->ops->init(&handoff->push, shared);
	if (error)
		handoff->ops->release(&handoff->pull);
	return error;
}

void handoff_release(struct handoff *handoff)
{
	handoff->ops->release(&handoff->pull);
	handoff->ops->release(&handoff->push);
}

struct gen_value handoff_next(struct handoff *handoff)
{
	if (handoff->ended)
		return (struct gen_value){0};
	handoff->ops->signal(&handoff->pull);
	handoff->ops->wait(&handoff->push);
	handoff->ended = !handoff->out.more;
	return handoff->out;
}

void handoff_close(struct handoff *handoff)
{
	handoff->closed = true;
	handoff->ops->signal(&handoff->pull);
}

bool handoff_begin(struct handoff *handoff)
{
	handoff->ops->wait(&handoff->pull);
	return !handoff->closed;
}

uint64_t handoff_yield(struct handoff *handoff, uint64_t value)
{
	if (handoff->closed)
		return 0; /* it was told before, and nobody will pull again */
	handoff->out = (struct gen_value){.value = value, .more = 1};
	handoff->ops->signal(&handoff->push);
	handoff->ops->wait(&handoff->pull);
	return !handoff->closed;
}

void handoff_end(struct handoff *handoff, bool stay)
{
	if (handoff->closed)
		return;
	handoff->out = (struct gen_value){0};
	handoff->ops->signal(&handoff->push);
	if (stay)
		handoff->ops->wait(&handoff->pull); /* after the end, only closing signals it */
}
