// SPDX-License-Identifier: MIT
/*
 * The receipt: proof that a pass did the work it was asked for. A pass whose receipt does not hold
 * is `invalid`, whatever its speed, and is never compared.
 *
 * Fixed work: every round had the expected operations and digest. Work by duration: both roles
 * counted the same operations and bytes, warm-up included, and nobody counted an error. Either: no
 * sample was lost, and where the work demands it all tasks were alive at once.
 */
#ifndef CONCBENCH_RECEIPT_H
#define CONCBENCH_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "workload.h"

struct receipt {
	int64_t tasks;      /* asked for */
	int64_t tasks_peak; /* alive at once, from their stamps; 0: they left none */
	int64_t rounds;
	int64_t ops;   /* inside the window */
	int64_t bytes; /* payload, warm-up included; 0: the work moves none */
	int64_t errors;
	uint64_t digest; /* of one round; fixed work only */
	/* Open loop only: operations due inside the window, begun late, and left when it closed. */
	int64_t due, late, backlog;
};

/* What was asked for. */
struct receipt_order {
	const struct workload *workload;
	const int64_t *params;
	uint64_t rounds;
	bool foreign; /* role 0 is a foreign program, which does not report */
};

/*
 * Takes the receipt of a finished pass. Returns 0, or -EBADMSG with one line in `reason` when it
 * does not hold; or -ENOMEM.
 */
int receipt_take(const struct receipt_order *order, const struct arena *arena,
				 struct receipt *receipt, char *reason, size_t size);

/*
 * The largest number of intervals [begin, end) that overlap; intervals with an end of 0 were never
 * finished and do not count. Sorts scratch copies: O(n log n). -ENOMEM.
 */
int64_t receipt_peak(const int64_t *begins_ns, const int64_t *ends_ns, size_t n);

#endif
