// SPDX-License-Identifier: MIT
#include "server/view/event_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/sys/log.h"
#include "common/wire/wire.h"

static void log_here(const struct event *n)
{
    if (n->type == EVENT_WORKER_JOINED)
        log_info("worker joined", log_str("name", n->worker),
                 log_u64("threads", n->trials), log_str("addr", n->address));
    else
        log_info("worker back", log_str("name", n->worker),
                 log_u64("threads", n->trials), log_int("ranges", n->ranges),
                 log_str("addr", n->address));
}

static void log_gone(const struct event *n)
{
    const struct log_field fields[] = {
        log_str("name", n->worker), log_str("reason", n->text),
        log_int("ranges", n->ranges), log_u64("trials", n->trials)};
    if (n->type == EVENT_WORKER_LEFT)
        log_write(LOG_LEVEL_INFO, "worker left", fields, ARRAY_SIZE(fields));
    else
        log_write(LOG_LEVEL_WARN,
                  n->ranges ? "worker lost, others take over its ranges"
                            : "worker lost, it held nothing",
                  fields, ARRAY_SIZE(fields));
}

static void log_range(const struct event *n, const char *what)
{
    char id[JOB_ID_BYTES];
    log_info(what, log_u64("first", n->first), log_u64("trials", n->trials),
             log_str("worker", n->worker), log_str("job", job_id_text(id, n->job)));
}

static void log_job(const struct event *n)
{
    static const char *const what[] = {
        [EVENT_JOB_SUBMITTED] = "job submitted", [EVENT_JOB_STARTED] = "job started",
        [EVENT_JOB_PAUSED] = "job paused",       [EVENT_JOB_RESUMED] = "job resumed",
        [EVENT_JOB_EXTENDED] = "job extended",   [EVENT_JOB_DONE] = "job done",
        [EVENT_JOB_CANCELLED] = "job cancelled", [EVENT_JOB_FAILED] = "job failed",
    };
    char id[JOB_ID_BYTES];
    struct log_field fields[] = {log_str("job", job_id_text(id, n->job)),
                                 log_u64("done", n->trials), log_str("name", n->text)};
    size_t named = n->text && *n->text;
    log_write(n->type == EVENT_JOB_FAILED ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
              what[n->type], fields, 2 + named);
}

static void log_event(const struct event *n)
{
    switch (n->type) {
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_RESUMED:
        log_here(n);
        break;
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
        log_gone(n);
        break;
    case EVENT_WORKER_BANNED:
        log_error("worker excluded", log_str("name", n->worker),
                  log_str("reason", n->text));
        break;
    case EVENT_WORKER_TRUSTED:
        log_info("worker trusted", log_str("name", n->worker));
        break;
    case EVENT_PEER_REFUSED:
        log_warn("peer refused", log_str("addr", n->address),
                 log_str("reason", n->text));
        break;
    case EVENT_LEASE_EXPIRED:
        log_warn("lease expired, others take over its ranges",
                 log_str("worker", n->worker), log_int("thread", n->thread),
                 log_int("ranges", n->ranges), log_u64("trials", n->trials));
        break;
    case EVENT_LEASED_AGAIN:
        log_range(n, "leased again");
        break;
    case EVENT_SPECULATED:
        log_range(n, "straggler's lease also given to another");
        break;
    case EVENT_JOB_SUBMITTED:
    case EVENT_JOB_STARTED:
    case EVENT_JOB_PAUSED:
    case EVENT_JOB_RESUMED:
    case EVENT_JOB_EXTENDED:
    case EVENT_JOB_DONE:
    case EVENT_JOB_CANCELLED:
    case EVENT_JOB_FAILED:
        log_job(n);
        break;
    case EVENT_STORE_FULL:
        break; /* the store has said it, with its path and what to do */
    case EVENT_STORE_RECOVERED:
        log_info("progress is saved again");
        break;
    case EVENT_TOKEN_ROTATED:
        log_info("token rotated", log_str("role", n->text),
                 log_int("connections_ended", n->ranges));
        break;
    case EVENT_CLOCK_LATE:
        log_warn("this process stood still, all deadlines move",
                 log_u64("ms", n->trials));
        break;
    }
}

void event_log_write(const struct effect *e)
{
    if (e->type == EFFECT_EVENT) {
        log_event(&e->event);
    } else if (e->type == EFFECT_REVOKE) {
        char id[JOB_ID_BYTES], author[17]; /* as pictl shows it */
        snprintf(author, sizeof(author), "%016" PRIx64, e->revoke.author);
        log_error("results revoked, their ranges are leased again",
                  log_str("job", job_id_text(id, e->revoke.job)),
                  log_str("worker", author), log_u64("trials", e->revoke.trials),
                  log_u64("hits", e->revoke.hits));
    }
}

void event_log_status(const struct status_view *s)
{
    char id[JOB_ID_BYTES];
    log_info("status", log_str("state", coord_state_name(s->state)),
             log_str("reason", s->reason), log_int("workers", s->workers),
             log_int("threads", s->threads), log_int("jobs", s->jobs_active),
             log_real("rate", s->rate), log_int("uptime_ms", s->uptime_ms));
    const struct job_view *j = s->job;
    if (!j)
        return;
    const struct log_field fields[] = {
        log_str("job", job_id_text(id, j->number)),
        log_str("state", job_state_name(j->state)),
        log_str("reason", j->reason),
        log_u64("done", j->done),
        log_u64("hits", j->hits),
        log_u64("trials", j->trials),
        log_u64("seed", j->seed),
        log_u64("leased", j->leased),
        log_u64("computed_again", j->computed_again),
        log_real("pi", j->pi), /* the last: not known before the first result */
    };
    log_write(LOG_LEVEL_INFO, "status of the job", fields,
              ARRAY_SIZE(fields) - (j->done == 0));
}
