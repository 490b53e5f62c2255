// SPDX-License-Identifier: MIT
/*
 * Transactions: write, then say.
 */
#ifndef SERVER_CORE_COMMIT_H
#define SERVER_CORE_COMMIT_H

#include "server/core/state.h"

/* What is pending goes to the store, if it is idle. */
void commit_flush(struct coord *c);

/* INPUT_DURABLE. */
void commit_durable(struct coord *c, uint64_t id, int status);

/* The store has refused a while ago: it is tried again. */
void commit_retry(struct coord *c);

/* Nothing is pending, under way, or waiting for a transaction. */
bool commit_idle(const struct coord *c);

/* Asserts what must be true of the transactions.  For tests. */
void commit_check(const struct coord *c);

#endif
