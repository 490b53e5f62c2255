// SPDX-License-Identifier: MIT
/*
 * How a transaction changes a job's rows, and what they add up to: what is pending
 * becomes rows, rows become verified, cells settle.  Each change is put at the end of
 * `to` as records that make the same change in the store.  Pure.
 *
 * In a flush the order is ledger_flush(), ledger_pass() and ledger_vouch(),
 * ledger_set_limit() where the job's end has become known, ledger_settle().
 */
#ifndef SERVER_CORE_LEDGER_COMMIT_H
#define SERVER_CORE_LEDGER_COMMIT_H

#include "server/core/ledger.h"

/* ---- transactions ---- */

/* Moves what is pending into rows and hands out the records. */
void ledger_flush(struct ledger *l, struct record_list *to);

/*
 * After it: the row [first, end) of that author, which was recomputed whole, is
 * verified; and so are all provisional rows of one that is standing_trusted.  A row
 * that is there no more (revoked and leased to somebody else, cut by a new limit) is
 * none of their business.
 */
void ledger_pass(struct ledger *l, size_t share, uint64_t first, uint64_t end,
                 struct record_list *to);
void ledger_vouch(struct ledger *l, size_t share, struct record_list *to);

/* After them, when the limit is what it will be: settles cells, and the records of
 * shares that have changed. */
void ledger_settle(struct ledger *l, struct record_list *to);

/* While it holds, no cell settles and the job is not complete. */
void ledger_hold(struct ledger *l, bool hold);

/* The transaction in flight is durable. */
void ledger_durable(struct ledger *l);

/* What of this worker is pending is free again; returns the trials. */
uint64_t ledger_forget_pending(struct ledger *l, uint64_t worker);

/*
 * Removes the unsettled rows of the worker and frees them, in the transaction that is
 * being flushed; what was removed is added up in *ret.
 */
void ledger_revoke(struct ledger *l, uint64_t worker, struct record_list *to,
                   struct tally *ret);

/*
 * Sets a new limit while nothing is pending, in flight or leased: rows beyond it are
 * surplus, a surplus row that it cuts is removed, and the gaps below it are free.
 */
void ledger_set_limit(struct ledger *l, uint64_t limit, struct record_list *to);

/* ---- questions ---- */

bool ledger_complete(const struct ledger *l); /* [0, limit) is counted and verified */

/* The longest prefix that is counted and verified without a hole, up to the end of a
 * row. */
void ledger_prefix_verified(const struct ledger *l, uint64_t end, uint64_t *ret_end,
                            uint64_t *ret_hits);

uint64_t ledger_surplus(const struct ledger *l);

/* The lowest provisional row from *from on, which moves beyond it; false: none. */
bool ledger_next_provisional(const struct ledger *l, uint64_t *from,
                             struct row_record *ret);

/* ---- an earlier life ---- */

/* A row of an earlier life, before anything is leased.  -EBADMSG: it cannot be. */
MUST_USE int ledger_restore_row(struct ledger *l, const struct row_record *r);

/* An unverified row will be recomputed whole; false where there is no such row. */
bool ledger_await(struct ledger *l, uint64_t first, uint64_t end);
void ledger_restore_share(struct ledger *l, const struct share_record *r);

/* After the last restored row: computes totals, prefix and gaps. */
void ledger_restored(struct ledger *l);

#endif
