// SPDX-License-Identifier: MIT
/* `concbench ab`: two builds measured in interleaved pairs, and a verdict: the gate. */
#ifndef CONCBENCH_AB_H
#define CONCBENCH_AB_H

/* argv[0] is the verb. Returns the exit code. */
int ab_main(int argc, char **argv);

#endif
