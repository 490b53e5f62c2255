// SPDX-License-Identifier: MIT
/*
 * What operators ask for.  Whatever changes a job or a worker is answered when it is
 * durable, and so is a refusal where a job has ended; what only asks is answered by
 * query.c.
 */
#include "server/core/request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/estimate.h"
#include "common/wire/names.h"
#include "server/core/effects.h"
#include "server/core/entropy.h"
#include "server/core/job.h"
#include "server/core/peer.h"
#include "server/core/program.h"
#include "server/core/query.h"
#include "server/core/reply.h"
#include "server/core/request_worker.h"
#include "server/core/token.h"
#include "server/core/transaction.h"
#include "server/core/watch.h"

enum { JOBS_MAX = 10000 }; /* an operator cannot flood it */

/* Older operators say only what is not adaptive. */
static enum audit_policy audit_of(const struct coord *c, const struct msg_submit *s)
{
    return s->audit_given || s->audit != AUDIT_ADAPTIVE ? s->audit : c->config.audit;
}

/* Requests that are made here may leave it out. */
static const char *program_asked(const struct msg_submit *s)
{
    return s->program ? s->program : "";
}

/* What the wire allows and no new job may have.  False: the operator has been told. */
static bool is_sensible(struct coord *c, conn_id conn, const struct msg_request *r)
{
    const struct msg_submit *s = &r->submit;
    if (job_id_like(s->name)) {
        reply_error(c, conn, r->id, ERROR_BAD_REQUEST, "give this job another: --name",
                    "the name %s reads like the id of a job", s->name);
        return false;
    }
    if (!*program_asked(s) && s->rule == STOP_STDERR &&
        s->until_stderr < ESTIMATE_STDERR_LEAST) {
        reply_error(c, conn, r->id, ERROR_BAD_REQUEST, "",
                    "a job has 2^62 trials at most, which reach a standard error of %g",
                    ESTIMATE_STDERR_LEAST);
        return false;
    }
    return true;
}

/* False: the operator has been told. */
static bool has_program(struct coord *c, conn_id conn, const struct msg_request *r,
                        struct program_record *ret)
{
    const char *hint;
    const char *wrong =
        program_submit(c, &r->submit, audit_of(c, &r->submit), ret, &hint);
    if (wrong)
        reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE, hint, "%s", wrong);
    return !wrong;
}

static void submit(struct coord *c, conn_id conn, const struct msg_request *r)
{
    const struct msg_submit *s = &r->submit;
    struct job *known = job_by_request(c, s->request);
    if (known) {
        transaction_reply(c, conn, r, known);
        return;
    }
    if (c->jobs.all.n == JOBS_MAX) {
        reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE,
                    "pictl rm JOB removes one that has ended",
                    "this coordinator has %d jobs, its limit", JOBS_MAX);
        return;
    }
    struct program_record of;
    bool program = *program_asked(s);
    if (!is_sensible(c, conn, r) || (program && !has_program(c, conn, r, &of)))
        return;
    uint64_t trials = program ? s->trials << UNIT_LOG2 : s->trials;
    struct job_record record = {.state = JOB_QUEUED,
                                .rule = s->rule,
                                .seed = s->seed_given ? s->seed : entropy_shown(c),
                                .trials = s->rule == STOP_TRIALS ? trials : 0,
                                .until_stderr = s->until_stderr,
                                .for_ms = s->for_ms,
                                .weight = s->weight,
                                .audit = audit_of(c, s),
                                .submitted_ms = c->clock.wall_ms};
    memcpy(record.request, s->request, UID_BYTES);
    snprintf(record.name, sizeof(record.name), "%s", s->name);
    for (size_t i = 0; i < UID_BYTES; i += 8) {
        uint64_t word = entropy_shown(c);
        memcpy(record.uid + i, &word, 8);
    }
    struct job *j = job_add(c, &record, program ? &of : NULL);
    j->event = EVENT_JOB_SUBMITTED;
    j->has_event = true;
    transaction_reply(c, conn, r, j);
}

static void not_possible(struct coord *c, conn_id conn, const struct msg_request *r,
                         const struct job *j, const char *verb, const char *hint)
{
    reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE, hint,
                "job j-%llu is %s: it cannot be %s", (unsigned long long)j->number,
                job_state_name(j->record.state), verb);
}

static void cancel(struct coord *c, conn_id conn, const struct msg_request *r,
                   struct job *j)
{
    if (job_ended(j) && j->record.state != JOB_CANCELLED) {
        not_possible(c, conn, r, j, "cancelled", "");
        return;
    }
    if (!job_ended(j))
        job_end(c, j, JOB_CANCELLED, EVENT_JOB_CANCELLED);
    transaction_reply(c, conn, r, j);
}

static void pause_job(struct coord *c, conn_id conn, const struct msg_request *r,
                      struct job *j)
{
    if (job_ended(j)) {
        not_possible(c, conn, r, j, "paused", "");
        return;
    }
    if (j->record.state != JOB_PAUSED)
        job_set_state(c, j, JOB_PAUSED, EVENT_JOB_PAUSED);
    transaction_reply(c, conn, r, j);
}

static void resume_job(struct coord *c, conn_id conn, const struct msg_request *r,
                       struct job *j)
{
    if (job_ended(j)) {
        not_possible(c, conn, r, j, "resumed",
                     j->record.state == JOB_DONE ? "pictl extend adds trials to it"
                                                 : "");
        return;
    }
    if (j->record.state == JOB_PAUSED) { /* leases may be out all the while */
        job_set_state(c, j, j->ledger.leased.n > 0 ? JOB_RUNNING : JOB_QUEUED,
                      EVENT_JOB_RESUMED);
        j->rate_ms = 0; /* what was measured before the pause says nothing */
    }
    transaction_reply(c, conn, r, j);
}

static void extend_request(struct coord *c, conn_id conn, const struct msg_request *r,
                           struct job *j)
{
    uint32_t unit = job_unit(j);
    uint64_t trials = r->trials << unit;
    if (unit && r->trials > PROGRAM_TRIALS_MAX) {
        reply_error(c, conn, r->id, ERROR_BAD_REQUEST, "",
                    "a program's job has at most 7.0e13 trials");
        return;
    }
    if (j->extend_to == trials) {
        transaction_reply(c, conn, r, j); /* asked for twice */
        return;
    }
    if (j->extend_to) {
        reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE, "try again in a moment",
                    "job j-%llu is being extended to %llu trials",
                    (unsigned long long)j->number,
                    (unsigned long long)(j->extend_to >> unit));
        return;
    }
    if (j->record.state != JOB_DONE) {
        if (j->record.trials == trials && j->record.rule == STOP_TRIALS &&
            !job_ended(j)) {
            transaction_reply(c, conn, r, j); /* asked for twice */
            return;
        }
        not_possible(c, conn, r, j, "extended", "only a job that is done can be");
        return;
    }
    if (!job_fits(c, &j->of)) {
        reply_error(c, conn, r->id, ERROR_NOT_POSSIBLE, "",
                    "there are open jobs of %d programs, the limit", KINDS_MAX - 1);
        return;
    }
    if (trials <= j->record.trials) {
        reply_error(c, conn, r->id, ERROR_BAD_REQUEST,
                    "give the new number of trials, not how many to add",
                    "job j-%llu has %llu trials already", (unsigned long long)j->number,
                    (unsigned long long)(j->record.trials >> unit));
        return;
    }
    j->extend_to = trials;
    transaction_reply(c, conn, r, j);
}

static void rm(struct coord *c, conn_id conn, const struct msg_request *r,
               struct job *j)
{
    if (!job_ended(j)) {
        not_possible(c, conn, r, j, "removed", "pictl cancel ends it first");
        return;
    }
    transaction_remove(c, j);
    transaction_reply(c, conn, r, NULL);
}

/* That the job has ended, goes on after all or is removed, is not durable: what may be
 * done with it is not known yet.  A removal waits for what is being recomputed as well:
 * the standing of workers hangs on it, and rows of theirs in other jobs. */
static bool undecided(const struct job *j, enum request_verb verb)
{
    bool busy = j->extend_to || j->audits_due > 0 || j->disputes > 0;
    return job_ended(j) != (j->shown.state >= JOB_DONE) || j->removed ||
           (verb == REQUEST_RM && job_ended(j) && busy);
}

static void defer(struct coord *c, conn_id conn, const struct msg_request *r,
                  const struct job *j)
{
    struct due *d = VEC_PUSH(&c->deferred);
    *d = (struct due){.conn = conn, .request = *r};
    d->request.job = j->number; /* that one, even if it is not the current one then */
}

static void no_job(struct coord *c, conn_id conn, const struct msg_request *r)
{
    struct msg_reply none = reply_no_job(&c->out.arena, r);
    reply_send(c, conn, &none);
}

/* Requests that change jobs. */
static void change_job(struct coord *c, conn_id conn, const struct msg_request *r)
{
    if (reply_cannot_save(c, conn, r->id))
        return;
    if (r->verb == REQUEST_SUBMIT) {
        submit(c, conn, r);
        return;
    }
    struct job *j = r->job ? job_by_number(c, r->job) : job_current(c);
    if (!j)
        no_job(c, conn, r);
    else if (undecided(j, r->verb))
        defer(c, conn, r, j);
    else if (r->verb == REQUEST_CANCEL)
        cancel(c, conn, r, j);
    else if (r->verb == REQUEST_PAUSE)
        pause_job(c, conn, r, j);
    else if (r->verb == REQUEST_RESUME)
        resume_job(c, conn, r, j);
    else if (r->verb == REQUEST_RM)
        rm(c, conn, r, j);
    else
        extend_request(c, conn, r, j);
}

static void watch(struct coord *c, conn_id conn, const struct msg_request *r)
{
    struct job *j = r->job ? job_by_number(c, r->job) : job_current(c);
    if (j && j->shown.there)
        watch_add(c, conn, r, j);
    else
        no_job(c, conn, r);
}

/* ---- what only asks ---- */

struct asker {
    struct coord *coord;
    conn_id conn;
};

static void send_answer(void *ctx, const struct msg_reply *r)
{
    const struct asker *a = ctx;
    reply_send(a->coord, a->conn, r);
}

static void ask(struct coord *c, conn_id conn, const struct msg_request *r)
{
    struct asker asker = {c, conn};
    struct viewpoint here = reply_viewpoint(c);
    bool waits = r->verb == REQUEST_LEDGER && c->commits.in_flight;
    if (waits || !query_answer(&here, r, send_answer, &asker))
        *VEC_PUSH(&c->deferred) = (struct due){.conn = conn, .request = *r};
}

void request_take(struct coord *c, conn_id conn, const struct msg_request *r)
{
    struct effect *e;
    assert(peer_by_conn(c, conn));
    if (r->wrong) {
        reply_error(c, conn, r->id, ERROR_BAD_REQUEST, "", "%s", r->wrong);
        return;
    }
    switch (r->verb) {
    case REQUEST_SUBMIT:
    case REQUEST_CANCEL:
    case REQUEST_PAUSE:
    case REQUEST_RESUME:
    case REQUEST_EXTEND:
    case REQUEST_RM:
        change_job(c, conn, r);
        return;
    case REQUEST_DRAIN:
    case REQUEST_KICK:
    case REQUEST_TRUST:
    case REQUEST_BAN:
    case REQUEST_PARDON:
    case REQUEST_UNTRUST:
        request_worker(c, conn, r);
        return;
    case REQUEST_TOKEN:
        token_request(c, conn, r);
        return;
    case REQUEST_BACKUP:
        effect_add(c, EFFECT_BACKUP, conn)->request = r->id;
        return;
    case REQUEST_EVENTS:
        e = effect_add(c, EFFECT_EVENTS, conn);
        e->events.request = r->id;
        e->events.follow = r->follow;
        return;
    case REQUEST_STATUS:
    case REQUEST_JOBS:
    case REQUEST_WORKERS:
    case REQUEST_HISTORY:
    case REQUEST_LEDGER:
        ask(c, conn, r);
        return;
    case REQUEST_WATCH:
        watch(c, conn, r);
        return;
    }
}

/* Some may have to wait again: they are put behind. */
void request_deferred(struct coord *c)
{
    size_t n = c->deferred.n;
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        struct due d = c->deferred.items[i];
        if (peer_by_conn(c, d.conn))
            request_take(c, d.conn, &d.request);
    }
    c->deferred.n -= n;
    memmove(c->deferred.items, c->deferred.items + n,
            c->deferred.n * sizeof(*c->deferred.items));
}

void request_release(struct coord *c)
{
    free(c->deferred.items);
}
