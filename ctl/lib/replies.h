// SPDX-License-Identifier: MIT
/*
 * The replies of one request as one answer: lists and ledgers come as a series of
 * frames, each of which lives only while it is handled, so this keeps copies.  Pure.
 * Owns all that it points to; replies_release() gives it back.
 */
#ifndef CTL_LIB_REPLIES_H
#define CTL_LIB_REPLIES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/wire/msg.h"

struct replies {
    enum reply_body body; /* of all; meaningless while empty */
    bool empty;
    struct job_view job; /* of REPLY_JOB, and of the status and ledger if has_job */
    bool has_job;
    struct status_view status;
    struct ledger_view ledger;
    struct job_view *jobs;
    struct worker_view *workers;
    struct answer_view *answers;
    size_t n_jobs, n_workers, n_answers;
    struct joins_view joins; /* of REPLY_TOKEN, and */
    uint32_t ended;
    enum error_code error;
    const char *message, *hint; /* of REPLY_ERROR */

    struct arena arena; /* texts */
    uint64_t *cells[4]; /* what the ledger's arrays point to */
    struct share_view *shares;
};

void replies_init(struct replies *a);
void replies_release(struct replies *a);

/* Appends a copy of r.  0; -EBADMSG: it is of another kind than those before. */
MUST_USE int replies_add(struct replies *a, const struct msg_reply *r);

/* A copy of j with its texts in the arena. */
struct job_view job_view_copy(struct arena *arena, const struct job_view *j);

#endif
