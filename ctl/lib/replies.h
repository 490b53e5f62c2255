// SPDX-License-Identifier: MIT
/*
 * Collects the replies to one request.  Lists and ledgers arrive as a series of frames,
 * each valid only in its handler, so this keeps copies.  Pure.  Owns everything that it
 * points to; replies_release() frees it.
 */
#ifndef CTL_LIB_REPLIES_H
#define CTL_LIB_REPLIES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/wire/msg.h"

struct replies {
    enum reply_body body; /* of all replies; meaningless while empty */
    bool empty;
    struct job_view job; /* of REPLY_JOB; of the status and the ledger if has_job */
    bool has_job;
    struct status_view status;
    struct ledger_view ledger;
    struct worker_view worker; /* of REPLY_DONE if has_worker */
    bool has_worker;
    const char *note; /* of REPLY_DONE */
    struct job_view *jobs;
    struct worker_view *workers;
    struct answer_view *answers;
    size_t n_jobs, n_workers, n_answers;
    struct joins_view joins; /* of REPLY_TOKEN */
    uint32_t ended;          /* of REPLY_TOKEN: connections ended */
    enum error_code error;
    const char *message, *hint; /* of REPLY_ERROR */

    struct arena arena; /* texts */
    uint64_t *cells[4]; /* what the ledger's arrays point to */
    struct share_view *shares;
    uint64_t *doubts[2];
};

void replies_init(struct replies *a);
void replies_release(struct replies *a);

/* Appends a copy of r.  0; -EBADMSG: its kind differs from the previous replies. */
MUST_USE int replies_add(struct replies *a, const struct msg_reply *r);

/* Copies j, with its strings in the arena. */
struct job_view job_view_copy(struct arena *arena, const struct job_view *j);

#endif
