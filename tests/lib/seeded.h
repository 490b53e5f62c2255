// SPDX-License-Identifier: MIT
/*
 * Random operations from a seed that every failure names, those of assert() in the
 * code under test included.
 */
#ifndef TESTS_LIB_SEEDED_H
#define TESTS_LIB_SEEDED_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/base/rng.h"

static uint64_t seed_now; /* of the run under way */
static unsigned step_now;

#define HOLDS(condition)                                                               \
    do {                                                                               \
        if (!(condition))                                                              \
            fail_msg("seed %llu, step %u: %s", (unsigned long long)seed_now, step_now, \
                     #condition);                                                      \
    } while (0)

static inline void on_abort(int number)
{
    (void)number;
    fprintf(stderr, "seed %llu, step %u\n", (unsigned long long)seed_now, step_now);
}

static inline struct rng seeded(uint64_t seed)
{
    uint64_t words[4] = {seed, seed, seed, seed};
    uint8_t bytes[32];
    struct rng r;
    memcpy(bytes, words, sizeof(bytes));
    rng_init(&r, bytes);
    signal(SIGABRT, on_abort);
    seed_now = seed;
    step_now = 0;
    return r;
}

#endif
