// SPDX-License-Identifier: MIT
/* `concbench compare`: a verdict from result files. */
#ifndef CONCBENCH_COMPARE_H
#define CONCBENCH_COMPARE_H

/* argv[0] is the verb. Returns the exit code. */
int compare_main(int argc, char **argv);

#endif
