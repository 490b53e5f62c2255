// SPDX-License-Identifier: MIT
/*
 * Follows a job to its end: shows progress while it runs, says when it has no workers,
 * and reconnects to a restarted coordinator, also at another address, for as long as
 * that takes.  Not pure.
 */
#ifndef CTL_LIB_FOLLOW_H
#define CTL_LIB_FOLLOW_H

#include <stdio.h>

#include "common/base/arena.h"
#include "ctl/lib/ctl.h"

enum {
    FOLLOW_BAR_MS = 200,    /* between two redraws of a bar */
    FOLLOW_LINE_MS = 5000,  /* between two plain lines */
    FOLLOW_HINT_MS = 30000, /* between two hints that there are no workers */
};

struct follow_options {
    uint64_t job;         /* 0: as in msg_request */
    const uint8_t *uid;   /* of the job, borrowed; NULL: take it from the first view */
    int64_t deadline_ms;  /* of client_now_ms(); negative: none */
    uint32_t interval_ms; /* 0: FOLLOW_BAR_MS or FOLLOW_LINE_MS */
    FILE *out;            /* for progress: a bar if it is a terminal */
    bool json;            /* print one object a line instead */
};

/* The deadline_ms for a --timeout that starts now; negative: never. */
int64_t follow_deadline(struct ctl *ctl, int64_t timeout_ms);

/* Follows on the client's connection, which must be open.  EXIT_DONE: the job is done,
 * or progress goes to stdout and stdout has lost its reader.  EXIT_NO: it failed or was
 * cancelled.  *ret is then the last view, which borrows from arena.  Any other exit
 * code: the reason has been reported and the job continues.  That includes a
 * coordinator that refuses this client or has no such job. */
MUST_USE int follow_job(struct ctl *ctl, const struct follow_options *options,
                        struct arena *arena, struct job_view *ret);

/* Reports that the job has no workers, and how to start one. */
void follow_report_no_workers(const struct job_view *j);

#endif
