// SPDX-License-Identifier: MIT
#include "tests/sim/liar.h"

#include <assert.h>
#include <math.h>

#include "tests/sim/bridge.h"

enum { HONEST_FIRST = 200, PROBATION = 10, GENERATOR_STEPS = 1000 };

#define PI_QUARTER 0.78539816339744830962
#define SMALL_SIGMAS 3.3 /* which a look at single sub-counts mostly lets pass */

const struct liar_kind liar_kinds[LIAR_MODELS] = {
    [LIAR_ALWAYS] = {"always", 1, 1, 1, false, true, true},
    [LIAR_TEN_PERCENT] = {"10 %", 1, 1, 1, true, false, false},
    [LIAR_ONE_PERCENT] = {"1 %", 1, 1, 1, true, false, false},
    [LIAR_ONE_PIECE] = {"one piece of 5 %", 1, 1, 1, true, false, false},
    [LIAR_ONE_SIGMA] = {"one sigma in 5 %", 1, 1, 1, false, false, false},
    [LIAR_LATER] = {"honest first", 1, 1, 1, true, false, false},
    [LIAR_SEVERAL] = {"five in turn", 1, 5, 1, false, true, true},
    [LIAR_TOGETHER] = {"two, the same 5 %", 2, 1, 1, true, false, false},
    [LIAR_LATE] = {"late", 1, 1, 1, false, false, true},
    [LIAR_WRONG_RANGE] = {"wrong range, 5 %", 1, 1, 1, false, false, false},
    [LIAR_FORESEES] = {"foresees", 1, 1, 1, false, false, false},
    [LIAR_CUTS] = {"cuts as it likes", 1, 1, 1, true, false, false},
    [LIAR_CROWD] = {"a crowd", 1, 1000, 1, true, false, false},
    [LIAR_AT_END] = {"one of 30, at the end", 1, 1, 29, true, false, false},
};

void liar_recovers(struct liar *l, const struct rng *seeded, const uint64_t words[2])
{
    uint64_t before, now = 0;
    int steps = 0;
    l->shown = *seeded;
    do {
        before = now;
        now = rng_next(&l->shown);
    } while ((before != words[0] || now != words[1]) && ++steps < GENERATOR_STEPS);
    assert(steps < GENERATOR_STEPS); /* else the words are of another generator */
}

static bool chance(struct liar *l, double p)
{
    return (double)(rng_next(&l->chance) >> 11) * 0x1p-53 < p;
}

static uint64_t all_of(size_t n)
{
    return UINT64_MAX >> (LEASE_PIECES - n);
}

static uint64_t one_of(struct liar *l, size_t n)
{
    return UINT64_C(1) << rng_below(&l->chance, n);
}

static double gap_of(uint64_t bits)
{
    return -log(ldexp((double)(bits | 1), -64));
}

/* The sub-counts that would be drawn, by the rule of docs/SECURITY.md. */
static uint64_t foreseen(struct liar *l, struct range r, size_t n)
{
    double result = (double)(l->results + 1);
    double rate = 100 * (double)r.count / (double)(r.first + r.count);
    rate = fmax(rate, fmax(1 / result, 0.02));
    uint64_t mask = 0;
    double at = 0;
    if (l->gap == 0)
        l->gap = gap_of(rng_next(&l->shown));
    while (at + l->gap <= rate && mask != all_of(n)) {
        at += l->gap;
        uint64_t trial = (uint64_t)(at / rate * (double)r.count);
        mask |= UINT64_C(1) << (n == 1 ? 0 : trial >> lease_piece_log2(r.count));
        l->gap = gap_of(rng_next(&l->shown));
    }
    l->gap -= mask == all_of(n) ? 0 : rate - at;
    return mask;
}

/* In which of the n sub-counts it will lie. */
static uint64_t chosen(struct liar *l, struct range r, size_t n)
{
    uint64_t all = all_of(n);
    switch (l->model) {
    case LIAR_TEN_PERCENT:
        return chance(l, 0.1) ? all : 0;
    case LIAR_ONE_PERCENT:
        return chance(l, 0.01) ? all : 0;
    case LIAR_ONE_PIECE:
        return chance(l, 0.05) ? one_of(l, n) : 0;
    case LIAR_ONE_SIGMA:
    case LIAR_WRONG_RANGE:
        return chance(l, 0.05) ? all : 0;
    case LIAR_TOGETHER: /* both would, wherever the range is */
        return rng_mix(r.first ^ l->seed) % 20 == 0 ? all : 0;
    case LIAR_LATER:
        return l->results >= HONEST_FIRST ? all : 0;
    case LIAR_FORESEES:
        return l->results >= PROBATION ? all & ~foreseen(l, r, n) : 0;
    case LIAR_CUTS:
        return l->results >= PROBATION && chance(l, 0.1) ? one_of(l, n) : 0;
    case LIAR_CROWD:
        return l->results == CROWD_RESULTS - 1 ? all : 0;
    case LIAR_AT_END:
        return r.first >= l->end / 5 * 4 ? all : 0;
    default:
        return all;
    }
}

/* What it says of sub-count i, a range that has so many hits. */
static uint64_t lie(const struct liar *l, struct range r, size_t i, uint64_t hits)
{
    double sigma = sqrt((double)r.count * PI_QUARTER * (1 - PI_QUARTER));
    if (l->gross)
        return r.count;
    switch (l->model) {
    case LIAR_ONE_SIGMA:
        return hits + (uint64_t)sigma;
    case LIAR_FORESEES: /* its sum stays within what chance explains */
        return (i + l->results) % 2 ? hits - (uint64_t)sigma : hits + (uint64_t)sigma;
    case LIAR_WRONG_RANGE:
        return bridge_hits(l->seed, r.first + l->end, r.count);
    default:
        return hits + (uint64_t)(SMALL_SIGMAS * sigma);
    }
}

uint64_t liar_says(struct liar *l, struct range r, uint64_t *pieces, size_t n)
{
    uint64_t mask = chosen(l, r, n), size = lease_piece(r.count);
    for (uint64_t left = mask; left; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        uint64_t from = i * size, rest = r.count - from, truth = pieces[i];
        struct range piece = {r.first + from, rest < size ? rest : size};
        pieces[i] = lie(l, piece, i, truth);
        if (pieces[i] == truth)
            mask &= ~(UINT64_C(1) << i);
    }
    l->results++;
    return mask;
}
