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
#include "server/view/meters.h"

struct viewer_stats {
    uint64_t requests; /* text commands and HTTP requests since the start */
    uint64_t refused;  /* connections of viewers since the start: there were too many */
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
    /* Fills in what is measured, all 0 when it is called; NULL: nothing is. */
    void (*measure)(void *ctx, struct meters *ret);
    void *ctx;
    const struct event_feed *feed; /* what has happened; NULL: not kept */
    bool addresses;                /* of workers are shown */

    uint64_t events[EVENT_TYPES];    /* how often each happened, by event_number() */
    uint64_t refused[REFUSAL_CODES]; /* peers, by the core */
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

/* Those in one of these states, bits 1 << state; 0: all. */
bool report_jobs_in(struct report *s, uint32_t states, FILE *out);
bool report_workers_in(struct report *s, uint32_t states, FILE *out);

/* Writes {"job":{...},"history":{...}} of the job of that number, the history as in the
 * events.  False also if its ledger is not available right now.  Nothing is written if
 * there is no such job. */
bool report_job_json(struct report *s, uint64_t number, FILE *out);

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

/* In metrics.c: prints those of the coordinator, of all jobs, and of all workers. */
void metrics_status(FILE *out, const struct report *s, const struct status_view *v);
void metrics_jobs(FILE *out, const struct job_view *jobs, size_t n);
void metrics_workers(FILE *out, const struct worker_view *workers, size_t n);

#endif
