// SPDX-License-Identifier: MIT
#include "server/view/event_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/sys/log.h"
#include "common/wire/wire.h"

static void say_here(const struct note *n)
{
    if (n->type == NOTE_WORKER_JOINED)
        log_info("worker joined", log_str("name", n->worker),
                 log_u64("threads", n->trials), log_str("addr", n->address));
    else
        log_info("worker back", log_str("name", n->worker),
                 log_u64("threads", n->trials), log_int("ranges", n->ranges),
                 log_str("addr", n->address));
}

static void say_gone(const struct note *n)
{
    const struct log_field fields[] = {
        log_str("name", n->worker), log_str("reason", n->text),
        log_int("ranges", n->ranges), log_u64("trials", n->trials)};
    if (n->type == NOTE_WORKER_LEFT)
        log_write(LOG_LEVEL_INFO, "worker left", fields, ARRAY_SIZE(fields));
    else
        log_write(LOG_LEVEL_WARN,
                  n->ranges ? "worker lost, others take over its ranges"
                            : "worker lost, it held nothing",
                  fields, ARRAY_SIZE(fields));
}

static void say_range(const struct note *n, const char *what)
{
    char id[JOB_ID_BYTES];
    log_info(what, log_u64("first", n->first), log_u64("trials", n->trials),
             log_str("worker", n->worker), log_str("job", job_id_text(id, n->job)));
}

static void say_job(const struct note *n)
{
    static const char *const what[] = {
        [NOTE_JOB_SUBMITTED] = "job submitted", [NOTE_JOB_STARTED] = "job started",
        [NOTE_JOB_PAUSED] = "job paused",       [NOTE_JOB_RESUMED] = "job resumed",
        [NOTE_JOB_EXTENDED] = "job extended",   [NOTE_JOB_DONE] = "job done",
        [NOTE_JOB_CANCELLED] = "job cancelled", [NOTE_JOB_FAILED] = "job failed",
    };
    char id[JOB_ID_BYTES];
    struct log_field fields[] = {log_str("job", job_id_text(id, n->job)),
                                 log_u64("done", n->trials), log_str("name", n->text)};
    size_t named = n->text && *n->text;
    log_write(n->type == NOTE_JOB_FAILED ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
              what[n->type], fields, 2 + named);
}

static void say_note(const struct note *n)
{
    switch (n->type) {
    case NOTE_WORKER_JOINED:
    case NOTE_WORKER_RESUMED:
        say_here(n);
        break;
    case NOTE_WORKER_LEFT:
    case NOTE_WORKER_LOST:
        say_gone(n);
        break;
    case NOTE_WORKER_BANNED:
        log_error("worker excluded", log_str("name", n->worker),
                  log_str("reason", n->text));
        break;
    case NOTE_WORKER_TRUSTED:
        log_info("worker trusted", log_str("name", n->worker));
        break;
    case NOTE_PEER_REFUSED:
        log_warn("peer refused", log_str("addr", n->address),
                 log_str("reason", n->text));
        break;
    case NOTE_LEASE_EXPIRED:
        log_warn("lease expired, others take over its ranges",
                 log_str("worker", n->worker), log_int("thread", n->thread),
                 log_int("ranges", n->ranges), log_u64("trials", n->trials));
        break;
    case NOTE_LEASED_AGAIN:
        say_range(n, "leased again");
        break;
    case NOTE_SPECULATED:
        say_range(n, "straggler's lease also given to another");
        break;
    case NOTE_JOB_SUBMITTED:
    case NOTE_JOB_STARTED:
    case NOTE_JOB_PAUSED:
    case NOTE_JOB_RESUMED:
    case NOTE_JOB_EXTENDED:
    case NOTE_JOB_DONE:
    case NOTE_JOB_CANCELLED:
    case NOTE_JOB_FAILED:
        say_job(n);
        break;
    case NOTE_STORE_FULL:
        break; /* the store has said it, with its path and what to do */
    case NOTE_STORE_RECOVERED:
        log_info("progress is saved again");
        break;
    case NOTE_TOKEN_ROTATED:
        log_info("token rotated", log_str("role", n->text),
                 log_int("connections_ended", n->ranges));
        break;
    case NOTE_CLOCK_LATE:
        log_warn("this process stood still, all deadlines move",
                 log_u64("ms", n->trials));
        break;
    }
}

void say_effect(const struct effect *e)
{
    if (e->type == EFFECT_NOTE) {
        say_note(&e->note);
    } else if (e->type == EFFECT_REVOKE) {
        char id[JOB_ID_BYTES], author[17]; /* as pictl shows it */
        snprintf(author, sizeof(author), "%016" PRIx64, e->revoke.author);
        log_error("results revoked, their ranges are leased again",
                  log_str("job", job_id_text(id, e->revoke.job)),
                  log_str("worker", author), log_u64("trials", e->revoke.trials),
                  log_u64("hits", e->revoke.hits));
    }
}

void say_status(const struct status_view *s)
{
    char id[JOB_ID_BYTES];
    log_info("status", log_str("state", coord_state_word(s->state)),
             log_str("reason", s->reason), log_int("workers", s->workers),
             log_int("threads", s->threads), log_int("jobs", s->jobs_active),
             log_real("rate", s->rate), log_int("uptime_ms", s->uptime_ms));
    const struct job_view *j = s->job;
    if (!j)
        return;
    const struct log_field fields[] = {
        log_str("job", job_id_text(id, j->number)),
        log_str("state", job_state_word(j->state)),
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
