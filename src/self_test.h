// SPDX-License-Identifier: MIT
/*
 * Whether the gate works on this kind of data: it must stay green when nothing changed, and turn
 * red when something did.
 */
#ifndef CONCBENCH_SELF_TEST_H
#define CONCBENCH_SELF_TEST_H

/*
 * Takes paired rows (`path` NULL: simulated ones) through the very code that judges a change:
 * once with the sides of every second block swapped, so that any true difference cancels, which
 * must give 0; and once with B made worse by 15 % on top, which must give 1. Prints what came
 * out. Returns EXIT_OK, EXIT_TRIAL when a verdict was wrong (green fails by chance in 5 % of
 * files), or EXIT_USAGE.
 */
int self_test_run(const char *path);

#endif
