// SPDX-License-Identifier: MIT
/* Trials: from passes to one row. */
#include "trial.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "pass.h"
#include "receipt.h"
#include "trial_row.h"

enum {
	TRIAL_SAMPLES_MAX = 1 << 20, /* of a latency pass */
	/* A batch takes at least this many clock reads, so that reading costs it at most 6 %. */
	TRIAL_CLOCK_READS = 16,
	TRIAL_MEMORY_REPEATS = 2,
};

/* Where repeated memory slopes differ by more than this share, neither is believed. */
static const double TRIAL_MEMORY_TOLERANCE = 0.10;

/* One trial in the making. */
struct trial {
	struct trial_context *context;
	struct cell *cell;
	const struct workload *workload;
	struct result *result;
	int64_t params[ARENA_PARAMS_MAX];
};

int trial_context_init(struct trial_context *context)
{
	int rc;

	env_read(&context->env);
	noise_open(&context->noise, "");
	/* Orphans of a killed trial become the driver's children, which it can reap. */
	prctl(PR_SET_CHILD_SUBREAPER, 1UL);
	rc = hist_init(&context->latency, HIST_HOUR_NS);
	if (rc)
		return rc;
	rc = hist_init(&context->service, HIST_HOUR_NS);
	if (rc)
		hist_release(&context->latency);
	return rc;
}

void trial_context_release(struct trial_context *context)
{
	hist_release(&context->service);
	hist_release(&context->latency);
	noise_close(&context->noise);
}

/* The worst status counts; the order of enum result_status is that of badness. */
static void trial_judge(struct trial *trial, enum result_status status, const char *reason)
{
	if (status <= trial->result->status)
		return;
	trial->result->status = status;
	snprintf(trial->result->reason, sizeof(trial->result->reason), "%s", reason);
}

static int64_t trial_timeout_ns(const struct trial *trial)
{
	if (trial->context->timeout_ns)
		return trial->context->timeout_ns;
	return 3 * cell_expected_ns(trial->cell) + 10 * CLOCK_NS_PER_S;
}

/*
 * Runs a pass. True when it ended well; otherwise it has been judged. The outcome is to be
 * released either way.
 */
static bool trial_pass(struct trial *trial, struct pass_spec spec, struct pass_outcome *outcome)
{
	int rc;

	spec.cell = trial->cell;
	spec.unsampled = trial->context->no_latency;
	spec.timeout_ns = trial_timeout_ns(trial);
	rc = pass_run(&spec, &trial->context->noise, outcome);
	if (rc) {
		char reason[RESULT_TEXT_MAX];

		snprintf(reason, sizeof(reason), "cannot start the trial: %s", strerror(-rc));
		trial_judge(trial, RESULT_FAILED, reason);
		return false;
	}
	if (outcome->status != RESULT_OK)
		trial_judge(trial, outcome->status, outcome->reason);
	return outcome->status == RESULT_OK;
}

/* ---- calibration ---- */

/*
 * Finds how many rounds fill the window, once a cell. No pass is needed where one round, by its
 * nature, is longer, or where the work goes by duration.
 */
static bool trial_calibrate(struct trial *trial)
{
	struct cell *cell = trial->cell;
	const struct param_value *window = cell_param(cell, "window");
	struct pass_outcome outcome;
	int64_t least_ns;
	bool ok;

	if (cell->rounds)
		return true;
	least_ns = trial->workload->least_ns ? trial->workload->least_ns(trial->params) : 0;
	if (!window || least_ns >= window->number) {
		cell->rounds = 1;
		if (trial->workload->round_ops)
			cell->op_ns = (double)least_ns / (double)trial->workload->round_ops(trial->params);
		return true;
	}
	ok = trial_pass(trial, (struct pass_spec){.kind = ARENA_PASS_CALIBRATE, .rounds = UINT64_MAX},
					&outcome);
	if (ok) {
		const struct arena *arena = outcome.arena;
		double wall_ns = (double)(arena_close_ns(arena) - arena_open_ns(arena));
		double round_ns = wall_ns / (double)(arena->rounds_done ? arena->rounds_done : 1);
		double rounds = round((double)window->number / round_ns);

		cell->rounds = rounds < 1 ? 1 : (uint64_t)rounds;
		cell->op_ns = round_ns / (double)trial->workload->round_ops(trial->params);
	}
	pass_release(&outcome);
	return ok;
}

/* Whether the pass did its `rounds` of work; if not, the trial has been judged. */
static bool trial_check_receipt(struct trial *trial, const struct pass_outcome *outcome,
								uint64_t rounds, struct receipt *receipt)
{
	struct receipt_order order = {
		.workload = trial->workload,
		.params = outcome->params,
		.rounds = rounds,
		.foreign = cell_foreign(trial->cell, 0) != NULL,
	};
	char reason[RESULT_TEXT_MAX] = "no memory for the receipt";
	int rc = receipt_take(&order, outcome->arena, receipt, reason, sizeof(reason));

	if (rc)
		trial_judge(trial, RESULT_INVALID, reason);
	return rc == 0;
}

/* ---- the passes ---- */

/* The smallest power of two of operations whose time dwarfs that of reading the clock. */
static uint64_t trial_batch(const struct trial *trial)
{
	double least_ns = TRIAL_CLOCK_READS * trial->context->env.clock_cost_ns;
	double ops = (double)trial->workload->round_ops(trial->params) * (double)trial->cell->rounds;
	double op_ns = trial->cell->op_ns > 0.1 ? trial->cell->op_ns : 0.1;
	uint64_t batch = 1;

	while ((double)batch * op_ns < least_ns || ops / (double)batch > TRIAL_SAMPLES_MAX)
		batch *= 2;
	return batch;
}

/*
 * Operations a second with 1 of what `speedup` is about, in half a window: measured just before the
 * rest, as the machine may be at another speed some seconds later. NAN where there is no speed-up
 * to speak of. False when the pass went wrong; the trial has been judged then.
 */
static bool trial_measure_reference(struct trial *trial, double *ops_per_s)
{
	const char *name = trial->workload->speedup_param;
	struct pass_outcome outcome;
	struct receipt receipt;
	bool ok;

	*ops_per_s = NAN;
	if (!cell_has_speedup(trial->cell))
		return true;
	ok = trial_pass(trial,
					(struct pass_spec){.kind = ARENA_PASS_CALIBRATE,
									   .rounds = UINT64_MAX,
									   .param = name,
									   .value = 1,
									   .window_ns = cell_param(trial->cell, "window")->number / 2},
					&outcome);
	if (ok)
		ok = trial_check_receipt(trial, &outcome, outcome.arena->rounds_done, &receipt);
	if (ok)
		*ops_per_s = (double)receipt.ops * 1e9 /
					 (double)(arena_close_ns(outcome.arena) - arena_open_ns(outcome.arena));
	pass_release(&outcome);
	return ok;
}

/*
 * The machine's floor under the cell's operation, as it is now: NAN where there is none, or none is
 * asked for.
 */
static double trial_floor(const struct trial *trial)
{
	enum limits_operation operation = cell_floor(trial->cell);

	if (!trial->context->floors || operation == LIMITS_OPERATIONS)
		return NAN;
	return limits_gauge_floor(&trial->context->gauge, operation);
}

static bool trial_measure_throughput(struct trial *trial)
{
	struct pass_outcome outcome;
	struct receipt receipt;
	bool ok = trial_pass(
		trial, (struct pass_spec){.kind = ARENA_PASS_THROUGHPUT, .rounds = trial->cell->rounds},
		&outcome);

	if (ok) {
		ok = trial_check_receipt(trial, &outcome, trial->cell->rounds, &receipt);
		trial_row_throughput(trial->cell, &outcome, &receipt, trial->result);
		if (cell_lat_kind(trial->cell) && !trial->workload->latency_pass &&
			!trial->context->no_latency)
			trial_row_latency(trial->context, trial->cell, outcome.arena, trial->result);
	}
	pass_release(&outcome);
	return ok;
}

/*
 * The throughput pass, with what it is compared with beside it: the reference of `speedup`, and two
 * looks at the floor, whose mean is that of the row.
 */
static bool trial_measure_compared(struct trial *trial)
{
	double reference, before_ns;

	if (!trial_measure_reference(trial, &reference))
		return false;
	before_ns = trial_floor(trial);
	if (!trial_measure_throughput(trial))
		return false;
	trial->result->limit_ns_per_op = (before_ns + trial_floor(trial)) / 2;
	trial->result->speedup = trial->result->throughput_ops_per_s / reference;
	return true;
}

static bool trial_measure_latency(struct trial *trial)
{
	struct pass_outcome outcome;
	struct receipt receipt;
	struct result noise; /* the row's noise columns are those of the throughput pass */
	bool ok = trial_pass(trial,
						 (struct pass_spec){.kind = ARENA_PASS_LATENCY,
											.rounds = trial->cell->rounds,
											.batch = trial_batch(trial)},
						 &outcome);

	if (ok) {
		ok = trial_check_receipt(trial, &outcome, trial->cell->rounds, &receipt);
		trial_row_latency(trial->context, trial->cell, outcome.arena, trial->result);
		result_init(&noise);
		trial_row_noise(trial->cell, &outcome, &noise);
		if (noise.noisy == 1)
			trial->result->noisy = 1;
	}
	pass_release(&outcome);
	return ok;
}

/* Bytes of backend and kernel with `tasks` tasks alive; NAN where they could not be measured. */
static double trial_memory_bytes(struct trial *trial, uint32_t tasks)
{
	struct pass_outcome outcome;
	double bytes = NAN;

	if (trial_pass(trial,
				   (struct pass_spec){.kind = ARENA_PASS_MEMORY,
									  .rounds = 1,
									  .param = trial->workload->scale_param,
									  .value = tasks},
				   &outcome) &&
		outcome.user_bytes != RESULT_NONE && outcome.kernel_bytes != RESULT_NONE)
		bytes = (double)(outcome.user_bytes + outcome.kernel_bytes);
	pass_release(&outcome);
	return bytes;
}

/* The slope between half the tasks and all of them: what one more task costs. */
static void trial_measure_memory(struct trial *trial)
{
	uint32_t tasks = trial->workload->tasks(trial->params, 0);
	uint32_t more = tasks - tasks / 2;
	double slopes[TRIAL_MEMORY_REPEATS];
	double low, high;

	if (tasks < 2)
		return;
	for (int i = 0; i < TRIAL_MEMORY_REPEATS; i++) {
		double half = trial_memory_bytes(trial, tasks / 2);
		double all = trial_memory_bytes(trial, tasks);

		slopes[i] = (all - half) / more;
	}
	low = fmin(slopes[0], slopes[1]);
	high = fmax(slopes[0], slopes[1]);
	if (isnan(slopes[0]) || isnan(slopes[1]) || low <= 0 ||
		high - low > TRIAL_MEMORY_TOLERANCE * high)
		return;
	trial->result->mem_bytes_per_task = (low + high) / 2;
}

void trial_run(struct trial_context *context, struct cell *cell, struct result *result)
{
	struct trial trial = {
		.context = context,
		.cell = cell,
		.workload = cell->workload,
		.result = result,
	};

	cell_numbers(cell, trial.params);
	hist_reset(&context->latency);
	hist_reset(&context->service);
	env_store(&context->env, result);
	result->timer_slack_ns = 1;
	result->status = cell->status;
	if (cell->status != RESULT_OK) {
		snprintf(result->reason, sizeof(result->reason), "%s", cell->reason);
		return;
	}
	if (!trial_calibrate(&trial) || !trial_measure_compared(&trial))
		return;
	if (cell_has_latency_pass(cell) && !context->no_latency && !trial_measure_latency(&trial))
		return;
	if (cell->workload->memory_pass)
		trial_measure_memory(&trial);
}
