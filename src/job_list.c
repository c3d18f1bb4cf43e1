// SPDX-License-Identifier: MIT
/* Which result files a folder has of a host. */
#include "job_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_reader.h"

enum { FILES_MAX = 10000 };

/* The host and start of a file, from its first row. 0 or -errno with *error filled in. */
static int file_peek(const char *path, struct result *first, char *error)
{
	struct csv_reader reader;
	struct csv_error where;
	int status = csv_reader_open(&reader, path, &where);

	if (status == 0) {
		result_init(first);
		status = csv_reader_next(&reader, first, &where);
		csv_reader_close(&reader);
	}
	if (status < 0)
		csv_error_text(&where, path, error, DATASET_ERROR_MAX);
	return status < 0 ? status : 0;
}

static int job_add(struct job_list *jobs, const char *path, const char *started_utc)
{
	struct job *grown = realloc(jobs->jobs, (jobs->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	jobs->jobs = grown;
	snprintf(grown[jobs->n].path, sizeof(grown->path), "%s", path);
	snprintf(grown[jobs->n].started_utc, sizeof(grown->started_utc), "%s", started_utc);
	jobs->n++;
	return 0;
}

static int compare_jobs(const void *a, const void *b)
{
	const struct job *x = a;
	const struct job *y = b;
	int order = strcmp(x->started_utc, y->started_utc);

	return order ? order : strcmp(x->path, y->path);
}

int job_list_find(struct job_list *jobs, const char *dir, const char *host_id,
				  char error[DATASET_ERROR_MAX])
{
	DIR *listing = opendir(dir);
	struct dirent *entry;
	int status = 0;

	if (!listing) {
		status = -errno;
		snprintf(error, DATASET_ERROR_MAX, "%.400s: %s", dir, strerror(-status));
		return status;
	}
	while (status == 0 && jobs->n < FILES_MAX && (entry = readdir(listing))) {
		const char *dot = strrchr(entry->d_name, '.');
		char path[JOB_PATH_MAX];
		struct result first;

		if (!dot || strcmp(dot, ".csv") ||
			snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path))
			continue;
		status = file_peek(path, &first, error);
		if (status < 0)
			break;
		if (strcmp(first.host_id, host_id))
			jobs->n_foreign++;
		else
			status = job_add(jobs, path, first.started_utc);
	}
	closedir(listing);
	if (jobs->n > 0)
		qsort(jobs->jobs, jobs->n, sizeof(*jobs->jobs), compare_jobs);
	return status;
}

void job_list_release(struct job_list *jobs)
{
	free(jobs->jobs);
	*jobs = (struct job_list){0};
}
