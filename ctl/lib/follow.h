// SPDX-License-Identifier: MIT
/*
 * A job followed to its end: progress is shown while it runs, its workers are missed
 * aloud, and a coordinator that restarts is found again, wherever it is then, however
 * long that takes.  Not pure.
 */
#ifndef CTL_LIB_FOLLOW_H
#define CTL_LIB_FOLLOW_H

#include <stdio.h>

#include "common/base/arena.h"
#include "ctl/lib/ctl.h"

enum {
    FOLLOW_BAR_MS = 200,    /* between two redraws of a bar */
    FOLLOW_LINE_MS = 5000,  /* between two plain lines */
    FOLLOW_HINT_MS = 30000, /* between two hints that no worker is there */
};

struct follow_options {
    uint64_t job;         /* 0: as in msg_request */
    const uint8_t *uid;   /* of the job, borrowed; NULL: the first that is seen */
    int64_t deadline_ms;  /* of client_now_ms(); negative: none */
    uint32_t interval_ms; /* 0: FOLLOW_BAR_MS or FOLLOW_LINE_MS, as the stream is */
    FILE *out;            /* where progress is shown: a bar if it is a terminal */
    bool json;            /* an object a line instead */
};

/* When --timeout strikes, for follow_options; timeout_ms negative: never. */
int64_t follow_deadline(struct ctl *ctl, int64_t timeout_ms);

/* Follows on the client's connection, which is open.  EXIT_DONE: it is done, or nobody
 * reads stdout, where progress is shown there; EXIT_NO: failed or cancelled; with *ret
 * its last view, which borrows from arena.  Any other exit code: why has been said, and
 * the job goes on.  Whoever is there in the coordinator's place and refuses us, or has
 * no such job, ends it too. */
MUST_USE int follow_job(struct ctl *ctl, const struct follow_options *options,
                        struct arena *arena, struct job_view *ret);

/* Says that the job waits for a first worker, and how to start one. */
void follow_say_no_workers(const struct job_view *j);

#endif
