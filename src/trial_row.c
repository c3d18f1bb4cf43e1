// SPDX-License-Identifier: MIT
/* From what a pass left behind to the columns of the row. */
#include "trial_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "noise.h"

static int64_t row_cpu_ns(const struct arena_usage *usage)
{
	return usage->user_ns + usage->sys_ns;
}

/* What the window's owner, its reaped children and those that still live used. */
static struct arena_usage row_usage_of_root(const struct pass_outcome *outcome)
{
	struct arena_usage usage = outcome->arena->usage;
	const struct arena_usage *living = &outcome->usage[0];

	usage.user_ns += living->user_ns;
	usage.sys_ns += living->sys_ns;
	usage.voluntary += living->voluntary;
	usage.involuntary += living->involuntary;
	usage.faults += living->faults;
	if (usage.max_rss_bytes < living->max_rss_bytes)
		usage.max_rss_bytes = living->max_rss_bytes;
	return usage;
}

/* CPU time of all roles between the pass's two noise samples, for what is not foreign. */
static int64_t row_own_cpu_ns(const struct cell *cell, const struct pass_outcome *outcome)
{
	int64_t sum = 0;

	if (cell->workload->n_roles == 1) {
		struct arena_usage usage = row_usage_of_root(outcome);

		return row_cpu_ns(&usage);
	}
	for (int i = 0; i < cell->workload->n_roles; i++)
		sum += row_cpu_ns(&outcome->usage[i]);
	return sum;
}

void trial_row_noise(const struct cell *cell, const struct pass_outcome *outcome,
					 struct result *result)
{
	if (outcome->noise[0].at_ns && outcome->noise[1].at_ns)
		noise_store(&outcome->noise[0], &outcome->noise[1], row_own_cpu_ns(cell, outcome),
					(int)sysconf(_SC_NPROCESSORS_ONLN), result);
}

/*
 * The CPU use of a role. Work by duration is looked at from outside, a little beside the window's
 * ends; what was used is scaled to the window.
 */
static struct arena_usage row_usage(const struct cell *cell, const struct pass_outcome *outcome,
									int role, int64_t wall_ns)
{
	struct arena_usage usage = outcome->usage[role];
	int64_t seen_ns = outcome->noise[1].at_ns - outcome->noise[0].at_ns;
	double scale;

	if (cell->workload->n_roles == 1)
		return row_usage_of_root(outcome);
	if (seen_ns <= 0)
		return (struct arena_usage){0};
	scale = (double)wall_ns / (double)seen_ns;
	usage.user_ns = (int64_t)((double)usage.user_ns * scale);
	usage.sys_ns = (int64_t)((double)usage.sys_ns * scale);
	return usage;
}

/* The client is the bottleneck where its CPU is full and the server's is not. */
static int64_t row_client_bound(const struct cell *cell, int64_t server_ns, int64_t client_ns,
								int64_t wall_ns)
{
	const struct param_value *placement = cell_param(cell, "placement");

	if (!placement || strcmp(placement->text, "split"))
		return RESULT_NONE;
	return (double)client_ns > 0.95 * (double)wall_ns && (double)server_ns < 0.90 * (double)wall_ns;
}

static void row_store_cpu(const struct cell *cell, const struct pass_outcome *outcome,
						  struct result *result)
{
	struct arena_usage usage = row_usage(cell, outcome, 0, result->wall_ns);

	result->cpu_user_ns = usage.user_ns;
	result->cpu_sys_ns = usage.sys_ns;
	if (result->ops > 0)
		result->cpu_ns_per_op = (double)row_cpu_ns(&usage) / (double)result->ops;
	result->ctxsw_voluntary = usage.voluntary;
	result->ctxsw_involuntary = usage.involuntary;
	result->faults_minor = usage.faults;
	result->max_rss_bytes = usage.max_rss_bytes;
	if (cell->workload->n_roles > 1) {
		struct arena_usage client =
			row_usage(cell, outcome, cell->workload->n_roles - 1, result->wall_ns);

		result->client_cpu_ns = row_cpu_ns(&client);
		result->client_bound =
			row_client_bound(cell, row_cpu_ns(&usage), result->client_cpu_ns, result->wall_ns);
	}
}

static void row_store_time(const struct arena *arena, struct result *result)
{
	result->wall_ns = arena_close_ns(arena) - arena_open_ns(arena);
	if (result->wall_ns > 0)
		result->throughput_ops_per_s = (double)result->ops * 1e9 / (double)result->wall_ns;
	if (arena->tasks_spawned) {
		result->spawn_ns_per_task = (double)arena->spawn_ns / (double)arena->tasks_spawned;
		result->drain_ns_per_task = (double)arena->drain_ns / (double)arena->tasks_spawned;
	}
}

/* Open loop: how well the schedule was kept. */
static void row_store_schedule(const struct cell *cell, const struct receipt *receipt,
							   struct result *result)
{
	if (!cell_open_loop(cell))
		return;
	result->late = receipt->late;
	result->backlog_end = receipt->backlog;
	if (receipt->due > 0)
		result->achieved_ratio = (double)receipt->ops / (double)receipt->due;
}

static void row_store_receipt(const struct cell *cell, const struct receipt *receipt,
							  struct result *result)
{
	result->tasks = receipt->tasks;
	if (receipt->tasks_peak > 0)
		result->tasks_peak = receipt->tasks_peak;
	result->ops = receipt->ops;
	result->errors = receipt->errors;
	if (!cell->workload->round_ops) {
		result->bytes = receipt->bytes;
		row_store_schedule(cell, receipt, result);
		return;
	}
	result->rounds = receipt->rounds;
	snprintf(result->digest, sizeof(result->digest), "%016" PRIx64, receipt->digest);
}

void trial_row_throughput(const struct cell *cell, const struct pass_outcome *outcome,
						  const struct receipt *receipt, struct result *result)
{
	const struct pass_page *page = outcome->page;

	row_store_receipt(cell, receipt, result);
	row_store_time(outcome->arena, result);
	row_store_cpu(cell, outcome, result);
	trial_row_noise(cell, outcome, result);
	if (page->probe_ns > 0)
		result->probe_ns = page->probe_ns;
	snprintf(result->guard, sizeof(result->guard), "%s", page->guard);
	if (page->depths.known) {
		result->ready_max = page->depths.ready_max;
		result->timers_max = page->depths.timers_max;
	}
}

/* ---- latency ---- */

/* Adds every `step`th sample from `first` on; how many were before their deadline, not added. */
static int64_t row_collect_samples(const struct arena *arena, uint64_t first, uint64_t step,
								   struct hist *hist)
{
	const int64_t *samples = arena_samples(arena);
	int64_t early = 0;

	for (uint64_t i = first; i < arena->n_samples; i += step) {
		if (samples[i] > 0)
			hist_add(hist, samples[i] - 1);
		else if (samples[i] < 0)
			early++;
	}
	return early;
}

void trial_row_latency(struct trial_context *context, const struct cell *cell,
					   const struct arena *arena, struct result *result)
{
	struct hist *latency = &context->latency, *service = &context->service;
	int64_t batch = arena->batch && !cell->workload->latency_single ? (int64_t)arena->batch : 1;
	bool pairs = cell_open_loop(cell);

	result->lat_early = row_collect_samples(arena, 0, pairs ? 2 : 1, latency);
	result->lat_dropped = (int64_t)atomic_load(&arena->samples_dropped);
	snprintf(result->lat_kind, sizeof(result->lat_kind), "%s", cell_lat_kind(cell));
	result_set_latency(result, latency, batch);
	if (!pairs)
		return;
	row_collect_samples(arena, 1, 2, service);
	result_set_service(result, service);
}
