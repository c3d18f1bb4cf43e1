// SPDX-License-Identifier: MIT
/* `concbench serve`: the server of a workload by hand, without clients and without a trial. */
#ifndef CONCBENCH_SERVE_H
#define CONCBENCH_SERVE_H

int serve_main(int argc, char **argv);

#endif
