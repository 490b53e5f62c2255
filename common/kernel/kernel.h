// SPDX-License-Identifier: MIT
/*
 * The kernel counts how many of a range of trials hit.  A trial is a pure function of
 * (seed, index), so every variant returns the same count for the same range, on every
 * machine; variants differ only in speed.  Nothing here allocates or keeps state, and
 * all functions are thread-safe.
 */
#ifndef COMMON_KERNEL_KERNEL_H
#define COMMON_KERNEL_KERNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/base.h"

/* No trial has an index of this or more. */
#define KERNEL_TRIALS_MAX (UINT64_C(1) << 62)

enum {
    /* The cancel flag is polled at least once in this many trials: 8 ms on a machine
     * that computes only 4 million a second.  Also the largest range of one run(). */
    KERNEL_QUANTUM = 1 << 15,
    /* The largest step of a variant; the ranges of the self-test contain whole steps.
     */
    KERNEL_STEP_MAX = 512,
};

/*
 * A variant.  run() returns the hits of trials [first, first + count).  Preconditions:
 * first is a multiple of 4, count a multiple of `step`, and the range lies within one
 * aligned KERNEL_QUANTUM, so only word 0 of the counters of the coarse blocks varies.
 * kernel_count() handles ragged edges.
 */
struct kernel {
    const char *name;
    uint64_t step;        /* trials; a multiple of 4 that divides KERNEL_STEP_MAX */
    bool (*usable)(void); /* can this machine run it?  NULL: every machine can */
    /* NULL: not available in this build. */
    uint64_t (*run)(uint64_t seed, uint64_t first, uint64_t count);
};

/* All variants, the fastest first, including those that this machine or build cannot
 * run. */
const struct kernel *const *kernel_list(size_t *ret_n);

/*
 * The variant of this name; "auto" is the fastest usable one.  A variant is accepted
 * only if it passes the self-test (under a millisecond).  -ENOENT: unknown name.
 * -ENOTSUP: this machine or build cannot run it.
 */
MUST_USE int kernel_choose(const char *name, const struct kernel **ret);

/* The same among n variants, the fastest first. */
MUST_USE int kernel_choose_among(const struct kernel *const *list, size_t n,
                                 const char *name, const struct kernel **ret);

/* Whether the variant agrees with the reference on hard ranges.  This machine must be
 * able to run it. */
bool kernel_self_test(const struct kernel *k);

/*
 * The test range: a worker sends the coordinator what its kernel counts in it, and is
 * refused unless that is KERNEL_TEST_HITS.  It contains one of the hard ranges of the
 * self-test and a carry between words of the counter.  The hits are those of
 * kernel_reference_hits().
 */
#define KERNEL_TEST_SEED UINT64_C(0x0ea000002be)
#define KERNEL_TEST_FIRST ((UINT64_C(1) << 34) - 32771)
enum { KERNEL_TEST_COUNT = 65539, KERNEL_TEST_HITS = 51382 };

/*
 * Counts the hits of trials [first, first + count); first + count is at most
 * KERNEL_TRIALS_MAX.  sub, unless NULL, has room for ceil(count / piece) elements and
 * receives the hits of consecutive pieces of `piece` trials (>= 1); the last one may be
 * shorter.  cancel may be NULL; once it is true, the result is -ECANCELED and the
 * contents of sub are unspecified.
 */
MUST_USE int kernel_count(const struct kernel *k, uint64_t seed, uint64_t first,
                          uint64_t count, uint64_t piece, uint64_t *sub,
                          const atomic_bool *cancel, uint64_t *ret_hits);

/* The same count by the rule of docs/PROTOCOL.md, one trial at a time and without short
 * cuts: the reference for the variants.  Slow. */
uint64_t kernel_reference_hits(uint64_t seed, uint64_t first, uint64_t count);

/* The variants.  run() is NULL where the compiler does not target the instruction set.
 */
extern const struct kernel kernel_avx512, kernel_avx2, kernel_neon, kernel_scalar;

#endif
