// SPDX-License-Identifier: MIT
/* `concbench aa`: a build against itself: how often this machine would cry wolf. */
#ifndef CONCBENCH_AA_H
#define CONCBENCH_AA_H

/* argv[0] is the verb. Returns the exit code. */
int aa_main(int argc, char **argv);

#endif
