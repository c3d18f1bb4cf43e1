// SPDX-License-Identifier: MIT
/*
 * A histogram of times in ns, log-linear as HdrHistogram lays it out (unit magnitude 0, three
 * significant digits), so that its counts can be written as a standard V2 interval log.
 *
 * Layout: 2,048 slots one ns wide, then runs of 1,024 slots, each run twice as wide a slot as the
 * run before it:
 *
 *   slots    0 ... 2047 | 2048 ... 3071 | 3072 ... 4095 | ...
 *   ns       0 ... 2047 | 2048 ... 4095 | 4096 ... 8191 | ...
 *   a slot   1 ns       | 2 ns          | 4 ns          | ...
 *
 * Error bound: below 2,048 ns nothing is lost. In a run of slots 2^k ns wide the smallest value is
 * 1,024 * 2^k, and the value reported for a slot, its highest, is at most 2^k - 1 ns above the
 * true one; so the relative error is below 1/1,024 = 0.098 %. Minimum, maximum, sum and count are
 * kept beside the slots and are exact.
 *
 * A sample above the range is never squeezed into the last slot: it counts in `count`, in
 * `overflow`, and in the exact maximum and mean, and a percentile that lies among such samples is
 * HIST_NONE.
 */
#ifndef CONCBENCH_HIST_H
#define CONCBENCH_HIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HIST_NONE (-1LL)
#define HIST_HOUR_NS 3600000000000LL /* the usual range; takes 264 KiB where touched */

enum {
	HIST_SIGNIFICANT_DIGITS = 3,
	HIST_BEYOND_MIN = 30, /* samples that must lie beyond a percentile for it to be reported */
};

struct hist {
	int64_t *counts; /* [n_counts], heap */
	size_t n_counts;
	int64_t highest_ns; /* the range: the end of the last slot */
	int64_t count;      /* all samples, those above the range included */
	int64_t overflow;   /* samples above the range */
	int64_t min_ns;     /* exact; HIST_NONE while there are no samples */
	int64_t max_ns;     /* exact, overflow included; HIST_NONE likewise */
	unsigned __int128 sum_ns;
};

/*
 * Makes an empty histogram that holds 0..highest_ns; the range is rounded up to the end of a run.
 * Returns 0, -EINVAL (highest_ns < 0) or -ENOMEM. Children that are forked later do not have it.
 */
int hist_init(struct hist *hist, int64_t highest_ns);

void hist_release(struct hist *hist);

/* Forgets all samples; the range stays. */
void hist_reset(struct hist *hist);

/* Adds one sample, or `n` >= 0 equal ones. `ns` >= 0: what came early the caller counts apart. */
void hist_add(struct hist *hist, int64_t ns);
void hist_add_n(struct hist *hist, int64_t ns, int64_t n);

/*
 * Adds all samples of `from`. No change, and -ERANGE where `from` has the wider range, or
 * -EOVERFLOW where there would be more than INT64_MAX samples (of histograms that were read).
 */
int hist_merge(struct hist *hist, const struct hist *from);

/*
 * The percentile by the nearest-rank definition: the value of sample number ceil(percent / 100 *
 * count) in ascending order, so that at least `percent` % of the samples are <= it. It is the
 * highest value of that sample's slot, never beyond the exact minimum and maximum. `percent` lies
 * in 0..100 and is taken to four decimals. HIST_NONE without samples, or when the sample lies above
 * the range (unless it is the maximum itself, which is known).
 */
int64_t hist_percentile(const struct hist *hist, double percent);

/* How many samples lie beyond the percentile: count - ceil(percent / 100 * count). */
int64_t hist_count_beyond(const struct hist *hist, double percent);

/* As hist_percentile, but HIST_NONE where fewer than HIST_BEYOND_MIN samples lie beyond it. */
int64_t hist_percentile_reportable(const struct hist *hist, double percent);

/* The exact mean; NAN without samples. */
double hist_mean(const struct hist *hist);

/* A slot that is not empty, for export. Start with {0}. */
struct hist_iter {
	size_t next; /* slot to look at next */
	int64_t low_ns, high_ns;
	int64_t count;
};

/* Steps to the next slot that is not empty, in ascending order; false after the last one. */
bool hist_iter_next(const struct hist *hist, struct hist_iter *iter);

#endif
