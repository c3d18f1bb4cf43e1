// SPDX-License-Identifier: MIT
/*
 * The timer queue: a ring for deadlines that come in order, a 4-ary heap for the others, a radix
 * sort from the second into the first when that is cheaper than popping, and one timerfd.
 */
#include "timerq.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"

enum {
	TIMERQ_ARITY = 4, /* the four children of a node are one cache line */
	TIMERQ_RADIX_BITS = 11,
	TIMERQ_RADIX = 1 << TIMERQ_RADIX_BITS,
	TIMERQ_SORT_MIN = 4096,     /* heaps below this lie in the cache and pop fast */
	TIMERQ_SORT_PATIENCE = 256, /* pops from the heap between two thoughts of sorting it */
	TIMERQ_SORT_PROBES = 16,    /* entries looked at to guess how much of the heap is due */
};

_Static_assert(sizeof(struct timerq_entry) == 16, "four entries are one cache line");

/* ---- the heap ---- */

static void timerq_heap_push(struct timerq *queue, struct timerq_entry entry)
{
	struct timerq_entry *heap = queue->heap;
	uint32_t hole = queue->heap_length++;

	while (hole > 0) {
		uint32_t parent = (hole - 1) / TIMERQ_ARITY;

		if (heap[parent].deadline_ns <= entry.deadline_ns)
			break;
		heap[hole] = heap[parent];
		hole = parent;
	}
	heap[hole] = entry;
}

static uint32_t timerq_heap_least_child(const struct timerq *queue, uint32_t first)
{
	uint32_t least = first;
	uint32_t end = first + TIMERQ_ARITY;

	if (end > queue->heap_length)
		end = queue->heap_length;
	for (uint32_t child = first + 1; child < end; child++)
		if (queue->heap[child].deadline_ns < queue->heap[least].deadline_ns)
			least = child;
	return least;
}

static void timerq_heap_pop(struct timerq *queue)
{
	struct timerq_entry *heap = queue->heap;
	struct timerq_entry last = heap[--queue->heap_length];
	uint32_t hole = 0;

	/* One level down in each turn. */
	for (;;) {
		uint32_t child = TIMERQ_ARITY * hole + 1;

		if (child >= queue->heap_length)
			break;
		child = timerq_heap_least_child(queue, child);
		if (heap[child].deadline_ns >= last.deadline_ns)
			break;
		heap[hole] = heap[child];
		hole = child;
	}
	heap[hole] = last;
}

/* ---- the run ---- */

static struct timerq_entry *timerq_run_at(const struct timerq *queue, uint32_t index)
{
	return &queue->run[(queue->run_head + index) & queue->run_mask];
}

static void timerq_run_pop(struct timerq *queue)
{
	queue->run_head++;
	/* An empty ring starts over, so that a few timers do not walk through all of its memory. */
	if (--queue->run_length == 0)
		queue->run_head = 0;
}

/* ---- from the heap into the run ---- */

static uint32_t timerq_digit(struct timerq_entry entry, int64_t base, unsigned shift)
{
	return (uint32_t)(((uint64_t)entry.deadline_ns - (uint64_t)base) >> shift) % TIMERQ_RADIX;
}

/* One stable counting pass on the bits from `shift` on of each deadline's distance from `base`. */
static void timerq_radix_pass(const struct timerq_entry *from, struct timerq_entry *to,
							  uint32_t length, int64_t base, unsigned shift)
{
	uint32_t at[TIMERQ_RADIX] = {0};
	uint32_t sum = 0;

	for (uint32_t i = 0; i < length; i++)
		at[timerq_digit(from[i], base, shift)]++;
	for (uint32_t digit = 0; digit < TIMERQ_RADIX; digit++) {
		uint32_t count = at[digit];

		at[digit] = sum;
		sum += count;
	}
	for (uint32_t i = 0; i < length; i++)
		to[at[timerq_digit(from[i], base, shift)]++] = from[i];
}

static void timerq_swap_arrays(struct timerq *queue)
{
	struct timerq_entry *heap = queue->heap;

	queue->heap = queue->run;
	queue->run = heap;
}

/* Makes one sorted run of all entries. */
static void timerq_sort(struct timerq *queue)
{
	int64_t least = INT64_MAX, greatest = INT64_MIN;

	for (; queue->run_length > 0; timerq_run_pop(queue))
		queue->heap[queue->heap_length++] = *timerq_run_at(queue, 0);
	for (uint32_t i = 0; i < queue->heap_length; i++) {
		int64_t deadline_ns = queue->heap[i].deadline_ns;

		least = deadline_ns < least ? deadline_ns : least;
		greatest = deadline_ns > greatest ? deadline_ns : greatest;
	}
	/* As many passes as the range has digits, each from one array into the other. */
	for (unsigned shift = 0; shift < 64; shift += TIMERQ_RADIX_BITS) {
		if (((uint64_t)greatest - (uint64_t)least) >> shift == 0)
			break;
		timerq_radix_pass(queue->heap, queue->run, queue->heap_length, least, shift);
		timerq_swap_arrays(queue);
	}
	timerq_swap_arrays(queue);
	queue->run_length = queue->heap_length;
	queue->heap_length = 0;
}

/*
 * Whether sorting is worth its price: it costs about 24 ns for each entry of both parts, a pop
 * from a large heap 340 ns; so at least half of the heap should be due, which a few probes tell,
 * and the run should not be the greater part.
 */
static bool timerq_sort_pays(const struct timerq *queue, int64_t now_ns)
{
	uint32_t step = queue->heap_length / TIMERQ_SORT_PROBES;
	int due = 0;

	if (queue->heap_length < TIMERQ_SORT_MIN || queue->heap_length < queue->run_length)
		return false;
	for (uint32_t i = 0; i < TIMERQ_SORT_PROBES; i++)
		due += queue->heap[i * step].deadline_ns <= now_ns;
	return due >= TIMERQ_SORT_PROBES / 2;
}

/* ---- both ---- */

static uint32_t timerq_length(const struct timerq *queue)
{
	return queue->heap_length + queue->run_length;
}

/* Whether the next entry is in the run; of equal deadlines the one in the run. Not when empty. */
static bool timerq_run_is_next(const struct timerq *queue)
{
	if (queue->run_length == 0 || queue->heap_length == 0)
		return queue->run_length > 0;
	return timerq_run_at(queue, 0)->deadline_ns <= queue->heap[0].deadline_ns;
}

static int64_t timerq_next_ns(const struct timerq *queue)
{
	if (timerq_length(queue) == 0)
		return INT64_MAX;
	return timerq_run_is_next(queue) ? timerq_run_at(queue, 0)->deadline_ns
									 : queue->heap[0].deadline_ns;
}

static struct timerq_entry timerq_pop(struct timerq *queue)
{
	struct timerq_entry entry;

	if (timerq_run_is_next(queue)) {
		entry = *timerq_run_at(queue, 0);
		timerq_run_pop(queue);
	} else {
		entry = queue->heap[0];
		timerq_heap_pop(queue);
	}
	return entry;
}

/* Has the timerfd set before the loop waits; the reference keeps ev_run going until then. */
static void timerq_arm(struct timerq *queue, int64_t deadline_ns)
{
	queue->armed_ns = deadline_ns;
	if (!queue->stale)
		ev_ref(queue->loop);
	queue->stale = true;
}

int timerq_push(struct timerq *queue, int64_t deadline_ns, uint64_t id)
{
	struct timerq_entry entry = {deadline_ns, id};
	uint32_t end = queue->run_length;

	if (timerq_length(queue) == queue->capacity)
		return -ENOSPC;
	if (timerq_length(queue) == queue->length_max)
		queue->length_max++;
	if (end == 0 || deadline_ns >= timerq_run_at(queue, end - 1)->deadline_ns) {
		*timerq_run_at(queue, end) = entry;
		queue->run_length++;
	} else {
		timerq_heap_push(queue, entry);
	}
	if (deadline_ns < queue->armed_ns)
		timerq_arm(queue, deadline_ns);
	return 0;
}

/* ---- the timerfd ---- */

static void timerq_on_timerfd(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct timerq *queue = watcher->data;
	int64_t now_ns = clock_now_ns();
	uint32_t patience = TIMERQ_SORT_PATIENCE;

	(void)loop;
	(void)revents;
	/* What callbacks push is left for the next turn of the loop, which looks at others first. */
	for (uint32_t left = timerq_length(queue); left > 0; left--) {
		if (timerq_next_ns(queue) > now_ns)
			break;
		if (--patience == 0) {
			patience = TIMERQ_SORT_PATIENCE;
			if (timerq_sort_pays(queue, now_ns))
				timerq_sort(queue);
		}
		queue->expired(queue->ctx, timerq_pop(queue).id);
	}
	timerq_arm(queue, timerq_next_ns(queue));
}

/* Setting the timerfd also clears its readiness, so that it need not be read. */
static void timerq_on_prepare(struct ev_loop *loop, ev_prepare *prepare, int revents)
{
	struct timerq *queue = prepare->data;
	struct itimerspec spec = {0};

	(void)revents;
	if (!queue->stale)
		return;
	queue->stale = false;
	ev_unref(loop);
	if (queue->armed_ns == INT64_MAX) {
		ev_io_stop(loop, &queue->watcher);
	} else {
		/* Zero would disarm it, and a negative time is an error; both lie in the past. */
		spec.it_value = clock_timespec(queue->armed_ns > 0 ? queue->armed_ns : 1);
		ev_io_start(loop, &queue->watcher);
	}
	timerfd_settime(queue->watcher.fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* ---- set-up ---- */

/* The ring's length is a power of two; the heap has the same, because the two change places. */
static int timerq_reserve(struct timerq *queue)
{
	size_t entries = 1;
	char *arrays;

	while (entries < queue->capacity)
		entries *= 2;
	queue->run_mask = (uint32_t)entries - 1;
	queue->mapped = entries * sizeof(struct timerq_entry);
	arrays = mmap(NULL, 2 * queue->mapped, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arrays == MAP_FAILED)
		return -ENOMEM;
	queue->run = (struct timerq_entry *)(void *)arrays;
	queue->heap = (struct timerq_entry *)(void *)(arrays + queue->mapped);
	return 0;
}

int timerq_init(struct timerq *queue, struct ev_loop *loop, uint32_t capacity, timerq_fn *expired,
				void *ctx)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	*queue = (struct timerq){
		.capacity = capacity,
		.armed_ns = INT64_MAX,
		.loop = loop,
		.expired = expired,
		.ctx = ctx,
	};
	error = timerq_reserve(queue);
	if (error) {
		close(fd);
		return error;
	}
	ev_io_init(&queue->watcher, timerq_on_timerfd, fd, EV_READ);
	queue->watcher.data = queue;
	ev_prepare_init(&queue->prepare, timerq_on_prepare);
	queue->prepare.data = queue;
	ev_prepare_start(loop, &queue->prepare);
	ev_unref(loop); /* it waits for nothing by itself */
	return 0;
}

void timerq_release(struct timerq *queue)
{
	struct timerq_entry *arrays = queue->run < queue->heap ? queue->run : queue->heap;

	if (queue->stale)
		ev_unref(queue->loop);
	ev_ref(queue->loop);
	ev_prepare_stop(queue->loop, &queue->prepare);
	ev_io_stop(queue->loop, &queue->watcher);
	close(queue->watcher.fd);
	munmap(arrays, 2 * queue->mapped);
}
