// SPDX-License-Identifier: MIT
/* The arena: its layout, and the parts of reporting that are too long or too rare to be inline. */
#include "arena.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ARENA_PAGE = 4096 };

_Static_assert(sizeof(struct arena) <= ARENA_PAGE, "the header of the arena is one page");
_Static_assert(ARENA_CHUNK % 2 == 0, "a pair of samples does not straddle two chunks");
_Static_assert(sizeof(struct arena_slice) == ARENA_CACHE_LINE, "one slice, one cache line");

static uint64_t arena_page_up(uint64_t bytes)
{
	return (bytes + ARENA_PAGE - 1) / ARENA_PAGE * ARENA_PAGE;
}

size_t arena_size(const struct arena_sizing *sizing)
{
	return ARENA_PAGE + arena_page_up(sizing->n_slices * sizeof(struct arena_slice)) +
		   arena_page_up(sizing->n_words * sizeof(uint64_t)) +
		   2 * arena_page_up(sizing->n_tasks * sizeof(int64_t)) +
		   arena_page_up(sizing->n_samples * sizeof(int64_t));
}

void arena_init(struct arena *arena, const struct arena_sizing *sizing)
{
	arena->size = arena_size(sizing);
	arena->n_slices = sizing->n_slices;
	arena->n_tasks = sizing->n_tasks;
	arena->n_words = sizing->n_words;
	arena->n_samples = sizing->n_samples;
	arena->slices_at = ARENA_PAGE;
	arena->words_at =
		arena->slices_at + arena_page_up(sizing->n_slices * sizeof(struct arena_slice));
	arena->begin_at = arena->words_at + arena_page_up(sizing->n_words * sizeof(uint64_t));
	arena->end_at = arena->begin_at + arena_page_up(sizing->n_tasks * sizeof(int64_t));
	arena->samples_at = arena->end_at + arena_page_up(sizing->n_tasks * sizeof(int64_t));
	atomic_store_explicit(&arena->open_ns, INT64_MAX, memory_order_relaxed);
	atomic_store_explicit(&arena->close_ns, INT64_MAX, memory_order_relaxed);
	arena->report_fd = -1;
}

void arena_touch(struct arena *arena)
{
	volatile char *bytes = (volatile char *)arena;

	for (uint64_t at = ARENA_PAGE; at < arena->size; at += ARENA_PAGE)
		bytes[at] = bytes[at];
}

void arena_report(const struct arena *arena, enum arena_report what)
{
	const char byte = (char)what;
	ssize_t written;

	if (arena->report_fd < 0)
		return;
	do
		written = write(arena->report_fd, &byte, 1);
	while (written < 0 && errno == EINTR);
}

bool arena_sampler_refill(struct arena *arena, struct arena_sampler *sampler)
{
	uint64_t first;

	if (!arena->n_samples)
		return false;
	first = atomic_fetch_add_explicit(&arena->samples_claimed, ARENA_CHUNK, memory_order_relaxed);
	if (first + ARENA_CHUNK > arena->n_samples) {
		atomic_fetch_add_explicit(&arena->samples_dropped, 1, memory_order_relaxed);
		return false;
	}
	sampler->next = arena_samples(arena) + first;
	sampler->end = sampler->next + ARENA_CHUNK;
	return true;
}

static int64_t arena_timeval_ns(struct timeval time)
{
	return time.tv_sec * CLOCK_NS_PER_S + time.tv_usec * CLOCK_NS_PER_US;
}

static void arena_usage_add(struct arena_usage *usage, int who)
{
	struct rusage rusage;

	if (getrusage(who, &rusage))
		return;
	usage->user_ns += arena_timeval_ns(rusage.ru_utime);
	usage->sys_ns += arena_timeval_ns(rusage.ru_stime);
	usage->voluntary += rusage.ru_nvcsw;
	usage->involuntary += rusage.ru_nivcsw;
	usage->faults += rusage.ru_minflt;
	if (usage->max_rss_bytes < rusage.ru_maxrss * 1024)
		usage->max_rss_bytes = rusage.ru_maxrss * 1024;
}

static struct arena_usage arena_usage_now(void)
{
	struct arena_usage usage = {0};

	arena_usage_add(&usage, RUSAGE_SELF);
	arena_usage_add(&usage, RUSAGE_CHILDREN);
	return usage;
}

/* Reports an end of a watched window and waits until the driver has looked. */
static void arena_await_look(struct arena *arena, enum arena_report end)
{
	uint32_t before = atomic_load(&arena->looked);

	arena_report(arena, end);
	/* Ends when the driver has looked; one that has gone takes this process with it. */
	while (arena->watched && atomic_load(&arena->looked) == before)
		syscall(SYS_futex, &arena->looked, FUTEX_WAIT, before, NULL, NULL, 0);
}

void arena_window_open(struct arena *arena)
{
	if (arena->watched)
		arena_await_look(arena, ARENA_REPORT_OPENING);
	arena->usage_at_open = arena_usage_now();
	atomic_store_explicit(&arena->open_ns, clock_now_ns(), memory_order_relaxed);
}

void arena_window_close(struct arena *arena)
{
	const struct arena_usage *before = &arena->usage_at_open;
	struct arena_usage now;

	atomic_store_explicit(&arena->close_ns, clock_now_ns(), memory_order_relaxed);
	now = arena_usage_now();
	arena->usage = (struct arena_usage){
		.user_ns = now.user_ns - before->user_ns,
		.sys_ns = now.sys_ns - before->sys_ns,
		.voluntary = now.voluntary - before->voluntary,
		.involuntary = now.involuntary - before->involuntary,
		.faults = now.faults - before->faults,
		.max_rss_bytes = now.max_rss_bytes,
	};
	arena_await_look(arena, ARENA_REPORT_CLOSED);
}

void arena_window_plan(struct arena *arena, int64_t open_ns, int64_t close_ns)
{
	/* Tasks read the two one by one; with `open_ns` first no task can see an end without a start.
	 */
	atomic_store_explicit(&arena->open_ns, open_ns, memory_order_release);
	atomic_store_explicit(&arena->close_ns, close_ns, memory_order_release);
	arena_report(arena, ARENA_REPORT_PLANNED);
}

/* A busy loop of the injected share of the round's time: slower in elapsed and in CPU time. */
static void arena_inject(struct arena *arena)
{
	int64_t began_ns = arena->round_began_ns ? arena->round_began_ns : arena_open_ns(arena);
	int64_t now_ns = clock_now_ns();
	int64_t until_ns = now_ns + (now_ns - began_ns) / 100 * arena->inject_percent;

	/* Ends with the time. */
	while (now_ns < until_ns)
		now_ns = clock_now_ns();
	arena->round_began_ns = now_ns;
}

void arena_round_end(struct arena *arena, uint64_t ops, uint64_t digest)
{
	if (arena->inject_percent)
		arena_inject(arena);
	if (arena->rounds_done++ == 0) {
		arena->round_ops = ops;
		arena->round_digest = digest;
	} else if (ops != arena->round_ops || digest != arena->round_digest) {
		arena->rounds_differing++;
	}
}

void arena_task_alive(struct arena *arena)
{
	if (arena_arrive(arena, arena->n_tasks))
		arena_report(arena, ARENA_REPORT_ALIVE);
}

/* snprintf would need 2-3 KB of stack, more than a small task has. Returns the new length. */
static size_t arena_append(char *reason, size_t length, const char *text)
{
	while (*text && length + 1 < ARENA_REASON_MAX)
		reason[length++] = *text++;
	reason[length] = '\0';
	return length;
}

void arena_fail(struct arena *arena, const char *what, int error)
{
	size_t length;

	if (atomic_exchange_explicit(&arena->failed, 1, memory_order_acq_rel))
		return;
	length = arena_append(arena->reason, 0, what);
	if (error) {
		length = arena_append(arena->reason, length, ": ");
		arena_append(arena->reason, length, strerrordesc_np(error < 0 ? -error : error));
	}
	arena_report(arena, ARENA_REPORT_FAILED);
}
