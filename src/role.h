// SPDX-License-Identifier: MIT
/*
 * The other side of a pass: the hidden verb `trial`, by which the program runs itself as one role
 * in a fresh process.
 */
#ifndef CONCBENCH_ROLE_H
#define CONCBENCH_ROLE_H

/*
 * Maps the arena (descriptor PASS_ARENA_FD), sets the process up as pass_page says, waits at the
 * gate and runs role number argv[1]. Does not return.
 */
_Noreturn void role_main(int argc, char **argv);

#endif
