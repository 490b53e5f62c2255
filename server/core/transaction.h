// SPDX-License-Identifier: MIT
/*
 * The pending transaction: each file of the core adds to it.  commit.c writes it.
 */
#ifndef SERVER_CORE_TRANSACTION_H
#define SERVER_CORE_TRANSACTION_H

#include "server/core/state.h"

void transaction_init(struct coord *c);
void transaction_release(struct coord *c);

/* Empties it, but keeps its memory. */
void transaction_clear(struct transaction *t);

/* Whether there is nothing to store. */
bool transaction_empty(const struct transaction *t);

/* The record list of the transaction being flushed. */
struct record_list *pending_records(struct coord *c);

/* Marks a job, or the standing of a worker, as changed; idempotent. */
void transaction_job(struct coord *c, struct job *j);
void transaction_standing(struct coord *c, struct standing *s);

/* Removes a job that has ended, with all that is kept of it.  Nothing may change it any
 * more. */
void transaction_remove(struct coord *c, struct job *j);
/* The pending transaction excludes a worker, or removes its ban; the later word
 * counts. */
void transaction_ban(struct coord *c, const struct ban_record *b);
/* The worker of that standing was excluded from its program: what of its results is in
 * the pending transaction is not counted. */
void transaction_exclude(struct coord *c, const struct standing *s);
void transaction_pardon(struct coord *c, uint64_t worker);

/* The answers for results of the grant that are counted in the pending transaction. */
struct answer *transaction_answer(struct coord *c, uint64_t worker, uint64_t grant,
                                  const struct job *j);

/* All of a grant of this thread is reported; counted until its answers are durable. */
void transaction_reported(struct coord *c, struct thread *t);

/* Answers the request once the job's state is durable; NULL: once what is pending
 * is. */
void transaction_reply(struct coord *c, conn_id conn, const struct msg_request *r,
                       struct job *j);

/* The same about a worker, with a static note: once what is pending, or under way where
 * nothing is pending, is durable.  False: all is durable already. */
MUST_USE bool transaction_reply_about(struct coord *c, conn_id conn,
                                      const struct msg_request *r, uint64_t worker,
                                      const char *note);

/* Sends answers that need no transaction, or whose transaction has returned.  A worker
 * that is not connected gets none: it repeats its results when it resumes. */
void answers_send(struct coord *c, const struct answer *a, size_t n);

/* Drops the worker's results that wait for a transaction: it sends again what is not
 * answered. */
void waiting_forget(struct coord *c, uint64_t worker);

/* While the store fails (commits.retry_ms >= 0): why nothing is acknowledged. */
const char *store_refusal(const struct coord *c);

/* Asserts what must be true of them, slowly.  For tests. */
void transaction_check(const struct coord *c);

#endif
