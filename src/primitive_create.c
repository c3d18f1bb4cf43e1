// SPDX-License-Identifier: MIT
/*
 * Primitives of making and ending a thread or a process. Parent and child share one CPU.
 */
#include "primitive.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

static void *end_at_once(void *arg)
{
	return arg;
}

double primitive_thread_create(struct primitive_place *place, uint64_t n)
{
	const int64_t begin_ns = clock_now_ns();
	int64_t now_ns;
	uint64_t count = 0;

	do {
		pthread_t thread;
		const int error = pthread_create(&thread, NULL, end_at_once, NULL);

		if (error)
			return primitive_failed(place, "pthread_create", error);
		pthread_join(thread, NULL);
		now_ns = clock_now_ns();
	} while (++count < n && now_ns < place->give_up_ns);
	return (double)(now_ns - begin_ns) / (double)count;
}

double primitive_process_create(struct primitive_place *place, uint64_t n)
{
	const int64_t begin_ns = clock_now_ns();
	int64_t now_ns;
	uint64_t count = 0;

	do {
		const pid_t pid = fork();

		if (pid < 0)
			return primitive_failed(place, "fork", errno);
		if (pid == 0)
			_exit(0);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		now_ns = clock_now_ns();
	} while (++count < n && now_ns < place->give_up_ns);
	return (double)(now_ns - begin_ns) / (double)count;
}
