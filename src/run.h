// SPDX-License-Identifier: MIT
/* `concbench run`: plan, run, write. */
#ifndef CONCBENCH_RUN_H
#define CONCBENCH_RUN_H

/* argv[0] is the verb. Returns the exit code. */
int run_main(int argc, char **argv);

#endif
