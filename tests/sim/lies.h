// SPDX-License-Identifier: MIT
/*
 * Ten ways to lie, each in many runs of the real coordinator core: who is caught, when,
 * and what is left of the lies in the answer, beside what docs/SECURITY.md predicts.
 */
#ifndef TESTS_SIM_LIES_H
#define TESTS_SIM_LIES_H

#include <stdint.h>

/* All models, `runs` each, with the policies adaptive and all; prints a table.  0, or
 * 1 where a promise is broken. */
int lies_run(uint64_t runs);

#endif
