// SPDX-License-Identifier: MIT
/*
 * What those who only look are shown: the coordinator, its jobs and its workers, as
 * text, as JSON and as metrics, all of it from the views that pictl gets, so that the
 * numbers are the same wherever they are asked for.  Changes nothing.
 *
 * Each function writes to the stream; false: the core answers no more, and nothing was
 * written.
 */
#ifndef SERVER_VIEW_REPORT_H
#define SERVER_VIEW_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/base.h"
#include "common/wire/msg.h"
#include "server/core/coord.h"
#include "server/view/event_name.h"

/* Who looks. */
struct viewer_stats {
    uint64_t requests;         /* text commands and HTTP requests, since the start */
    unsigned viewers, streams; /* that are here; that follow the events */
    unsigned sockets;          /* of pairs for HTTP, beside connections */
};

struct report {
    /* A question, answered within the call; false: all is being closed, or the answer,
     * which is a ledger, has to wait.  Views are valid until the next question or step
     * of the core. */
    bool (*ask)(void *ctx, const struct msg_request *request, reply_sink *sink,
                void *sink_ctx);
    /* Prints the lines by which others join; NULL: they are not shown. */
    void (*join)(void *ctx, FILE *out);
    /* Counts the viewers; NULL: there are none. */
    void (*stats)(void *ctx, struct viewer_stats *ret);
    void *ctx;
    bool addresses; /* of workers: they are shown */

    uint64_t events[EVENT_TYPES]; /* so many have happened */
};

/* Valid until the next question or step of the core. */
MUST_USE bool report_status(struct report *s, struct status_view *ret);

bool report_status_text(struct report *s, FILE *out);
bool report_jobs_text(struct report *s, FILE *out);
bool report_workers_text(struct report *s, FILE *out);
bool report_status_json(struct report *s, FILE *out);
bool report_jobs_json(struct report *s, FILE *out);
bool report_workers_json(struct report *s, FILE *out);
bool report_metrics(struct report *s, FILE *out);

/* ["PI_JOIN=... piworker",...], one for each line; [] where they are not shown.  No
 * newline. */
void report_join_json(struct report *s, FILE *out);

/* Whether work goes on; if not, *ret_why is the reason, valid as a view is. */
bool report_ready(struct report *s, const char **ret_why);

/* Counts what happens in the core.  A step may be under way. */
void report_effect(struct report *s, const struct effect *e);

/* server/view/metrics.c: the names that counters[i] has by i. */
void metrics_print(FILE *out, const struct report *s, const struct status_view *status);
#endif
