// SPDX-License-Identifier: MIT
/*
 * Transactions as the coordinator makes them, without its workers: a few jobs, results
 * that come in any order, cells that settle, liars whose rows go, jobs that end and are
 * extended; and a model of the state after each, as a number by which two states can be
 * compared.  The same seed makes the same transactions.
 */
#ifndef TESTS_POWER_LOAD_H
#define TESTS_POWER_LOAD_H

#include "common/base/rng.h"
#include "server/core/ledger.h"
#include "server/core/record.h"

enum {
    LOAD_JOBS = 8,
    LOAD_WORKERS = 6,
    LOAD_TRANSACTIONS = 4096, /* at most; then the world is to be made anew */
};

struct load_job {
    struct job_record record;
    struct ledger ledger;
    bool ended, removed;
};

struct load {
    struct rng rng;
    struct load_job jobs[LOAD_JOBS];
    size_t n_jobs;
    uint64_t next_worker; /* ids; a banned worker is replaced by a new one */
    uint64_t workers[LOAD_WORKERS];
    uint64_t banned;            /* of those banned, the last; 0: none */
    struct record_list records; /* of the transaction that was made last */
    struct record *state;       /* what the records add up to */
    size_t n_state, state_capacity;
    uint64_t digests[LOAD_TRANSACTIONS + 1]; /* of the state after so many */
    size_t n_made;
};

/* Released by load_release(); not small enough for a stack. */
void load_init(struct load *l, uint64_t seed);
void load_release(struct load *l);

/* Makes the next transaction: l->records.  False: the world is full. */
bool load_next(struct load *l);

/* The state that the records are, whatever their order. */
uint64_t load_digest(const struct record *records, size_t n);

#endif
