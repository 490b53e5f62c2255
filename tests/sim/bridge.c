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

/* What the hits below each of n ascending points in [first, end] are off by. */
static void find(uint64_t seed, const struct node *x, const uint64_t *points, size_t n,
                 int64_t *ret)
{
    for (; n > 0 && points[0] == x->first; points++, ret++, n--)
        *ret = x->low;
    for (; n > 0 && points[n - 1] == x->end; n--)
        ret[n - 1] = x->high;
    if (n == 0)
        return;
    uint64_t half = (x->first + x->end) / 2;
    int64_t off = middle(seed, x);
    size_t below = 0;
    while (below < n && points[below] < half)
        below++;
    find(seed, &(struct node){x->first, half, x->low, off}, points, below, ret);
    find(seed, &(struct node){half, x->end, off, x->high}, points + below, n - below,
         ret + below);
}

/* The smallest interval that holds [first, end].  The way to it is kept: the next one
 * is mostly near. */
static struct node around(uint64_t seed, uint64_t first, uint64_t end)
{
    static struct node way[LEVELS + 1];
    static uint64_t of;
    static size_t n;
    if (n == 0 || of != seed)
        way[0] = (struct node){.end = UINT64_C(1) << LEVELS}, n = 1, of = seed;
    while (way[n - 1].first > first || way[n - 1].end < end)
        n--;
    for (;;) {
        struct node x = way[n - 1];
        uint64_t half = (x.first + x.end) / 2;
        if (half == x.first || (first < half && end > half))
            return x;
        int64_t off = middle(seed, &x);
        way[n++] = end <= half ? (struct node){x.first, half, x.low, off}
                               : (struct node){half, x.end, off, x.high};
    }
}

void bridge_pieces(uint64_t seed, const uint64_t *points, size_t n, uint64_t *ret)
{
    int64_t off[POINTS];
    uint64_t units[POINTS];
    assert(n > 0 && n < POINTS && points[n] < BRIDGE_END);
    for (size_t i = 0; i <= n; i++)
        units[i] = points[i] >> UNIT_LOG2;
    struct node x = around(seed, units[0], units[n]);
    find(seed, &x, units, n + 1, off);
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
