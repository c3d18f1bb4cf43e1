// SPDX-License-Identifier: MIT
/*
 * The backend `process`: a forked process for each task and each generator, blocking calls, the
 * kernel's scheduler. Nothing is shared but the arena, the slab of generators, channels, locks and
 * postboxes.
 *
 * A child keeps its own descriptor, 0 to 2 and the arena's report descriptor; all others are closed
 * in it, because a socket that a sibling holds open never comes to its end. It dies with its
 * parent, and leaves by _exit, so that no buffer of stdio is written twice.
 *
 * A generator that has come to its end stays until it is closed. Its parent is then waiting for
 * just this process, and waitpid(-1) for tasks never meets it, unless it crashed: then a join
 * fails.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "backend.h"
#include "channel.h"
#include "clock.h"
#include "descriptors.h"
#include "fileio.h"
#include "handoff.h"
#include "mutual.h"
#include "net.h"
#include "postbox.h"
#include "slab.h"
#include "spread.h"

enum {
	/* Measured 62 to 105 KB, by what the child touches: kernel stack 16, page tables 48,
	 * task_struct and its like 16 to 23, copied pages 32. */
	PROCESS_BYTES_PER_TASK = 100 * 1024,
};

enum process_option { PROCESS_HANDOFF };

static const struct param_row process_options[] = {
	{"handoff", PARAM_CHOICE, "futex", 0, 0, "futex|sem|pipe|eventfd|mq",
	 "how a generator and its consumer wake each other"},
	{0},
};

static const enum handoff_kind process_handoffs[] = {
	HANDOFF_FUTEX, HANDOFF_SEM, HANDOFF_PIPE, HANDOFF_EVENTFD, HANDOFF_MQ,
};

/* In memory shared with the generator's process; what fn needs travels with the fork. */
struct gen {
	struct handoff handoff;
	pid_t pid; /* the opener's */
};

/* The one mutable object of the backend; each process has its own copy from the fork on. */
static struct {
	struct arena *arena;
	struct spread *spread;
	struct slab *gens;
	enum handoff_kind handoff;
	uint32_t children; /* tasks that were spawned and not yet reaped */
	bool crashed;      /* one of those did not end by itself; said at the next join */
} process_state;

static const struct task_ops process_ops;

/* ---- tasks ---- */

/* Notes what waitpid said of a child. */
static void process_reaped(int status)
{
	process_state.children--;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
		process_state.crashed = true;
}

/* Reaps the children that have ended by now, so that a server's root does not gather zombies. */
static void process_reap(void)
{
	int status;

	while (process_state.children && waitpid(-1, &status, WNOHANG) > 0)
		process_reaped(status);
}

static int process_join(void)
{
	int status;
	bool crashed;

	while (process_state.children) {
		if (waitpid(-1, &status, 0) > 0)
			process_reaped(status);
		else if (errno != EINTR)
			return -errno;
	}
	crashed = process_state.crashed;
	process_state.crashed = false;
	return crashed ? -ECHILD : 0;
}

/* What a child does first: dies with its parent, and keeps `n` descriptors besides 0 to 2. */
static void process_begin(pid_t parent, int *fds, int n)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE); /* it died before the line above */
	process_state.children = 0;
	process_state.crashed = false;
	fds[n++] = process_state.arena->report_fd;
	if (descriptors_keep(fds, n))
		_exit(EXIT_FAILURE);
}

/* What a task or a generator does next: goes to its CPU. */
static void process_place(uint32_t turn)
{
	int error = spread_enter(process_state.spread, turn);

	if (error)
		arena_fail(process_state.arena, "CPU placement", error);
}

static int process_spawn(task_fn *fn, const void *arg, size_t len, int fd)
{
	const pid_t self = getpid();
	/* Before the fork: afterwards the parent may already change shared memory at `arg`. */
	_Alignas(16) char copy[TASK_ARG_MAX];
	int fds[2] = {fd};
	uint32_t turn = spread_take(process_state.spread);
	pid_t pid;

	process_reap();
	if (len)
		memcpy(copy, arg, len);
	pid = fork();
	if (pid < 0)
		return errno == ENOMEM ? -ENOMEM : -EAGAIN;
	if (pid == 0) {
		process_begin(self, fds, 1);
		process_place(turn);
		fn(&process_ops, process_state.arena, copy, fd);
		/* Children that fn did not wait for are waited for, as on every backend. */
		_exit(process_join() ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	process_state.children++;
	if (fd >= 0)
		close(fd);
	return 0;
}

static int process_sleep_until(int64_t deadline_ns)
{
	const struct timespec deadline = clock_timespec(deadline_ns > 0 ? deadline_ns : 0);
	int error;

	do
		error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
	while (error == EINTR);
	return -error;
}

static void process_yield(void)
{
	sched_yield();
}

static int process_accept(int fd)
{
	return net_accept(fd, false);
}

static void process_close(int fd)
{
	close(fd);
}

/* ---- generators ---- */

static _Noreturn void process_gen_main(struct gen *gen, gen_fn *fn, const void *arg)
{
	if (handoff_begin(&gen->handoff))
		fn(&process_ops, process_state.arena, gen, arg);
	process_join();
	handoff_end(&gen->handoff, true);
	_exit(EXIT_SUCCESS);
}

static struct gen *process_gen_open(gen_fn *fn, const void *arg, size_t len)
{
	const pid_t self = getpid();
	_Alignas(16) char copy[TASK_ARG_MAX];
	int fds[HANDOFF_FDS_MAX + 1];
	uint32_t turn = spread_take(process_state.spread);
	struct gen *gen = slab_claim(process_state.gens);

	if (!gen)
		return NULL;
	if (handoff_init(&gen->handoff, process_state.handoff, true))
		goto out_release;
	if (len)
		memcpy(copy, arg, len);
	gen->pid = fork();
	if (gen->pid < 0)
		goto out_release_handoff;
	if (gen->pid == 0) {
		process_begin(self, fds, handoff_list_fds(&gen->handoff, fds));
		process_place(turn);
		process_gen_main(gen, fn, copy);
	}
	return gen;

out_release_handoff:
	handoff_release(&gen->handoff);
out_release:
	slab_release(gen);
	return NULL;
}

static struct gen_value process_gen_next(struct gen *gen)
{
	return handoff_next(&gen->handoff);
}

static uint64_t process_gen_yield(struct gen *self, uint64_t value)
{
	return handoff_yield(&self->handoff, value);
}

static void process_gen_close(struct gen *gen)
{
	handoff_close(&gen->handoff);
	while (waitpid(gen->pid, NULL, 0) < 0 && errno == EINTR)
		; /* ends: any other error means that it is gone */
	handoff_release(&gen->handoff);
	slab_release(gen);
}

/* ---- channels and locks ---- */

static struct chan *process_chan_open(uint32_t capacity)
{
	return channel_open(capacity, CHANNEL_RING, true, process_state.spread);
}

static struct lock *process_lock_open(enum task_lock kind)
{
	return mutual_open(kind, true);
}

/* ---- posters ---- */

/* One that a join has met already is gone, and has been counted there. */
static void process_post_wait(struct postbox *box, uint32_t n)
{
	int status;

	postbox_cut(box);
	for (uint32_t i = 0; i < n; i++) {
		const pid_t pid = *postbox_pid(box, i);
		pid_t got;

		while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
			; /* ends: any other error means that it is gone */
		if (got > 0)
			process_reaped(status);
	}
}

static void process_post_close(struct postbox *box)
{
	process_post_wait(box, postbox_posters(box));
	postbox_free(box);
}

static struct postbox *process_post_open(post_fn *fn, uint32_t posters, uint32_t inflight)
{
	const pid_t self = getpid();
	const struct postbox_plan plan = {
		.fn = fn,
		.arena = process_state.arena,
		.posters = posters,
		.inflight = inflight,
		.spread = process_state.spread,
		.shared = true,
	};
	struct postbox *box = postbox_new(&plan);
	int fds[1];

	for (uint32_t i = 0; box && i < posters; i++) {
		const pid_t pid = fork();

		if (pid < 0) {
			process_post_wait(box, i);
			postbox_free(box);
			return NULL;
		}
		if (pid == 0) {
			process_begin(self, fds, 0);
			postbox_run(box, i);
			_exit(EXIT_SUCCESS);
		}
		*postbox_pid(box, i) = pid;
		process_state.children++;
	}
	return box;
}

/* ---- the backend ---- */

static const char *process_unavailable(const struct backend_config *config)
{
	return handoff_unavailable(process_handoffs[config->options[PROCESS_HANDOFF]],
							   config->tasks_max + 1);
}

static struct backend_demand process_demand(const struct backend_config *config)
{
	return (struct backend_demand){
		.pids_per_task = 1,
		.fds_per_task = handoff_fds(process_handoffs[config->options[PROCESS_HANDOFF]]),
		.bytes_per_task = PROCESS_BYTES_PER_TASK,
	};
}

static int process_prepare(const struct backend_config *config)
{
	process_state.arena = config->arena;
	process_state.spread = config->spread;
	process_state.handoff = process_handoffs[config->options[PROCESS_HANDOFF]];
	process_state.gens = slab_open(config->tasks_max + 1, sizeof(struct gen), true);
	return process_state.gens ? 0 : -ENOMEM;
}

static int process_run(const struct backend_config *config, const struct backend_body *body)
{
	int error;

	body->task(&process_ops, config->arena, NULL, body->fd);
	error = process_join();
	slab_close(process_state.gens);
	return error;
}

static const struct task_ops process_ops = {
	.spawn = process_spawn,
	.join = process_join,
	.sleep_until = process_sleep_until,
	.yield = process_yield,
	.accept = process_accept,
	.connect = net_connect,
	.read = net_recv,
	.write = net_send,
	.close = process_close,
	.read_timeout = net_read_timeout,
	.file_read = fileio_read_blocking,
	.gen_open = process_gen_open,
	.gen_next = process_gen_next,
	.gen_yield = process_gen_yield,
	.gen_close = process_gen_close,
	.chan_open = process_chan_open,
	.chan_put = channel_put,
	.chan_get = channel_get,
	.chan_close = channel_close,
	.chan_free = channel_free,
	.lock_open = process_lock_open,
	.lock_acquire = mutual_acquire,
	.lock_release = mutual_release,
	.lock_free = mutual_free,
	.post_open = process_post_open,
	.post_next = postbox_next,
	.post_reply = postbox_reply,
	.post_close = process_post_close,
};

const struct backend process_backend = {
	.name = "process",
	.summary = "a forked process for each task, blocking calls",
	.style = BACKEND_TASK,
	.carrier = BACKEND_CARRIER_PROCESS,
	.options = process_options,
	.forks = true,
	.task = &process_ops,
	.unavailable = process_unavailable,
	.demand = process_demand,
	.prepare = process_prepare,
	.run = process_run,
};
