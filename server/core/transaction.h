// SPDX-License-Identifier: MIT
/*
 * What the next transaction holds while it fills: each part of the core adds to it.
 * When it is written and what follows is in commit.c.
 */
#ifndef SERVER_CORE_TRANSACTION_H
#define SERVER_CORE_TRANSACTION_H

#include "server/core/state.h"

void transaction_init(struct coord *c);
void transaction_release(struct coord *c);

/* Empty, with its memory kept. */
void transaction_clear(struct transaction *t);

/* Nothing of it has to be stored. */
bool transaction_empty(const struct transaction *t);

/* Where records go in a flush. */
struct record_list *pending_records(struct coord *c);

/* Something of the job, or of what is thought of a worker, has changed; idempotent. */
void transaction_job(struct coord *c, struct job *j);
void transaction_standing(struct coord *c, struct standing *s);

/* The answers for results of the grant that are counted in the next transaction. */
struct answer *transaction_answer(struct coord *c, uint64_t worker, uint64_t grant);

/* All of a grant of this thread has been reported: that counts until it is durable. */
void transaction_reported(struct coord *c, struct thread *t);

/* The request is answered when the job's state is durable; NULL: what is pending. */
void transaction_reply(struct coord *c, conn_id conn, const struct msg_request *r,
                       struct job *j);

/* Sends answers that depend on no transaction, or on one that has returned.  Who is
 * away gets none: it asks again when it resumes. */
void answers_send(struct coord *c, const struct answer *a, size_t n);

/* Results of the worker that wait for a transaction are forgotten: it sends again what
 * is not answered. */
void waiting_forget(struct coord *c, uint64_t worker);

/* While the store refuses (commits.retry_ms >= 0): why nothing is acknowledged. */
const char *store_refusal(const struct coord *c);

#endif
