// SPDX-License-Identifier: MIT
/*
 * Random operations from a seed.  Every failure prints the seed and the step, also
 * failures of assert() in the tested code.
 */
#ifndef TESTS_LIB_SEEDED_H
#define TESTS_LIB_SEEDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/rng.h"

extern uint64_t seed_now; /* of the current run */
extern unsigned step_now; /* of that run; the test increments it */

#define HOLDS(condition)                                                               \
    do {                                                                               \
        if (!(condition))                                                              \
            fail_msg("seed %llu, step %u: %s", (unsigned long long)seed_now, step_now, \
                     #condition);                                                      \
    } while (0)

/* Begins a run at step 0; returns its random generator. */
struct rng seeded(uint64_t seed);

#endif
