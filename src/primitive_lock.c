// SPDX-License-Identifier: MIT
/*
 * The primitive of mutual exclusion. In a program with one thread glibc locks a private mutex
 * without an atomic instruction, which is not what threads pay: here a second thread is there,
 * asleep, while the first one measures.
 */
#include "primitive.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "clock.h"

static void *sleep_until_posted(void *arg)
{
	while (sem_wait(arg) && errno == EINTR)
		;
	return NULL;
}

double primitive_mutex(struct primitive_place *place, uint64_t n)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_t other;
	int64_t begin_ns;
	double ns;
	sem_t end;
	int error;

	sem_init(&end, 0, 0);
	error = pthread_create(&other, NULL, sleep_until_posted, &end);
	if (error) {
		sem_destroy(&end);
		return primitive_failed(place, "pthread_create", error);
	}
	begin_ns = clock_now_ns();
	for (uint64_t i = 0; i < n; i++) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
	ns = (double)(clock_now_ns() - begin_ns) / (double)n;
	sem_post(&end);
	pthread_join(other, NULL);
	sem_destroy(&end);
	pthread_mutex_destroy(&mutex);
	return ns;
}
