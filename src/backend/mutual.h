// SPDX-License-Identifier: MIT
/*
 * Mutual exclusion of tasks that are threads or processes: the lock slots of task.h there, made of
 * POSIX's own locks and nothing else, because those are what is measured.
 */
#ifndef CONCBENCH_MUTUAL_H
#define CONCBENCH_MUTUAL_H

#include <stdbool.h>

#include "task.h"

/* `shared`: with processes that are forked later. NULL: no memory. */
struct lock *mutual_open(enum task_lock kind, bool shared);

/* As their namesakes in task.h. */
void mutual_acquire(struct lock *lock);
void mutual_release(struct lock *lock);
void mutual_free(struct lock *lock);

#endif
