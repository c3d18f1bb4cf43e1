// SPDX-License-Identifier: MIT
/*
 * A cell: workload x backend variant x parameters, everything resolved. Its key (workload,
 * version, backend, variant, params) is what results are compared by.
 */
#ifndef CONCBENCH_CELL_H
#define CONCBENCH_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend.h"
#include "limits.h"
#include "result.h"
#include "workload.h"

/* A backend with every option resolved. */
struct cell_variant {
	const struct backend *backend;
	struct param_value options[BACKEND_OPTIONS_MAX];
};

struct cell {
	const struct workload *workload;
	struct param_value params[ARENA_PARAMS_MAX];
	struct cell_variant roles[WORKLOAD_ROLES_MAX]; /* [0] is under test */
	/* Set when it was planned: RESULT_OK, or why it cannot run (unsupported, limited). */
	enum result_status status;
	char reason[RESULT_TEXT_MAX];
	uint32_t inject_percent; /* tests of the gate: rounds are made longer by this share */
	/* Set once it has been calibrated; 0 before. */
	uint64_t rounds;
	double op_ns; /* what an operation took then, or takes at least */
};

/* The numbers of the parameters, in the order of the workload's table. */
void cell_numbers(const struct cell *cell, int64_t numbers[ARENA_PARAMS_MAX]);

/* The value of a parameter by name, or NULL where the workload has none of that name. */
const struct param_value *cell_param(const struct cell *cell, const char *name);

/* The program that takes the place of a role ("exec:PATH" without "exec:"), or NULL. */
const char *cell_foreign(const struct cell *cell, int role);

/* What the backend of a role is told. `arena` may be NULL. */
struct backend_config cell_config(const struct cell *cell, int role, struct arena *arena);

/* "k=v;k=v", sorted: the CSV's `params` and `variant`. Both return `buf`. */
char *cell_params_text(const struct cell *cell, char *buf, size_t size);
char *cell_variant_text(const struct cell *cell, char *buf, size_t size);

/*
 * The parameters as a user would write them ("conns=64 duration=1s"), without those that only say
 * which program takes the place of a role, or how the work is done (beside_param): cells that
 * differ in these are to be read side by side.
 */
char *cell_params_label(const struct cell *cell, char *buf, size_t size);

/*
 * As a user would write it: "coro", or "coro:stack=dense" with what differs from the default; and
 * behind that the beside_param, "coro io=threads".
 */
char *cell_variant_label(const struct cell *cell, char *buf, size_t size);

/* Whether its operations are due by a schedule. */
bool cell_open_loop(const struct cell *cell);

/* Whether its placement is `split`: each role, or where there is one each task, has its own CPU. */
bool cell_is_split(const struct cell *cell);

/* Whether it is the tasks of its one role that have their own CPUs (spread.h). */
bool cell_is_spread(const struct cell *cell);

/* Whether more than one of what its workload's speed-up is counted from is at work. */
bool cell_has_speedup(const struct cell *cell);

/* What its latency samples are; NULL: none are taken. */
const char *cell_lat_kind(const struct cell *cell);

/* Whether these are taken in a pass of their own. */
bool cell_has_latency_pass(const struct cell *cell);

/* The machine's floor under the cell's operation; LIMITS_OPERATIONS where there is none. */
enum limits_operation cell_floor(const struct cell *cell);

/* Whether two cells have the same key. */
bool cell_same(const struct cell *a, const struct cell *b);

/* Puts what a word like "auto" stands for on the backend under test in its place. */
void cell_resolve_params(struct cell *cell);

/* Why the backend of a role cannot run its body, in words that stay; NULL: it can. */
const char *cell_unsupported(const struct cell *cell, int role);

/*
 * Whether it can run on this machine: sets `status` and `reason` from what the backend has, and
 * from what the machine allows.
 */
void cell_preflight(struct cell *cell);

/* What one pass is expected to take, in ns; before calibration a lower bound. */
int64_t cell_expected_ns(const struct cell *cell);

#endif
