// SPDX-License-Identifier: MIT
/*
 * How a grant is cut into leases, and a lease into the pieces whose hits a result
 * states (docs/PROTOCOL.md).  Both sides know it without being told.  Pure functions.
 */
#ifndef COMMON_WIRE_LEASE_H
#define COMMON_WIRE_LEASE_H

#include <assert.h>
#include <stdint.h>

enum {
    GRANT_LEASES = 64,   /* leases in a grant: a set of them is one uint64_t */
    LEASE_LOG2_MIN = 16, /* and no piece is narrower */
    LEASE_LOG2_MAX = 57, /* wider than any cell below 2^62: those have 2^56 at most */
    LEASE_PIECES = 64    /* sub-counts in a result */
};

#define LEASE_TRIALS_MAX (UINT64_C(1) << LEASE_LOG2_MAX)
#define PIECE_TRIALS_MAX (LEASE_TRIALS_MAX / LEASE_PIECES)

/* Trials of a job: [first, first + count). */
struct range {
    uint64_t first, count;
};

/*
 * The geometry of a grant [first, first + count) cut at the multiples of
 * 2^lease_log2: how many leases it has, and lease i of them.  grant_leases() is
 * UINT32_MAX where there would be more than 2^32 - 2; a valid grant has 1 to 64.
 */
static inline uint32_t grant_leases(uint64_t first, uint64_t count, uint32_t log2)
{
    uint64_t n = count == 0 ? 0 : ((first + count - 1) >> log2) - (first >> log2) + 1;
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static inline struct range grant_lease(uint64_t first, uint64_t count, uint32_t log2,
                                       uint32_t i)
{
    uint64_t from = i == 0 ? first : ((first >> log2) + i) << log2;
    uint64_t to = ((first >> log2) + i + 1) << log2;
    if (to > first + count)
        to = first + count;
    return (struct range){from, to - from};
}

/* All leases of a grant of n, as a mask; n is 1 to 64. */
static inline uint64_t leases_mask(uint32_t n)
{
    assert(n >= 1 && n <= GRANT_LEASES);
    return UINT64_MAX >> (64 - n);
}

/*
 * The pieces of a lease of count trials, as the logarithm of their width: the smallest
 * power of two, of 2^LEASE_LOG2_MIN at least, that makes at most LEASE_PIECES of them.
 * The last one may be short.
 */
static inline uint32_t lease_piece_log2(uint64_t count)
{
    uint32_t log2 = LEASE_LOG2_MIN;
    while (count > 0 && (count - 1) >> log2 >= LEASE_PIECES)
        log2++;
    return log2;
}

static inline uint64_t lease_piece(uint64_t count)
{
    return UINT64_C(1) << lease_piece_log2(count);
}

/* How many pieces a lease of count trials has: 1 to LEASE_PIECES, 0 where it has none.
 */
static inline uint32_t lease_pieces(uint64_t count)
{
    return count == 0 ? 0 : (uint32_t)((count - 1) >> lease_piece_log2(count)) + 1;
}

#endif
