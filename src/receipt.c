// SPDX-License-Identifier: MIT
/* Receipts: what a pass says it did, against what it was asked for. */
#include "receipt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int receipt_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Stamps of tasks started in order are nearly always sorted already. */
static void receipt_sort(int64_t *stamps, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (stamps[i - 1] > stamps[i]) {
			qsort(stamps, n, sizeof(*stamps), receipt_compare);
			return;
		}
	}
}

int64_t receipt_peak(const int64_t *begins_ns, const int64_t *ends_ns, size_t n)
{
	int64_t *begins = malloc((2 * n + 1) * sizeof(*begins));
	int64_t *ends = begins + n;
	int64_t alive = 0, peak = 0;
	size_t finished = 0;

	if (!begins)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!ends_ns[i])
			continue;
		begins[finished] = begins_ns[i];
		ends[finished++] = ends_ns[i];
	}
	receipt_sort(begins, finished);
	receipt_sort(ends, finished);
	for (size_t b = 0, e = 0; b < finished; b++) {
		for (; ends[e] <= begins[b]; e++)
			alive--;
		if (++alive > peak)
			peak = alive;
	}
	free(begins);
	return peak;
}

/* The sum of a role's slices: those of role 0 come first. */
static struct arena_slice receipt_sum(const struct receipt_order *order, const struct arena *arena,
									  int role)
{
	const struct arena_slice *slices =
		(const struct arena_slice *)((const char *)arena + arena->slices_at);
	struct arena_slice sum = {0};
	uint32_t first = 0;
	uint32_t n = order->workload->tasks(order->params, role);

	for (int i = 0; i < role; i++)
		first += order->workload->tasks(order->params, i);
	for (uint32_t i = first; i < first + n && i < arena->n_slices; i++) {
		sum.ops += slices[i].ops;
		sum.window_ops += slices[i].window_ops;
		sum.bytes += slices[i].bytes;
		sum.errors += slices[i].errors;
		sum.due += slices[i].due;
		sum.late += slices[i].late;
		sum.backlog += slices[i].backlog;
	}
	return sum;
}

static int receipt_take_fixed(const struct receipt_order *order, const struct arena *arena,
							  struct receipt *receipt, char *reason, size_t size)
{
	uint64_t ops = order->workload->round_ops(order->params);
	uint64_t digest = order->workload->round_digest(order->params);

	receipt->rounds = (int64_t)arena->rounds_done;
	receipt->ops = (int64_t)(arena->rounds_done * arena->round_ops);
	receipt->digest = arena->round_digest;
	/* Not judged: where the work is fixed, what must not happen shows in the digest. */
	receipt->errors = (int64_t)receipt_sum(order, arena, 0).errors;
	if (arena->rounds_done != order->rounds)
		snprintf(reason, size, "%" PRIu64 " rounds were done, %" PRIu64 " asked for",
				 arena->rounds_done, order->rounds);
	else if (arena->round_ops != ops)
		snprintf(reason, size, "a round had %" PRIu64 " operations, %" PRIu64 " expected",
				 arena->round_ops, ops);
	else if (arena->round_digest != digest)
		snprintf(reason, size, "the digest is %016" PRIx64 ", %016" PRIx64 " expected",
				 arena->round_digest, digest);
	else if (arena->rounds_differing)
		snprintf(reason, size, "%" PRIu64 " rounds differed from the first",
				 arena->rounds_differing);
	else
		return 0;
	return -EBADMSG;
}

static int receipt_take_by_duration(const struct receipt_order *order, const struct arena *arena,
									struct receipt *receipt, char *reason, size_t size)
{
	int last = order->workload->n_roles - 1;
	struct arena_slice theirs = receipt_sum(order, arena, 0);
	struct arena_slice ours = receipt_sum(order, arena, last);

	receipt->ops = (int64_t)ours.window_ops;
	receipt->bytes = (int64_t)ours.bytes;
	receipt->errors = (int64_t)ours.errors;
	receipt->due = (int64_t)ours.due;
	receipt->late = (int64_t)ours.late;
	receipt->backlog = (int64_t)ours.backlog;
	if (last > 0 && !order->foreign)
		receipt->errors += (int64_t)theirs.errors;
	if (receipt->errors)
		snprintf(reason, size, "%" PRId64 " operations failed", receipt->errors);
	else if (!ours.window_ops)
		snprintf(reason, size, "no operation ended inside the window");
	else if (!order->foreign && theirs.bytes != ours.bytes)
		snprintf(reason, size, "%" PRIu64 " bytes at the %s, %" PRIu64 " at the %s", theirs.bytes,
				 order->workload->roles[0].name, ours.bytes, order->workload->roles[last].name);
	else if (!order->foreign && theirs.ops != ours.ops)
		snprintf(reason, size, "%" PRIu64 " operations at the %s, %" PRIu64 " at the %s",
				 theirs.ops, order->workload->roles[0].name, ours.ops,
				 order->workload->roles[last].name);
	else
		return 0;
	return -EBADMSG;
}

/*
 * Work that takes its time by nature, such as sleeping, must have taken it. Half of it will do:
 * waking early is counted in lat_early and is no fraud.
 */
static bool receipt_took_time(const struct receipt_order *order, const struct arena *arena)
{
	const struct workload *workload = order->workload;
	double window_ns = (double)(arena_close_ns(arena) - arena_open_ns(arena));
	double least_ns;

	if (!workload->round_ops || !workload->least_ns)
		return true;
	least_ns = (double)workload->least_ns(order->params) * (double)order->rounds;
	return window_ns >= least_ns / 2;
}

int receipt_take(const struct receipt_order *order, const struct arena *arena,
				 struct receipt *receipt, char *reason, size_t size)
{
	const struct workload *workload = order->workload;
	uint64_t dropped = atomic_load(&arena->samples_dropped);
	int rc;

	*receipt = (struct receipt){.tasks = workload->tasks(order->params, 0)};
	if (!order->foreign) {
		receipt->tasks_peak =
			receipt_peak(arena_begins_ns(arena), arena_ends_ns(arena), arena->n_tasks);
		if (receipt->tasks_peak < 0)
			return (int)receipt->tasks_peak;
	}
	rc = workload->round_ops ? receipt_take_fixed(order, arena, receipt, reason, size)
							 : receipt_take_by_duration(order, arena, receipt, reason, size);
	if (rc)
		return rc;
	if (dropped) {
		snprintf(reason, size, "%" PRIu64 " latency samples found no room", dropped);
		return -EBADMSG;
	}
	if (!order->foreign && workload->all_alive && workload->all_alive(order->params) &&
		receipt->tasks_peak != receipt->tasks) {
		snprintf(reason, size, "%" PRId64 " tasks were alive at once, %" PRId64 " expected",
				 receipt->tasks_peak, receipt->tasks);
		return -EBADMSG;
	}
	if (!receipt_took_time(order, arena)) {
		snprintf(reason, size, "the work was done in less than half the time that it takes");
		return -EBADMSG;
	}
	return 0;
}
