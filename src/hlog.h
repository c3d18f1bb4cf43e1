// SPDX-License-Identifier: MIT
/*
 * The HdrHistogram interval log, format 1.3: a text file with one histogram a line.
 *
 *   #[Histogram log format version 1.3]
 *   #[StartTime: 1924991999.000 (seconds since epoch)]
 *   "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
 *   Tag=NAME,0.127,1.007,2.769,HISTFAAAA...
 *
 * Times are in seconds since StartTime; the histogram's own unit is ns, and Interval_Max is its
 * maximum in ms. src/hlog_code.h has the encoding.
 */
#ifndef CONCBENCH_HLOG_H
#define CONCBENCH_HLOG_H

#include <stdint.h>
#include <stdio.h>

#include "csv.h"
#include "hist.h"
#include "rowfile.h"

/* What a line says beside its histogram. */
struct hlog_interval {
	const char *tag; /* no comma, space or control character; "": none */
	double start_s;  /* since StartTime, >= 0 */
	double length_s; /* >= 0 */
};

/* A log being written. */
struct hlog {
	struct rowfile file;
};

/*
 * Opens `path` for writing, as csv_open does with its modes, and writes the header. `epoch_s` is
 * the StartTime; `comment` (one line) goes into the header. A log that is appended to gets a header
 * of its own, for its own StartTime. 0 or -errno; among others -EEXIST (CSV_CREATE on a file) and
 * -EBADMSG (CSV_APPEND to what is no such log, or whose last line is cut).
 */
int hlog_open(struct hlog *hlog, const char *path, enum csv_mode mode, double epoch_s,
			  const char *comment);

/*
 * Writes one line, whole or not at all. 0, -errno of the write, -ENOMEM, -EINVAL for a tag that
 * would break the line, -ERANGE where samples lie above the histogram's range.
 */
int hlog_write(struct hlog *hlog, const struct hlog_interval *interval, const struct hist *hist);

int hlog_close(struct hlog *hlog);

/* A log being read. */
struct hlog_reader {
	FILE *file;
	char *line; /* heap; what an interval's tag lies in */
	int64_t line_number;
	const char *error; /* what is wrong with that line, after an error */
};

/* 0 or -errno. */
int hlog_reader_open(struct hlog_reader *reader, const char *path);

/*
 * Reads the next histogram: 1 with *hist, the caller's to release, and *interval, whose tag lasts
 * until the next call; 0 at the end; or -errno with reader->error set: -EBADMSG for a malformed
 * line, -ENOTSUP for a histogram that is not of our layout, -ENOMEM, -EIO and the like.
 */
int hlog_read(struct hlog_reader *reader, struct hlog_interval *interval, struct hist *hist);

void hlog_reader_close(struct hlog_reader *reader);

#endif
