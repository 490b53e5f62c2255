// SPDX-License-Identifier: MIT
/*
 * One trial, evaluated lazily; shared by the kernel's variants.  The coarse word alone
 * decides nearly every trial; the two fine words are generated only for the others.
 * docs/PROTOCOL.md states the rule.  Pure; for files of common/kernel and their tests
 * only.
 *
 * With a, b the coarse coordinates, in units of 2^33 the point lies strictly
 * inside the cell [a, a+1] x [b, b+1] and the circle has radius 2^15.  So with
 * s = a^2 + b^2 a squared distance differs from s by less than 2(|a| + |b|) + 2
 * <= 2 sqrt(2s) + 2, which near s = 2^30 is under 92,690.  Below TRIAL_SURE_HIT the
 * whole cell is inside the circle, from TRIAL_SURE_MISS on the whole cell is outside.
 */
#ifndef COMMON_KERNEL_TRIAL_H
#define COMMON_KERNEL_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/kernel/philox.h"

#define TRIAL_SURE_HIT ((UINT32_C(1) << 30) - 92690)  /* s below: a hit */
#define TRIAL_SURE_MISS ((UINT32_C(1) << 30) + 92830) /* s from here: a miss */

/* The purpose of a block of random words: word 3 of the counter. */
enum trial_domain { TRIAL_COARSE = 0, TRIAL_FINE = 1 };

static inline void trial_words(uint64_t seed, enum trial_domain domain, uint64_t n,
                               uint32_t ret[4])
{
    const uint32_t counter[4] = {(uint32_t)n, (uint32_t)(n >> 32), 0, (uint32_t)domain};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    philox4x32_10(counter, key, ret);
}

static inline int32_t trial_a(uint32_t coarse)
{
    return (int16_t)(coarse & 0xffff);
}

static inline int32_t trial_b(uint32_t coarse)
{
    return (int16_t)(coarse >> 16);
}

/* a^2 + b^2.  At most 2^31, when both are -2^15, which an int32_t cannot hold. */
static inline uint32_t trial_sum(uint32_t coarse)
{
    int32_t a = trial_a(coarse), b = trial_b(coarse);
    return (uint32_t)(a * a) + (uint32_t)(b * b);
}

/* The exact test: X^2 + Y^2 < 2^96, X and Y odd and under 2^48 in magnitude. */
static inline bool trial_inside(uint32_t coarse, uint32_t fine_x, uint32_t fine_y)
{
    const int64_t unit = INT64_C(1) << 32;
    int64_t x = 2 * (trial_a(coarse) * unit + fine_x) + 1;
    int64_t y = 2 * (trial_b(coarse) * unit + fine_y) + 1;
    uint64_t ux = (uint64_t)(x < 0 ? -x : x), uy = (uint64_t)(y < 0 ? -y : y);
    unsigned __int128 sum = (unsigned __int128)ux * ux + (unsigned __int128)uy * uy;
    return sum >> 96 == 0;
}

/* Whether trial i hits, given its coarse word. */
static inline bool trial_hit(uint64_t seed, uint64_t i, uint32_t coarse)
{
    uint32_t s = trial_sum(coarse);
    if (s < TRIAL_SURE_HIT)
        return true;
    if (s >= TRIAL_SURE_MISS)
        return false;
    uint32_t fine[4];
    trial_words(seed, TRIAL_FINE, i, fine);
    return trial_inside(coarse, fine[0], fine[1]);
}

#endif
