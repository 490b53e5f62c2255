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

#include "common/base/rng.h"

enum { TRUTH_BLOCK_LOG2 = 16, TRUTH_SLOPE = 51471, TRUTH_NOISE = 256 };

static inline uint64_t truth_boundary(uint64_t seed, uint64_t block)
{
    uint64_t noise = block == 0 ? 0 : rng_mix(seed ^ rng_mix(block)) % TRUTH_NOISE;
    return block * TRUTH_SLOPE + noise;
}

/* Hits of [0, end). */
static inline uint64_t truth_prefix(uint64_t seed, uint64_t end)
{
    uint64_t block = end >> TRUTH_BLOCK_LOG2;
    uint64_t rest = end & ((UINT64_C(1) << TRUTH_BLOCK_LOG2) - 1);
    uint64_t low = truth_boundary(seed, block);
    if (rest == 0)
        return low;
    uint64_t high = truth_boundary(seed, block + 1);
    return low + ((high - low) * rest >> TRUTH_BLOCK_LOG2);
}

static inline uint64_t truth_hits(uint64_t seed, uint64_t first, uint64_t count)
{
    return truth_prefix(seed, first + count) - truth_prefix(seed, first);
}

#endif
