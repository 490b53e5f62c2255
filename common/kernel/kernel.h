// SPDX-License-Identifier: MIT
/*
 * The kernel: how many of a range of trials hit.  A trial is a pure function of
 * (seed, index), so every variant returns the same count for the same range, on
 * every machine; a variant is only faster or slower.  Nothing here allocates,
 * keeps state or is unsafe to call from several threads at once.
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
    /* The cancel flag is polled at least once in so many trials: 8 ms on a machine
     * that does only 4 million a second.  Also the most that a variant is asked for
     * at once. */
    KERNEL_QUANTUM = 1 << 15,
    /* The largest step of a variant: the self-test's ranges hold whole ones. */
    KERNEL_STEP_MAX = 512,
};

/*
 * A variant.  run() returns the hits of trials [first, first + count); it is called
 * only with first a multiple of 4, count a multiple of `step`, and a range that lies
 * within one aligned KERNEL_QUANTUM: so of the counters of the coarse blocks only
 * word 0 varies.  Ragged edges are never its business.
 */
struct kernel {
    const char *name;
    uint64_t step;        /* trials; a multiple of 4 that divides KERNEL_STEP_MAX */
    bool (*usable)(void); /* can this machine run it?  NULL: every machine can */
    /* NULL: this build does not have the variant. */
    uint64_t (*run)(uint64_t seed, uint64_t first, uint64_t count);
};

/* All variants that have a name, the fastest first, those that this machine or build
 * cannot run included. */
const struct kernel *const *kernel_list(size_t *ret_n);

/*
 * The variant of that name; "auto" is the fastest that can run here.  A variant is
 * accepted only after it has counted some ranges right (under a millisecond).
 * -ENOENT: there is no such name.  -ENOTSUP: this machine or build cannot run it.
 */
MUST_USE int kernel_choose(const char *name, const struct kernel **ret);

/* Whether the variant, which must be able to run here, agrees with the reference on
 * ranges chosen to be hard. */
bool kernel_self_test(const struct kernel *k);

/*
 * The test range: a worker tells the coordinator what its kernel counts there, and is
 * turned away unless that is KERNEL_TEST_HITS.  It holds one of the hard ranges of
 * the self-test, and a word of the counter carries in it.  The hits are those of
 * kernel_reference_hits().
 */
#define KERNEL_TEST_SEED UINT64_C(0x0ea000002be)
#define KERNEL_TEST_FIRST ((UINT64_C(1) << 34) - 32771)
enum { KERNEL_TEST_COUNT = 65539, KERNEL_TEST_HITS = 51382 };

/*
 * The hits of trials [first, first + count); first + count is at most
 * KERNEL_TRIALS_MAX.  sub, unless NULL, receives the hits of consecutive pieces of
 * `piece` trials (>= 1), the last of which may be short: room for ceil(count / piece)
 * is the caller's.  cancel may be NULL.  -ECANCELED once it is true; then sub holds
 * nothing of use.
 */
MUST_USE int kernel_count(const struct kernel *k, uint64_t seed, uint64_t first,
                          uint64_t count, uint64_t piece, uint64_t *sub,
                          const atomic_bool *cancel, uint64_t *ret_hits);

/* The same count straight from the rule, one trial at a time, both words always
 * generated: what the variants are measured against.  Slow. */
uint64_t kernel_reference_hits(uint64_t seed, uint64_t first, uint64_t count);

/* The variants.  One for an instruction set that the build's machine does not have is
 * there too, but has no run(). */
extern const struct kernel kernel_avx512, kernel_avx2, kernel_neon, kernel_scalar;

#endif
