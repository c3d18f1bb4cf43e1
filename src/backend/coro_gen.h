// SPDX-License-Identifier: MIT
/*
 * Generators as coroutines: a stack that runs only between a pull and the next value. The hot
 * slots belong to the kind of switch (coro_switch.h); here are opening and closing, and slots by
 * way of the plain switch for kinds that have no better ones.
 */
#ifndef CONCBENCH_CORO_GEN_H
#define CONCBENCH_CORO_GEN_H

#include <stddef.h>
#include <stdint.h>

#include "task.h"

struct gen *coro_gen_open(gen_fn *fn, const void *arg, size_t len);
void coro_gen_close(struct gen *gen);

/* Where every generator goes when its body has returned. */
_Noreturn void coro_gen_end(void *gen);

/* The slots by way of the plain switch. */
struct gen_value coro_plain_gen_next(struct gen *gen);
uint64_t coro_plain_gen_yield(struct gen *self, uint64_t value);
void coro_plain_gen_close(struct gen *gen);
void coro_plain_gen_end(struct gen *self);

#endif
