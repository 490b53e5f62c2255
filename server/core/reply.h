// SPDX-License-Identifier: MIT
/*
 * What replies say of a job, and replies to operators.  All numbers are those of the
 * last durable transaction.
 */
#ifndef SERVER_CORE_REPLY_H
#define SERVER_CORE_REPLY_H

#include "common/base/anytime.h"
#include "server/core/state.h"

/* What is looked at, when, and where texts and arrays of the answer are put. */
struct viewpoint {
    const struct coord *coord;
    int64_t now_ms; /* on the core's clock */
    struct arena *memory;
};

/* Of this step. */
struct viewpoint reply_viewpoint(struct coord *c);

/* What so many hits in so many of the ledger's trials say. */
struct estimate reply_estimate(const struct job *j, uint64_t hits, uint64_t trials);

/* The interval that holds at all moments; NaN without trials. */
struct anytime reply_anytime(const struct job *j, uint64_t hits, uint64_t trials);

/* What a job, one that is shown, looks like from there. */
void reply_job_view(const struct viewpoint *v, const struct job *j,
                    struct job_view *ret);

/* What is yet to be recomputed, how long it takes, and what would help. */
void reply_audits(const struct viewpoint *v, struct audits_view *ret);

/* Why nothing moves: a word for programs, and a sentence for people; both "": it
 * does. */
struct stall {
    const char *word, *reason;
};

/* Why no job does. */
struct stall reply_stall(const struct viewpoint *v);

/* The reply to who asks about a job that is not there. */
struct msg_reply reply_no_job(struct arena *memory, const struct msg_request *r);

/* Strings and arrays are borrowed until the step has been applied. */
void reply_send(struct coord *c, conn_id conn, const struct msg_reply *r);
void reply_job(struct coord *c, conn_id conn, uint32_t request, const struct job *j,
               bool last, bool droppable);

/* An empty reply, and an error; the text is formatted as by printf(). */
void reply_done(struct coord *c, conn_id conn, uint32_t request);
__attribute__((format(printf, 6, 7))) void
reply_error(struct coord *c, conn_id conn, uint32_t request, enum error_code code,
            const char *hint, const char *format, ...);

/* While the store is full what is to be kept would hang: true, and an error reply. */
bool reply_cannot_save(struct coord *c, conn_id conn, uint32_t request);

#endif
