// SPDX-License-Identifier: MIT
/*
 * Random messages of every type, each within the limits of common/wire/msg.h, from a
 * seed.  Pure.
 */
#ifndef TESTS_LIB_MSG_RANDOM_H
#define TESTS_LIB_MSG_RANDOM_H

#include "common/base/arena.h"
#include "common/wire/msg.h"

/* A random generator, and the memory that messages borrow. */
struct gen {
    uint64_t state;
    struct arena arena;
};

/* A random number; one below n; n bytes, in g's arena. */
uint64_t next(struct gen *g);
uint64_t below(struct gen *g, uint64_t n);
uint8_t *bytes(struct gen *g, size_t n);

/* A random ledger; a random message of that type.  They borrow from g's arena. */
void gen_ledger(struct gen *g, struct ledger_view *v);
void gen_msg(struct gen *g, enum msg_type type, struct msg *m);

#endif
