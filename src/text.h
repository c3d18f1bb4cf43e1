// SPDX-License-Identifier: MIT
/*
 * Figures for human eyes: scaled to a fitting unit, three significant digits, always a decimal
 * point. Each function writes into buf[TEXT_SCALED_MAX] and returns it; a figure that was not
 * measured (NAN, infinite) becomes "-".
 */
#ifndef CONCBENCH_TEXT_H
#define CONCBENCH_TEXT_H

enum { TEXT_SCALED_MAX = 24 };

char *text_scale_ns(double ns, char *buf);       /* "2.31 ns", "14.2 us", "1.00 s" */
char *text_scale_bytes(double bytes, char *buf); /* "96.0 B", "1.05 KiB", "3.95 GiB" */
char *text_scale_rate(double per_s, char *buf);  /* "812 /s", "12.3 M/s" */
char *text_scale_ratio(double ratio, char *buf); /* "0.98", "3.12", "174", "12300" */

#endif
