// SPDX-License-Identifier: MIT
/*
 * The variant for x86-64 with AVX2 (Haswell, Zen and later).  It uses the method of
 * avx512.c, whose comments explain it, with half the width and half the registers, and
 * without instructions for a three-way xor or a bit count.  Other builds define it
 * without run().  Pure.
 */
#include "common/kernel/kernel.h"

#if defined(__AVX2__) && defined(__POPCNT__)

#include <assert.h>
#include <immintrin.h>
#include <string.h>

#include "common/kernel/trial.h"

enum { LANES = 8, CHAINS = 4, VECTORS = 4 * CHAINS, GROUP = VECTORS * LANES };

static_assert(KERNEL_STEP_MAX % GROUP == 0, "a group is a valid step");

typedef __m256i vec;

/* The words of a group: word k of the blocks of chain c in vector 4c + k. */
struct avx2_words {
    vec of[VECTORS];
};

/* The round keys, the same for all blocks of a run. */
struct avx2_schedule {
    vec key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS];
};

static inline vec all64(uint64_t x)
{
    return _mm256_set1_epi64x((long long)x);
}

static inline vec all32(uint32_t x)
{
    return _mm256_set1_epi32((int)x);
}

static inline vec xor3(vec a, vec b, vec c)
{
    return a ^ (b ^ c); /* a is ready last */
}

/* The products of LANES words and a constant: of the even lanes, of the odd lanes, and
 * the low halves of all. */
struct avx2_product {
    vec even, odd, low;
};

static inline struct avx2_product times(vec words, vec m)
{
    return (struct avx2_product){_mm256_mul_epu32(words, m),
                                 _mm256_mul_epu32(_mm256_srli_epi64(words, 32), m),
                                 _mm256_mullo_epi32(words, m)};
}

/* In each group of four lanes the middle two are swapped. */
static inline vec high(struct avx2_product p)
{
    return _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(p.even),
                                                 _mm256_castsi256_ps(p.odd),
                                                 _MM_SHUFFLE(3, 1, 3, 1)));
}

static inline uint32_t block_in_lane(uint32_t word, uint32_t lane)
{
    return word % 2 ? (lane & ~3U) | (lane & 1) << 1 | (lane >> 1 & 1) : lane;
}

static inline struct avx2_schedule make_schedule(uint64_t seed, uint64_t block)
{
    struct avx2_schedule s;
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    uint64_t same = (uint64_t)PHILOX_M0 * ((uint32_t)(block >> 32) ^ key0);
    for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
        uint32_t met = round == 1   ? (uint32_t)(same >> 32)
                       : round == 2 ? (uint32_t)same
                                    : 0;
        s.key0[round] = all32(key0 + round * PHILOX_W0);
        s.key1[round] = all32((key1 + round * PHILOX_W1) ^ met);
    }
    return s;
}

static inline struct avx2_product first_product(uint64_t block)
{
    const vec lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return times(_mm256_add_epi32(all32((uint32_t)block), lane), all32(PHILOX_M0));
}

static inline struct avx2_product later(struct avx2_product p, uint64_t blocks)
{
    vec more = all64(blocks * PHILOX_M0);
    return (struct avx2_product){
        _mm256_add_epi64(p.even, more), _mm256_add_epi64(p.odd, more),
        _mm256_add_epi32(p.low, all32((uint32_t)blocks * PHILOX_M0))};
}

__attribute__((always_inline)) static inline struct avx2_words
coarse_words(const struct avx2_schedule *s, struct avx2_product first)
{
    const vec m0 = all32(PHILOX_M0), m1 = all32(PHILOX_M1);
    vec w0[CHAINS], w1[CHAINS], w2[CHAINS], w3[CHAINS];

    for (int c = 0; c < CHAINS; c++) {
        struct avx2_product p0 = c ? later(first, (uint64_t)c * LANES) : first;
        struct avx2_product p1 = times(high(p0) ^ s->key1[0], m1);
        w0[c] = high(p1) ^ s->key0[1];
        w1[c] = p1.low;
        w2[c] = p0.low ^ s->key1[1];
        w3[c] = all32(0);
    }
#pragma GCC unroll 8
    for (int round = 2; round < PHILOX_ROUNDS; round++) {
        for (int c = 0; c < CHAINS; c++) {
            struct avx2_product p0 = times(w0[c], m0), p1 = times(w2[c], m1);
            w0[c] = xor3(high(p1), w1[c], s->key0[round]);
            w2[c] = xor3(high(p0), w3[c], s->key1[round]);
            w1[c] = p1.low;
            w3[c] = p0.low;
        }
    }
    struct avx2_words w;
    for (int c = 0; c < CHAINS; c++) {
        w.of[4 * c] = w0[c];
        w.of[4 * c + 1] = w1[c];
        w.of[4 * c + 2] = w2[c];
        w.of[4 * c + 3] = w3[c];
    }
    return w;
}

#define OPEN (TRIAL_SURE_MISS - TRIAL_SURE_HIT)

static inline vec above_sure_hit(vec words)
{
    return _mm256_sub_epi32(_mm256_madd_epi16(words, words), all32(TRIAL_SURE_HIT));
}

/* AVX2 compares only signed values, but has an unsigned minimum. */
static inline uint32_t open_lanes(vec above)
{
    vec is_open = _mm256_cmpeq_epi32(_mm256_min_epu32(above, all32(OPEN - 1)), above);
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(is_open));
}

enum { OPEN_MAX = 8 };

struct avx2_open_groups {
    struct avx2_words words[OPEN_MAX];
    uint64_t first[OPEN_MAX]; /* first trial of each */
};

/* The hits among the open trials of n groups. */
__attribute__((noinline)) static uint64_t open_hits(const struct avx2_open_groups *open,
                                                    uint32_t n, uint64_t seed)
{
    uint64_t hits = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t v = 0; v < VECTORS; v++) {
            const vec *words = &open->words[i].of[v];
            uint32_t lanes = open_lanes(above_sure_hit(*words));
            for (; lanes; lanes &= lanes - 1) {
                uint32_t lane = (uint32_t)__builtin_ctz(lanes), word;
                uint32_t block = v / 4 * LANES + block_in_lane(v % 4, lane);
                memcpy(&word, (const char *)words + lane * sizeof(word), sizeof(word));
                hits += trial_hit(seed, open->first[i] + 4 * block + v % 4, word);
            }
        }
    }
    return hits;
}

/* How many of the 32 values have their top bit set.  Narrowing saturates, which keeps
 * the sign, down to one byte per value. */
static inline uint32_t count_top_bits(const vec of[4])
{
    vec low = _mm256_packs_epi32(of[0], of[1]);
    vec all = _mm256_packs_epi16(low, _mm256_packs_epi32(of[2], of[3]));
    return (uint32_t)__builtin_popcount((uint32_t)_mm256_movemask_epi8(all));
}

static uint64_t avx2_run(uint64_t seed, uint64_t first, uint64_t count)
{
    const struct avx2_schedule s = make_schedule(seed, first >> 2);
    struct avx2_product product = first_product(first >> 2);
    struct avx2_open_groups open;
    uint64_t hits = 0;
    uint32_t n_open = 0;
    for (uint32_t i = 0; i < count; i += GROUP) {
        struct avx2_words w = coarse_words(&s, product);
        open.words[n_open] = w;
        open.first[n_open] = first + i;
        product = later(product, GROUP / 4);
        vec above[VECTORS], least = all32(UINT32_MAX);
        for (int v = 0; v < VECTORS; v++) {
            above[v] = above_sure_hit(w.of[v]);
            least = _mm256_min_epu32(least, above[v]);
        }
        for (int v = 0; v < VECTORS; v += 4)
            hits += count_top_bits(above + v);
        n_open += open_lanes(least) != 0;
        if (n_open == OPEN_MAX) {
            hits += open_hits(&open, n_open, seed);
            n_open = 0;
        }
    }
    return hits + open_hits(&open, n_open, seed);
}

static bool avx2_usable(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

const struct kernel kernel_avx2 = {
    .name = "avx2", .step = GROUP, .usable = avx2_usable, .run = avx2_run};

#else

const struct kernel kernel_avx2 = {.name = "avx2"};

#endif
