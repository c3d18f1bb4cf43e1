// SPDX-License-Identifier: MIT
/* `concbench scale`: how time and memory grow with N. */
#ifndef CONCBENCH_SCALE_H
#define CONCBENCH_SCALE_H

/* Runs the verb (argv[0] is "scale"); returns the exit code. */
int scale_main(int argc, char **argv);

#endif
