// SPDX-License-Identifier: MIT
/*
 * Backend variants as the user writes them: "coro" or "coro:switch=asm+stack=own", comma-separated.
 */
#ifndef CONCBENCH_VARIANT_H
#define CONCBENCH_VARIANT_H

#include <stddef.h>

#include "cell.h"
#include "word.h"

struct variants {
	struct cell_variant *list; /* heap; the caller frees it, after an error too */
	size_t n;
};

/*
 * Reads a list of variants; NULL stands for every backend with its defaults. Returns 0, or
 * -EINVAL / -ERANGE / -ENOMEM with one line in error[PARAM_ERROR_MAX].
 */
int variants_parse(const char *list, struct variants *variants, char *error);

/* Sets every option of variant->backend to its default. 0, or an error of the option's row. */
int variant_defaults(struct cell_variant *variant, char *error);

/* Says which backends there are that `what` could be; returns -EINVAL. */
int variant_unknown_backend(const char *what, struct word word, char *error);

#endif
