// SPDX-License-Identifier: MIT
/*
 * A small random generator for reproducible choices: uids, jitter, simulated faults.
 * Never for trials (common/kernel) and never for secrets.
 * xoshiro256**, Blackman and Vigna 2018, https://prng.di.unimi.it; pure.
 */
#ifndef COMMON_BASE_RNG_H
#define COMMON_BASE_RNG_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

struct rng {
    uint64_t s[4];
};

/* The finaliser of splitmix64: a bijection that scatters its argument. */
static inline uint64_t rng_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline void rng_init(struct rng *r, const uint8_t seed[32])
{
    for (int i = 0; i < 4; i++) {
        uint64_t word;
        memcpy(&word, seed + 8 * i, sizeof(word));
        r->s[i] = rng_mix(word + (uint64_t)i); /* never all zero */
    }
}

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s, x = s[1] * 5, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return (x << 7 | x >> 57) * 9;
}

/* Uniform in [0, n), n > 0; the bias of the multiplication is below 2^-32 for n < 2^32.
 */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
    assert(n > 0);
    return (uint64_t)((unsigned __int128)rng_next(r) * n >> 64);
}

#endif
