// SPDX-License-Identifier: MIT
/*
 * The variant for x86-64 with AVX-512 (Ice Lake, Zen 4 and later).  Other builds define
 * it without run().  Pure.  docs/KERNEL.md has its speed limit and what was tried.
 */
#include "common/kernel/kernel.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__) &&        \
    defined(__AVX512VBMI2__) && defined(__AVX512VPOPCNTDQ__)

#include <assert.h>
#include <immintrin.h>
#include <string.h>

#include "common/kernel/trial.h"

/*
 * A chain is LANES blocks side by side, one vector for each of their four words. CHAINS
 * chains are interleaved, because a single one would stall: each multiplication depends
 * on the one before.
 */
enum { LANES = 16, CHAINS = 4, VECTORS = 4 * CHAINS, GROUP = VECTORS * LANES };

static_assert(KERNEL_STEP_MAX % GROUP == 0, "a group is a valid step");

typedef __m512i vec;

/* The words of a group: word k of the blocks of chain c in vector 4c + k. */
struct avx512_words {
    vec of[VECTORS];
};

/* The round keys, the same for all blocks of a run. */
struct avx512_schedule {
    vec key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS];
};

static inline vec all64(uint64_t x)
{
    return _mm512_set1_epi64((long long)x);
}

static inline vec all32(uint32_t x)
{
    return _mm512_set1_epi32((int)x);
}

static inline vec xor3(vec a, vec b, vec c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

/*
 * The products of LANES words and a constant.  A product has 64 bits, so one
 * multiplication covers every other lane.  A third multiplication gives the low halves
 * of all lanes, each in the lane of its word.  Gathering them from the first two would
 * take at least one instruction as well.
 */
struct avx512_product {
    vec even, odd, low;
};

static inline struct avx512_product times(vec words, vec m)
{
    return (struct avx512_product){_mm512_mul_epu32(words, m),
                                   _mm512_mul_epu32(_mm512_srli_epi64(words, 32), m),
                                   _mm512_mullo_epi32(words, m)};
}

/*
 * The high halves, gathered by one instruction that swaps the middle two lanes of each
 * group of four.  The swap is harmless: a high half is combined with a low half of the
 * round before, which has had two swaps fewer, and two swaps cancel.  After an even
 * number of rounds words 0 and 2 are in order, and words 1 and 3 are not
 * (block_in_lane).
 */
static inline vec high(struct avx512_product p)
{
    return _mm512_castps_si512(_mm512_shuffle_ps(_mm512_castsi512_ps(p.even),
                                                 _mm512_castsi512_ps(p.odd),
                                                 _MM_SHUFFLE(3, 1, 3, 1)));
}

static inline uint32_t block_in_lane(uint32_t word, uint32_t lane)
{
    return word % 2 ? (lane & ~3U) | (lane & 1) << 1 | (lane >> 1 & 1) : lane;
}

/* In round 2 word 0 is the same in all blocks of a run, so the halves of its product
 * are folded into the keys that they are xored with. */
static inline struct avx512_schedule make_schedule(uint64_t seed, uint64_t block)
{
    struct avx512_schedule s;
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

/* The products of round 1 for the chain that starts with `block`; later() derives from
 * them those of the chain that starts `blocks` blocks later.  No block of a run carries
 * into word 1 of the counter, so the products grow by a constant from block to block.
 */
static inline struct avx512_product first_product(uint64_t block)
{
    const vec lane =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return times(_mm512_add_epi32(all32((uint32_t)block), lane), all32(PHILOX_M0));
}

static inline struct avx512_product later(struct avx512_product p, uint64_t blocks)
{
    vec more = all64(blocks * PHILOX_M0);
    return (struct avx512_product){
        _mm512_add_epi64(p.even, more), _mm512_add_epi64(p.odd, more),
        _mm512_add_epi32(p.low, all32((uint32_t)blocks * PHILOX_M0))};
}

/*
 * Words 2 and 3 of the counter are 0 and word 1 is the same in all blocks.  So round 1
 * multiplies only word 0, which later() replaces by additions, and round 2 multiplies
 * only word 2: 17 products instead of 20.  Inlined, because returning the words through
 * memory can halve the speed.
 */
__attribute__((always_inline)) static inline struct avx512_words
coarse_words(const struct avx512_schedule *s, struct avx512_product first)
{
    const vec m0 = all32(PHILOX_M0), m1 = all32(PHILOX_M1);
    vec w0[CHAINS], w1[CHAINS], w2[CHAINS], w3[CHAINS];

    for (int c = 0; c < CHAINS; c++) {
        struct avx512_product p0 = c ? later(first, (uint64_t)c * LANES) : first;
        struct avx512_product p1 = times(high(p0) ^ s->key1[0], m1);
        w0[c] = high(p1) ^ s->key0[1];
        w1[c] = p1.low;
        w2[c] = p0.low ^ s->key1[1];
        w3[c] = all32(0);
    }
    /* Unrolled, so that keys are memory operands and words stay in registers. */
#pragma GCC unroll 8
    for (int round = 2; round < PHILOX_ROUNDS; round++) {
        for (int c = 0; c < CHAINS; c++) {
            struct avx512_product p0 = times(w0[c], m0), p1 = times(w2[c], m1);
            w0[c] = xor3(high(p1), w1[c], s->key0[round]);
            w2[c] = xor3(high(p0), w3[c], s->key1[round]);
            w1[c] = p1.low;
            w3[c] = p0.low;
        }
    }
    struct avx512_words w;
    for (int c = 0; c < CHAINS; c++) {
        w.of[4 * c] = w0[c];
        w.of[4 * c + 1] = w1[c];
        w.of[4 * c + 2] = w2[c];
        w.of[4 * c + 3] = w3[c];
    }
    return w;
}

/* above_sure_hit() is trial_sum - TRIAL_SURE_HIT: its top bit is set only for a sure
 * hit, and it is below OPEN only for an open trial, which its coarse word does not
 * decide. */
#define OPEN (TRIAL_SURE_MISS - TRIAL_SURE_HIT)

static inline vec above_sure_hit(vec words)
{
    return _mm512_dpwssd_epi32(all32(0 - TRIAL_SURE_HIT), words, words);
}

static inline uint32_t open_lanes(vec above)
{
    return _mm512_cmplt_epu32_mask(above, all32(OPEN));
}

/*
 * One group in 30 has an open trial.  A branch for it would be mispredicted each time
 * it is taken, which discards work begun on the following groups.  So every group
 * stores its words in the next slot without a branch, and only an open group advances
 * the slot.
 */
enum { OPEN_MAX = 8 };

struct avx512_open_groups {
    struct avx512_words words[OPEN_MAX];
    uint64_t first[OPEN_MAX]; /* first trial of each */
};

/* The hits among the open trials of n groups. */
__attribute__((noinline)) static uint64_t
open_hits(const struct avx512_open_groups *open, uint32_t n, uint64_t seed)
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

static uint64_t avx512_run(uint64_t seed, uint64_t first, uint64_t count)
{
    const struct avx512_schedule s = make_schedule(seed, first >> 2);
    struct avx512_product product = first_product(first >> 2);
    vec sure = _mm512_setzero_si512();
    struct avx512_open_groups open;
    uint64_t hits = 0;
    uint32_t n_open = 0;
    for (uint32_t i = 0; i < count; i += GROUP) {
        struct avx512_words w = coarse_words(&s, product);
        open.words[n_open] = w;
        open.first[n_open] = first + i;
        product = later(product, GROUP / 4);
        /* Each lane collects the top bits of its values; the smallest of them tells
         * whether any trial is open. */
        vec top_bits = _mm512_setzero_si512(), least = all32(UINT32_MAX);
        for (int v = 0; v < VECTORS; v++) {
            vec above = above_sure_hit(w.of[v]);
            top_bits = _mm512_shldi_epi32(top_bits, above, 1);
            least = _mm512_min_epu32(least, above);
        }
        sure = _mm512_add_epi32(sure, _mm512_popcnt_epi32(top_bits));
        n_open += open_lanes(least) != 0;
        if (n_open == OPEN_MAX) {
            hits += open_hits(&open, n_open, seed);
            n_open = 0;
        }
    }
    hits += open_hits(&open, n_open, seed);
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
