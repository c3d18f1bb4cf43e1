// SPDX-License-Identifier: MIT
/*
 * A new run against the earlier ones of the same host: one median a run and figure, a sparkline,
 * and advice. With k earlier runs, being beyond all of them happens to an unchanged figure once in
 * k + 1 times, so nothing here fails a build.
 */
#ifndef CONCBENCH_HISTORY_H
#define CONCBENCH_HISTORY_H

#include <stdbool.h>

#include "metrics.h"

enum { HISTORY_RUNS_MIN = 5 };

/*
 * Prints how the runs in `path` compare with those of *.csv in `dir` that come from the same host.
 * `all` shows figures that did not move. Returns EXIT_OK or EXIT_USAGE (unreadable files, fewer
 * than HISTORY_RUNS_MIN earlier runs, no common cell).
 */
int history_run(const char *dir, const char *path, const struct metric_rules *rules, bool all);

#endif
