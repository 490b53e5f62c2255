// SPDX-License-Identifier: MIT
/*
 * A Brownian bridge by halves: what the first half of a range is off by is half of what
 * the whole is off by, and a normal variate that belongs to this range.
 */
#include "tests/sim/bridge.h"

#include <assert.h>
#include <math.h>

#include "common/base/rng.h"

enum { UNIT_LOG2 = 16, LEVELS = 26, POINTS = 65 };

#define PI_QUARTER 0.78539816339744830962

/* An interval of units, and what the hits below its ends are off by. */
struct node {
    uint64_t first, end;
    int64_t low, high;
};

/* Of variance 1: the bits that are set in 64, of mean 32 and variance 16. */
static double normal(uint64_t seed, uint64_t n)
{
    return (__builtin_popcountll(rng_mix(seed ^ rng_mix(n))) - 32) / 4.0;
}

static int64_t middle(uint64_t seed, const struct node *x)
{
    static double spread[LEVELS + 1]; /* by the width of the interval */
    unsigned level = (unsigned)__builtin_ctzll(x->end - x->first);
    if (spread[level] == 0)
        spread[level] = sqrt((double)((x->end - x->first) << UNIT_LOG2) * PI_QUARTER *
                             (1 - PI_QUARTER)) /
                        2;
    uint64_t number = (x->first + x->end) / 2; /* each has one interval around it */
    return (x->low + x->high) / 2 + (int64_t)(spread[level] * normal(seed, number));
}

/* What the hits below each of n ascending points in (first, end) are off by. */
static void find(uint64_t seed, const struct node *x, const uint64_t *points, size_t n,
                 int64_t *ret)
{
    if (n == 0)
        return;
    uint64_t half = (x->first + x->end) / 2;
    int64_t off = middle(seed, x);
    size_t below = 0, above;
    while (below < n && points[below] >> UNIT_LOG2 < half)
        below++;
    for (above = below; above < n && points[above] >> UNIT_LOG2 == half; above++)
        ret[above] = off;
    find(seed, &(struct node){x->first, half, x->low, off}, points, below, ret);
    find(seed, &(struct node){half, x->end, off, x->high}, points + above, n - above,
         ret + above);
}

void bridge_pieces(uint64_t seed, const uint64_t *points, size_t n, uint64_t *ret)
{
    int64_t off[POINTS] = {0};
    assert(n > 0 && n < POINTS && points[n] < BRIDGE_END);
    size_t zero = points[0] == 0;
    find(seed, &(struct node){.end = UINT64_C(1) << LEVELS}, points + zero,
         n + 1 - zero, off + zero);
    for (size_t i = 0; i < n; i++) {
        uint64_t low = (uint64_t)((double)points[i] * PI_QUARTER) + (uint64_t)off[i];
        uint64_t high =
            (uint64_t)((double)points[i + 1] * PI_QUARTER) + (uint64_t)off[i + 1];
        assert(!(points[i] & 0xffff) && points[i] < points[i + 1]);
        ret[i] = high - low;
    }
}

uint64_t bridge_hits(uint64_t seed, uint64_t first, uint64_t count)
{
    uint64_t hits;
    bridge_pieces(seed, (uint64_t[]){first, first + count}, 1, &hits);
    return hits;
}
