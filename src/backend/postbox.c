// SPDX-License-Identifier: MIT
/* Lists of calls that wander between posters and their consumer; see postbox.h. */
#include "postbox.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "spin.h"

enum {
	/* Where there is a second CPU, a side looks again after a pause that doubles each time, some
	 * 10 us in all, before it sleeps: what it takes to wake the other side on another CPU. */
	POSTBOX_PAUSES = 256,
	POSTBOX_STACK_BYTES = 64 * 1024, /* of a poster's thread, or the least that libc allows */
	POSTBOX_CALLS_MAX = 1 << 24,
};

/* What the word of a list holds instead of a call's number; those begin with 1. */
enum { LIST_EMPTY = 0, LIST_CLOSED = INT32_MAX - 1, LIST_ASLEEP = INT32_MAX };

/* Belongs to the poster, then to the consumer, then to the poster again. */
struct call {
	_Alignas(ARENA_CACHE_LINE) uint64_t value;
	uint64_t result;
	uint32_t next;   /* in a list: the number of the one behind; LIST_EMPTY: none */
	uint32_t poster; /* whose it is */
	bool end;        /* the poster has ended */
};

struct poster {
	/* Pushed to by the consumer, taken from by the poster. */
	_Alignas(ARENA_CACHE_LINE) _Atomic uint32_t answered;
	/* The poster's own. */
	_Alignas(ARENA_CACHE_LINE) struct postbox *box;
	uint32_t number;
	uint32_t collected; /* calls taken from `answered`, oldest first */
	uint32_t free;      /* calls that have been used before, last in, first out */
	uint32_t unused;    /* the next one that has not */
	struct spin_guess guess;
	/* The opener's. */
	pthread_t thread;
	pid_t pid;
};

struct postbox {
	/* Constant. */
	size_t bytes; /* of the mapping */
	struct postbox_plan plan;
	struct poster *posters;
	struct call *calls; /* numbers 1 .. posters * (inflight + 1) */
	int futex_flags;    /* FUTEX_PRIVATE_FLAG or 0 */
	bool alone;         /* there is one CPU */
	/* Pushed to by the posters. */
	_Alignas(ARENA_CACHE_LINE) _Atomic uint32_t posted;
	/* The consumer's own. */
	_Alignas(ARENA_CACHE_LINE) uint32_t taken; /* calls taken from `posted`, oldest first */
	uint32_t current;                          /* the one that postbox_reply answers */
	uint32_t running;                          /* posters that have not ended */
	struct spin_guess guess;
};

/* ---- lists ---- */

/* Pushes a call; true when the taker sleeps and it is on the caller to wake him. */
static inline bool list_push(struct postbox *box, _Atomic uint32_t *list, uint32_t number)
{
	uint32_t head = atomic_load_explicit(list, memory_order_relaxed);

	/* Ends: another has changed the word each time. */
	do
		box->calls[number].next = head == LIST_ASLEEP ? LIST_EMPTY : head;
	while (!atomic_compare_exchange_weak_explicit(list, &head, number, memory_order_acq_rel,
												  memory_order_relaxed));
	return head == LIST_ASLEEP;
}

/* Takes all that is there and returns the oldest; or LIST_EMPTY, or LIST_CLOSED. */
static inline uint32_t list_take(struct postbox *box, _Atomic uint32_t *list)
{
	uint32_t head = atomic_load_explicit(list, memory_order_relaxed);
	uint32_t oldest = LIST_EMPTY;

	/* Ends: another has changed the word each time. */
	do
		if (head == LIST_EMPTY || head == LIST_CLOSED)
			return head;
	while (!atomic_compare_exchange_weak_explicit(list, &head, LIST_EMPTY, memory_order_acquire,
												  memory_order_relaxed));
	while (head != LIST_EMPTY) {
		const uint32_t next = box->calls[head].next;

		box->calls[head].next = oldest;
		oldest = head;
		head = next;
	}
	return oldest;
}

/* False: something has come. */
static inline bool list_doze(_Atomic uint32_t *list)
{
	uint32_t seen = LIST_EMPTY;

	return atomic_compare_exchange_strong_explicit(list, &seen, LIST_ASLEEP, memory_order_release,
												   memory_order_relaxed);
}

static bool list_look(_Atomic uint32_t *list, struct spin_guess *guess)
{
	bool come = false;

	if (!spin_expected(guess))
		return false;
	for (unsigned n = 1; n < POSTBOX_PAUSES && !come; n *= 2) {
		spin_pause(n);
		come = atomic_load_explicit(list, memory_order_relaxed) != LIST_EMPTY;
	}
	spin_note(guess, !come);
	return come;
}

/* Waits until something has come. */
static void list_wait(const struct postbox *box, _Atomic uint32_t *list, struct spin_guess *guess)
{
	if ((!box->alone && list_look(list, guess)) || !list_doze(list))
		return;
	/* Ends with a push, or when the list is closed. */
	while (atomic_load_explicit(list, memory_order_relaxed) == LIST_ASLEEP)
		syscall(SYS_futex, list, FUTEX_WAIT | box->futex_flags, LIST_ASLEEP, NULL, NULL, 0);
}

static void list_wake(const struct postbox *box, _Atomic uint32_t *list)
{
	syscall(SYS_futex, list, FUTEX_WAKE | box->futex_flags, 1, NULL, NULL, 0);
}

/* ---- posters ---- */

static void post_call(struct poster *self, uint32_t number)
{
	struct postbox *box = self->box;

	if (!list_push(box, &box->posted, number))
		return;
	if (!box->plan.wake) {
		list_wake(box, &box->posted);
		return;
	}
	/*
	 * A wake may begin with a plain store, as ev_async_send does, which could overtake the push.
	 * Not C11's fence, which gcc refuses to build with TSan.
	 */
	__sync_synchronize();
	box->plan.wake(box->plan.data);
}

void post_submit(struct poster *self, uint64_t value)
{
	struct call *calls = self->box->calls;
	uint32_t number = self->free;

	if (number != LIST_EMPTY)
		self->free = calls[number].next;
	else
		number = self->unused++;
	calls[number].value = value;
	calls[number].poster = self->number;
	post_call(self, number);
}

bool post_collect(struct poster *self, struct post_result *result)
{
	struct postbox *box = self->box;
	struct call *call;
	uint32_t number;

	/* Ends when a result is there. */
	while (self->collected == LIST_EMPTY) {
		self->collected = list_take(box, &self->answered);
		if (self->collected == LIST_EMPTY)
			list_wait(box, &self->answered, &self->guess);
	}
	if (self->collected == LIST_CLOSED)
		return false;
	call = &box->calls[self->collected];
	*result = (struct post_result){call->value, call->result};
	number = self->collected;
	self->collected = call->next;
	call->next = self->free;
	self->free = number;
	return true;
}

void postbox_run(struct postbox *box, uint32_t number)
{
	struct poster *self = &box->posters[number];
	const uint32_t last = (number + 1) * (box->plan.inflight + 1);
	int error = spread_enter(box->plan.spread, number);

	if (error)
		arena_fail(box->plan.arena, "CPU placement", error);
	self->unused = number * (box->plan.inflight + 1) + 1;
	box->plan.fn(self, box->plan.arena, number);
	box->calls[last].end = true;
	post_call(self, last);
}

static void *postbox_thread(void *arg)
{
	struct poster *self = arg;

	postbox_run(self->box, self->number);
	return NULL;
}

void postbox_cut(struct postbox *box)
{
	for (uint32_t i = 0; i < box->plan.posters; i++) {
		_Atomic uint32_t *list = &box->posters[i].answered;

		if (atomic_exchange_explicit(list, LIST_CLOSED, memory_order_relaxed) == LIST_ASLEEP)
			list_wake(box, list);
	}
}

static void postbox_join(struct postbox *box, uint32_t n)
{
	postbox_cut(box);
	for (uint32_t i = 0; i < n; i++)
		pthread_join(box->posters[i].thread, NULL);
}

int postbox_start_threads(struct postbox *box)
{
	const size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN); /* aarch64: 128 KiB */
	const size_t bytes = least > POSTBOX_STACK_BYTES ? least : POSTBOX_STACK_BYTES;
	pthread_attr_t attr;
	sigset_t all;
	int error;

	sigfillset(&all);
	error = pthread_attr_init(&attr);
	if (error)
		return -error;
	error = pthread_attr_setstacksize(&attr, bytes);
	if (!error)
		error = pthread_attr_setsigmask_np(&attr, &all);
	for (uint32_t i = 0; i < box->plan.posters && !error; i++) {
		error = pthread_create(&box->posters[i].thread, &attr, postbox_thread, &box->posters[i]);
		if (error)
			postbox_join(box, i);
	}
	pthread_attr_destroy(&attr);
	return -error;
}

void postbox_stop_threads(struct postbox *box)
{
	postbox_join(box, box->plan.posters);
}

pid_t *postbox_pid(struct postbox *box, uint32_t number)
{
	return &box->posters[number].pid;
}

uint32_t postbox_posters(const struct postbox *box)
{
	return box->plan.posters;
}

/* ---- the consumer ---- */

bool postbox_take(struct postbox *box, uint64_t *value)
{
	for (;;) {
		const struct call *call;

		if (box->taken == LIST_EMPTY)
			box->taken = list_take(box, &box->posted);
		if (box->taken == LIST_EMPTY)
			return false;
		call = &box->calls[box->taken];
		box->current = box->taken;
		box->taken = call->next;
		if (!call->end) {
			*value = call->value;
			return true;
		}
		box->running--;
	}
}

bool postbox_ended(const struct postbox *box)
{
	return box->running == 0;
}

bool postbox_doze(struct postbox *box)
{
	return list_doze(&box->posted);
}

struct gen_value postbox_next(struct postbox *box)
{
	uint64_t value;

	while (!postbox_take(box, &value)) {
		if (postbox_ended(box))
			return (struct gen_value){0};
		list_wait(box, &box->posted, &box->guess);
	}
	return (struct gen_value){value, 1};
}

void postbox_reply(struct postbox *box, uint64_t result)
{
	struct call *call = &box->calls[box->current];
	struct poster *poster = &box->posters[call->poster];

	call->result = result;
	if (list_push(box, &poster->answered, box->current))
		list_wake(box, &poster->answered);
}

/* ---- the box ---- */

struct postbox *postbox_new(const struct postbox_plan *plan)
{
	const int flags = MAP_ANONYMOUS | (plan->shared ? MAP_SHARED : MAP_PRIVATE);
	const uint64_t calls = (uint64_t)plan->posters * ((uint64_t)plan->inflight + 1);
	const size_t bytes = sizeof(struct postbox) + plan->posters * sizeof(struct poster) +
						 (calls + 1) * sizeof(struct call);
	struct postbox *box;

	if (plan->posters == 0 || plan->inflight == 0 || calls > POSTBOX_CALLS_MAX)
		return NULL;
	box = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (box == MAP_FAILED)
		return NULL;
	box->bytes = bytes;
	box->plan = *plan;
	box->posters = (struct poster *)(box + 1);
	box->calls = (struct call *)(box->posters + plan->posters);
	box->futex_flags = plan->shared ? 0 : FUTEX_PRIVATE_FLAG;
	box->alone = !spin_pays(plan->spread);
	box->running = plan->posters;
	for (uint32_t i = 0; i < plan->posters; i++) {
		box->posters[i].box = box;
		box->posters[i].number = i;
	}
	return box;
}

void postbox_free(struct postbox *box)
{
	munmap(box, box->bytes);
}

void *postbox_data(const struct postbox *box)
{
	return box->plan.data;
}
