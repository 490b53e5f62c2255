// SPDX-License-Identifier: MIT
/*
 * Rows that do not deserve trust any more: those of a worker that is excluded, and
 * those that a recomputation has shown wrong.  While the job runs they are revoked:
 * removed, and free again.  Of a job that has ended they become doubtful, and its
 * answer stays. Pure; called in a flush, before ledger_flush().
 *
 * Rows without an author go where the worker has contributed more than the rows of its
 * name hold: then it may have a part in any of them.
 */
#ifndef SERVER_CORE_LEDGER_REVOKE_H
#define SERVER_CORE_LEDGER_REVOKE_H

#include "common/wire/lease.h"
#include "server/core/ledger.h"

/* Revokes the worker's rows; worker 0: the rows without an author.  Adds them to
 * *ret. */
void ledger_revoke(struct ledger *l, uint64_t worker, struct record_list *to,
                   struct tally *ret);

/* Marks the worker's verified rows doubtful; worker 0: those without an author. Returns
 * the number of trials below the limit that were not doubtful before. */
uint64_t ledger_doubt(struct ledger *l, uint64_t worker, struct record_list *to);

/* The first range in doubt at or beyond `from`, rows that adjoin as one, up to the
 * limit; false: none. */
bool ledger_next_doubtful(const struct ledger *l, uint64_t from, struct range *ret);

/* Revokes all doubtful rows: the job goes on.  Adds them to *ret. */
void ledger_revoke_doubtful(struct ledger *l, struct record_list *to,
                            struct tally *ret);

#endif
