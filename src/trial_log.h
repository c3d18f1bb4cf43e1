// SPDX-License-Identifier: MIT
/*
 * The histograms of a run as a file (`--hist`): an interval log with one entry for each trial
 * whose status is ok and that took samples. Its tag is the trial's cell in readable form:
 *
 *   WORKLOAD/BACKEND/VARIANT/PARAMS/rep=N/batch=N
 *
 * without the parts that are empty. Samples are the times of `batch` operations each, not divided,
 * as they were measured.
 */
#ifndef CONCBENCH_TRIAL_LOG_H
#define CONCBENCH_TRIAL_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "csv.h"
#include "hist.h"
#include "hlog.h"
#include "result.h"

enum { TRIAL_LOG_TAG_MAX = 64 + 64 + RESULT_TEXT_MAX + RESULT_PARAMS_MAX + 64 };

struct trial_log {
	struct hlog hlog;
	int64_t opened_ns; /* what the entries' times count from */
};

/* Opens the file, its times counting from now. As hlog_open. */
int trial_log_open(struct trial_log *log, const char *path, enum csv_mode mode, const char *run_id);

/* Adds the trial that began at `begun_ns` and ends now, if it is to be kept. As hlog_write. */
int trial_log_add(struct trial_log *log, int64_t begun_ns, const struct result *result,
				  const struct hist *latency);

int trial_log_close(struct trial_log *log);

/* The tag of a trial in buf[TRIAL_LOG_TAG_MAX]; returns `buf`. */
char *trial_log_tag(const struct result *result, char *buf);

/* The batch that a tag tells of; 1 where it tells of none. */
int64_t trial_log_batch(const char *tag);

#endif
