// SPDX-License-Identifier: MIT
/* `concbench limits`: this machine's primitive costs, the floor under each workload. */
#ifndef CONCBENCH_LIMITS_MAIN_H
#define CONCBENCH_LIMITS_MAIN_H

/* argv[0] is the verb. Returns the exit code. */
int limits_main(int argc, char **argv);

#endif
