// SPDX-License-Identifier: MIT
#include "tests/sim/truth.h"

#include "common/base/rng.h"

enum { TRUTH_BLOCK_LOG2 = 16, TRUTH_SLOPE = 51471, TRUTH_NOISE = 256 };

static uint64_t truth_boundary(uint64_t seed, uint64_t block)
{
    uint64_t noise = block == 0 ? 0 : rng_mix(seed ^ rng_mix(block)) % TRUTH_NOISE;
    return block * TRUTH_SLOPE + noise;
}

/* Hits of [0, end). */
static uint64_t truth_prefix(uint64_t seed, uint64_t end)
{
    uint64_t block = end >> TRUTH_BLOCK_LOG2;
    uint64_t rest = end & ((UINT64_C(1) << TRUTH_BLOCK_LOG2) - 1);
    uint64_t low = truth_boundary(seed, block);
    if (rest == 0)
        return low;
    uint64_t high = truth_boundary(seed, block + 1);
    return low + ((high - low) * rest >> TRUTH_BLOCK_LOG2);
}

uint64_t truth_hits(uint64_t seed, uint64_t first, uint64_t count)
{
    return truth_prefix(seed, first + count) - truth_prefix(seed, first);
}

uint64_t truth_of(const struct program_record *of, uint64_t seed, uint64_t first,
                  uint64_t count)
{
    if (!*of->name)
        return truth_hits(seed, first, count);
    uint64_t own =
        rng_mix(seed ^ (uint64_t)(unsigned char)*of->name) + (unsigned char)*of->arg;
    return of->score ? truth_hits(own, first, count)
                     : truth_hits(own, first >> UNIT_LOG2, count >> UNIT_LOG2);
}
