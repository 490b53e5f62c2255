// SPDX-License-Identifier: MIT
/*
 * Workers: their names, joining and leaving.  A worker is known by the hash of its
 * secret and outlives its connections.
 */
#ifndef SERVER_CORE_WORKER_H
#define SERVER_CORE_WORKER_H

#include "server/core/state.h"

/* Said to those who begin otherwise. */
#define RESUME_HINT "a worker that holds nothing sends an empty Resume with last = true"

void worker_init(struct coord *c);
void worker_release(struct coord *c); /* all of them */

struct worker *worker_by_id(const struct coord *c, uint64_t id); /* or NULL */

/* Adds a worker: named, with neither threads nor a connection.  A name that another one
 * in the list has gets a suffix. */
struct worker *worker_add(struct coord *c, uint64_t id, const struct msg_hello *h);

/* It claims so many threads, all of them idle; those that it had must hold nothing.  A
 * worker is given work for a part of
 * them first, and for more as it shows that it works: threads are claimed by a word. */
void worker_set_threads(struct coord *c, struct worker *w, uint32_t n);

/* It has shown that it works: a thread has reported for the first time, or it has
 * proved a grant that it holds. */
void worker_credit(struct coord *c, struct worker *w);

/* Threads that connected workers of that origin claim; 0 of this machine. */
uint32_t worker_claims(const struct coord *c, uint64_t origin);

/* The connection is that worker's from now on; it must have none. */
void worker_attach(struct coord *c, struct worker *w, const struct peer *p);

/* What its Hello says that it offers, and what its Resume says has failed. */
void worker_offers(struct coord *c, struct worker *w, const struct msg_hello *h);
void worker_failures(struct coord *c, struct worker *w, const struct msg_resume *m);

/* Gives back what is left of the slots that it has begun. */
void worker_leave_slots(struct coord *c, struct worker *w);

/* Takes the worker out of the fleet until its Resume is complete. */
void worker_unready(struct coord *c, struct worker *w);

/* Its connection is lost: what it held goes to the head of the queue. */
void worker_gone(struct coord *c, struct worker *w, enum event_type type,
                 const char *why);
void worker_timer(struct coord *c, struct worker *w); /* silent or away for too long */
void worker_drain(struct coord *c, struct worker *w, const char *reason);

/* Refuses a peer that was welcome; what its worker holds goes back to the queue at
 * once. */
void worker_expel(struct coord *c, struct peer *p, enum refusal_code code,
                  const char *sentence, const char *hint);

/* Excludes the worker from what the job counts, because a range of it was wrong; and
 * from everything, if another range was wrong before.  An empty range: nobody can say
 * whether it was wrong, so that counts for no other time.  Of the worker whose results
 * are being read only once they have been. */
void worker_wrong(struct coord *c, uint64_t id, struct job *j, struct range wrong,
                  const char *reason);
void worker_reads(struct coord *c, uint64_t id);
void worker_has_read(struct coord *c);

/* Excludes the worker for good.  revoke: removes all that it has contributed.  The
 * reason is copied. */
void worker_ban(struct coord *c, uint64_t id, const char *reason, bool revoke);

/* Asserts the invariants of all workers.  For tests. */
void worker_check(const struct coord *c);

#endif
