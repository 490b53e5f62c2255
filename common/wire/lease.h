// SPDX-License-Identifier: MIT
/*
 * How a grant is cut into leases, and a lease into the pieces whose hits a result
 * reports (docs/PROTOCOL.md).  Both sides compute it, so it is not sent.  Pure
 * functions.
 */
#ifndef COMMON_WIRE_LEASE_H
#define COMMON_WIRE_LEASE_H

#include <assert.h>
#include <stdint.h>

enum {
    GRANT_LEASES = 64,   /* leases in a grant: a set of them fits a uint64_t */
    LEASE_LOG2_MIN = 16, /* no piece is narrower either */
    LEASE_LOG2_MAX = 57, /* wider than any cell below 2^62: 2^56 at most */
    LEASE_PIECES = 64    /* maximum number of sub-counts in a result */
};

#define LEASE_TRIALS_MAX (UINT64_C(1) << LEASE_LOG2_MAX)
#define PIECE_TRIALS_MAX (LEASE_TRIALS_MAX / LEASE_PIECES)

/* Trials of a job: [first, first + count). */
struct range {
    uint64_t first, count;
};

/*
 * The grant [first, first + count) is cut at the multiples of 2^log2.  grant_leases()
 * returns the number of leases, or UINT32_MAX if there would be more than 2^32 - 2; a
 * valid grant has 1 to 64.  grant_lease() returns lease i.
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

/* The mask of all leases of a grant with n leases, 1 to 64. */
static inline uint64_t leases_mask(uint32_t n)
{
    assert(n >= 1 && n <= GRANT_LEASES);
    return UINT64_MAX >> (64 - n);
}

/*
 * log2 of the width of the pieces of a lease of count trials: the smallest width of at
 * least 2^LEASE_LOG2_MIN that makes at most LEASE_PIECES pieces.  The last piece may be
 * short.
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

/* The number of pieces of a lease of count trials: 1 to LEASE_PIECES; 0 if count is
 * 0. */
static inline uint32_t lease_pieces(uint64_t count)
{
    return count == 0 ? 0 : (uint32_t)((count - 1) >> lease_piece_log2(count)) + 1;
}

#endif
