// SPDX-License-Identifier: MIT
/*
 * The trials of one job: which are counted, which are in a transaction, which are
 * leased, which are free.  Pure.
 *
 * Invariant: below the limit every trial is in exactly one of the sets rows, pending,
 * leased, dealt and free; flight is a copy of those rows whose transaction has not
 * returned.  (Rows may also lie beyond the limit: surplus, kept and not counted.)
 *
 * Cells are dealt in slots (cell.h).  A lease is a run of whole slots or a part of one.
 * The rest of a slot that a worker has begun is dealt: it is that worker's until it
 * leaves, so that a slot has one author, unless nothing else is left to do.
 *
 * A row is a range of one cell, one author and one state.  Authors stay known, so that
 * an exclusion takes back what the liar has contributed and no more; only where very
 * many share a cell, or all are trusted, is a row without one.  Cells are the ranges
 * between checkpoints, m * 2^e with 32 <= m < 64 and e >= 16; no row and no lease
 * crosses one.
 *
 * The ledger is ahead of the disk by the transaction in flight: ledger_flush() turns
 * pending ranges into rows and returns the records that make the same change in the
 * store. Replies must show the tally of the last durable transaction, which commit.c
 * keeps.
 */
#ifndef SERVER_CORE_LEDGER_H
#define SERVER_CORE_LEDGER_H

#include "common/base/map.h"
#include "common/base/span.h"
#include "common/base/vec.h"
#include "common/wire/msg.h"
#include "server/core/cell.h"
#include "server/core/record.h"

/* What a worker has contributed to the job, in rows without an author too. */
struct share {
    uint64_t worker;
    uint64_t trials, hits;
    uint64_t said_trials, said_hits; /* what it has said, pending and revoked too */
    char name[NAME_BYTES + 1];
    bool dirty;                /* its record has to be written */
    bool trusted;              /* when the job ended; set by job.c */
    bool unsure;               /* the job is in the worker's standing.unsure */
    bool provisional;          /* some of its rows are provisional, or recently were, */
    uint64_t provisional_from; /* and none below this trial */
};

enum row_state {
    ROW_PROVISIONAL, /* counted; verified once its author is trusted */
    ROW_VERIFIED,
    ROW_WHOLE, /* provisional until all of it has been recomputed; keeps its bounds */
    ROW_DOUBTFUL, /* was verified when the job ended; known or feared to be wrong */
};

struct tally {
    uint64_t done, hits, verified_done, verified_hits; /* doubtful rows included */
    uint64_t doubtful;
};

struct ledger {
    uint64_t job;   /* job number, for the records */
    uint64_t limit; /* trials below it are wanted: N, or 2^62 while N is unknown */
    struct span_set rows, pending, flight; /* tag: row_tag(); value: hits */
    struct span_set free;                  /* tag: gap_tag() in ledger.c */
    struct span_set leased;                /* tag: grant id */
    struct span_set dealt;                 /* never leased; tag: worker */
    struct map slots;    /* worker -> 1 + the start of its slot in units of 2^16 */
    struct tally total;  /* of the rows below the limit */
    struct tally *cells; /* the same for each cell */
    size_t n_cells;
    struct share *shares; /* shares[0]: of rows without an author, no worker */
    size_t n_shares;
    struct map share_of; /* worker id -> share, never 0 */
    VEC(size_t) dirty;   /* shares whose record has to be written */
    bool hold;           /* no row loses its author: a recomputation is in progress */
    bool ended;          /* cells whose authors are all trusted lose them */
    bool settle_all;     /* the job has ended or the limit is new: look at every cell */
    VEC(size_t) verified; /* cells in which rows became verified */
    size_t settled; /* while the limit is unknown: cells below this one are complete */
    /* The prefix without a hole: [0, prefix) has prefix_hits.  Its last row had
     * prefix_row hits when it joined the prefix. */
    uint64_t prefix, prefix_hits, prefix_row;
};

/* limit: 1 to TRIALS_MAX.  key: of the map of workers (common/base/map.h). */
void ledger_init(struct ledger *l, uint64_t job, uint64_t limit,
                 const struct sip_key *key);
void ledger_release(struct ledger *l);

/* ---- leasing ---- */

struct wanted {
    uint64_t from;   /* start at or above this trial, if anything is free there */
    uint64_t trials; /* about so many, at least one lease */
    uint32_t log2;   /* log2 of the lease size; smaller if cell or bounds require it */
    uint32_t leases; /* maximum number */
    uint64_t grant;  /* the grant that will own them */
    int64_t now_ms;  /* bounds that were to be kept until then may be cut anew */
    uint64_t worker; /* the worker that will compute them */
    bool lowest;     /* the lowest there is, in whoever's slot it may lie */
};

struct taken {
    uint64_t first, count;
    uint32_t log2;
    uint64_t again; /* trials of it that were leased before */
    bool deals;     /* the worker now has a slot here, and had none */
};

/*
 * Leases a gap to the grant; false: nothing is free.  The lowest gap if it was leased
 * before, else the next of the worker's slot, else the lowest gap, else the next of the
 * lowest slot of another.  While the end is not known, the answer being a prefix, the
 * lowest of all where the choice is more than a cell ahead of that.
 */
bool ledger_take(struct ledger *l, const struct wanted *w, struct taken *ret);

/* Whether ledger_take() with that `from` would lease a range that was leased before. */
bool ledger_next_again(const struct ledger *l, uint64_t from);

/* The bounds of a range that comes back: of leases of 2^log2 trials (0: any), no lease
 * is cut across them before until_ms. */
struct bounds {
    uint32_t log2;
    int64_t until_ms;
};

/* Frees the parts of [first, end) that the grant still owns.  Returns the number of
 * trials. */
uint64_t ledger_give_back(struct ledger *l, uint64_t grant, uint64_t first,
                          uint64_t end, struct bounds bounds);

/* Frees what is dealt to the worker. */
void ledger_leave(struct ledger *l, uint64_t worker);

/* Number of trials that may be leased. */
uint64_t ledger_left(const struct ledger *l);

/* Leases [first, end) to the grant if all of it is free; false: nothing has changed. */
bool ledger_adopt(struct ledger *l, uint64_t grant, uint64_t first, uint64_t end);

/* ---- results ---- */

enum fate {
    FATE_GAP,     /* nothing of it is counted: it may be counted */
    FATE_COVERED, /* all of it is counted and durable */
    FATE_PARTIAL, /* part of it is counted */
    FATE_WAIT,    /* it overlaps a transaction that has not returned */
};

enum fate ledger_fate(const struct ledger *l, uint64_t grant, uint64_t first,
                      uint64_t end);

/*
 * The end of the range that the grant owns from `first` on, without a break and within
 * one cell: one ledger_count() can count [first, returned).  `first`: it owns none.
 */
uint64_t ledger_owned(const struct ledger *l, uint64_t grant, uint64_t first);

/*
 * Counts hits in [first, end) in the pending transaction.  The range must lie in one
 * cell, and be owned by the grant or wholly free.
 */
void ledger_count(struct ledger *l, uint64_t grant, uint64_t first, uint64_t end,
                  uint64_t hits, size_t share, enum row_state state);

/* The share of the worker, added if necessary; never 0. */
size_t ledger_share(struct ledger *l, uint64_t worker, const char *name);

/*
 * The hits on record for exactly this range and the share of their author (0: unknown).
 * False if no row has these bounds.
 */
bool ledger_known(const struct ledger *l, uint64_t first, uint64_t end,
                  uint64_t *ret_hits, size_t *ret_share);

/* ---- the end ---- */

/* Drops all leases and frees nothing: the job has ended, until it gets a new limit. */
void ledger_close(struct ledger *l);

/* Frees [first, end) below the limit, as a gap of that tag (0: no bounds).  For
 * ledger_commit.c. */
void ledger_free(struct ledger *l, uint64_t first, uint64_t end, uint64_t tag);

/* Asserts the invariant above and all sums.  Slow; for tests. */
void ledger_check(const struct ledger *l);

#endif
