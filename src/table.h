// SPDX-License-Identifier: MIT
/*
 * The table of a run, for a terminal: one group of rows for each workload and its parameters, one
 * row a variant.
 *
 *   fib_generators  generators=1  (latency: value)
 *   variant                rate    spread  x call       p99   memory/task   runs
 *   call               476 M/s   +-1.2 %    1.00   2.15 ns             -      5
 *   coro               161 M/s*  +-2.1 %    2.96*  6.42 ns*     4.14 KiB      5  2 noisy
 *   coro:stack=dense   155 M/s   +-0.9 %    3.07   6.61 ns      1.02 KiB*   4/5  failed: no memory
 *   thread            limited: pids: 30004 wanted, the cgroup allows 30000
 *
 * (and more columns). `spread` is half the interquartile range over the median, `x call` and
 * `x limit` the cost of an operation over that of the baseline and over the machine's floor. The
 * best figure of each column in a group bears a `*` (and is bold with `colour`), and so do those
 * that look the same; `call`, the baseline without concurrency, does not compete, nor is a single
 * rival marked. Figures that were not measured, or percentiles with too few samples behind them,
 * are `-`; columns that nobody in a group has are left out. A reason does not begin with the
 * backend's name as the row does already. ASCII only.
 */
#ifndef CONCBENCH_TABLE_H
#define CONCBENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "hist.h"
#include "result.h"

/* One row: a cell, its repetitions summed up. Texts and the histogram stay the caller's. */
struct table_cell {
	const char *workload;
	const char *params; /* in one line; cells with equal workload and params form a group */
	const char *variant;
	bool baseline;             /* its rate is what `x call` is counted from */
	enum result_status status; /* the worst of the repetitions */
	const char *reason;        /* of that status; NULL or "": none */
	int n_ok, n_trials;        /* repetitions that hold, and all */
	int n_noisy;               /* of those that hold */
	double error_share;        /* of the operations of those that hold, which went wrong */

	/* Over the repetitions that hold; NAN: not measured. */
	double ops_per_s;     /* median */
	double spread;        /* of the rate, by stats_spread */
	double cpu_ns_per_op; /* median */
	double speedup;       /* median, against one task */
	double mem_bytes_per_task;
	double times_limit;         /* median: elapsed or CPU time over the machine's floor beside it */
	const struct hist *latency; /* merged; NULL: none */
	int64_t lat_batch;          /* operations in one sample of it; 0 counts as 1 */
	const char *lat_kind;       /* what a sample is; NULL or "": none */
};

struct table_style {
	int width;   /* of the terminal, for wrapping reasons; 0: never wrap */
	bool colour; /* bold through ANSI escape sequences */
};

/*
 * Prints the groups in the order of their first cells, and the cells of a group in the order given.
 * Returns 0, -ENOMEM, or -EIO when `out` is in error.
 */
int table_print(FILE *out, const struct table_cell *cells, size_t n,
				const struct table_style *style);

#endif
