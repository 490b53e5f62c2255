// SPDX-License-Identifier: MIT
/*
 * Reports for viewers: the coordinator, its jobs and its workers as text, JSON and
 * metrics.  All come from the views that pictl gets, so the numbers agree everywhere.
 * Read only.
 *
 * Each function writes to the stream, whose errors the caller checks by ferror().
 * False: the core no longer answers, and nothing was written.
 */
#ifndef SERVER_VIEW_REPORT_H
#define SERVER_VIEW_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/base.h"
#include "common/wire/msg.h"
#include "server/core/coord.h"
#include "server/view/event_name.h"

struct viewer_stats {
    uint64_t requests; /* text commands and HTTP requests since the start */
    unsigned viewers;  /* connections that speak text or HTTP */
    unsigned streams;  /* those of them that follow the events */
    unsigned sockets;  /* of HTTP's socket pairs, in addition to connections */
};

struct report {
    /* Sends a question to the core and gives the reply to the sink within the call.
     * False: the core is closing, or a ledger is not available right now.  Views are
     * valid until the next question or step of the core. */
    bool (*ask)(void *ctx, const struct msg_request *request, reply_sink *sink,
                void *sink_ctx);
    /* Prints the commands by which workers join, one a line; false: there is none yet.
     * NULL: not shown. */
    bool (*join)(void *ctx, FILE *out);
    /* The same for machines without piworker; NULL: there is none to be fetched, or it
     * is not shown. */
    bool (*fetch)(void *ctx, FILE *out);
    /* Counts the viewers; NULL: there are no viewers. */
    void (*stats)(void *ctx, struct viewer_stats *ret);
    void *ctx;
    bool addresses; /* of workers are shown */

    uint64_t events[EVENT_TYPES]; /* how often each happened, by event_number() */
};

/* The view is valid until the next question or step of the core. */
MUST_USE bool report_status(struct report *s, struct status_view *ret);

bool report_status_text(struct report *s, FILE *out);
bool report_jobs_text(struct report *s, FILE *out);
bool report_workers_text(struct report *s, FILE *out);
bool report_status_json(struct report *s, FILE *out);
bool report_jobs_json(struct report *s, FILE *out);
bool report_workers_json(struct report *s, FILE *out);
bool report_metrics(struct report *s, FILE *out);

/* Writes what join() and fetch() print, or that there is nothing. */
bool report_join_text(struct report *s, FILE *out);

/* Writes the lines of join() as ["PI_JOIN=... piworker",...], or [] if they are not
 * shown; no newline. */
void report_join_json(struct report *s, FILE *out);

/* The lines of fetch() likewise. */
void report_fetch_json(struct report *s, FILE *out);

/* Whether the coordinator is ready.  If not, *ret_why is the reason, valid as long as
 * views are. */
bool report_ready(struct report *s, const char **ret_why);

/* Counts the event; may be called during a step. */
void report_effect(struct report *s, const struct effect *e);

/* In metrics.c: prints all metrics. */
void metrics_print(FILE *out, const struct report *s, const struct status_view *status);

#endif
