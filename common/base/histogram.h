// SPDX-License-Identifier: MIT
/*
 * How long something took, again and again: counts in fixed buckets, from 100 us to
 * 10 s, and the sum.  Adding is a few comparisons.  All zero: empty.  Pure.
 */
#ifndef COMMON_BASE_HISTOGRAM_H
#define COMMON_BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 11 };

/* The upper bounds, which belong to their buckets; the last bucket has none. */
extern const uint32_t histogram_bounds_us[HISTOGRAM_BOUNDS];

struct histogram {
    uint64_t counts[HISTOGRAM_BOUNDS + 1];
    uint64_t sum_us;
};

static inline void histogram_add(struct histogram *h, uint64_t us)
{
    unsigned i = 0;
    while (i < HISTOGRAM_BOUNDS && us > histogram_bounds_us[i])
        i++;
    h->counts[i]++;
    h->sum_us += us;
}

#endif
