// SPDX-License-Identifier: MIT
/*
 * Transactions: nothing is reported before it is durable.
 */
#ifndef SERVER_CORE_COMMIT_H
#define SERVER_CORE_COMMIT_H

#include "server/core/state.h"

/* Hands the pending transaction to the store, if the store is idle. */
void commit_flush(struct coord *c);

/* Handles INPUT_DURABLE. */
void commit_durable(struct coord *c, uint64_t id, int status);

/* Writes the transaction again, once the retry time has come, if the store has
 * failed. */
void commit_retry(struct coord *c);

/* True: nothing is pending, being written, or waiting for a transaction. */
bool commit_idle(const struct coord *c);

/* Asserts the invariants of the transactions.  For tests. */
void commit_check(const struct coord *c);

#endif
