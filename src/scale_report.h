// SPDX-License-Identifier: MIT
/*
 * What `concbench scale` found, in writing:
 *
 *   sleep_fanout by N = tasks; deadline=own;placement=same;sleep=100000000;window=100000000
 *     costs of a round of N operations, time beyond the 100 ms that it has to take
 *     thread
 *       time      ~ N^1.02 (0.98 .. 1.06), linear; 61.2 us at N=33, 1.02 s at N=10k
 *       cpu       ~ N^1.00 (0.99 .. 1.01) beside 20.1 us, linear; ...
 *                 leaves this line at N=3300: 2.10 x what the smaller sizes lead to
 *       stops after N=10k: N=33k is limited: ...
 */
#ifndef CONCBENCH_SCALE_REPORT_H
#define CONCBENCH_SCALE_REPORT_H

#include <stdio.h>

#include "scale_data.h"

/*
 * Writes the report as text, or as CSV. Returns how many lines could be fitted, or -ENOMEM. `by` is
 * the user's choice, or NULL.
 */
int scale_report_text(FILE *out, const struct scale_data *data, const char *by);
int scale_report_csv(FILE *out, const struct scale_data *data);

#endif
