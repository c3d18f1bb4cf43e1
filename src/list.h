// SPDX-License-Identifier: MIT
/* `concbench list`: what there is to choose from, printed from the tables themselves. */
#ifndef CONCBENCH_LIST_H
#define CONCBENCH_LIST_H

/* argv[0] is the verb. Returns the exit code. */
int list_main(int argc, char **argv);

#endif
