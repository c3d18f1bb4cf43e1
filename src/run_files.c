// SPDX-License-Identifier: MIT
/* The files of a run, opened together and written row by row. */
#include "run_files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "csv_error.h"

static int open_csv(struct run_files *files)
{
	struct csv_error error;
	char text[CSV_ERROR_MAX + 512];
	int rc;

	if (!files->out_path && !isatty(STDOUT_FILENO))
		files->out_path = "-";
	if (!files->out_path)
		return 0;
	rc = csv_open(&files->csv, files->out_path, files->mode, &error);
	if (rc)
		fprintf(stderr, "concbench: -o %s\n",
				csv_error_text(&error, files->out_path, text, sizeof(text)));
	files->csv_open = rc == 0;
	return rc;
}

static int open_log(struct run_files *files, const char *run_id)
{
	int rc;

	if (!files->hist_path)
		return 0;
	rc = trial_log_open(&files->log, files->hist_path, files->mode, run_id);
	if (rc)
		fprintf(stderr, "concbench: --hist %s: %s\n", files->hist_path,
				rc == -EBADMSG ? "not a log of histograms that can be appended to" : strerror(-rc));
	files->log_open = rc == 0;
	return rc;
}

int run_files_open(struct run_files *files, const char *run_id)
{
	int rc = open_log(files, run_id);

	if (rc)
		return rc;
	rc = open_csv(files);
	if (rc && files->log_open) {
		if (files->log.hlog.file.created)
			unlink(files->hist_path);
		trial_log_close(&files->log);
		files->log_open = false;
	}
	return rc;
}

static int add_histogram(struct run_files *files, int64_t begun_ns, const struct result *result,
						 const struct hist *latency)
{
	int rc = trial_log_add(&files->log, begun_ns, result, latency);

	if (rc)
		fprintf(stderr, "concbench: %s: histogram %" PRId64 " could not be kept: %s\n",
				files->hist_path, result->seq, strerror(-rc));
	/* Samples beyond the histogram's hour are no reason to end the run. */
	return rc == -ERANGE ? 0 : rc;
}

int run_files_add(struct run_files *files, int64_t begun_ns, const struct result *result,
				  const struct hist *latency)
{
	int rc = files->csv_open ? csv_write_row(&files->csv, result) : 0;

	if (rc)
		fprintf(stderr, "concbench: %s: row %" PRId64 " could not be kept: %s\n", files->out_path,
				result->seq, strerror(-rc));
	return rc || !files->log_open ? rc : add_histogram(files, begun_ns, result, latency);
}

int run_files_close(struct run_files *files)
{
	int rc = 0;

	if (files->csv_open && csv_close(&files->csv))
		rc = -EIO;
	if (files->log_open && trial_log_close(&files->log))
		rc = -EIO;
	return rc;
}
