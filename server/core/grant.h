// SPDX-License-Identifier: MIT
/*
 * Grants: what each thread of each worker holds, and how it returns.  schedule.c
 * decides which thread gets which range.
 */
#ifndef SERVER_CORE_GRANT_H
#define SERVER_CORE_GRANT_H

#include "server/core/state.h"

void grant_init(struct coord *c);
void grant_release(struct coord *c);

/* The grant with that id, or NULL. */
struct grant *grant_of(const struct coord *c, uint64_t id);

/* The grant that the worker holds under that number in its messages, or NULL. */
struct grant *grant_held(const struct coord *c, const struct worker *w, uint64_t wire);

uint64_t grant_new_id(struct coord *c);

/* The worker names a grant in its Resume.  What it is granted later has higher numbers,
 * so that a late result is never taken for one of another range.  False: no coordinator
 * gives numbers so high. */
MUST_USE bool grant_named(struct coord *c, struct worker *w, uint64_t wire);

/* Another connection takes over: all that the worker holds is found by its number, not
 * by what new numbers begin with. */
void grants_keep_names(struct worker *w);

/* A resumed grant keeps the number that its worker has for it, whatever that is: it is
 * found by it among the grants of this worker only, in a map with a secret key. */
void grant_rename(struct grant *g, uint64_t wire);

/* A new grant: adjacent leases of 2^log2 trials each, for one thread. */
struct grant_new {
    uint64_t id;
    struct thread *thread;
    struct job *job;
    uint64_t first, count;
    uint32_t log2;
    uint64_t slice;   /* that it recomputes; 0: none */
    struct grant *of; /* a copy of leases of that grant; or NULL */
};

/* The ledger must have the range leased to that id, or the caller leases it next. */
struct grant *grant_add(struct coord *c, const struct grant_new *what);

/* The widest lease that the thread may have in that job, as log2: as long as its worker
 * is on probation, what can be recomputed in no time. */
uint32_t grant_log2_most(const struct coord *c, const struct thread *t,
                         const struct job *j);

/* What has expired is the thread's again, from now on. */
void grant_renew(struct coord *c, struct grant *g);

/* Its result is not awaited any more, or it recomputes nothing. */
void grant_drop_slice(struct coord *c, struct grant *g);

/* Removes the grant from its thread.  Ranges that it owns must have been given back. */
void grant_remove(struct coord *c, struct grant *g);

/* Returns what the leases still own to the job's gaps, and the number of trials.  Their
 * bounds are kept while the worker may resume them. */
uint64_t grant_give_back(struct coord *c, struct grant *g, uint64_t leases);

/* Sends the worker a Cancel for these leases. */
void grant_cancel(struct coord *c, struct worker *w, uint64_t wire, uint64_t leases);

/* How long, by what is seen of its thread, all that it held takes up to that lease. */
int64_t grant_predict_ms(const struct grant *g, uint32_t lease);

/* When the first outstanding lease of the grant expires, in ms: ten times the
 * prediction, plus ten seconds (a minute of a program), but ten minutes after its
 * thread got the grant or last reported something new. */
int64_t grant_deadline(const struct grant *g);

/* The token that proves that these trials of the job were granted to that worker. */
void grant_token(struct coord *c, const struct job *j, uint64_t first, uint64_t count,
                 uint64_t worker, uint8_t ret[TOKEN_BYTES]);

/* Trials of that program that the thread has yet to report, and the ms that it needs
 * for those of others; while its worker resumes, only those listed so far. */
uint64_t thread_held(const struct thread *t, const struct program *of, int64_t *ret_ms);

/* The thread's timer is due: its leases have expired, or the timer is set again. */
void grant_timer(struct coord *c, struct thread *t);

/* Returns everything that the worker holds to the head of the queue and removes its
 * grants. */
void grants_release_worker(struct coord *c, struct worker *w, uint32_t *ret_ranges,
                           uint64_t *ret_trials);

/* Removes all grants of the job, which has ended, and cancels them at their workers. */
void grants_drop_job(struct coord *c, struct job *j);

/* Asserts the invariants of all grants.  For tests. */
void grant_check(const struct coord *c);

#endif
