// SPDX-License-Identifier: MIT
/*
 * Which cells `ab` compares, and how a build is asked for one trial of one of them.
 *
 * The list is what `BASE run --profile quick --dry-run -o -` prints: every option resolved, so
 * that both builds are asked for the same cell whatever their defaults are. A trial is
 * `BIN run -w W -b B -p K=V ... -r 1 -o -`, the contract that all versions keep. What only one of
 * two builds knows is ab_fit.h's.
 */
#ifndef CONCBENCH_AB_PLAN_H
#define CONCBENCH_AB_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "child.h"
#include "dataset.h"
#include "result.h"

enum { AB_SETTINGS_MAX = 64, AB_ARGS_MAX = 160, AB_ERROR_MAX = 512 };

/* What the user chose; passed on as it is. */
struct ab_choice {
	const char *workloads, *backends; /* NULL: all of the quick profile */
	const char *settings[AB_SETTINGS_MAX];
	size_t n_settings;
};

/* The settings that a build is asked for, "k=v;k=v"; on the heap. */
struct ab_request {
	char *variant, *params;
};

struct ab_cell {
	char *workload, *backend; /* in one allocation, at `workload` */
	struct ab_request requests[DATASET_SIDES];
	int64_t expected_ns; /* of one trial */
};

struct ab_plan {
	struct ab_cell *cells;
	size_t n_cells;
};

/*
 * Asks `binary` for the cells; both builds are to be asked for what it says. Returns 0, -EINVAL (it
 * refuses the choice), -ENOEXEC (it cannot be run, or what it prints is no plan), -EINTR or
 * -ENOMEM, with one line in *error.
 */
int ab_plan_make(struct ab_plan *plan, const char *binary, const struct ab_choice *choice,
				 char error[AB_ERROR_MAX]);

/*
 * Asks `binary` for every workload on every backend with all settings at their defaults, likewise.
 * A build from before there was such a profile gives a plan without cells.
 */
int ab_plan_defaults(struct ab_plan *plan, const char *binary, char error[AB_ERROR_MAX]);

void ab_plan_release(struct ab_plan *plan);

/*
 * Runs one trial, as the build of that side is asked for it. Returns 0 with the row in *result (a
 * build that refuses the cell gives a row with status "failed" and its complaint), -ENOEXEC, -EINTR
 * or -ENOMEM with *error filled in.
 */
int ab_trial(const char *binary, const struct ab_cell *cell, int side, struct result *result,
			 char error[AB_ERROR_MAX]);

/* The build-id that `binary --version` prints, or "" in `id`. 0, -ENOEXEC or -EINTR as above. */
int ab_build_id(const char *binary, char id[64], char error[AB_ERROR_MAX]);

#endif
