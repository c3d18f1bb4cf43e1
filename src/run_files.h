// SPDX-License-Identifier: MIT
/*
 * What a run writes: the CSV, and the log of its trials' histograms. Errors are told on stderr, in
 * one line each, as `run` tells all of its own.
 */
#ifndef CONCBENCH_RUN_FILES_H
#define CONCBENCH_RUN_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "csv.h"
#include "hist.h"
#include "result.h"
#include "trial_log.h"

struct run_files {
	/* What the user asked for. */
	const char *out_path;  /* NULL: standard output unless it is a terminal; "-": always */
	const char *hist_path; /* NULL: none */
	enum csv_mode mode;    /* of both */

	struct csv csv;
	bool csv_open;
	struct trial_log log;
	bool log_open;
};

/*
 * Opens both files or none: a refused one leaves no empty other that would be refused the next
 * time. 0 or -errno.
 */
int run_files_open(struct run_files *files, const char *run_id);

/* Writes a trial that began at `begun_ns`, and its histogram. 0, or -errno: it could not be kept.
 */
int run_files_add(struct run_files *files, int64_t begun_ns, const struct result *result,
				  const struct hist *latency);

/* Closes those that are open. 0, or -EIO when one was not written to its end. */
int run_files_close(struct run_files *files);

#endif
