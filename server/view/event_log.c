// SPDX-License-Identifier: MIT
#include "server/view/event_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/cli/job_format.h"
#include "common/sys/log.h"
#include "common/wire/names.h"
#include "server/view/event_name.h"

static void log_job(const struct event_name *name, const struct event *event)
{
    char id[JOB_ID_BYTES];
    const struct log_field fields[] = {
        log_str("job", job_id_text(id, event->job.number)),
        log_u64("done", event->job.done), log_str("name", event->job.name)};
    log_write(name->level, name->line, fields, ARRAY_SIZE(fields) - !*event->job.name);
}

static void log_arrival(const struct event_name *name, const struct event *event)
{
    const struct log_field worker = log_str("name", event->arrival.worker),
                           threads = log_int("threads", event->arrival.threads),
                           ranges = log_int("ranges", event->arrival.ranges),
                           address = log_str("addr", event->arrival.address);
    if (event->type == EVENT_WORKER_JOINED)
        LOG_AT(name->level, name->line, worker, threads, address);
    else
        LOG_AT(name->level, name->line, worker, threads, ranges, address);
}

static void log_departure(const struct event_name *name, const struct event *event)
{
    const struct log_field worker = log_str("name", event->departure.worker),
                           reason = log_str("reason", event->departure.reason);
    bool held = event->type != EVENT_WORKER_LOST || event->departure.ranges;
    if (event->type == EVENT_WORKER_BANNED)
        LOG_AT(name->level, name->line, worker, reason);
    else
        LOG_AT(name->level, held ? name->line : "worker lost, it held nothing", worker,
               reason, log_int("ranges", event->departure.ranges),
               log_u64("trials", event->departure.trials));
}

static void log_event(const struct event_name *name, const struct event *event)
{
    char id[JOB_ID_BYTES];
    switch (event->type) {
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_RESUMED:
        log_arrival(name, event);
        break;
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
    case EVENT_WORKER_KICKED:
    case EVENT_WORKER_BANNED:
        log_departure(name, event);
        break;
    case EVENT_WORKER_EXCLUDED:
        LOG_AT(name->level, name->line, log_str("name", event->excluded.worker),
               log_str("program", event->excluded.program),
               log_str("reason", event->excluded.reason));
        break;
    case EVENT_WORKER_PARDONED:
    case EVENT_WORKER_TRUSTED:
    case EVENT_WORKER_UNTRUSTED:
        snprintf(id, sizeof(id), "%016" PRIx64, event->named.id);
        LOG_AT(name->level, name->line, log_str("name", event->named.worker),
               log_str("id", id));
        break;
    case EVENT_PEER_REFUSED:
        LOG_AT(name->level, name->line, log_str("addr", event->refused.address),
               log_str("reason", event->refused.reason));
        break;
    case EVENT_LEASE_EXPIRED:
        LOG_AT(name->level, name->line, log_str("worker", event->expired.worker),
               log_int("thread", event->expired.thread),
               log_int("ranges", event->expired.ranges),
               log_u64("trials", event->expired.trials));
        break;
    case EVENT_LEASED_AGAIN:
    case EVENT_SPECULATED:
        LOG_AT(name->level, name->line, log_u64("first", event->lease.first),
               log_u64("trials", event->lease.trials),
               log_str("worker", event->lease.worker),
               log_str("job", job_id_text(id, event->lease.job)));
        break;
    case EVENT_JOB_SUBMITTED:
    case EVENT_JOB_STARTED:
    case EVENT_JOB_PAUSED:
    case EVENT_JOB_RESUMED:
    case EVENT_JOB_EXTENDED:
    case EVENT_JOB_DONE:
    case EVENT_JOB_CANCELLED:
    case EVENT_JOB_FAILED:
    case EVENT_JOB_REMOVED:
        log_job(name, event);
        break;
    case EVENT_DOUBT:
        LOG_AT(name->level, name->line,
               log_str("job", job_id_text(id, event->doubt.number)),
               log_u64("trials", event->doubt.trials));
        break;
    case EVENT_STORE_FULL: /* the store logs it, with its path and what to do */
        break;
    case EVENT_STORE_RECOVERED:
        LOG_AT(name->level, name->line);
        break;
    case EVENT_TOKEN_ROTATED:
        LOG_AT(name->level, name->line,
               log_str("role", event_role(event->rotation.role)),
               log_int("connections", event->rotation.connections));
        break;
    case EVENT_CLOCK_LATE:
        LOG_AT(name->level, name->line, log_int("late_ms", event->late_ms));
        break;
    }
}

static void log_revocation(const struct event_name *name, const struct effect *e)
{
    char id[JOB_ID_BYTES], author[17]; /* the id that pictl prints */
    snprintf(author, sizeof(author), "%016" PRIx64, e->revoke.author);
    const struct log_field job = log_str("job", job_id_text(id, e->revoke.job)),
                           trials = log_u64("trials", e->revoke.trials),
                           hits = log_u64("hits", e->revoke.hits);
    if (e->revoke.author)
        LOG_AT(name->level, name->line, job, log_str("worker", author), trials, hits);
    else
        LOG_AT(name->level, name->line, job, trials, hits);
}

/* ---- limits ---- */

enum {
    CLOSED = -1, /* of event_log_closed(), beside the numbers of events */
    PROBE = -2,
    FULL_AGAIN_MS = 60 * 1000
};

/* FNV-1a, of a number and a text. */
static uint64_t hash_of(int number, const char *text)
{
    uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)(int64_t)number;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return h;
}

/* A line about a worker.  Those of this machine are an origin each. */
static void about_worker(struct limited_line *line, const char *name)
{
    line->about = name;
    if (line->origin == 0)
        line->origin = hash_of(0, name);
}

/* False: the event is not limited. */
static bool limit_of(const struct event_log *l, int number, const struct effect *e,
                     struct limited_line *ret)
{
    const struct event *event = &e->event;
    *ret = (struct limited_line){
        .class = LOG_WORKERS, .kind = (uint64_t)number, .number = number, .about = ""};
    if (e->type == EFFECT_REVOKE) {
        ret->class = LOG_FAULTS;
        ret->kind += e->revoke.job * EVENT_TYPES;
        ret->origin = e->revoke.author;
        return true;
    }
    ret->origin = event->origin;
    switch (event->type) {
    case EVENT_PEER_REFUSED:
        ret->class = LOG_STRANGERS;
        ret->kind = hash_of(number, event->refused.reason);
        ret->about = event->refused.address;
        return true;
    case EVENT_WORKER_BANNED:
        ret->class = LOG_FAULTS;
        ret->origin = 0; /* each is said, wherever they come from */
        about_worker(ret, event->departure.worker);
        return true;
    case EVENT_WORKER_EXCLUDED:
        ret->class = LOG_FAULTS;
        ret->origin = 0;
        about_worker(ret, event->excluded.worker);
        return true;
    case EVENT_WORKER_JOINED:
    case EVENT_WORKER_RESUMED:
        about_worker(ret, event->arrival.worker);
        return true;
    case EVENT_WORKER_LEFT:
    case EVENT_WORKER_LOST:
    case EVENT_WORKER_KICKED:
        about_worker(ret, event->departure.worker);
        return true;
    case EVENT_LEASE_EXPIRED:
        about_worker(ret, event->expired.worker);
        return true;
    case EVENT_LEASED_AGAIN: /* once for each loss that was said */
        ret->kind += l->losses * EVENT_TYPES;
        ret->about = event->lease.worker;
        return true;
    case EVENT_SPECULATED:
        ret->about = event->lease.worker;
        return true;
    default:
        return false;
    }
}

void event_log_write(struct event_log *l, int64_t now_ms, const struct effect *e)
{
    int number = event_number(e);
    if (number < 0)
        return;
    const struct event_name *name = &event_names[number];
    struct limited_line line;
    if (!log_wants(name->level) ||
        (limit_of(l, number, e, &line) && !log_limit_take(&l->limit, now_ms, &line)))
        return;
    if (e->type == EFFECT_REVOKE) {
        log_revocation(name, e);
        return;
    }
    log_event(name, &e->event);
    l->losses += e->event.type == EVENT_WORKER_LOST ||
                 e->event.type == EVENT_WORKER_KICKED ||
                 e->event.type == EVENT_LEASE_EXPIRED;
}

void event_log_closed(struct event_log *l, int64_t now_ms, uint64_t origin,
                      const char *address, const char *why, bool probe)
{
    enum log_level level = probe ? LOG_LEVEL_INFO : LOG_LEVEL_WARN;
    const struct limited_line line = {.class = LOG_STRANGERS,
                                      .kind = hash_of(CLOSED, why),
                                      .origin = origin,
                                      .number = probe ? PROBE : CLOSED,
                                      .about = address};
    if (l && log_wants(level) && log_limit_take(&l->limit, now_ms, &line))
        LOG_AT(level, "connection closed", log_str("addr", address),
               log_str("reason", why));
}

void event_log_full(struct event_log *l, int64_t now_ms, size_t connections,
                    size_t limit)
{
    if (!l || (l->full_ms != 0 && now_ms - l->full_ms < FULL_AGAIN_MS))
        return;
    l->full_ms = now_ms;
    log_warn("too many connections: refusing new ones, existing ones continue",
             log_int("connections", (int64_t)connections),
             log_int("limit", (int64_t)limit),
             log_str("hint", "raise LimitNOFILE= or 'ulimit -n 65536'"));
}

void event_log_tick(struct event_log *l, int64_t now_ms)
{
    struct limited_line line;
    uint64_t more;
    while (l && log_limit_due(&l->limit, now_ms, &line, &more)) {
        const struct event_name *name =
            line.number < 0 ? NULL : &event_names[line.number];
        LOG_AT(name                   ? name->level
               : line.number == PROBE ? LOG_LEVEL_INFO
                                      : LOG_LEVEL_WARN,
               name ? name->line : "connection closed", log_u64("more", more),
               log_str("last", line.about));
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
        log_real(job_estimate_name(j),
                 j->pi), /* last, as it is unknown before the first result */
    };
    log_write(LOG_LEVEL_INFO, "status of the job", fields,
              ARRAY_SIZE(fields) - (j->done == 0));
}
