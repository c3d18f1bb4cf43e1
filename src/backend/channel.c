// SPDX-License-Identifier: MIT
/* The ring, its bells, and the queue of mutex and condition variables; see channel.h. */
#include "channel.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "spin.h"

/*
 * Where there is a second CPU, who finds no item or no room looks again after a pause that doubles
 * each time, some 10 us in all, before he sleeps. Pausing, he leaves the cells to the other side,
 * which does many in that time; were he to look all the time, each would change CPUs on its own.
 */
enum { CHANNEL_FIRST_PAUSE = 16, CHANNEL_PAUSES = 256 };

/*
 * What one side of a ring sleeps on. `sleepers` may be too high, which costs a wake in vain, and
 * never too low: he who is to sleep reads `rings`, counts himself, looks once more, and sleeps only
 * while `rings` is what he read; he who wakes one takes one off, and then rings.
 */
struct bell {
	_Atomic uint32_t rings; /* a futex */
	_Atomic uint32_t sleepers;
	struct spin_guess guess;
};

struct chan_cell {
	_Atomic uint32_t turn;
	uint64_t value;
};

struct chan {
	/* Constant but for `closed`. */
	size_t bytes; /* of the mapping */
	uint32_t capacity;
	enum channel_kind kind;
	int futex_flags; /* FUTEX_PRIVATE_FLAG or 0 */
	bool alone;      /* there is one CPU: the other side runs when one sleeps, and not before */
	_Atomic bool closed;

	/* Positions: lap << 32 | index. Laps and turns wrap together. */
	_Alignas(ARENA_CACHE_LINE) _Atomic uint64_t put_at;
	_Alignas(ARENA_CACHE_LINE) _Atomic uint64_t get_at;
	_Alignas(ARENA_CACHE_LINE) struct bell filled;
	struct bell emptied;

	/* Of kind condvar. */
	_Alignas(ARENA_CACHE_LINE) pthread_mutex_t mutex;
	pthread_cond_t not_empty, not_full;
	uint32_t first, count;

	struct chan_cell cells[];
};

/* ---- bells ---- */

static void bell_ring(const struct chan *chan, struct bell *bell, int n)
{
	atomic_fetch_add(&bell->rings, 1);
	syscall(SYS_futex, &bell->rings, FUTEX_WAKE | chan->futex_flags, n, NULL, NULL, 0);
}

/* Wakes one sleeper, if there is any. The cell's turn was stored before, in the one total order. */
static inline void bell_ring_one(const struct chan *chan, struct bell *bell)
{
	uint32_t sleepers = atomic_load(&bell->sleepers);

	while (sleepers > 0)
		if (atomic_compare_exchange_weak(&bell->sleepers, &sleepers, sleepers - 1)) {
			bell_ring(chan, bell, 1);
			return;
		}
}

static void bell_sleep(const struct chan *chan, struct bell *bell, uint32_t rings)
{
	syscall(SYS_futex, &bell->rings, FUTEX_WAIT | chan->futex_flags, rings, NULL, NULL, 0);
}

/* ---- the ring ---- */

static inline uint64_t ring_after(const struct chan *chan, uint64_t at)
{
	return (uint32_t)at + 1 == chan->capacity ? ((at >> 32) + 1) << 32 : at + 1;
}

/*
 * Claims the cell that *side points to once its turn is 2 * lap + `odd`; NULL while it is not.
 * *turn is what the cell's turn is then to become. Ends: each new turn means that another claimed.
 */
static inline struct chan_cell *ring_claim(struct chan *chan, _Atomic uint64_t *side, uint32_t odd,
										   uint32_t *turn)
{
	uint64_t at = atomic_load_explicit(side, memory_order_relaxed);

	for (;;) {
		struct chan_cell *cell = &chan->cells[(uint32_t)at];
		uint32_t wanted = 2 * (uint32_t)(at >> 32) + odd;
		/* Sequentially consistent, for the look between counting oneself and sleeping. */
		int32_t ahead = (int32_t)(atomic_load(&cell->turn) - wanted);

		if (ahead < 0)
			return NULL;
		if (ahead > 0) {
			at = atomic_load_explicit(side, memory_order_relaxed);
			continue;
		}
		if (atomic_compare_exchange_weak_explicit(side, &at, ring_after(chan, at),
												  memory_order_relaxed, memory_order_relaxed)) {
			*turn = wanted + 1;
			return cell;
		}
	}
}

static inline bool ring_try_put(struct chan *chan, uint64_t value)
{
	uint32_t turn;
	struct chan_cell *cell = ring_claim(chan, &chan->put_at, 0, &turn);

	if (!cell)
		return false;
	cell->value = value;
	atomic_store(&cell->turn, turn);
	bell_ring_one(chan, &chan->filled);
	return true;
}

static inline bool ring_try_get(struct chan *chan, uint64_t *value)
{
	uint32_t turn;
	struct chan_cell *cell = ring_claim(chan, &chan->get_at, 1, &turn);

	if (!cell)
		return false;
	*value = cell->value;
	atomic_store(&cell->turn, turn);
	bell_ring_one(chan, &chan->emptied);
	return true;
}

static bool ring_look_put(struct chan *chan, uint64_t value)
{
	bool done = false;

	if (chan->alone || !spin_expected(&chan->emptied.guess))
		return false;
	for (unsigned n = CHANNEL_FIRST_PAUSE; n < CHANNEL_PAUSES && !done; n *= 2) {
		spin_pause(n);
		done = ring_try_put(chan, value);
	}
	spin_note(&chan->emptied.guess, !done);
	return done;
}

static bool ring_look_get(struct chan *chan, uint64_t *value)
{
	bool done = false;

	if (chan->alone || !spin_expected(&chan->filled.guess))
		return false;
	for (unsigned n = CHANNEL_FIRST_PAUSE; n < CHANNEL_PAUSES && !done; n *= 2) {
		spin_pause(n);
		done = ring_try_get(chan, value);
	}
	spin_note(&chan->filled.guess, !done);
	return done;
}

/*
 * Passes a wake on. Cells can be made ready in another order than they are claimed in; then a
 * sleeper is woken for a cell that is behind one not yet ready, and sleeps again. So each who has
 * slept sees to it that the next one does not miss a cell that is ready by now.
 */
static void ring_pass_on(struct chan *chan, struct bell *bell, const _Atomic uint64_t *side,
						 uint32_t odd)
{
	uint64_t at = atomic_load(side);

	if (atomic_load(&chan->cells[(uint32_t)at].turn) == 2 * (uint32_t)(at >> 32) + odd)
		bell_ring_one(chan, bell);
}

static int ring_put_slow(struct chan *chan, uint64_t value)
{
	for (;;) {
		uint32_t rings = atomic_load(&chan->emptied.rings);

		if (ring_look_put(chan, value))
			return 0;
		atomic_fetch_add(&chan->emptied.sleepers, 1);
		if (ring_try_put(chan, value))
			break;
		if (atomic_load(&chan->closed))
			return -EPIPE;
		bell_sleep(chan, &chan->emptied, rings);
		if (atomic_load(&chan->closed))
			return -EPIPE;
		if (ring_try_put(chan, value))
			break;
	}
	ring_pass_on(chan, &chan->emptied, &chan->put_at, 0);
	return 0;
}

static struct gen_value ring_get_slow(struct chan *chan)
{
	uint64_t value;

	for (;;) {
		uint32_t rings = atomic_load(&chan->filled.rings);

		if (ring_look_get(chan, &value))
			return (struct gen_value){value, 1};
		atomic_fetch_add(&chan->filled.sleepers, 1);
		if (ring_try_get(chan, &value))
			break;
		if (!atomic_load(&chan->closed)) {
			bell_sleep(chan, &chan->filled, rings);
			if (ring_try_get(chan, &value))
				break;
		} else if (atomic_load(&chan->put_at) == atomic_load(&chan->get_at)) {
			return (struct gen_value){0};
		} else {
			sched_yield(); /* a cell has been claimed and will be filled */
		}
	}
	ring_pass_on(chan, &chan->filled, &chan->get_at, 1);
	return (struct gen_value){value, 1};
}

/* ---- mutex and condition variables ---- */

static int condvar_put(struct chan *chan, uint64_t value)
{
	bool closed;

	pthread_mutex_lock(&chan->mutex);
	while (chan->count == chan->capacity && !chan->closed)
		pthread_cond_wait(&chan->not_full, &chan->mutex);
	closed = chan->closed;
	if (!closed)
		chan->cells[(chan->first + chan->count++) % chan->capacity].value = value;
	pthread_mutex_unlock(&chan->mutex);
	if (!closed)
		pthread_cond_signal(&chan->not_empty);
	return closed ? -EPIPE : 0;
}

static struct gen_value condvar_get(struct chan *chan)
{
	struct gen_value got = {0};

	pthread_mutex_lock(&chan->mutex);
	while (chan->count == 0 && !chan->closed)
		pthread_cond_wait(&chan->not_empty, &chan->mutex);
	if (chan->count > 0) {
		got = (struct gen_value){chan->cells[chan->first].value, 1};
		chan->first = chan->first + 1 == chan->capacity ? 0 : chan->first + 1;
		chan->count--;
	}
	pthread_mutex_unlock(&chan->mutex);
	if (got.more)
		pthread_cond_signal(&chan->not_full);
	return got;
}

/* ---- either ---- */

int channel_put(struct chan *chan, uint64_t value)
{
	if (chan->kind == CHANNEL_CONDVAR)
		return condvar_put(chan, value);
	if (atomic_load_explicit(&chan->closed, memory_order_relaxed))
		return -EPIPE;
	return ring_try_put(chan, value) ? 0 : ring_put_slow(chan, value);
}

struct gen_value channel_get(struct chan *chan)
{
	uint64_t value;

	if (chan->kind == CHANNEL_CONDVAR)
		return condvar_get(chan);
	return ring_try_get(chan, &value) ? (struct gen_value){value, 1} : ring_get_slow(chan);
}

void channel_close(struct chan *chan)
{
	pthread_mutex_lock(&chan->mutex);
	atomic_store(&chan->closed, true);
	pthread_mutex_unlock(&chan->mutex);
	pthread_cond_broadcast(&chan->not_empty);
	pthread_cond_broadcast(&chan->not_full);
	bell_ring(chan, &chan->filled, INT_MAX);
	bell_ring(chan, &chan->emptied, INT_MAX);
}

static void channel_init_condvar(struct chan *chan, bool shared)
{
	const int scope = shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE;
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;

	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_setpshared(&mutex, scope);
	pthread_mutex_init(&chan->mutex, &mutex);
	pthread_mutexattr_destroy(&mutex);
	pthread_condattr_init(&cond);
	pthread_condattr_setpshared(&cond, scope);
	pthread_cond_init(&chan->not_empty, &cond);
	pthread_cond_init(&chan->not_full, &cond);
	pthread_condattr_destroy(&cond);
}

struct chan *channel_open(uint32_t capacity, enum channel_kind kind, bool shared,
						  const struct spread *spread)
{
	const int flags = MAP_ANONYMOUS | (shared ? MAP_SHARED : MAP_PRIVATE);
	const size_t bytes = sizeof(struct chan) + capacity * sizeof(struct chan_cell);
	struct chan *chan;

	if (capacity == 0)
		return NULL;
	chan = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (chan == MAP_FAILED)
		return NULL;
	chan->bytes = bytes;
	chan->capacity = capacity;
	chan->kind = kind;
	chan->futex_flags = shared ? 0 : FUTEX_PRIVATE_FLAG;
	chan->alone = !spin_pays(spread);
	channel_init_condvar(chan, shared);
	return chan;
}

void channel_free(struct chan *chan)
{
	pthread_cond_destroy(&chan->not_full);
	pthread_cond_destroy(&chan->not_empty);
	pthread_mutex_destroy(&chan->mutex);
	munmap(chan, chan->bytes);
}
