// SPDX-License-Identifier: MIT
#include "server/view/event_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/sys/log.h"
#include "common/wire/names.h"
#include "server/view/event_name.h"

static void log_job(const struct event_name *as, const struct event *n)
{
    char id[JOB_ID_BYTES];
    const struct log_field fields[] = {log_str("job", job_id_text(id, n->job.number)),
                                       log_u64("done", n->job.done),
                                       log_str("name", n->job.name)};
    log_write(as->level, as->line, fields, ARRAY_SIZE(fields) - !*n->job.name);
}

static void log_event(const struct event_name *as, const struct event *n)
{
    char id[JOB_ID_BYTES];
    switch (n->type) {
    case EVENT_WORKER_JOINED:
        LOG_AT(as->level, as->line, log_str("name", n->arrival.worker),
               log_int("threads", n->arrival.threads),
               log_str("addr", n->arrival.address));
        break;
    case EVENT_WORKER_RESUMED:
        LOG_AT(as->level, as->line, log_str("name", n->arrival.worker),
               log_int("threads", n->arrival.threads),
               log_int("ranges", n->arrival.ranges),
               log_str("addr", n->arrival.address));
        break;
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
        LOG_AT(as->level,
               n->type == EVENT_WORKER_LEFT || n->departure.ranges
                   ? as->line
                   : "worker lost, it held nothing",
               log_str("name", n->departure.worker),
               log_str("reason", n->departure.reason),
               log_int("ranges", n->departure.ranges),
               log_u64("trials", n->departure.trials));
        break;
    case EVENT_WORKER_BANNED:
        LOG_AT(as->level, as->line, log_str("name", n->departure.worker),
               log_str("reason", n->departure.reason));
        break;
    case EVENT_WORKER_TRUSTED:
        LOG_AT(as->level, as->line, log_str("name", n->trusted.worker));
        break;
    case EVENT_PEER_REFUSED:
        LOG_AT(as->level, as->line, log_str("addr", n->refused.address),
               log_str("reason", n->refused.reason));
        break;
    case EVENT_LEASE_EXPIRED:
        LOG_AT(as->level, as->line, log_str("worker", n->expired.worker),
               log_int("thread", n->expired.thread),
               log_int("ranges", n->expired.ranges),
               log_u64("trials", n->expired.trials));
        break;
    case EVENT_LEASED_AGAIN:
    case EVENT_SPECULATED:
        LOG_AT(as->level, as->line, log_u64("first", n->lease.first),
               log_u64("trials", n->lease.trials), log_str("worker", n->lease.worker),
               log_str("job", job_id_text(id, n->lease.job)));
        break;
    case EVENT_JOB_SUBMITTED:
    case EVENT_JOB_STARTED:
    case EVENT_JOB_PAUSED:
    case EVENT_JOB_RESUMED:
    case EVENT_JOB_EXTENDED:
    case EVENT_JOB_DONE:
    case EVENT_JOB_CANCELLED:
    case EVENT_JOB_FAILED:
        log_job(as, n);
        break;
    case EVENT_STORE_FULL: /* the store has said it, with its path and what to do */
        break;
    case EVENT_STORE_RECOVERED:
        LOG_AT(as->level, as->line);
        break;
    case EVENT_TOKEN_ROTATED:
        LOG_AT(as->level, as->line, log_str("role", event_role(n->rotation.role)),
               log_int("connections", n->rotation.connections));
        break;
    case EVENT_CLOCK_LATE:
        LOG_AT(as->level, as->line, log_int("late_ms", n->late_ms));
        break;
    }
}

void event_log_write(const struct effect *e)
{
    int number = event_number(e);
    if (number < 0)
        return;
    const struct event_name *as = &event_names[number];
    if (e->type == EFFECT_EVENT) {
        log_event(as, &e->event);
        return;
    }
    char id[JOB_ID_BYTES], author[17]; /* as pictl shows it */
    snprintf(author, sizeof(author), "%016" PRIx64, e->revoke.author);
    LOG_AT(as->level, as->line, log_str("job", job_id_text(id, e->revoke.job)),
           log_str("worker", author), log_u64("trials", e->revoke.trials),
           log_u64("hits", e->revoke.hits));
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
