// SPDX-License-Identifier: MIT
/*
 * What `compare` and `ab` share: the options that decide what gates and where reports go, and the
 * end of both: judge, print, write the reports, say the last line, return the exit code.
 */
#ifndef CONCBENCH_CONCLUDE_H
#define CONCBENCH_CONCLUDE_H

#include <stdbool.h>
#include <stdint.h>

#include "judge.h"
#include "report.h"

/* Ids of the shared options; a verb's own ids start at CONCLUDE_END or are letters. */
enum {
	CONCLUDE_MARGIN = 256,
	CONCLUDE_OVERRIDES,
	CONCLUDE_REPORT,
	CONCLUDE_POWER,
	CONCLUDE_END,
};

#define CONCLUDE_OPTIONS                                                                        \
	{CONCLUDE_MARGIN, "margin", "METRIC=PCT",                                                   \
	 "how much worse matters, for all cells: throughput, cpu, p50, p99, p999 or memory"},       \
		{CONCLUDE_OVERRIDES, "overrides", "FILE",                                               \
		 "margins and gating by cell: workload,backend,params,metric,margin_pct,gate"},         \
		{CONCLUDE_REPORT, "report", "KIND=FILE",                                                \
		 "also write text, markdown, csv or junit there; repeatable"},                          \
		{CONCLUDE_POWER, "require-power", NULL, "exit 3 when a gating figure is inconclusive"}, \
	{                                                                                           \
		'v', "verbose", NULL, "show all figures"                                                \
	}

struct conclude {
	struct metric_rules rules; /* from --margin */
	const char *overrides;     /* read last, so that a cell's own rule wins */
	struct report_files reports;
	bool require_power;
	bool verbose;
};

/* Whether the option is one of the shared ones; if so takes it, *status is 0 or -errno. */
bool conclude_option(struct conclude *conclude, int id, const char *value, int *status);

/*
 * Reads the overrides, and looks whether the reports can be written. 0, or -errno after one line on
 * stderr. To be called once.
 */
int conclude_prepare(struct conclude *conclude);

/* Judges and reports; `n_remeasured` goes into the reports. Returns the exit code. */
int conclude_run(const struct conclude *conclude, struct judge_order *order,
				 const struct dataset *dataset, uint32_t n_remeasured);

/*
 * Ends without a comparison: says on stderr why, then the last line with that exit code, in which
 * everything is 0. Returns the code. Once its options are understood, a verb ends here or in
 * conclude_run, so that whoever reads the last line always finds one.
 */
int conclude_stop(int code, const char *message);

/* Likewise for data that must not be compared: EXIT_USAGE. */
int conclude_refuse(const char *message);

void conclude_release(struct conclude *conclude);

#endif
