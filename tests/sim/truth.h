// SPDX-License-Identifier: MIT
/*
 * The hits of the world's trials: a function as pure, additive and bounded as the real
 * one, but free for any range.  Pure.
 *
 * At block boundaries the running count is a line plus seeded noise, about as large as
 * random hits make it in one block; between them it rises evenly.  So 0 <= hits <=
 * count, and the hits of a range depend on its position.
 */
#ifndef TESTS_SIM_TRUTH_H
#define TESTS_SIM_TRUTH_H

#include <stdint.h>

#include "server/core/record.h"

/* Hits of [first, first + count). */
uint64_t truth_hits(uint64_t seed, uint64_t first, uint64_t count);

/* The same of what a job counts, in the ledger's trials. */
uint64_t truth_of(const struct program_record *of, uint64_t seed, uint64_t first,
                  uint64_t count);

#endif
