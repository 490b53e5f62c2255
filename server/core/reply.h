// SPDX-License-Identifier: MIT
/*
 * Replies to operators: a job, lists in pieces, errors.  All numbers are those of the
 * last durable transaction.
 */
#ifndef SERVER_CORE_REPLY_H
#define SERVER_CORE_REPLY_H

#include "server/core/state.h"

/* Describes a job that a transaction has made durable. */
void reply_job_view(struct coord *c, struct job *j, struct job_view *ret);

/* last: no more replies follow; droppable: may be left out for a slow reader. */
void reply_job(struct coord *c, conn_id conn, uint32_t request, struct job *j,
               bool last, bool droppable);

/* An empty reply, and an error; the text is formatted as by printf(). */
void reply_done(struct coord *c, conn_id conn, uint32_t request);
__attribute__((format(printf, 6, 7))) void
reply_error(struct coord *c, conn_id conn, uint32_t request, enum error_code code,
            const char *hint, const char *format, ...);

/* In pieces of at most LIST_MAX; the last one is marked. */
void reply_jobs(struct coord *c, conn_id conn, uint32_t request);
void reply_workers(struct coord *c, conn_id conn, uint32_t request);
void reply_history(struct coord *c, conn_id conn, uint32_t request);
void reply_ledger(struct coord *c, conn_id conn, uint32_t request, struct job *j);

/* j: the job to include, or NULL. */
void reply_status(struct coord *c, conn_id conn, uint32_t request, struct job *j);

#endif
