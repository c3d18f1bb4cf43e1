// SPDX-License-Identifier: MIT
/*
 * What the files of the coro backend share: the control block, the run queue, the runtime.
 *
 *   coro.c         the backend: options, limits, set-up, the task table
 *   coro_queue.h   the run queue
 *   coro_sched.c   spawn, join, sleep, yield; the hub
 *   coro_io.c      descriptors: try first, park on EAGAIN
 *   coro_file.c    reading files
 *   coro_gen.c     generators
 *   coro_chan.c    channels and locks
 *   coro_post.c    calls from other threads
 *   coro_stack.c   where stacks lie and how they are protected
 *   coro_copy.c    stack=copy: live parts of stacks, saved in blocks
 *   coro_switch.h  how to go from one stack to another: asm, ucontext, boost
 *   coro_san.h     what sanitizers and valgrind must be told of stacks
 *
 * One OS thread. A task that has to wait parks: it hands over to the next runnable task directly,
 * or, when there is none, to the hub. The hub is the only one that calls libev, on the thread's
 * own stack, so that a task's stack need only hold the task's frames.
 */
#ifndef CONCBENCH_CORO_H
#define CONCBENCH_CORO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>

#include "backend.h"
#include "coro_copy.h"
#include "coro_san.h"
#include "coro_stack.h"
#include "timerq.h"

/* A task or a generator; its place in the dense array is also the number of its stack. */
struct coro {
	void *sp;             /* where it stands while it does not run; first, for the assembly */
	struct gen_value got; /* second: what its wait will return; set by who makes it ready */
	struct coro *next;    /* in the run queue, among those who wait, or in the list of the free */
	uint32_t parent;      /* its place in the array */
	uint32_t children : 30;
	bool joining : 1; /* parked until it has no children */
	bool ended : 1;
	union {
		struct {            /* stack=copy: */
			uint32_t block; /* holds the live part while it does not run */
			uint32_t live;  /* bytes of it */
		};
		void *first_sp;         /* of a generator: `sp` while it has not been started */
		struct coro *successor; /* of a task with its own stack: who ran after it the last time */
	};
#if CORO_SAN
	struct coro_place place; /* of the stack that `sp` points into */
	struct coro_place peer;  /* of a generator: of the task that pulled it */
#endif
};

#if !CORO_SAN && UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(struct coro) == 48, "a copied sleeper is to take less than 200 bytes");
#endif

/* See coro_queue.h. */
struct coro_queue {
	struct coro *head, *last;
};

/* The task interface's name for one that is a generator. */
struct gen {
	struct coro coro;
};

/* The fixed places in the array. */
enum { CORO_HUB, CORO_ROOT, CORO_FIRST };

enum coro_stack_choice { CORO_STACK_OWN, CORO_STACK_DENSE, CORO_STACK_COPY };

/* The one mutable object of the backend, valid from coro_prepare to the end of coro_run. */
struct coro_runtime {
	_Alignas(64) struct coro *current; /* the task that runs, or the hub */
	struct coro_queue ready;           /* the run queue */
	uint32_t behind;                   /* tasks in it, the first not counted */
	int budget;                        /* hand-overs left until the hub is to look at the loop */
	struct coro *coros;                /* the array of control blocks */
	/* How to switch, and the two ways to do so. */
	const struct coro_switch *sw;
	int (*swap)(struct coro *me, struct coro *next);
	struct gen_value (*wait)(struct coro *me, struct coro *next);
	struct coro *free;       /* last in, first out, so that warm stacks come back first */
	uint32_t behind_max;     /* the most of `behind` */
	uint32_t used, capacity; /* of the array */
	int64_t look_ns;         /* when the hub last looked at the loop */
	uint32_t hand_overs;     /* about as many lie between two looks, while tasks are ready */
	uint32_t alive;          /* tasks that have not ended */
	uint32_t unstarted;      /* tasks spawned since the last spawner gave way */
	enum coro_stack_choice stack;
	struct coro grave;  /* where the stack pointer of an ended task is left */
	bool ended;         /* stack=copy: the task that came back to the hub is no more */
	uint64_t gen_value; /* what crosses a switch that has no register for it */
	int error;          /* ends the run */

	/* A call that a task has the hub make for it, on the hub's stack. */
	void (*request)(int fd, int events);
	struct coro *requester;
	int request_fd, request_events;

	struct coro_post *posts; /* the open postboxes */

	struct task_ops ops; /* the table that bodies get */
	struct arena *arena;
	struct spread *spread; /* of posters; NULL: none */
	struct ev_loop *loop;
	struct timerq timers;
	struct coro_fd *fds; /* by descriptor */
	int n_fds;
	struct coro_file *files;              /* one beside each control block: what its task reads */
	struct fileio *fileio[FILE_IO_KINDS]; /* made when first used */
	int fileio_error;                     /* why the last one could not be */
	struct coro_stacks stacks;
	struct coro_copy copy;
#if CORO_SAN
	struct coro_place here; /* of the stack that is in use */
#endif
};

extern struct coro_runtime coro_rt;

/*
 * Leaves `me` for `next`; in tail position nothing is left behind to return through. Returns what
 * me->got.value says by then: 0 unless a channel or a lock has left something else there.
 */
static inline int coro_swap(struct coro *me, struct coro *next)
{
#if CORO_SAN
	me->place = coro_rt.here;
	return coro_san_switch(me, next, &next->place);
#else
	return coro_rt.swap(me, next);
#endif
}

/* The same, but all of me->got. */
static inline struct gen_value coro_wait(struct coro *me, struct coro *next)
{
#if CORO_SAN
	coro_swap(me, next);
	return me->got;
#else
	return coro_rt.wait(me, next);
#endif
}

/* ---- coro_sched.c ---- */

/* A control block and its stack, or NULL when all are in use. */
struct coro *coro_new(void);
void coro_free(struct coro *coro);

/* Puts its first frame, and a copy of the argument, onto the stack of a new one. 0 or -ENOMEM. */
int coro_make(struct coro *coro, struct coro_start *start, const void *arg, size_t len);

/* Puts a parked task at the end of the run queue; its coro_park will return 0. */
void coro_ready(struct coro *coro);

/* Waits until somebody calls coro_ready for the calling task. Returns 0. */
int coro_park(void);

/* Has the hub call fn(fd, events) on its own, large stack; returns when that is done. */
void coro_ask_hub(void (*fn)(int fd, int events), int fd, int events);

/* The trial has failed because of `what`; coro_schedule will return `error`. */
void coro_fail(const char *what, int error);

/* Starts the root and schedules until all tasks have ended. 0 or -errno. */
int coro_schedule(task_fn *root, int fd);

/* Where every task goes when its body has returned. */
_Noreturn void coro_task_end(void *unused);

int coro_spawn(task_fn *fn, const void *arg, size_t len, int fd);
int coro_join(void);
int coro_sleep_until(int64_t deadline_ns);
void coro_yield(void);

#endif
