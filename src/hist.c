// SPDX-License-Identifier: MIT
/*
 * The log-linear histogram. hist.h draws the layout.
 */
#include "hist.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

enum {
	RUN_BITS = 10,
	RUN = 1 << RUN_BITS, /* slots of a run; the first 2 * RUN slots are 1 ns wide */
};

/* The slot of a value >= 0, whatever the range. */
static size_t slot_of(int64_t ns)
{
	/* The number of bits by which a value exceeds 2 * RUN - 1 is its run's slot width in bits. */
	int shift = 63 - __builtin_clzll((unsigned long long)ns | (2 * RUN - 1)) - RUN_BITS;

	return ((size_t)shift << RUN_BITS) + (size_t)(ns >> shift);
}

static int shift_of(size_t slot)
{
	return slot < 2 * RUN ? 0 : (int)(slot >> RUN_BITS) - 1;
}

static int64_t low_of(size_t slot)
{
	int shift = shift_of(slot);

	return (int64_t)(slot - ((size_t)shift << RUN_BITS)) << shift;
}

static int64_t high_of(size_t slot)
{
	return low_of(slot) + ((INT64_C(1) << shift_of(slot)) - 1);
}

int hist_init(struct hist *hist, int64_t highest_ns)
{
	if (highest_ns < 0)
		return -EINVAL;

	size_t n_counts = (slot_of(highest_ns) / RUN + 1) * RUN;
	if (n_counts < 2 * RUN)
		n_counts = 2 * RUN;
	/*
	 * Zeroed by the kernel and touched where samples fall: an idle histogram costs nothing. No
	 * child inherits it: a run keeps one a cell, and a fork that is measured there (primitive.h)
	 * would take four times as long for copying their page tables.
	 */
	size_t bytes = n_counts * sizeof(int64_t);
	int64_t *counts = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		return -ENOMEM;
	(void)madvise(counts, bytes, MADV_DONTFORK);
	*hist = (struct hist){
		.counts = counts,
		.n_counts = n_counts,
		.highest_ns = high_of(n_counts - 1),
		.min_ns = HIST_NONE,
		.max_ns = HIST_NONE,
	};
	return 0;
}

void hist_release(struct hist *hist)
{
	if (hist->counts)
		munmap(hist->counts, hist->n_counts * sizeof(*hist->counts));
	*hist = (struct hist){.min_ns = HIST_NONE, .max_ns = HIST_NONE};
}

void hist_reset(struct hist *hist)
{
	memset(hist->counts, 0, hist->n_counts * sizeof(*hist->counts));
	hist->count = hist->overflow = 0;
	hist->min_ns = hist->max_ns = HIST_NONE;
	hist->sum_ns = 0;
}

static void note_extremes(struct hist *hist, int64_t min_ns, int64_t max_ns)
{
	if (hist->count == 0 || min_ns < hist->min_ns)
		hist->min_ns = min_ns;
	if (max_ns > hist->max_ns)
		hist->max_ns = max_ns;
}

void hist_add_n(struct hist *hist, int64_t ns, int64_t n)
{
	assert(ns >= 0 && n >= 0);
	if (n == 0)
		return;

	note_extremes(hist, ns, ns);
	hist->count += n;
	hist->sum_ns += (unsigned __int128)ns * (unsigned __int128)n;
	if (ns > hist->highest_ns)
		hist->overflow += n;
	else
		hist->counts[slot_of(ns)] += n;
}

void hist_add(struct hist *hist, int64_t ns)
{
	hist_add_n(hist, ns, 1);
}

int hist_merge(struct hist *hist, const struct hist *from)
{
	int64_t count;

	if (from->n_counts > hist->n_counts)
		return -ERANGE;
	if (from->count == 0)
		return 0;
	if (__builtin_add_overflow(hist->count, from->count, &count))
		return -EOVERFLOW;

	note_extremes(hist, from->min_ns, from->max_ns);
	hist->count = count;
	hist->sum_ns += from->sum_ns;
	/* What was above the narrower range may lie within ours, but its slots are unknown. */
	hist->overflow += from->overflow;
	/* Slots without samples are not written, so that their pages stay untouched. */
	for (size_t slot = 0; slot < from->n_counts; slot++)
		if (from->counts[slot])
			hist->counts[slot] += from->counts[slot];
	return 0;
}

/* ceil(percent / 100 * count), in integers: 99.9 % of 3,000 is 2,997 and not one more. */
static int64_t rank_of(const struct hist *hist, double percent)
{
	__int128 millionths = llround(percent * 10000);

	return (int64_t)((millionths * hist->count + 999999) / 1000000);
}

int64_t hist_percentile(const struct hist *hist, double percent)
{
	int64_t rank = rank_of(hist, percent);
	int64_t seen = 0;

	if (rank >= hist->count)
		return hist->max_ns;
	if (rank <= 1)
		return hist->min_ns;
	for (size_t slot = 0; slot < hist->n_counts; slot++) {
		seen += hist->counts[slot];
		if (seen >= rank) {
			int64_t high_ns = high_of(slot);
			return high_ns < hist->max_ns ? high_ns : hist->max_ns;
		}
	}
	return HIST_NONE;
}

int64_t hist_count_beyond(const struct hist *hist, double percent)
{
	return hist->count - rank_of(hist, percent);
}

int64_t hist_percentile_reportable(const struct hist *hist, double percent)
{
	if (hist_count_beyond(hist, percent) < HIST_BEYOND_MIN)
		return HIST_NONE;
	return hist_percentile(hist, percent);
}

double hist_mean(const struct hist *hist)
{
	return hist->count > 0 ? (double)hist->sum_ns / (double)hist->count : NAN;
}

bool hist_iter_next(const struct hist *hist, struct hist_iter *iter)
{
	while (iter->next < hist->n_counts && hist->counts[iter->next] == 0)
		iter->next++;
	if (iter->next >= hist->n_counts)
		return false;
	iter->low_ns = low_of(iter->next);
	iter->high_ns = high_of(iter->next);
	iter->count = hist->counts[iter->next];
	iter->next++;
	return true;
}
