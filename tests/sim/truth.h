// SPDX-License-Identifier: MIT
/*
 * The world's trials: a function that is as pure, additive and bounded as the real
 * one, and costs nothing for any range.  Pure.
 *
 * At block boundaries the running count is a line with seeded noise, about as much as
 * chance makes in one block; between them it rises evenly.  So 0 <= hits <= count, and
 * a range's hits say where it lies.
 */
#ifndef TESTS_SIM_TRUTH_H
#define TESTS_SIM_TRUTH_H

#include <stdint.h>

/* Hits of [first, first + count). */
uint64_t truth_hits(uint64_t seed, uint64_t first, uint64_t count);

#endif
