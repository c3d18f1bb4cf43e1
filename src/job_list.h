// SPDX-License-Identifier: MIT
/* The result files of earlier jobs: those of a folder that come from one host, by their start. */
#ifndef CONCBENCH_JOB_LIST_H
#define CONCBENCH_JOB_LIST_H

#include <stddef.h>

#include "dataset.h"

enum { JOB_PATH_MAX = 4096 };

struct job {
	char path[JOB_PATH_MAX];
	char started_utc[32];
};

struct job_list {
	struct job *jobs;
	size_t n;
	size_t n_foreign; /* files left out: other hosts */
};

/*
 * Lists the *.csv files of `dir` whose first row names that host. Returns 0, or -errno with one
 * line in *error: a file that cannot be read is no earlier job that may be passed over. Release it
 * in any case.
 */
int job_list_find(struct job_list *jobs, const char *dir, const char *host_id,
				  char error[DATASET_ERROR_MAX]);

void job_list_release(struct job_list *jobs);

#endif
