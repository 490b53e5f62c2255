// SPDX-License-Identifier: MIT
/*
 * Replies to operators: jobs, lists, status, watchers.  All numbers are those of the
 * last durable transaction.  A question about rows waits while a transaction is being
 * written.
 */
#include "server/core/reply.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/estimate.h"
#include "server/core/effects.h"
#include "server/core/job.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"

/* ---- one job ---- */

static bool all_draining(const struct coord *c)
{
    for (size_t i = 0; i < c->fleet.workers.n; i++)
        if (c->fleet.workers.items[i]->ready && !c->fleet.workers.items[i]->draining)
            return false;
    return true;
}

static const char *no_workers(struct coord *c)
{
    if (c->peers.refused == 0)
        return "no workers attached";
    return arena_printf(&c->out.arena, "no workers attached, %u refused: %s",
                        c->peers.refused, c->peers.refused_why);
}

/* Why an unfinished job makes no progress; "" if it does. */
static const char *stall_reason(struct coord *c, const struct job *j)
{
    const struct ledger *l = &j->ledger;
    if (c->commits.retry_ms >= 0)
        return store_refusal(c);
    if (c->stop.asked)
        return "the coordinator is stopping";
    if (j->record.state == JOB_PAUSED)
        return "paused by an operator";
    if (c->fleet.threads == 0)
        return no_workers(c);
    if (j->time_up)
        return "its time is over, waiting for the leases that are out";
    if (l->leased.n)
        return "";
    if (l->hold)
        return "recomputing a range on which two workers disagree";
    if (l->free.n == 0 && l->total.verified_done < l->total.done)
        return "waiting for audits of what untrusted workers have computed";
    if (all_draining(c))
        return "all workers are leaving";
    if (c->clock.now_ms < c->jobs.resume_ms)
        return "waiting for workers to resume what they hold";
    return c->jobs.active.n > 1 ? "other jobs come first" : "";
}

static const char *job_reason(struct coord *c, const struct job *j)
{
    switch (j->shown.state) {
    case JOB_QUEUED:
    case JOB_RUNNING:
    case JOB_PAUSED:
        return stall_reason(c, j);
    case JOB_DONE:
        return "";
    case JOB_CANCELLED:
        return "cancelled by an operator";
    case JOB_FAILED:
        return j->why;
    }
    return "";
}

void reply_job_view(struct coord *c, struct job *j, struct job_view *ret)
{
    const struct shown *s = &j->shown;
    job_rate(c, j);
    struct estimate e = estimate_from(s->tally.hits, s->tally.done);
    double average =
        s->elapsed_ms > 0 ? (double)s->tally.done * 1000 / (double)s->elapsed_ms : 0;
    *ret = (struct job_view){.number = j->number,
                             .name = j->record.name,
                             .state = s->state,
                             .reason = job_reason(c, j),
                             .seed = j->record.seed,
                             .trials = s->trials,
                             .done = s->tally.done,
                             .hits = s->tally.hits,
                             .verified_done = s->tally.verified_done,
                             .verified_hits = s->tally.verified_hits,
                             .pi = e.known ? e.pi : NAN,
                             .stderr_ = e.known ? e.stderr_ : NAN,
                             .ci_low = e.known ? e.ci_low : NAN,
                             .ci_high = e.known ? e.ci_high : NAN,
                             .rate = s->state < JOB_DONE ? j->rate : average,
                             .rule = j->record.rule,
                             .until_stderr = j->record.until_stderr,
                             .for_ms = j->record.for_ms,
                             .weight = j->record.weight,
                             .elapsed_ms = s->elapsed_ms,
                             .leased = j->ledger.leased.total,
                             .computed_again = j->record.computed_again,
                             .surplus = s->surplus,
                             .audit = j->record.audit};
    memcpy(ret->uid, j->record.uid, UID_BYTES);
}

/* ---- replies ---- */

static void send_reply(struct coord *c, conn_id conn, const struct msg_reply *r)
{
    struct msg m = {.type = MSG_REPLY, .reply = *r};
    send_msg(c, conn, &m);
}

void reply_job(struct coord *c, conn_id conn, uint32_t request, struct job *j,
               bool last, bool droppable)
{
    struct msg_reply r = {.id = request, .last = last, .body = REPLY_JOB};
    reply_job_view(c, j, &r.job);
    send_reply(c, conn, &r);
    c->out.effects.items[c->out.effects.n - 1].send.droppable = droppable;
}

void reply_done(struct coord *c, conn_id conn, uint32_t request)
{
    send_reply(c, conn,
               &(struct msg_reply){.id = request, .last = true, .body = REPLY_DONE});
}

void reply_error(struct coord *c, conn_id conn, uint32_t request, enum error_code code,
                 const char *hint, const char *format, ...)
{
    char text[TEXT_BYTES + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct msg_reply r = {.id = request, .last = true, .body = REPLY_ERROR};
    r.error.code = code;
    r.error.message = arena_printf(&c->out.arena, "%s", text);
    r.error.hint = hint;
    send_reply(c, conn, &r);
}

/* ---- lists ---- */

void reply_jobs(struct coord *c, conn_id conn, uint32_t request)
{
    size_t from = 0;
    do {
        size_t n = c->jobs.all.n - from < LIST_MAX ? c->jobs.all.n - from : LIST_MAX,
               shown = 0;
        struct job_view *views = arena_array(&c->out.arena, n, sizeof(*views));
        for (size_t i = 0; i < n; i++)
            if (c->jobs.all.items[from + i]->shown.there)
                reply_job_view(c, c->jobs.all.items[from + i], &views[shown++]);
        from += n;
        struct msg_reply r = {
            .id = request, .last = from == c->jobs.all.n, .body = REPLY_JOBS};
        r.jobs.n = shown;
        r.jobs.jobs = views;
        send_reply(c, conn, &r);
    } while (from < c->jobs.all.n);
}

static enum worker_state worker_state(const struct coord *c, const struct worker *w)
{
    if (!w->conn)
        return w->left ? WORKER_LEFT : WORKER_LOST;
    if (c->clock.now_ms - w->heard_ms > HEARTBEAT_MS + HEARTBEAT_MS / 2)
        return WORKER_SILENT;
    if (w->draining)
        return WORKER_DRAINING;
    for (uint32_t i = 0; i < w->n_threads; i++)
        if (w->threads[i].head)
            return WORKER_BUSY;
    return WORKER_IDLE;
}

static enum worker_trust worker_trust(const struct standing *s)
{
    if (s->trusted || s->spawned)
        return TRUST_FULL;
    return s->passed >= PROBATION_RESULTS ? TRUST_SAMPLED : TRUST_PROBATION;
}

static void view_worker(const struct coord *c, const struct worker *w,
                        struct worker_view *ret)
{
    *ret = (struct worker_view){.id = w->id,
                                .name = w->name,
                                .address = w->address,
                                .kernel = w->kernel,
                                .version = w->version,
                                .threads = w->n_threads,
                                .state = worker_state(c, w),
                                .trials = w->trials,
                                .last_seen_ms = c->clock.now_ms - w->heard_ms,
                                .trust = worker_trust(w->standing),
                                .audited = w->standing->passed,
                                .audits = w->standing->due,
                                .z = standing_z(w->standing)};
    for (uint32_t i = 0; i < w->n_threads; i++) {
        ret->rate += (double)w->threads[i].credited_rate;
        for (const struct grant *g = w->threads[i].head; g; g = g->next)
            ret->leases += (uint32_t)__builtin_popcountll(g->outstanding);
    }
}

void reply_workers(struct coord *c, conn_id conn, uint32_t request)
{
    size_t from = 0;
    do {
        size_t n =
            c->fleet.workers.n - from < LIST_MAX ? c->fleet.workers.n - from : LIST_MAX;
        struct worker_view *views = arena_array(&c->out.arena, n, sizeof(*views));
        for (size_t i = 0; i < n; i++)
            view_worker(c, c->fleet.workers.items[from + i], &views[i]);
        from += n;
        struct msg_reply r = {
            .id = request, .last = from == c->fleet.workers.n, .body = REPLY_WORKERS};
        r.workers.n = n;
        r.workers.workers = views;
        send_reply(c, conn, &r);
    } while (from < c->fleet.workers.n);
}

static void view_answer(struct coord *c, const struct final *f, struct answer_view *ret)
{
    const struct job *j = job_by_number(c, f->job);
    struct estimate e = estimate_from(f->hits, f->trials);
    *ret = (struct answer_view){.job = f->job,
                                .name = j->record.name,
                                .seed = j->record.seed,
                                .trials = f->trials,
                                .hits = f->hits,
                                .pi = e.pi,
                                .stderr_ = e.stderr_,
                                .ci_low = e.ci_low,
                                .ci_high = e.ci_high,
                                .elapsed_ms = f->elapsed_ms};
}

void reply_history(struct coord *c, conn_id conn, uint32_t request)
{
    size_t from = 0;
    do {
        size_t n =
            c->jobs.answers.n - from < LIST_MAX ? c->jobs.answers.n - from : LIST_MAX;
        struct answer_view *views = arena_array(&c->out.arena, n, sizeof(*views));
        for (size_t i = 0; i < n; i++)
            view_answer(c, &c->jobs.answers.items[from + i], &views[i]);
        from += n;
        struct msg_reply r = {
            .id = request, .last = from == c->jobs.answers.n, .body = REPLY_HISTORY};
        r.history.n = n;
        r.history.answers = views;
        send_reply(c, conn, &r);
    } while (from < c->jobs.answers.n);
}

/* ---- the ledger ---- */

static void ledger_cells(struct coord *c, const struct ledger *l, struct ledger_view *v)
{
    uint64_t *columns = arena_array(&c->out.arena, 4 * CELLS_MAX, sizeof(*columns));
    v->first = columns;
    v->count = columns + CELLS_MAX;
    v->done = columns + 2 * CELLS_MAX;
    v->hits = columns + 3 * CELLS_MAX;
    for (size_t cell = 0; cell < l->n_cells && cell < CELLS_MAX; cell++) {
        uint64_t first = cell_first(cell), end = cell_first(cell + 1);
        if (l->cells[cell].done == 0)
            continue;
        size_t at = v->n_cells++;
        columns[at] = first;
        columns[CELLS_MAX + at] = (end < l->limit ? end : l->limit) - first;
        columns[2 * CELLS_MAX + at] = l->cells[cell].done;
        columns[3 * CELLS_MAX + at] = l->cells[cell].hits;
    }
}

void reply_ledger(struct coord *c, conn_id conn, uint32_t request, struct job *j)
{
    const struct ledger *l = &j->ledger;
    size_t from = 1;
    struct msg_reply r = {.id = request, .body = REPLY_LEDGER};
    struct job_view *job = arena_alloc(&c->out.arena, sizeof(*job));
    reply_job_view(c, j, job);
    r.ledger.job = job;
    ledger_cells(c, l, &r.ledger);
    do {
        size_t n = l->n_shares - from < LIST_MAX ? l->n_shares - from : LIST_MAX;
        struct share_view *shares = arena_array(&c->out.arena, n, sizeof(*shares));
        for (size_t i = 0; i < n; i++) {
            const struct share *s = &l->shares[from + i];
            shares[i] = (struct share_view){s->worker, s->name, s->trials, s->hits};
        }
        from += n;
        r.last = from == l->n_shares;
        r.ledger.n_shares = n;
        r.ledger.shares = shares;
        send_reply(c, conn, &r);
        r.ledger = (struct ledger_view){0};
    } while (from < l->n_shares);
}

/* ---- status ---- */

void reply_status(struct coord *c, conn_id conn, uint32_t request, struct job *j)
{
    struct msg_reply r = {.id = request, .last = true, .body = REPLY_STATUS};
    struct status_view *s = &r.status;
    *s = (struct status_view){.version = c->version,
                              .protocol = PROTOCOL_MAX,
                              .uptime_ms = c->clock.now_ms - c->clock.start_ms,
                              .state = c->commits.retry_ms >= 0 ? COORD_DEGRADED
                                       : c->stop.asked          ? COORD_DRAINING
                                                                : COORD_READY,
                              .reason = "",
                              .threads = c->fleet.threads,
                              .jobs_active = (uint32_t)c->jobs.active.n};
    for (size_t i = 0; i < c->fleet.workers.n; i++)
        s->workers += c->fleet.workers.items[i]->ready;
    for (size_t i = 0; i < c->jobs.active.n; i++) {
        job_rate(c, c->jobs.active.items[i]);
        s->rate += c->jobs.active.items[i]->rate;
    }
    if (c->config.host)
        c->config.host(c->config.ctx, &s->host);
    if (c->commits.retry_ms >= 0)
        s->reason = store_refusal(c);
    else if (c->stop.asked)
        s->reason = "the coordinator is stopping";
    else if (c->fleet.threads == 0)
        s->reason = no_workers(c);
    else if (c->jobs.active.n == 0)
        s->reason = "no job to work on";
    if (j && j->shown.there) {
        struct job_view *view = arena_alloc(&c->out.arena, sizeof(*view));
        reply_job_view(c, j, view);
        s->job = view;
    }
    send_reply(c, conn, &r);
}
