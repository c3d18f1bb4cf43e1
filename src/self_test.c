// SPDX-License-Identifier: MIT
/*
 * `concbench compare --self-test`; see self_test.h.
 */
#include "self_test.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "conclude.h"
#include "exit.h"
#include "judge.h"
#include "simulate.h"

enum { CELLS = 60, PAIRS = 10 };

#define INJECTED 0.15

static int simulated_add(struct dataset *dataset, struct result *row, int pair, int side,
						 double log_time)
{
	snprintf(row->pair_id, sizeof(row->pair_id), "1.%d", pair);
	snprintf(row->side, sizeof(row->side), "%c", "AB"[side]);
	row->throughput_ops_per_s = exp(-log_time);
	return dataset_add(dataset, row, side);
}

/* 60 cells, 10 pairs each, block by block. */
static int simulated_fill(struct dataset *dataset)
{
	struct simulate simulate = {.random = 1};
	struct result row;

	result_init(&row);
	row.status = RESULT_OK;
	snprintf(row.run_id, sizeof(row.run_id), "simulated");
	snprintf(row.workload, sizeof(row.workload), "simulated");
	row.workload_version = 1;
	for (int pair = 0; pair < PAIRS; pair++) {
		for (int cell = 0; cell < CELLS; cell++) {
			struct simulate_pair logs = simulate_pair(&simulate, 0.03 + 0.02 * cell / CELLS, 0);

			snprintf(row.backend, sizeof(row.backend), "cell%02d", cell);
			if (simulated_add(dataset, &row, pair, 0, logs.a) < 0 ||
				simulated_add(dataset, &row, pair, 1, logs.b) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* Whether the gate's answer to B worse by `percent` is the expected exit code. */
static bool answer_check(const struct dataset *dataset, double share, int expected, int *status)
{
	struct metric_rules rules = {0};
	struct judge_order order = {
		.rules = &rules, .seed = 1, .swap_sides = true, .inject = log1p(share)};
	struct verdict_table table;
	char error[DATASET_ERROR_MAX];
	char summary[REPORT_WORDS_MAX];
	int code;

	*status = judge_run(&order, dataset, &table, error);
	if (*status < 0) {
		conclude_refuse(error);
		return false;
	}
	code = verdict_exit(&table, false);
	printf("%+4.0f %% injected: exit %d, %d expected; %s\n", 100 * share, code, expected,
		   report_summary(&table, summary));
	verdict_release(&table);
	return code == expected;
}

int self_test_run(const char *path)
{
	struct dataset dataset = {0};
	char error[DATASET_ERROR_MAX] = "out of memory";
	bool right = false;
	int status = path ? dataset_read(&dataset, path, 0, false, error) : simulated_fill(&dataset);

	if (status == 0 && dataset.pairs.n == 0) {
		snprintf(error, sizeof(error),
				 "%.400s: pair_id: empty; the self-test needs pairs, as `ab` measures them", path);
		status = -EBADMSG;
	}
	if (status < 0)
		conclude_refuse(error);
	if (status == 0)
		right = answer_check(&dataset, 0, EXIT_OK, &status);
	if (status == 0)
		right = answer_check(&dataset, INJECTED, EXIT_TRIAL, &status) && right;
	dataset_release(&dataset);
	if (status < 0)
		return EXIT_USAGE;
	printf("self-test %s\n", right ? "passed" : "FAILED");
	return right ? EXIT_OK : EXIT_TRIAL;
}
