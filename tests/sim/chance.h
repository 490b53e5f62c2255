// SPDX-License-Identifier: MIT
/*
 * Randomness of a seeded world: common/base/rng.h with the distributions for faults.
 * Integers only, so that a seed means the same on every machine.  Pure.
 */
#ifndef TESTS_SIM_CHANCE_H
#define TESTS_SIM_CHANCE_H

#include <stdbool.h>

#include "common/base/rng.h"

static inline void chance_init(struct rng *r, uint64_t seed, uint64_t stream)
{
    uint8_t bytes[32] = {0};
    memcpy(bytes, &seed, sizeof(seed));
    memcpy(bytes + 8, &stream, sizeof(stream));
    rng_init(r, bytes);
    rng_next(r); /* drop the first value, which depends on the stream only and not on
                    the seed */
}

/* Uniform in [low, high]. */
static inline int64_t chance_between(struct rng *r, int64_t low, int64_t high)
{
    assert(low <= high);
    return low + (int64_t)rng_below(r, (uint64_t)(high - low) + 1);
}

/* Log-uniform: draws an octave, then a value in it. */
static inline int64_t chance_scale(struct rng *r, int64_t low, int64_t high)
{
    assert(0 < low && low <= high);
    int64_t octaves = 0;
    while (low << (octaves + 1) <= high)
        octaves++;
    int64_t from = low << rng_below(r, (uint64_t)octaves + 1);
    int64_t to = 2 * from < high ? 2 * from : high;
    return chance_between(r, from, to > from ? to : from);
}

/* True with a probability of `parts` in a million. */
static inline bool chance_ppm(struct rng *r, uint32_t parts)
{
    return rng_below(r, 1000000) < parts;
}

static inline bool chance_percent(struct rng *r, uint32_t percent)
{
    return rng_below(r, 100) < percent;
}

#endif
