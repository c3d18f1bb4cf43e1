// SPDX-License-Identifier: MIT
/* POSIX locks of each kind; see mutual.h. */
#include "mutual.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>

struct lock {
	union {
		pthread_mutex_t mutex;
		pthread_spinlock_t spin;
		pthread_rwlock_t rwlock;
		sem_t semaphore;
	};
	enum task_lock kind;
};

static void mutual_init(struct lock *lock, bool shared)
{
	const int scope = shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE;
	pthread_mutexattr_t mutex;
	pthread_rwlockattr_t rwlock;

	switch (lock->kind) {
	case TASK_LOCK_MUTEX:
		pthread_mutexattr_init(&mutex);
		pthread_mutexattr_setpshared(&mutex, scope);
		pthread_mutex_init(&lock->mutex, &mutex);
		pthread_mutexattr_destroy(&mutex);
		break;
	case TASK_LOCK_SPIN:
		pthread_spin_init(&lock->spin, scope);
		break;
	case TASK_LOCK_RWLOCK:
		pthread_rwlockattr_init(&rwlock);
		pthread_rwlockattr_setpshared(&rwlock, scope);
		pthread_rwlock_init(&lock->rwlock, &rwlock);
		pthread_rwlockattr_destroy(&rwlock);
		break;
	case TASK_LOCK_SEMAPHORE:
		sem_init(&lock->semaphore, shared, 1);
		break;
	}
}

struct lock *mutual_open(enum task_lock kind, bool shared)
{
	const int flags = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
	struct lock *lock = mmap(NULL, sizeof(*lock), PROT_READ | PROT_WRITE, flags, -1, 0);

	if (lock == MAP_FAILED)
		return NULL;
	lock->kind = kind;
	mutual_init(lock, shared);
	return lock;
}

/*
 * The mutex comes first and by itself, so that the compiler leaves for it by a jump: a lock and an
 * unlock that meet nobody take 10 ns, and a branch table would be a fifth of that.
 */
void mutual_acquire(struct lock *lock)
{
	if (__builtin_expect(lock->kind == TASK_LOCK_MUTEX, 1)) {
		pthread_mutex_lock(&lock->mutex);
		return;
	}
	if (lock->kind == TASK_LOCK_SPIN)
		pthread_spin_lock(&lock->spin);
	else if (lock->kind == TASK_LOCK_RWLOCK)
		pthread_rwlock_wrlock(&lock->rwlock);
	else
		while (sem_wait(&lock->semaphore) && errno == EINTR)
			; /* ends with the first wait that no signal cuts short */
}

void mutual_release(struct lock *lock)
{
	if (__builtin_expect(lock->kind == TASK_LOCK_MUTEX, 1)) {
		pthread_mutex_unlock(&lock->mutex);
		return;
	}
	if (lock->kind == TASK_LOCK_SPIN)
		pthread_spin_unlock(&lock->spin);
	else if (lock->kind == TASK_LOCK_RWLOCK)
		pthread_rwlock_unlock(&lock->rwlock);
	else
		sem_post(&lock->semaphore);
}

void mutual_free(struct lock *lock)
{
	switch (lock->kind) {
	case TASK_LOCK_MUTEX:
		pthread_mutex_destroy(&lock->mutex);
		break;
	case TASK_LOCK_SPIN:
		pthread_spin_destroy(&lock->spin);
		break;
	case TASK_LOCK_RWLOCK:
		pthread_rwlock_destroy(&lock->rwlock);
		break;
	case TASK_LOCK_SEMAPHORE:
		sem_destroy(&lock->semaphore);
		break;
	}
	munmap(lock, sizeof(*lock));
}
