// SPDX-License-Identifier: MIT
/*
 * How a transaction changes the rows of a job and their totals: pending ranges become
 * rows, rows become verified, crowded cells lose authors.  Each change is appended to
 * `to` as records that make the same change in the store.  Pure.
 *
 * Order in a flush: ledger_flush(); ledger_pass() and ledger_vouch();
 * ledger_set_limit() if the job's end has become known; ledger_settle().
 */
#ifndef SERVER_CORE_LEDGER_COMMIT_H
#define SERVER_CORE_LEDGER_COMMIT_H

#include "server/core/ledger.h"

/* ---- transactions ---- */

/* Turns pending ranges into rows. */
void ledger_flush(struct ledger *l, struct record_list *to);

/*
 * After ledger_flush(): marks verified the row [first, end) of that author, which was
 * recomputed whole; ledger_vouch() marks all provisional rows of a trusted author.
 * Rows that no longer exist (revoked and leased again, cut by a new limit) are ignored.
 */
void ledger_pass(struct ledger *l, size_t share, uint64_t first, uint64_t end,
                 struct record_list *to);
void ledger_vouch(struct ledger *l, size_t share, struct record_list *to);

/* After those, once the limit is final for this flush: thins out cells of very many
 * rows, and those of trusted authors when the job has ended, and writes the shares that
 * have changed. */
void ledger_settle(struct ledger *l, struct record_list *to);

/* While on hold, no row loses its author and the job is not complete. */
void ledger_hold(struct ledger *l, bool hold);

/* The transaction in flight is durable. */
void ledger_durable(struct ledger *l);

/* Frees the pending ranges of the worker; returns the number of trials. */
uint64_t ledger_forget_pending(struct ledger *l, uint64_t worker);

/*
 * Sets a new limit, while nothing is pending, in flight or leased.  Rows beyond it
 * become surplus, a surplus row that it cuts is removed, and gaps below it are free.
 */
void ledger_set_limit(struct ledger *l, uint64_t limit, struct record_list *to);

/* Reckons totals, cells and the prefix from the rows. */
void ledger_recount(struct ledger *l);

/* ---- questions ---- */

bool ledger_complete(const struct ledger *l); /* [0, limit) is counted and verified */

/* The longest prefix without a hole that is counted and verified, up to the end of a
 * row. */
void ledger_prefix_verified(const struct ledger *l, uint64_t end, uint64_t *ret_end,
                            uint64_t *ret_hits);

/* Trials in rows beyond the limit. */
uint64_t ledger_surplus(const struct ledger *l);

/* The lowest provisional row from *from on, which moves beyond it; false: none. */
bool ledger_next_provisional(const struct ledger *l, uint64_t *from,
                             struct row_record *ret);

/* The same for rows with an author that do not wait for an audit of their own. */
bool ledger_next_authored(const struct ledger *l, uint64_t *from,
                          struct row_record *ret);

/* ---- restoring ---- */

/* Restores a row, before anything is leased.  -EBADMSG: the row is invalid. */
MUST_USE int ledger_restore_row(struct ledger *l, const struct row_record *r);

/* Marks an unverified row to be recomputed whole; false: there is no such row. */
bool ledger_await(struct ledger *l, uint64_t first, uint64_t end);
void ledger_restore_share(struct ledger *l, const struct share_record *r);

/* After the last restored row: computes totals, prefix and gaps. */
void ledger_restored(struct ledger *l);

#endif
