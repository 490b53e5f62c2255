// SPDX-License-Identifier: MIT
/*
 * The variant for x86-64 with AVX2 (Haswell, Zen and later).  It goes the way of
 * avx512.c, whose comments explain the generator's part, with half the width, half
 * the registers and no instruction that xors three values or counts bits.  A build
 * for anything else has it by name only.  Pure.
 */
#include "common/kernel/kernel.h"

#if defined(__AVX2__) && defined(__POPCNT__)

#include <assert.h>
#include <immintrin.h>

#include "common/kernel/trial.h"

/* Four chains do not fit into 16 registers, but what they wait for memory is less than
 * what two wait for each other. */
enum { LANES = 4, CHAINS = 4, GROUP = 4 * LANES * CHAINS, VECTORS = 2 * CHAINS };

static_assert(KERNEL_STEP_MAX % GROUP == 0, "a group is a valid step");

/* What is the same for all blocks of a run. */
struct schedule {
    __m256i key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS];
    __m256i same; /* round 2's product of word 0, which no block's counter reaches */
};

/* The words of a group: in vector 2c those of the blocks of chain c with the numbers
 * 1 and 0 (low half of a lane first), in vector 2c + 1 those with 3 and 2. */
struct words {
    __m256i of[VECTORS];
};

static inline __m256i all64(uint64_t x)
{
    return _mm256_set1_epi64x((long long)x);
}

static inline __m256i all32(uint32_t x)
{
    return _mm256_set1_epi32((int)x);
}

static inline __m256i xor3(__m256i a, __m256i b, __m256i c)
{
    return _mm256_xor_si256(a, _mm256_xor_si256(b, c));
}

static inline __m256i high(__m256i product)
{
    return _mm256_shuffle_epi32(product, _MM_SHUFFLE(2, 3, 0, 1));
}

static inline struct schedule make_schedule(uint64_t seed, uint64_t block)
{
    struct schedule s;
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    s.same = all64((uint64_t)PHILOX_M0 * ((uint32_t)(block >> 32) ^ key0));
    for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
        s.key0[round] = all64(key0 + round * PHILOX_W0);
        s.key1[round] = all64(key1 + round * PHILOX_W1);
    }
    s.key0[PHILOX_ROUNDS - 1] = _mm256_slli_epi64(s.key0[PHILOX_ROUNDS - 1], 32);
    s.key1[PHILOX_ROUNDS - 1] = _mm256_slli_epi64(s.key1[PHILOX_ROUNDS - 1], 32);
    return s;
}

static inline __m256i first_product(uint64_t block)
{
    const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
    __m256i low = _mm256_add_epi64(all64((uint32_t)block), lane);
    return _mm256_mul_epu32(low, all64(PHILOX_M0));
}

__attribute__((always_inline)) static inline struct words
coarse_words(const struct schedule *s, __m256i first)
{
    const __m256i m0 = all64(PHILOX_M0), m1 = all64(PHILOX_M1);
    __m256i p0[CHAINS], p1[CHAINS], word1[CHAINS], word3[CHAINS];

    for (int c = 0; c < CHAINS; c++) {
        uint64_t ahead = (uint64_t)c * LANES * PHILOX_M0;
        word3[c] = _mm256_add_epi64(first, all64(ahead));
        p1[c] = _mm256_mul_epu32(_mm256_xor_si256(high(word3[c]), s->key1[0]), m1);
        word1[c] = _mm256_setzero_si256();
        p0[c] = s->same;
    }
    for (int round = 1; round < PHILOX_ROUNDS - 1; round++) {
        for (int c = 0; c < CHAINS; c++) {
            __m256i word0 = xor3(high(p1[c]), word1[c], s->key0[round]);
            __m256i word2 = xor3(high(p0[c]), word3[c], s->key1[round]);
            word1[c] = p1[c];
            word3[c] = p0[c];
            p0[c] = _mm256_mul_epu32(word0, m0);
            p1[c] = _mm256_mul_epu32(word2, m1);
        }
    }
    struct words w;
    for (int c = 0; c < CHAINS; c++) {
        w.of[2 * c] =
            xor3(p1[c], _mm256_slli_epi64(word1[c], 32), s->key0[PHILOX_ROUNDS - 1]);
        w.of[2 * c + 1] =
            xor3(p0[c], _mm256_slli_epi64(word3[c], 32), s->key1[PHILOX_ROUNDS - 1]);
    }
    return w;
}

/* trial_sum - TRIAL_SURE_HIT of 8 words: its top bit is set for a sure hit, and only
 * for that; it is under OPEN for a trial that its coarse word leaves open. */
#define OPEN (TRIAL_SURE_MISS - TRIAL_SURE_HIT)

static inline __m256i above_sure_hit(__m256i words)
{
    return _mm256_sub_epi32(_mm256_madd_epi16(words, words), all32(TRIAL_SURE_HIT));
}

/* One bit for each of the 8 values: is it under OPEN?  Comparisons are of signed
 * values only, but the least of two is known of unsigned ones. */
static inline uint32_t open_mask(__m256i above)
{
    __m256i capped = _mm256_min_epu32(above, all32(OPEN - 1));
    __m256i is_open = _mm256_cmpeq_epi32(capped, above);
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(is_open));
}

/* The hits among the trials of a group that their coarse words leave open. */
__attribute__((cold, noinline)) static uint64_t open_hits(const struct schedule *s,
                                                          uint64_t seed, uint64_t block)
{
    struct words w = coarse_words(s, first_product(block));
    uint64_t hits = 0;
    for (uint32_t v = 0; v < VECTORS; v++) {
        uint32_t word[2 * LANES];
        _mm256_storeu_si256((__m256i *)word, w.of[v]);
        for (uint32_t open = open_mask(above_sure_hit(w.of[v])); open;
             open &= open - 1) {
            uint32_t at = (uint32_t)__builtin_ctz(open);
            uint64_t i = 4 * (block + v / 2 * LANES + at / 2) + v % 2 * 2 + (~at & 1);
            hits += trial_hit(seed, i, word[at]);
        }
    }
    return hits;
}

/* How many of the 32 values have their top bit set: narrowing saturates, so it keeps
 * the sign, until one byte a value is left. */
static inline uint32_t count_top_bits(const __m256i of[4])
{
    __m256i low = _mm256_packs_epi32(of[0], of[1]);
    __m256i all = _mm256_packs_epi16(low, _mm256_packs_epi32(of[2], of[3]));
    return (uint32_t)__builtin_popcount((uint32_t)_mm256_movemask_epi8(all));
}

static uint64_t avx2_run(uint64_t seed, uint64_t first, uint64_t count)
{
    const struct schedule s = make_schedule(seed, first >> 2);
    const __m256i stride = all64((uint64_t)PHILOX_M0 * (GROUP / 4));
    __m256i product = first_product(first >> 2);
    uint64_t hits = 0;
    for (uint64_t i = 0; i < count; i += GROUP) {
        struct words w = coarse_words(&s, product);
        product = _mm256_add_epi64(product, stride);
        __m256i above[VECTORS], least = all32(UINT32_MAX);
        for (int v = 0; v < VECTORS; v++) {
            above[v] = above_sure_hit(w.of[v]);
            least = _mm256_min_epu32(least, above[v]);
        }
        for (int v = 0; v < VECTORS; v += 4)
            hits += count_top_bits(above + v);
        if (__builtin_expect(open_mask(least), 0))
            hits += open_hits(&s, seed, (first + i) >> 2);
    }
    return hits;
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
