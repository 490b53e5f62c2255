// SPDX-License-Identifier: MIT
/*
 * Grants: what each thread of each worker holds, and how it comes back.  Who gets what
 * is decided in schedule.c.
 */
#ifndef SERVER_CORE_GRANT_H
#define SERVER_CORE_GRANT_H

#include "server/core/state.h"

enum {
    GRANT_GROWTH_TIMES = 4 /* a grant is at most so many times the thread's last */
};

void grant_init(struct coord *c);
void grant_release(struct coord *c);

/* The grant of that number, or NULL. */
struct grant *grant_of(const struct coord *c, uint64_t id);

/* A number that no grant has; a worker that resumes names its grants itself. */
uint64_t grant_new_id(struct coord *c);

/* What a new grant is: adjacent leases of 2^log2 trials of the job, for the thread. */
struct grant_new {
    uint64_t id;
    struct thread *thread;
    struct job *job;
    uint64_t first, count;
    uint32_t log2;
};

/* The ledger has them leased to that id already, or is about to. */
struct grant *grant_add(struct coord *c, const struct grant_new *what);

/* Takes the grant off its thread; what it owns must have been given back. */
void grant_remove(struct coord *c, struct grant *g);

/* Gives what the leases still own back to the job's gaps; returns the trials. */
uint64_t grant_give_back(struct grant *g, uint64_t leases);

/* Tells the worker that these leases are no longer wanted. */
void grant_cancel(struct coord *c, struct worker *w, uint64_t grant, uint64_t leases);

/* When its first lease that is still out is overdue. */
int64_t grant_deadline(const struct grant *g);

/* The proof that these trials of the job were granted to that worker. */
void grant_token(struct coord *c, const struct job *j, uint64_t first, uint64_t count,
                 uint64_t worker, uint8_t ret[TOKEN_BYTES]);

/* Trials that the thread has yet to report; while its worker resumes, of what that has
 * listed. */
uint64_t thread_held(const struct thread *t);

/* Milliseconds that trials are predicted to take at a rate (0: unknown), rounded up. */
int64_t rate_predict_ms(uint64_t rate, uint64_t trials);

/* The most that a thread which has reported trials after so many ms may have for its
 * rate: GRANT_GROWTH_TIMES what was seen. */
uint64_t rate_seen(uint64_t trials, int64_t ms);

/* The thread's timer is due: its leases have expired, or it is set anew. */
void grant_timer(struct coord *c, struct thread *t);

/* Everything of the worker back at the head of the queue; its grants are gone. */
void grants_release_worker(struct coord *c, struct worker *w, uint32_t *ret_ranges,
                           uint64_t *ret_trials);

/* All grants of the job, which has ended, are gone; their workers are told. */
void grants_drop_job(struct coord *c, struct job *j);

/* Asserts what must be true of all grants.  For tests. */
void grant_check(const struct coord *c);

#endif
