// SPDX-License-Identifier: MIT
/*
 * Ten kinds of wrong results, each in many runs of the real coordinator core: which
 * worker is caught, when, and how much of its results stays in the answer, compared
 * with the predictions in docs/SECURITY.md.
 */
#ifndef TESTS_SIM_LIES_H
#define TESTS_SIM_LIES_H

#include <stdint.h>

/* Runs each model `runs` times, with --audit adaptive and all, and prints a table.  0,
 * or 1 if a guarantee is broken. */
int lies_run(uint64_t runs);

#endif
