// SPDX-License-Identifier: MIT
/* The exit codes of every verb; 128 + signal when interrupted. */
#ifndef CONCBENCH_EXIT_H
#define CONCBENCH_EXIT_H

enum {
	EXIT_OK = 0,
	EXIT_TRIAL = 1,        /* a trial failed, or a regression was found */
	EXIT_USAGE = 2,        /* bad usage or unusable data */
	EXIT_INCONCLUSIVE = 3, /* only on request (--require-power) */
	EXIT_BINARY = 4,       /* a binary could not be run */
};

#endif
