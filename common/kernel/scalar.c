// SPDX-License-Identifier: MIT
/*
 * The variant that runs everywhere: portable C without intrinsics.  Its loops over
 * lanes are short and regular, so compilers vectorize them for the build's baseline.
 * Pure.
 */
#include "common/kernel/kernel.h"

#include <assert.h>

#include "common/kernel/trial.h"

/* Blocks generated side by side.  Measured: fewer leave gcc's vectors half empty, more
 * are no faster. */
enum { LANES = 32, GROUP = 4 * LANES };

static_assert(KERNEL_STEP_MAX % GROUP == 0, "a group is a valid step");

/*
 * The coarse words of LANES consecutive blocks, word k of block j in ret[k][j].
 * Words 2 and 3 of the counter are 0 and word 1 is the same in all blocks.  So one of
 * the two products of round 1 is 0, and one of round 2 is the same for all blocks: 17
 * multiplications instead of 20.
 */
static void coarse_words(uint64_t seed, uint64_t block, uint32_t ret[4][LANES])
{
    uint32_t *w0 = ret[0], *w1 = ret[1], *w2 = ret[2], *w3 = ret[3];
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    uint32_t low = (uint32_t)block, high = (uint32_t)(block >> 32);
    uint64_t same = (uint64_t)PHILOX_M0 * (high ^ key0);

    for (uint32_t j = 0; j < LANES; j++) {
        uint64_t p0 = (uint64_t)PHILOX_M0 * (low + j);
        uint64_t p1 = (uint64_t)PHILOX_M1 * ((uint32_t)(p0 >> 32) ^ key1);
        w0[j] = (uint32_t)(p1 >> 32) ^ (key0 + PHILOX_W0);
        w1[j] = (uint32_t)p1;
        w2[j] = (uint32_t)(same >> 32) ^ (uint32_t)p0 ^ (key1 + PHILOX_W1);
        w3[j] = (uint32_t)same;
    }
    for (uint32_t round = 2; round < PHILOX_ROUNDS; round++) {
        uint32_t k0 = key0 + round * PHILOX_W0, k1 = key1 + round * PHILOX_W1;
        for (uint32_t j = 0; j < LANES; j++) {
            uint64_t p0 = (uint64_t)PHILOX_M0 * w0[j];
            uint64_t p1 = (uint64_t)PHILOX_M1 * w2[j];
            w0[j] = (uint32_t)(p1 >> 32) ^ w1[j] ^ k0;
            w1[j] = (uint32_t)p1;
            w2[j] = (uint32_t)(p0 >> 32) ^ w3[j] ^ k1;
            w3[j] = (uint32_t)p0;
        }
    }
}

/* One group in 60 has a trial that its coarse word does not decide. */
__attribute__((cold, noinline)) static uint64_t resolve(uint64_t seed, uint64_t first,
                                                        uint32_t words[4][LANES])
{
    uint64_t hits = 0;
    for (uint32_t j = 0; j < LANES; j++)
        for (uint32_t k = 0; k < 4; k++)
            hits += trial_hit(seed, first + 4 * j + k, words[k][j]);
    return hits;
}

static uint64_t scalar_group(uint64_t seed, uint64_t first)
{
    uint32_t words[4][LANES], sure = 0, open = 0;
    coarse_words(seed, first >> 2, words);
    for (uint32_t k = 0; k < 4; k++) {
        for (uint32_t j = 0; j < LANES; j++) {
            /* Wraps for a sure hit, and only then has its top bit set. */
            uint32_t above = trial_sum(words[k][j]) - TRIAL_SURE_HIT;
            sure += above >> 31;
            open |= above < TRIAL_SURE_MISS - TRIAL_SURE_HIT;
        }
    }
    return open ? resolve(seed, first, words) : sure;
}

static uint64_t scalar_run(uint64_t seed, uint64_t first, uint64_t count)
{
    uint64_t hits = 0;
    for (uint64_t i = 0; i < count; i += GROUP)
        hits += scalar_group(seed, first + i);
    return hits;
}

const struct kernel kernel_scalar = {
    .name = "scalar", .step = GROUP, .run = scalar_run};
