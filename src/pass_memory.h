// SPDX-License-Identifier: MIT
/*
 * The memory that the driver and the roles of a pass share: one page that says what each role has
 * to be (struct pass_page), and the arena behind it.
 */
#ifndef CONCBENCH_PASS_MEMORY_H
#define CONCBENCH_PASS_MEMORY_H

#include "pass.h"

/*
 * Maps new memory as the pass needs it: outcome->page, arena, bytes and params. Returns its
 * descriptor (>= PASS_FDS_FROM, closed on exec), which is the caller's, or -errno.
 */
int pass_memory_open(const struct pass_spec *spec, struct pass_outcome *outcome);

/* Unmaps it, if it is there. */
void pass_memory_close(struct pass_outcome *outcome);

/* Tells the roles what to do. `folder`: where files may be made, or "". */
void pass_memory_describe(const struct pass_spec *spec, const char *folder,
						  const struct pass_outcome *outcome);

#endif
