// SPDX-License-Identifier: MIT
/*
 * What operators are told: a job, lists in pieces, errors.  All numbers are those of
 * the last transaction that is durable.
 */
#ifndef SERVER_CORE_REPLY_H
#define SERVER_CORE_REPLY_H

#include "server/core/state.h"

/* What a job, one that is shown, looks like now. */
void reply_job_view(struct coord *c, struct job *j, struct job_view *ret);

void reply_job(struct coord *c, conn_id conn, uint32_t request, struct job *j,
               bool last, bool droppable);
void reply_done(struct coord *c, conn_id conn, uint32_t request);
__attribute__((format(printf, 6, 7))) void
reply_error(struct coord *c, conn_id conn, uint32_t request, enum error_code code,
            const char *hint, const char *format, ...);

/* In pieces of LIST_MAX, the last one marked. */
void reply_jobs(struct coord *c, conn_id conn, uint32_t request);
void reply_workers(struct coord *c, conn_id conn, uint32_t request);
void reply_history(struct coord *c, conn_id conn, uint32_t request);
void reply_ledger(struct coord *c, conn_id conn, uint32_t request, struct job *j);

/* j: the job that is shown with it, or NULL. */
void reply_status(struct coord *c, conn_id conn, uint32_t request, struct job *j);

#endif
