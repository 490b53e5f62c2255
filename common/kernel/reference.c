// SPDX-License-Identifier: MIT
/*
 * The rule of docs/PROTOCOL.md, literally and without short cuts.  It shares no code
 * with the variants except the generator, which has its own known-answer tests.  Pure.
 */
#include "common/kernel/kernel.h"

#include "common/kernel/philox.h"

static void random_block(uint64_t seed, uint32_t domain, uint64_t n, uint32_t ret[4])
{
    const uint32_t counter[4] = {(uint32_t)n, (uint32_t)(n >> 32), 0, domain};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    philox4x32_10(counter, key, ret);
}

static int32_t signed16(uint32_t bits)
{
    return bits < 0x8000 ? (int32_t)bits : (int32_t)bits - 0x10000;
}

static bool reference_hit(uint64_t seed, uint64_t i)
{
    uint32_t coarse[4], f[4];
    random_block(seed, 0, i >> 2, coarse);
    random_block(seed, 1, i, f);
    uint32_t w = coarse[i & 3];
    __int128 a = signed16(w & 0xffff), b = signed16(w >> 16);
    __int128 x = 2 * (a * ((__int128)1 << 32) + f[0]) + 1;
    __int128 y = 2 * (b * ((__int128)1 << 32) + f[1]) + 1;
    return x * x + y * y < (__int128)1 << 96;
}

uint64_t kernel_reference_hits(uint64_t seed, uint64_t first, uint64_t count)
{
    uint64_t hits = 0;
    for (uint64_t i = 0; i < count; i++)
        hits += reference_hit(seed, first + i);
    return hits;
}
