// SPDX-License-Identifier: MIT
/*
 * One job's trials: which are counted, which are in a transaction, which are leased,
 * which are free.  Pure.
 *
 * Invariant: below the limit every trial is in exactly one of the sets rows, pending,
 * leased and free; flight is a copy of those rows whose transaction has not returned.
 * (Rows may also lie beyond the limit: surplus, kept and not counted.)
 *
 * A row is a range of one cell, one author and one state.  Cells are the ranges between
 * checkpoints, m * 2^e with 32 <= m < 64 and e >= 16; no row and no lease crosses one.
 *
 * The ledger runs ahead of the disk by the transaction in flight: ledger_flush() puts
 * what is pending into the rows and says which records make the same change in the
 * store.  What may be shown is the tally of the last transaction that is durable; its
 * owner (server/core/commit.c) keeps it.
 */
#ifndef SERVER_CORE_LEDGER_H
#define SERVER_CORE_LEDGER_H

#include "common/base/map.h"
#include "common/base/span.h"
#include "common/base/vec.h"
#include "common/wire/msg.h"
#include "server/core/cell.h"
#include "server/core/record.h"

/* What a worker has contributed to the job, settled or not. */
struct share {
    uint64_t worker;
    uint64_t trials, hits;
    char name[NAME_BYTES + 1];
    bool dirty;       /* a record of it is due */
    bool provisional; /* some of its rows are, or were a while ago */
};

enum row_state {
    ROW_PROVISIONAL, /* counted, and its author has yet to be standing_trusted */
    ROW_VERIFIED,
    ROW_WHOLE, /* provisional until all of it has been recomputed: keeps its bounds */
};

struct tally {
    uint64_t done, hits, verified_done, verified_hits;
};

struct ledger {
    uint64_t job;   /* its number, for the records */
    uint64_t limit; /* trials below it are wanted: N, or 2^62 while N is not known */
    struct span_set rows, pending, flight; /* tag: row_tag(); value: hits */
    struct span_set free;                  /* tag: lease_log2; 0: was never leased */
    struct span_set leased;                /* tag: the grant's id */
    struct tally total;                    /* of the rows below the limit */
    struct tally *cells;                   /* the same, cell by cell */
    size_t n_cells;
    struct share *shares; /* shares[0]: nobody, the author of settled rows */
    size_t n_shares;
    struct map share_of; /* worker id -> share, never 0 */
    VEC(size_t) dirty;   /* shares whose record is due */
    bool hold;           /* nothing settles: a recomputation is under way */
    bool settle_all;     /* it has ended, or the limit is new: look at every cell */
    size_t settled;      /* while the limit is not known: the cells below are settled */
    /* The prefix that has no hole: [0, prefix) has prefix_hits; its last row had
     * prefix_row of them when it joined. */
    uint64_t prefix, prefix_hits, prefix_row;
};

/* Of the job of that number; limit 1 to TRIALS_MAX. */
void ledger_init(struct ledger *l, uint64_t job, uint64_t limit);
void ledger_release(struct ledger *l);

/* ---- leasing ---- */

struct wanted {
    uint64_t from;   /* lowest trial to lease, if there is anything from it on */
    uint64_t trials; /* about so many, at least one lease */
    uint32_t log2;   /* of a lease; smaller where the cell wants it */
    uint32_t leases; /* at most */
    uint64_t grant;  /* who will own them */
};

struct taken {
    uint64_t first, count;
    uint32_t log2;
    bool again; /* was leased before */
};

/* Takes the lowest gap; false where nothing is free. */
bool ledger_take(struct ledger *l, const struct wanted *w, struct taken *ret);

/* Whether what ledger_take() would take for that `from` was leased before. */
bool ledger_next_again(const struct ledger *l, uint64_t from);

/*
 * Whatever of [first, end) the grant still owns is free again, with the bounds that
 * leases of that log2 have (0: whatever bounds).  Returns the number of trials.
 */
uint64_t ledger_give_back(struct ledger *l, uint64_t grant, uint64_t first,
                          uint64_t end, uint32_t log2);

/* Owns [first, end) for the grant; true only if all of it was free. */
bool ledger_adopt(struct ledger *l, uint64_t grant, uint64_t first, uint64_t end);

/* ---- results ---- */

enum fate {
    FATE_GAP,     /* nothing of it is counted: it may be */
    FATE_COVERED, /* all of it is counted and durable */
    FATE_PARTIAL, /* some of it is */
    FATE_WAIT,    /* it touches a transaction that has not returned */
};

enum fate ledger_fate(const struct ledger *l, uint64_t grant, uint64_t first,
                      uint64_t end);

/*
 * How far from `first` on the grant owns without a break, within one cell: the range
 * [first, returned) can be counted by one ledger_count().  `first` where it owns none.
 */
uint64_t ledger_owned(const struct ledger *l, uint64_t grant, uint64_t first);

/*
 * Counts hits in [first, end), which lies in one cell, in the pending transaction.
 * It must be owned by the grant or wholly free.
 */
void ledger_count(struct ledger *l, uint64_t grant, uint64_t first, uint64_t end,
                  uint64_t hits, size_t share, enum row_state state);

/* The share of a worker, made if need be; never 0. */
size_t ledger_share(struct ledger *l, uint64_t worker, const char *name);

/*
 * The hits that are on record for exactly this range, and their author's share
 * (0: settled), if the record still has these bounds.
 */
bool ledger_known(const struct ledger *l, uint64_t first, uint64_t end,
                  uint64_t *ret_hits, size_t *ret_share);

/* ---- the end ---- */

/* Drops all leases; nothing is free any more.  For a job that has ended. */
void ledger_close(struct ledger *l);

/* [first, end) below the limit is free; leases of that log2 keep their bounds (0: they
 * have none).  For ledger_commit.c. */
void ledger_free(struct ledger *l, uint64_t first, uint64_t end, uint32_t log2);

/* Asserts the invariant above and all sums, slowly.  For tests. */
void ledger_check(const struct ledger *l);

#endif
