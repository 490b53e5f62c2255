// SPDX-License-Identifier: MIT
/*
 * What all variants share: their selection, the self-test, and the division of a range
 * into pieces, quanta and ragged edges.  Pure.
 */
#include "common/kernel/kernel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/kernel/trial.h"

static const struct kernel *const variants[] = {&kernel_avx512, &kernel_avx2,
                                                &kernel_neon, &kernel_scalar};

const struct kernel *const *kernel_list(size_t *ret_n)
{
    *ret_n = ARRAY_SIZE(variants);
    return variants;
}

bool kernel_self_test(const struct kernel *k)
{
    enum { COUNT = 2051 };
    /*
     * Ragged at both ends, and most contain a carry between words of a counter.  The
     * seeds were searched for: in each range some of the trials that need their fine
     * words hit and some miss, so treating all of them as hits, as misses, or deciding
     * by s < 2^30 gives a wrong count.
     */
    static const struct {
        uint64_t seed, first;
    } ranges[] = {
        {0x241000006c3, 1},
        {0x0e4000002ac, (UINT64_C(1) << 32) - 1023},
        {0x03a000000ae, (UINT64_C(1) << 33) - 1021},
        {0x0ea000002be, (UINT64_C(1) << 34) - 1022},
        {0x0d700000285, (UINT64_C(1) << 42) - 1025},
        {0x2d40000087c, KERNEL_TRIALS_MAX - COUNT},
    };
    assert(k->step % 4 == 0 && KERNEL_STEP_MAX % k->step == 0);
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        uint64_t hits;
        if (kernel_count(k, ranges[i].seed, ranges[i].first, COUNT, 0, NULL, NULL,
                         &hits) < 0)
            return false;
        if (hits != kernel_reference_hits(ranges[i].seed, ranges[i].first, COUNT))
            return false;
    }
    return true;
}

static bool can_run(const struct kernel *k)
{
    return k->run && (!k->usable || k->usable()) && kernel_self_test(k);
}

int kernel_choose_among(const struct kernel *const *list, size_t n, const char *name,
                        const struct kernel **ret)
{
    bool any = strcmp(name, "auto") == 0, known = any;
    for (size_t i = 0; i < n; i++) {
        const struct kernel *k = list[i];
        if (!any && strcmp(name, k->name) != 0)
            continue;
        known = true;
        if (can_run(k)) {
            *ret = k;
            return 0;
        }
    }
    return known ? -ENOTSUP : -ENOENT;
}

int kernel_choose(const char *name, const struct kernel **ret)
{
    return kernel_choose_among(variants, ARRAY_SIZE(variants), name, ret);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A few trials, one at a time. */
static uint64_t edge_hits(uint64_t seed, uint64_t first, uint64_t end)
{
    uint64_t hits = 0;
    for (uint64_t i = first; i < end; i++) {
        uint32_t coarse[4];
        trial_words(seed, TRIAL_COARSE, i >> 2, coarse);
        hits += trial_hit(seed, i, coarse[i & 3]);
    }
    return hits;
}

/* Trials [first, end), which lie within one quantum. */
static uint64_t quantum_hits(const struct kernel *k, uint64_t seed, uint64_t first,
                             uint64_t end)
{
    uint64_t from = min_u64((first + 3) & ~UINT64_C(3), end);
    uint64_t to = end - (end - from) % k->step;
    uint64_t hits = edge_hits(seed, first, from) + edge_hits(seed, to, end);
    return from < to ? hits + k->run(seed, from, to - from) : hits;
}

static int piece_hits(const struct kernel *k, uint64_t seed, uint64_t first,
                      uint64_t count, const atomic_bool *cancel, uint64_t *ret_hits)
{
    uint64_t end = first + count, hits = 0;
    while (first < end) {
        if (cancel && atomic_load_explicit(cancel, memory_order_relaxed))
            return -ECANCELED;
        uint64_t next = min_u64((first | (KERNEL_QUANTUM - 1)) + 1, end);
        hits += quantum_hits(k, seed, first, next);
        first = next;
    }
    *ret_hits = hits;
    return 0;
}

int kernel_count(const struct kernel *k, uint64_t seed, uint64_t first, uint64_t count,
                 uint64_t piece, uint64_t *sub, const atomic_bool *cancel,
                 uint64_t *ret_hits)
{
    assert(first <= KERNEL_TRIALS_MAX && count <= KERNEL_TRIALS_MAX - first);
    assert(!sub || piece >= 1);
    if (!sub)
        return piece_hits(k, seed, first, count, cancel, ret_hits);

    uint64_t total = 0;
    while (count) {
        uint64_t n = min_u64(count, piece);
        int rc = piece_hits(k, seed, first, n, cancel, sub);
        if (rc < 0)
            return rc;
        total += *sub++;
        first += n;
        count -= n;
    }
    *ret_hits = total;
    return 0;
}
