// SPDX-License-Identifier: MIT
/*
 * What one transaction holds while it fills and while it is under way: the records for
 * the store, and all that is to be said once they are durable.  Private to the core
 * (server/core/state.h); commit.c owns it.
 */
#ifndef SERVER_CORE_TRANSACTION_H
#define SERVER_CORE_TRANSACTION_H

#include "common/base/vec.h"
#include "server/core/coord.h"

struct audit;
struct job;
struct standing;

/* Leases whose results wait for the transaction in which they are. */
struct answer {
    uint64_t worker, grant;
    uint64_t counted, covered, dropped, stale;
    uint64_t trials;
};

/* A reply that is due when the transaction is durable. */
struct due {
    conn_id conn;
    struct msg_request request; /* strings not kept */
    struct job *job;            /* NULL: nothing to show but that it is done */
};

struct final {
    uint64_t job, trials, hits;
    int64_t elapsed_ms;
};

struct revocation {
    uint64_t job, author, trials, hits;
};

/* All of a grant of that thread has been reported. */
struct reported {
    uint64_t worker;
    uint32_t thread;
};

struct transaction {
    uint64_t id;
    LIST(struct answer) answers;
    LIST(struct reported) reported;
    LIST(struct due) due;
    LIST(struct ban_record) bans;
    LIST(struct record) records;
    LIST(struct revocation) revocations;
    LIST(struct final) finals;
    LIST(struct job *) jobs;     /* changed in it */
    LIST(struct audit *) audits; /* new in it */
    LIST(uint64_t) audited;
    LIST(struct standing *) standings;
    uint32_t leases;
};

#endif
