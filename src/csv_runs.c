// SPDX-License-Identifier: MIT
/*
 * Rows of each run, counted.
 */
#include "csv_runs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct csv_run {
	char run_id[sizeof(((struct result *)0)->run_id)];
	int64_t planned, rows;
	int64_t line; /* of its last row */
};

/* A new part for the run of `row`, or NULL. */
static struct csv_run *add_part(struct csv_runs *runs, const struct result *row)
{
	if (runs->n_parts == runs->capacity) {
		size_t capacity = runs->capacity * 2 + 16;
		struct csv_run *parts = realloc(runs->parts, capacity * sizeof(*parts));

		if (!parts)
			return NULL;
		runs->parts = parts;
		runs->capacity = capacity;
	}
	struct csv_run *part = &runs->parts[runs->n_parts++];
	memcpy(part->run_id, row->run_id, sizeof(part->run_id));
	part->planned = row->planned;
	part->rows = 0;
	return part;
}

int csv_runs_add(struct csv_runs *runs, const struct result *row, int64_t line,
				 struct csv_error *error)
{
	struct csv_run *part = runs->n_parts > 0 ? &runs->parts[runs->n_parts - 1] : NULL;

	if (row->seq < 1 || row->seq > row->planned)
		return csv_error_malformed(error, line, "seq",
								   "%" PRId64 " is out of range (1..%" PRId64 ", by planned)",
								   row->seq, row->planned);
	if (!part || part->planned != row->planned || strcmp(part->run_id, row->run_id) != 0)
		part = add_part(runs, row);
	if (!part)
		return csv_error_system(error, -ENOMEM, "cannot keep count of the runs");
	part->rows++;
	part->line = line;
	return 0;
}

static int compare_parts(const void *left, const void *right)
{
	const struct csv_run *a = left;
	const struct csv_run *b = right;
	int order = strcmp(a->run_id, b->run_id);

	return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* All rows of a run have been counted in `run`. */
static int check_run(const struct csv_run *run, struct csv_error *error)
{
	if (run->rows == run->planned)
		return 0;
	if (run->rows > run->planned)
		return csv_error_malformed(error, run->line, "",
								   "run %s has %" PRId64 " rows, but planned %" PRId64
								   "; some are in the file twice",
								   run->run_id, run->rows, run->planned);
	csv_error_malformed(error, run->line, "",
						"run %s has %" PRId64 " rows of %" PRId64 " planned; it was cut short",
						run->run_id, run->rows, run->planned);
	return -ENODATA;
}

int csv_runs_check(struct csv_runs *runs, struct csv_error *error)
{
	int rc = 0;

	if (runs->n_parts == 0) {
		csv_error_malformed(error, 0, "", "no rows behind the header");
		return -ENODATA;
	}
	qsort(runs->parts, runs->n_parts, sizeof(*runs->parts), compare_parts);
	for (size_t i = 0; i < runs->n_parts && rc == 0; i++) {
		const struct csv_run *run = &runs->parts[i];
		struct csv_run *next = i + 1 < runs->n_parts ? &runs->parts[i + 1] : NULL;

		if (!next || strcmp(next->run_id, run->run_id) != 0)
			rc = check_run(run, error);
		else if (next->planned == run->planned)
			next->rows += run->rows;
		else
			rc = csv_error_malformed(error, next->line, "planned",
									 "%" PRId64 ", but %" PRId64 " in line %" PRId64
									 " of the same run",
									 next->planned, run->planned, run->line);
	}
	return rc;
}

void csv_runs_release(struct csv_runs *runs)
{
	free(runs->parts);
	*runs = (struct csv_runs){0};
}
