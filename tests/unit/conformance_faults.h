// SPDX-License-Identifier: MIT
/*
 * Conformance: what happens when the system refuses. The linker sends the calls of all objects to
 * the __wrap_ functions below (see the Makefile), which fail when they are told to.
 */
#ifndef CONCBENCH_CONFORMANCE_FAULTS_H
#define CONCBENCH_CONFORMANCE_FAULTS_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conformance.h"
#include "conformance_sockets.h"

/* What is to fail, in this process and those that it forks. */
static struct {
	int spawn;      /* errno of fork and pthread_create; 0: they work */
	int spawn_left; /* calls of these that work before they fail */
	int accept;     /* errno of the next accept4, once */
	bool mmap;      /* of anonymous memory */
	bool close_range;
} faults;

pid_t __wrap_fork(void);
pid_t __real_fork(void);
pid_t __wrap_fork(void)
{
	if (!faults.spawn || faults.spawn_left-- > 0)
		return __real_fork();
	errno = faults.spawn;
	return -1;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
						  void *arg);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
						  void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
						  void *arg)
{
	if (!faults.spawn || faults.spawn_left-- > 0)
		return __real_pthread_create(thread, attr, fn, arg);
	return faults.spawn;
}

void *__wrap_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
void *__real_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	if (!faults.mmap)
		return __real_mmap(addr, length, prot, flags, fd, offset);
	errno = ENOMEM;
	return MAP_FAILED;
}

int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags);
int __real_accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags);
int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *length, int flags)
{
	if (!faults.accept)
		return __real_accept4(fd, addr, length, flags);
	errno = faults.accept;
	faults.accept = 0;
	return -1;
}

int __wrap_close_range(unsigned first, unsigned last, int flags);
int __real_close_range(unsigned first, unsigned last, int flags);
int __wrap_close_range(unsigned first, unsigned last, int flags)
{
	if (!faults.close_range)
		return __real_close_range(first, last, flags);
	errno = EPERM; /* as a seccomp profile says it */
	return -1;
}

/* The number that the next descriptor will have: a leak makes it grow. */
static int next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

/* ---- spawn ---- */

static void close_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	task_close(t, fd);
	cell_add(arena, 0, 1);
}

/* Where a task is a thread or a process: the refusal is told, and `fd` is still the caller's. */
static void spawn_refused_root(const struct task_ops *t, struct arena *arena, const void *arg,
							   int fd)
{
	const bool can_fail = arena_param(arena, CASE_PIDS) > 0;
	const int errors[] = {EAGAIN, ENOMEM};

	(void)arg;
	(void)fd;
	for (int i = 0; i < 2; i++) {
		int own = dup(STDIN_FILENO);
		const int next = next_fd();

		faults.spawn = errors[i];
		if (can_fail)
			WANT(arena, task_spawn(t, close_task, NULL, 0, own) == -errors[i]);
		faults.spawn = 0;
		WANT(arena, fcntl(own, F_GETFD) >= 0);
		WANT(arena, next_fd() == next);
		WANT(arena, task_join(t) == 0);
		WANT(arena, cell_value(arena, 0) == i);
		WANT(arena, task_spawn(t, close_task, NULL, 0, own) == 0);
		WANT(arena, task_join(t) == 0);
		WANT(arena, fcntl(own, F_GETFD) < 0); /* it was moved */
	}
}

static void crowd_task(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	(void)arg;
	cell_wait(t, arena, 1, 1);
	task_close(t, fd);
}

/* More tasks than there is room for: all work, or -EAGAIN with the descriptor kept. */
static void crowd_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	int rc = 0;

	(void)arg;
	(void)fd;
	for (int i = 0; i < 40 && rc == 0; i++) {
		int own = dup(STDIN_FILENO);

		rc = task_spawn(t, crowd_task, NULL, 0, own);
		WANT(arena, rc == 0 || rc == -EAGAIN || rc == -ENOMEM);
		if (rc) {
			WANT(arena, i >= arena_param(arena, CASE_TASKS));
			WANT(arena, fcntl(own, F_GETFD) >= 0);
			close(own);
		}
	}
	cell_add(arena, 1, 1);
	WANT(arena, task_join(t) == 0);
}

/* ---- generators ---- */

static void one_gen(const struct task_ops *t, struct arena *arena, struct gen *self,
					const void *arg)
{
	(void)arena;
	(void)arg;
	gen_yield(t, self, 1);
}

static void gen_refused_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int next = next_fd();
	struct gen *gen;

	(void)arg;
	(void)fd;
	for (int i = 0; i < 20; i++) {
		if (arena_param(arena, CASE_PIDS) > 0) {
			faults.spawn = EAGAIN;
			WANT(arena, gen_open(t, one_gen, NULL, 0) == NULL);
			faults.spawn = 0;
		}
		WANT(arena, next_fd() == next);
		gen = gen_open(t, one_gen, NULL, 0); /* fails if a refusal kept its room */
		if (!WANT(arena, gen != NULL))
			return;
		WANT(arena, gen_next(t, gen).value == 1);
		gen_close(t, gen);
		WANT(arena, next_fd() == next);
	}
}

static void gen_crowd_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	struct gen **gens = (struct gen **)cell(arena, 8);
	int n = 0;

	(void)arg;
	(void)fd;
	while (n < 40 && (gens[n] = gen_open(t, one_gen, NULL, 0)))
		n++;
	WANT(arena, n >= arena_param(arena, CASE_TASKS));
	for (int i = 0; i < n; i++) {
		WANT(arena, gen_next(t, gens[i]).value == 1);
		gen_close(t, gens[i]);
	}
}

/* ---- sockets ---- */

static void accept_root(const struct task_ops *t, struct arena *arena, const void *arg, int fd)
{
	const int64_t number = 7;

	(void)arg;
	WANT(arena, task_spawn(t, client_task, &number, sizeof(number), -1) == 0);
	faults.accept = EMFILE;
	WANT(arena, task_accept(t, fd) == -EMFILE);
	faults.accept = ECONNABORTED; /* the connection after it is meant */
	echo_task(t, arena, NULL, task_accept(t, fd));
	task_close(t, fd);
	WANT(arena, task_join(t) == 0);
	WANT(arena, cell_value(arena, 0) == 1);
}

static void no_close_range_root(const struct task_ops *t, struct arena *arena, const void *arg,
								int fd)
{
	faults.close_range = true;
	moved_root(t, arena, arg, fd);
}

static const struct conformance_case fault_cases[] = {
	{.name = "refused spawn keeps the descriptor", .task = spawn_refused_root, .tasks = 1},
	{.name = "more tasks than room", .task = crowd_root, .tasks = 4},
	{.name = "refused generator", .task = gen_refused_root, .tasks = 1},
	{.name = "more generators than room", .task = gen_crowd_root, .tasks = 4},
	{.name = "failing accept", .task = accept_root, .tasks = 2, .listens = true},
	{.name = "descriptor moved without close_range", .task = no_close_range_root, .tasks = 3},
	{.name = "no memory to prepare", .task = join_alone_root, .tasks = 1000, .prepare_fails = true},
};

#endif
