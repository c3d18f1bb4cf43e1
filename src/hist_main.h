// SPDX-License-Identifier: MIT
/* `concbench hist`: figures and charts from interval logs. */
#ifndef CONCBENCH_HIST_MAIN_H
#define CONCBENCH_HIST_MAIN_H

/* The verb; argv[0] is its name. Returns the exit code. */
int hist_main(int argc, char **argv);

#endif
