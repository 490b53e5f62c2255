// SPDX-License-Identifier: MIT
/*
 * Random operations from a seed that every failure names, those of assert() in the
 * code under test included.
 */
#ifndef TESTS_LIB_SEEDED_H
#define TESTS_LIB_SEEDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/rng.h"

extern uint64_t seed_now; /* of the run under way */
extern unsigned step_now; /* of that run; the test counts */

#define HOLDS(condition)                                                               \
    do {                                                                               \
        if (!(condition))                                                              \
            fail_msg("seed %llu, step %u: %s", (unsigned long long)seed_now, step_now, \
                     #condition);                                                      \
    } while (0)

/* A run begins: the generator for it, and step 0. */
struct rng seeded(uint64_t seed);

#endif
