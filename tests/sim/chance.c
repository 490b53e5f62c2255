// SPDX-License-Identifier: MIT
#include "tests/sim/chance.h"

#include <assert.h>
#include <string.h>

void chance_init(struct rng *r, uint64_t seed, uint64_t stream)
{
    uint8_t bytes[32] = {0};
    memcpy(bytes, &seed, sizeof(seed));
    memcpy(bytes + 8, &stream, sizeof(stream));
    rng_init(r, bytes);
    rng_next(r); /* the first value is the stream's alone: the same for every seed */
}

int64_t chance_between(struct rng *r, int64_t low, int64_t high)
{
    assert(low <= high);
    return low + (int64_t)rng_below(r, (uint64_t)(high - low) + 1);
}

int64_t chance_scale(struct rng *r, int64_t low, int64_t high)
{
    assert(0 < low && low <= high);
    int64_t octaves = 0;
    while (low << (octaves + 1) <= high)
        octaves++;
    int64_t from = low << rng_below(r, (uint64_t)octaves + 1);
    int64_t to = 2 * from < high ? 2 * from : high;
    return chance_between(r, from, to > from ? to : from);
}

bool chance_ppm(struct rng *r, uint32_t parts)
{
    return rng_below(r, 1000000) < parts;
}

bool chance_percent(struct rng *r, uint32_t percent)
{
    return rng_below(r, 100) < percent;
}
