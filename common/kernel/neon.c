// SPDX-License-Identifier: MIT
/*
 * The variant for 64-bit ARM, which always has NEON.  It uses the method of avx512.c;
 * comments here explain the differences.  Other builds define it without run().  Pure.
 */
#include "common/kernel/kernel.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>
#include <assert.h>

#include "common/kernel/trial.h"

enum { LANES = 4, CHAINS = 4, VECTORS = 4 * CHAINS, GROUP = VECTORS * LANES };

static_assert(KERNEL_STEP_MAX % GROUP == 0, "a group is a valid step");

/* The words of a group: word k of the blocks of chain c in vector 4c + k. */
struct neon_words {
    uint32x4_t of[VECTORS];
};

struct neon_schedule {
    uint32_t key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS];
};

/* The products of four words and a constant: of the first two words and of the last
 * two.  low() and high() keep the order of the words. */
struct neon_product {
    uint64x2_t first, last;
};

static inline struct neon_product times(uint32x4_t words, uint32_t m)
{
    return (struct neon_product){vmull_n_u32(vget_low_u32(words), m),
                                 vmull_high_n_u32(words, m)};
}

static inline uint32x4_t low(struct neon_product p)
{
    return vuzp1q_u32(vreinterpretq_u32_u64(p.first), vreinterpretq_u32_u64(p.last));
}

static inline uint32x4_t high(struct neon_product p)
{
    return vuzp2q_u32(vreinterpretq_u32_u64(p.first), vreinterpretq_u32_u64(p.last));
}

static inline uint32x4_t add_key(uint32x4_t words, uint32_t key)
{
    return veorq_u32(words, vdupq_n_u32(key));
}

static inline struct neon_schedule make_schedule(uint64_t seed, uint64_t block)
{
    struct neon_schedule s;
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    uint64_t same = (uint64_t)PHILOX_M0 * ((uint32_t)(block >> 32) ^ key0);
    for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
        s.key0[round] = key0 + round * PHILOX_W0;
        s.key1[round] = key1 + round * PHILOX_W1;
    }
    s.key1[1] ^= (uint32_t)(same >> 32);
    s.key1[2] ^= (uint32_t)same;
    return s;
}

static inline struct neon_product first_product(uint64_t block)
{
    static const uint32_t lane[LANES] = {0, 1, 2, 3};
    return times(vaddq_u32(vdupq_n_u32((uint32_t)block), vld1q_u32(lane)), PHILOX_M0);
}

static inline struct neon_product later(struct neon_product p, uint64_t blocks)
{
    uint64x2_t more = vdupq_n_u64(blocks * PHILOX_M0);
    return (struct neon_product){vaddq_u64(p.first, more), vaddq_u64(p.last, more)};
}

static inline struct neon_words coarse_words(const struct neon_schedule *s,
                                             struct neon_product first)
{
    uint32x4_t w0[CHAINS], w1[CHAINS], w2[CHAINS], w3[CHAINS];

    for (int c = 0; c < CHAINS; c++) {
        struct neon_product p0 = later(first, (uint64_t)c * LANES);
        struct neon_product p1 = times(add_key(high(p0), s->key1[0]), PHILOX_M1);
        w0[c] = add_key(high(p1), s->key0[1]);
        w1[c] = low(p1);
        w2[c] = add_key(low(p0), s->key1[1]);
        w3[c] = vdupq_n_u32(0);
    }
#pragma GCC unroll 8
    for (int round = 2; round < PHILOX_ROUNDS; round++) {
        for (int c = 0; c < CHAINS; c++) {
            struct neon_product p0 = times(w0[c], PHILOX_M0),
                                p1 = times(w2[c], PHILOX_M1);
            w0[c] = veorq_u32(high(p1), add_key(w1[c], s->key0[round]));
            w2[c] = veorq_u32(high(p0), add_key(w3[c], s->key1[round]));
            w1[c] = low(p1);
            w3[c] = low(p0);
        }
    }
    struct neon_words w;
    for (int c = 0; c < CHAINS; c++) {
        w.of[4 * c] = w0[c];
        w.of[4 * c + 1] = w1[c];
        w.of[4 * c + 2] = w2[c];
        w.of[4 * c + 3] = w3[c];
    }
    return w;
}

#define OPEN (TRIAL_SURE_MISS - TRIAL_SURE_HIT)

static inline uint32x4_t above_sure_hit(uint32x4_t words)
{
    int16x8_t ab = vreinterpretq_s16_u32(words);
    int32x4_t first = vmull_s16(vget_low_s16(ab), vget_low_s16(ab));
    int32x4_t sums = vpaddq_s32(first, vmull_high_s16(ab, ab));
    return vsubq_u32(vreinterpretq_u32_s32(sums), vdupq_n_u32(TRIAL_SURE_HIT));
}

/* The hits among the open trials of a group, which starts with trial `first`.  w is
 * passed by value, so that the words of other groups stay in registers. */
__attribute__((cold, noinline)) static uint64_t open_hits(struct neon_words w,
                                                          uint64_t seed, uint64_t first)
{
    uint64_t hits = 0;
    for (uint32_t v = 0; v < VECTORS; v++) {
        uint32_t word[LANES], above[LANES];
        vst1q_u32(word, w.of[v]);
        vst1q_u32(above, above_sure_hit(w.of[v]));
        for (uint32_t lane = 0; lane < LANES; lane++) {
            uint64_t i = first + 4 * (v / 4 * LANES + lane) + v % 4;
            if (above[lane] < OPEN)
                hits += trial_hit(seed, i, word[lane]);
        }
    }
    return hits;
}

static uint64_t neon_run(uint64_t seed, uint64_t first, uint64_t count)
{
    const struct neon_schedule s = make_schedule(seed, first >> 2);
    struct neon_product product = first_product(first >> 2);
    uint32x4_t sure = vdupq_n_u32(0);
    uint64_t hits = 0;
    for (uint32_t i = 0; i < count; i += GROUP) {
        struct neon_words w = coarse_words(&s, product);
        product = later(product, GROUP / 4);
        uint32x4_t least = vdupq_n_u32(UINT32_MAX);
        for (int v = 0; v < VECTORS; v++) {
            uint32x4_t above = above_sure_hit(w.of[v]);
            sure = vsraq_n_u32(sure, above, 31);
            least = vminq_u32(least, above);
        }
        if (__builtin_expect(vminvq_u32(least) < OPEN, 0))
            hits += open_hits(w, seed, first + i);
    }
    return hits + vaddlvq_u32(sure);
}

const struct kernel kernel_neon = {.name = "neon", .step = GROUP, .run = neon_run};

#else

const struct kernel kernel_neon = {.name = "neon"};

#endif
