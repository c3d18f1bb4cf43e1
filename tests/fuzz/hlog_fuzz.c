// SPDX-License-Identifier: MIT
/*
 * The reader of histogram logs, given anything. The first byte of an input says what the others
 * are: 'P' a histogram as it is inside the zlib stream, which made-up bytes would never get past;
 * otherwise ('L') a whole log. For the inner form this file includes hlog_code.c itself.
 *
 * tests/rules/fuzz builds it and makes a short run of it. For longer ones:
 *   build/fuzz/hlog_fuzz -max_total_time=600 NEW-CORPUS tests/fuzz/corpus/hlog
 */
#include <sys/mman.h>
#include <unistd.h>

#include "hlog.h"
#include "hlog_code.c" // NOLINT(bugprone-suspicious-include): see above

/* libFuzzer's main() calls it; no header declares it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer keeps the input of a process that aborts. */
static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What a histogram says of itself agrees with its slots. */
static void require_hist(const struct hist *hist)
{
	struct hist_iter iter = {0};
	int64_t count = 0;

	while (hist_iter_next(hist, &iter)) {
		require(iter.count > 0 && iter.low_ns >= 0 && iter.low_ns <= iter.high_ns);
		require(iter.low_ns >= hist->min_ns && iter.high_ns <= hist->max_ns);
		count += iter.count;
	}
	require(count == hist->count && hist->overflow == 0);
	require((count == 0) == (hist->min_ns == HIST_NONE));
	for (double percent = 0; count > 0 && percent <= 100; percent += 12.5) {
		int64_t ns = hist_percentile(hist, percent);

		require(ns >= hist->min_ns && ns <= hist->max_ns);
		require(hist_count_beyond(hist, percent) >= 0);
	}
	if (count > 0)
		require(hist_mean(hist) >= (double)hist->min_ns * (1 - 1e-9) &&
				hist_mean(hist) <= (double)hist->max_ns * (1 + 1e-9));
}

/* Written and read again it is the same, and merging it is refused or right. */
static void require_round_trip(struct hist *hist)
{
	struct hist again;
	char *text;
	int status;

	require(hlog_encode(hist, &text) == 0);
	require(hlog_decode(text, strlen(text), &again) == 0);
	free(text);
	require(again.n_counts == hist->n_counts && again.count == hist->count);
	require(memcmp(again.counts, hist->counts, hist->n_counts * sizeof(*hist->counts)) == 0);
	status = hist_merge(&again, hist);
	if (status == 0) {
		require(again.count / 2 == hist->count);
		require_hist(&again);
	} else {
		require(status == -EOVERFLOW && again.count == hist->count);
	}
	hist_release(&again);
}

static void plain_read(const uint8_t *data, size_t size)
{
	struct hist hist;
	int status = get_plain(data, size, &hist);

	if (status < 0) {
		require(status == -EBADMSG || status == -ENOTSUP);
		return;
	}
	require_hist(&hist);
	require_round_trip(&hist);
	hist_release(&hist);
}

static void log_read(const uint8_t *data, size_t size)
{
	struct hlog_reader reader;
	struct hlog_interval interval;
	struct hist hist;
	char path[64];
	int fd = memfd_create("log", MFD_CLOEXEC);
	int status;

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	require(hlog_reader_open(&reader, path) == 0);
	while ((status = hlog_read(&reader, &interval, &hist)) == 1) {
		require(interval.start_s >= 0 && interval.length_s >= 0 && !strpbrk(interval.tag, ", "));
		require_hist(&hist);
		require_round_trip(&hist);
		hist_release(&hist);
	}
	if (status < 0)
		require((status == -EBADMSG || status == -ENOTSUP) && reader.error && *reader.error &&
				reader.line_number > 0);
	hlog_reader_close(&reader);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'P')
		plain_read(data + 1, size - 1);
	else if (size > 0)
		log_read(data + 1, size - 1);
	return 0;
}
