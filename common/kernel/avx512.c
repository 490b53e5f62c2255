// SPDX-License-Identifier: MIT
/*
 * The variant for x86-64 with AVX-512 (Ice Lake, Zen 4 and later).  A build for
 * anything else has it by name only.  Pure.
 */
#include "common/kernel/kernel.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__) &&        \
    defined(__AVX512VBMI2__) && defined(__AVX512VPOPCNTDQ__)

#include <assert.h>
#include <immintrin.h>

#include "common/kernel/trial.h"

/*
 * A block lives in one 64-bit lane, for there a product of two words has room.
 * CHAINS vectors of blocks are generated side by side, because one alone would wait
 * for its multiplications: each needs the one before.
 */
enum { LANES = 8, CHAINS = 4, GROUP = 4 * LANES * CHAINS, VECTORS = 2 * CHAINS };

static_assert(KERNEL_STEP_MAX % GROUP == 0, "a group is a valid step");

/* What is the same for all blocks of a run. */
struct schedule {
    __m512i key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS];
    __m512i same; /* round 2's product of word 0, which no block's counter reaches */
};

/* The words of a group: in vector 2c those of the blocks of chain c with the numbers
 * 1 and 0 (low half of a lane first), in vector 2c + 1 those with 3 and 2. */
struct words {
    __m512i of[VECTORS];
};

static inline __m512i all64(uint64_t x)
{
    return _mm512_set1_epi64((long long)x);
}

static inline __m512i all32(uint32_t x)
{
    return _mm512_set1_epi32((int)x);
}

static inline __m512i xor3(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

/* The high half of a product where the next one looks for its factor: in the low half
 * of the lane.  What is left in the high half no multiplication sees. */
static inline __m512i high(__m512i product)
{
    return _mm512_shuffle_epi32(product, _MM_PERM_CDAB);
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
    /* The last round adds its keys to the high halves. */
    s.key0[PHILOX_ROUNDS - 1] = _mm512_slli_epi64(s.key0[PHILOX_ROUNDS - 1], 32);
    s.key1[PHILOX_ROUNDS - 1] = _mm512_slli_epi64(s.key1[PHILOX_ROUNDS - 1], 32);
    return s;
}

/* Round 1's product of chain 0, for the group that starts with this block. */
static inline __m512i first_product(uint64_t block)
{
    const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    __m512i low = _mm512_add_epi64(all64((uint32_t)block), lane);
    return _mm512_mul_epu32(low, all64(PHILOX_M0));
}

/*
 * Words 2 and 3 of the counter are 0 and word 1 is the same in all blocks of a run, so
 * round 1 has one product that is not 0, and it grows by the same amount from block to
 * block: an addition gives it.  In round 2 one product is the same for all blocks.
 * That leaves 17 multiplications of 20.  Inline in both callers: words returned through
 * memory can halve the speed.
 */
__attribute__((always_inline)) static inline struct words
coarse_words(const struct schedule *s, __m512i first)
{
    const __m512i m0 = all64(PHILOX_M0), m1 = all64(PHILOX_M1);
    /* The products of this round, and of the one before, whose low halves are words 1
     * and 3 now. */
    __m512i p0[CHAINS], p1[CHAINS], word1[CHAINS], word3[CHAINS];

    for (int c = 0; c < CHAINS; c++) {
        uint64_t ahead = (uint64_t)c * LANES * PHILOX_M0;
        word3[c] = _mm512_add_epi64(first, all64(ahead));
        p1[c] = _mm512_mul_epu32(_mm512_xor_si512(high(word3[c]), s->key1[0]), m1);
        word1[c] = _mm512_setzero_si512();
        p0[c] = s->same;
    }
    for (int round = 1; round < PHILOX_ROUNDS - 1; round++) {
        for (int c = 0; c < CHAINS; c++) {
            __m512i word0 = xor3(high(p1[c]), word1[c], s->key0[round]);
            __m512i word2 = xor3(high(p0[c]), word3[c], s->key1[round]);
            word1[c] = p1[c];
            word3[c] = p0[c];
            p0[c] = _mm512_mul_epu32(word0, m0);
            p1[c] = _mm512_mul_epu32(word2, m1);
        }
    }
    /* The last round leaves the high halves where they are: beside the low halves,
     * which are finished words, so that a lane holds two. */
    struct words w;
    for (int c = 0; c < CHAINS; c++) {
        w.of[2 * c] =
            xor3(p1[c], _mm512_slli_epi64(word1[c], 32), s->key0[PHILOX_ROUNDS - 1]);
        w.of[2 * c + 1] =
            xor3(p0[c], _mm512_slli_epi64(word3[c], 32), s->key1[PHILOX_ROUNDS - 1]);
    }
    return w;
}

/* trial_sum - TRIAL_SURE_HIT of 16 words: its top bit is set for a sure hit, and only
 * for that; it is under OPEN for a trial that its coarse word leaves open. */
#define OPEN (TRIAL_SURE_MISS - TRIAL_SURE_HIT)

static inline __m512i above_sure_hit(__m512i words)
{
    return _mm512_dpwssd_epi32(all32(0 - TRIAL_SURE_HIT), words, words);
}

/* The hits among the trials of a group that their coarse words leave open.  One group
 * in 60 has any, so its words are generated once more: to keep them for this would
 * cost the other 59 more. */
__attribute__((cold, noinline)) static uint64_t open_hits(const struct schedule *s,
                                                          uint64_t seed, uint64_t block)
{
    struct words w = coarse_words(s, first_product(block));
    uint64_t hits = 0;
    for (uint32_t v = 0; v < VECTORS; v++) {
        uint32_t word[2 * LANES];
        _mm512_storeu_si512(word, w.of[v]);
        uint32_t open = _mm512_cmplt_epu32_mask(above_sure_hit(w.of[v]), all32(OPEN));
        for (; open; open &= open - 1) {
            uint32_t at = (uint32_t)__builtin_ctz(open);
            uint64_t i = 4 * (block + v / 2 * LANES + at / 2) + v % 2 * 2 + (~at & 1);
            hits += trial_hit(seed, i, word[at]);
        }
    }
    return hits;
}

static uint64_t avx512_run(uint64_t seed, uint64_t first, uint64_t count)
{
    const struct schedule s = make_schedule(seed, first >> 2);
    const __m512i stride = all64((uint64_t)PHILOX_M0 * (GROUP / 4));
    __m512i product = first_product(first >> 2), sure = _mm512_setzero_si512();
    uint64_t hits = 0;
    for (uint64_t i = 0; i < count; i += GROUP) {
        struct words w = coarse_words(&s, product);
        product = _mm512_add_epi64(product, stride);
        /* Each lane collects the top bits of its eight words; the least of a lane's
         * values tells whether any of its trials is open. */
        __m512i top_bits = _mm512_setzero_si512(), least = all32(UINT32_MAX);
        for (int v = 0; v < VECTORS; v++) {
            __m512i above = above_sure_hit(w.of[v]);
            top_bits = _mm512_shldi_epi32(top_bits, above, 1);
            least = _mm512_min_epu32(least, above);
        }
        sure = _mm512_add_epi32(sure, _mm512_popcnt_epi32(top_bits));
        if (__builtin_expect(_mm512_cmplt_epu32_mask(least, all32(OPEN)), 0))
            hits += open_hits(&s, seed, (first + i) >> 2);
    }
    return hits + (uint32_t)_mm512_reduce_add_epi32(sure);
}

static bool avx512_usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vnni") &&
           __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("avx512vpopcntdq");
}

const struct kernel kernel_avx512 = {
    .name = "avx512", .step = GROUP, .usable = avx512_usable, .run = avx512_run};

#else

const struct kernel kernel_avx512 = {.name = "avx512"};

#endif
