// SPDX-License-Identifier: MIT
/*
 * Read-only requests: the status, lists in pieces, the ledger.
 *
 * The ledger in memory is ahead of the disk by the transaction in flight, so its
 * durable part is what it holds less the rows of that transaction.
 */
#include "server/core/query.h"

#include <assert.h>

#include "common/base/estimate.h"
#include "server/core/backlog.h"
#include "server/core/cost.h"
#include "server/core/job.h"
#include "server/core/kind.h"
#include "server/core/ledger_revoke.h"
#include "server/core/rate.h"
#include "server/core/rows.h"
#include "server/core/slices.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"

/* A request, and the sink that gets the replies. */
struct question {
    const struct viewpoint *at;
    uint32_t id;
    reply_sink *sink;
    void *ctx;
};

static void send_reply(const struct question *q, struct msg_reply *r, bool last)
{
    r->id = q->id;
    r->last = last;
    q->sink(q->ctx, r);
}

/* ---- lists, in pieces of LIST_MAX ---- */

static size_t piece_end(size_t from, size_t n)
{
    return n - from < LIST_MAX ? n : from + LIST_MAX;
}

/* A program that has failed takes as much room as two workers. */
static size_t workers_end(const struct coord *c, size_t from, size_t n)
{
    size_t end = from, weight = 0;
    for (; end < n && end - from < LIST_WORKERS; end++) {
        weight += 1 + 2 * c->fleet.workers.items[end]->n_failures;
        if (weight > LIST_WORKERS && end > from)
            break;
    }
    return end;
}

static size_t jobs_end(size_t from, size_t n)
{
    return n - from < LIST_JOBS ? n : from + LIST_JOBS;
}

static void list_jobs(const struct question *q)
{
    const struct coord *c = q->at->coord;
    size_t from = 0, n = c->jobs.all.n;
    do {
        size_t end = jobs_end(from, n), shown = 0;
        struct job_view *views = arena_array(q->at->memory, end - from, sizeof(*views));
        for (; from < end; from++)
            if (c->jobs.all.items[from]->shown.there)
                reply_job_view(q->at, c->jobs.all.items[from], &views[shown++]);
        struct msg_reply r = {.body = REPLY_JOBS, .jobs = {.n = shown, .jobs = views}};
        send_reply(q, &r, from == n);
    } while (from < n);
}

static enum worker_state worker_state(int64_t now_ms, const struct worker *w)
{
    if (!w->conn)
        return w->left ? WORKER_LEFT : WORKER_LOST;
    if (now_ms - w->heard_ms > HEARTBEAT_MS + HEARTBEAT_MS / 2)
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
    if (s->trusted || s->by_token)
        return TRUST_FULL;
    return s->passed >= PROBATION_RESULTS ? TRUST_SAMPLED : TRUST_PROBATION;
}

static enum worker_removed how_removed(const struct coord *c, uint64_t worker,
                                       bool kicked)
{
    if (standing_ban(c, worker))
        return REMOVED_BANNED;
    return kicked ? REMOVED_KICKED : REMOVED_NOT;
}

static enum trusted_as trusted_as(const struct standing *s)
{
    if (s->by_token)
        return s->by_token;
    return s->trusted ? TRUSTED_NAMED : TRUSTED_NOT;
}

/* In trials/s of what it computes now, else of pi. */
static double rate_shown(const struct thread *t)
{
    const struct job *j = t->head ? t->head->job : NULL;
    const struct pace *p = j ? rate_known(t, j->program) : &t->pi;
    return p ? (double)rate_believed(p) / (double)(1 << (j ? job_unit(j) : 0)) : 0;
}

static void view_failure(const struct failure *f, struct program_view *ret)
{
    *ret = (struct program_view){
        .name = f->name, .state = PROGRAM_FAILED, .reason = f->why, .stderr_ = f->said};
}

static void view_offer(const struct coord *c, const struct worker *w,
                       const struct offer *o, struct program_view *ret)
{
    const struct program *p = program_find(c, o->name);
    const struct standing *s = p ? standing_in(w->standing, p) : NULL;
    bool excluded = s && s->excluded;
    *ret = (struct program_view){.name = o->name,
                                 .state = excluded ? PROGRAM_EXCLUDED : PROGRAM_READY,
                                 .test_known = true,
                                 .test = o->test,
                                 .rate = o->rate,
                                 .reason = excluded ? s->excluded : "",
                                 .stderr_ = ""};
}

/* What it offers, and what has failed, up to PROGRAMS_MAX. */
static void view_programs(const struct coord *c, const struct worker *w,
                          struct arena *memory, struct worker_view *ret)
{
    uint32_t n = w->n_offers + w->n_failures;
    n = n < PROGRAMS_MAX ? n : PROGRAMS_MAX;
    struct program_view *views = arena_array(memory, n, sizeof(*views));
    for (uint32_t i = 0; i < n; i++)
        if (i < w->n_offers)
            view_offer(c, w, &w->offers[i], &views[i]);
        else
            view_failure(&w->failures[i - w->n_offers], &views[i]);
    ret->n_programs = n;
    ret->programs = views;
}

/* Unix time; 0: not known. */
static int64_t seen_ms(const struct coord *c, const struct worker *w)
{
    return c->clock.wall_ms ? c->clock.wall_ms - (c->clock.now_ms - w->heard_ms) : 0;
}

static void view_worker(const struct coord *c, int64_t now_ms, const struct worker *w,
                        struct arena *memory, struct worker_view *ret)
{
    *ret = (struct worker_view){.id = w->id,
                                .name = w->name,
                                .address = w->address,
                                .kernel = w->kernel,
                                .version = w->version,
                                .threads = w->claimed,
                                .state = worker_state(now_ms, w),
                                .trials = w->trials,
                                .last_seen_ms = now_ms - w->heard_ms,
                                .trust = worker_trust(w->standing),
                                .audited = w->standing->passed,
                                .audits = w->standing->due,
                                .z = standing_z(w->standing),
                                .audit_ms = cost_debt_ms(c, w->standing),
                                .trusted_as = trusted_as(w->standing),
                                .removed = how_removed(c, w->id, w->kicked),
                                .joined_ms = w->joined_ms,
                                .seen_ms = seen_ms(c, w)};
    for (uint32_t i = 0; i < w->n_threads; i++) {
        ret->rate += rate_shown(&w->threads[i]);
        for (const struct grant *g = w->threads[i].head; g; g = g->next)
            ret->leases += (uint32_t)__builtin_popcountll(g->outstanding);
    }
    view_programs(c, w, memory, ret);
}

void query_worker_view(const struct coord *c, uint64_t worker, struct arena *memory,
                       struct worker_view *ret)
{
    const struct worker *w = map_get(&c->fleet.by_id, worker);
    if (w)
        view_worker(c, c->clock.now_ms, w, memory, ret);
    else
        *ret = (struct worker_view){.id = worker,
                                    .name = "",
                                    .address = "",
                                    .kernel = "",
                                    .version = "",
                                    .state = WORKER_LOST,
                                    .trust = TRUST_PROBATION,
                                    .removed = how_removed(c, worker, false)};
}

static void list_workers(const struct question *q)
{
    const struct coord *c = q->at->coord;
    size_t from = 0, n = c->fleet.workers.n;
    do {
        size_t end = workers_end(c, from, n), i = 0;
        struct worker_view *views =
            arena_array(q->at->memory, end - from, sizeof(*views));
        for (; from < end; from++)
            view_worker(c, q->at->now_ms, c->fleet.workers.items[from], q->at->memory,
                        &views[i++]);
        struct msg_reply r = {.body = REPLY_WORKERS,
                              .workers = {.n = i, .workers = views}};
        send_reply(q, &r, from == n);
    } while (from < n);
}

static void view_answer(const struct coord *c, const struct final *f,
                        struct answer_view *ret)
{
    const struct job *j = job_by_number(c, f->job);
    struct estimate e = reply_estimate(j, f->hits, f->trials);
    struct anytime a = reply_anytime(j, f->hits, f->trials);
    *ret = (struct answer_view){.job = f->job,
                                .name = j->record.name,
                                .seed = j->record.seed,
                                .trials = f->trials >> job_unit(j),
                                .hits = f->hits,
                                .pi = e.pi,
                                .stderr_ = e.stderr_,
                                .ci_low = e.ci_low,
                                .ci_high = e.ci_high,
                                .any_low = a.low,
                                .any_high = a.high,
                                .elapsed_ms = f->elapsed_ms,
                                .program = j->of.name,
                                .score = j->of.score};
}

static void list_answers(const struct question *q)
{
    const struct coord *c = q->at->coord;
    size_t from = 0, n = c->jobs.answers.n;
    do {
        size_t end = piece_end(from, n), i = 0;
        struct answer_view *views =
            arena_array(q->at->memory, end - from, sizeof(*views));
        for (; from < end; from++)
            view_answer(c, &c->jobs.answers.items[from], &views[i++]);
        struct msg_reply r = {.body = REPLY_HISTORY,
                              .history = {.n = i, .answers = views}};
        send_reply(q, &r, from == n);
    } while (from < n);
}

/* ---- the ledger ---- */

/* Whether the durable ledger can be computed: a transaction in flight that revokes rows
 * or moves the job's end changes more than the rows that it adds. */
static bool ledger_is_known(const struct coord *c, const struct job *j)
{
    return !c->commits.in_flight ||
           (c->commits.flight.revocations.n == 0 && c->commits.flight.doubts.n == 0 &&
            j->record.trials == j->shown.trials);
}

/* The durable part of each cell that has one. */
static void ledger_cells(struct arena *memory, const struct ledger *l, uint32_t unit,
                         struct ledger_view *ret)
{
    uint64_t *columns = arena_array(memory, 4 * CELLS_MAX, sizeof(*columns));
    uint64_t *first = columns, *count = first + CELLS_MAX, *done = count + CELLS_MAX,
             *hits = done + CELLS_MAX;
    struct span_at at = span_begin();
    size_t n = 0;
    for (size_t cell = 0; cell < l->n_cells && cell < CELLS_MAX; cell++) {
        uint64_t end = cell_first(cell + 1);
        first[n] = cell_first(cell);
        count[n] = (end < l->limit ? end : l->limit) - first[n];
        done[n] = l->cells[cell].done;
        hits[n] = l->cells[cell].hits;
        for (; span_valid(&l->flight, at); at = span_next(&l->flight, at)) {
            const struct span *x = span_get(&l->flight, at);
            if (x->first >= end || x->first >= l->limit)
                break;
            done[n] -= x->end - x->first;
            hits[n] -= x->value;
        }
        first[n] >>= unit;
        count[n] >>= unit;
        done[n] >>= unit;
        n += done[n] > 0;
    }
    ret->n_cells = n;
    ret->first = first;
    ret->count = count;
    ret->done = done;
    ret->hits = hits;
}

/* The durable part of each share, but for the first, which belongs to no worker. */
static struct share_view *ledger_shares(struct arena *memory, const struct ledger *l,
                                        uint32_t unit)
{
    struct share_view *views = arena_array(memory, l->n_shares, sizeof(*views));
    for (size_t i = 0; i < l->n_shares; i++) {
        const struct share *s = &l->shares[i];
        views[i] = (struct share_view){s->worker, s->name, s->trials, s->hits};
    }
    for (struct span_at at = span_begin(); span_valid(&l->flight, at);
         at = span_next(&l->flight, at)) {
        const struct span *x = span_get(&l->flight, at);
        views[tag_share(x->tag)].trials -= x->end - x->first;
        views[tag_share(x->tag)].hits -= x->value;
    }
    for (size_t i = 0; i < l->n_shares; i++)
        views[i].trials >>= unit;
    return views + 1;
}

/* The ranges in doubt, in two columns.  Returns their number. */
static size_t ledger_doubts(struct arena *memory, const struct ledger *l, uint32_t unit,
                            uint64_t **ret_first, uint64_t **ret_count)
{
    struct range r = {0};
    size_t n = 0;
    while (ledger_next_doubtful(l, r.first + r.count, &r))
        n++;
    *ret_first = arena_array(memory, n, sizeof(**ret_first));
    *ret_count = arena_array(memory, n, sizeof(**ret_count));
    r = (struct range){0};
    for (size_t i = 0; ledger_next_doubtful(l, r.first + r.count, &r); i++) {
        (*ret_first)[i] = r.first >> unit;
        (*ret_count)[i] = r.count >> unit;
    }
    return n;
}

static void list_ledger(const struct question *q, const struct job *j)
{
    uint32_t unit = job_unit(j);
    const struct share_view *shares = ledger_shares(q->at->memory, &j->ledger, unit);
    size_t from = 0, n = j->ledger.n_shares - 1, doubt = 0;
    uint64_t *first, *count;
    size_t doubts = ledger_doubts(q->at->memory, &j->ledger, unit, &first, &count);
    struct job_view *job = arena_alloc(q->at->memory, sizeof(*job));
    struct msg_reply r = {.body = REPLY_LEDGER, .ledger = {.job = job}};
    reply_job_view(q->at, j, job);
    ledger_cells(q->at->memory, &j->ledger, unit, &r.ledger);
    do {
        size_t end = piece_end(from, n), doubt_end = piece_end(doubt, doubts);
        r.ledger.n_shares = end - from;
        r.ledger.shares = shares + from;
        r.ledger.n_doubts = doubt_end - doubt;
        r.ledger.doubt_first = first + doubt;
        r.ledger.doubt_count = count + doubt;
        r.ledger.score = j->of.score;
        from = end;
        doubt = doubt_end;
        send_reply(q, &r, from == n && doubt == doubts);
        r.ledger = (struct ledger_view){0};
    } while (from < n || doubt < doubts);
}

/* ---- status ---- */

static struct stall stall_of(const struct viewpoint *v)
{
    struct stall s = reply_stall(v);
    if (!*s.word && v->coord->jobs.active.n == 0)
        return (struct stall){"no_job", "no job to work on"};
    return s;
}

/* j: the job in the status, or NULL. */
static void answer_status(const struct question *q, const struct job *j)
{
    const struct coord *c = q->at->coord;
    struct msg_reply r = {.body = REPLY_STATUS};
    struct stall stall = stall_of(q->at);
    struct status_view *s = &r.status;
    *s = (struct status_view){.version = c->version,
                              .protocol = PROTOCOL_MAX,
                              .uptime_ms = q->at->now_ms - c->clock.start_ms,
                              .state = c->commits.retry_ms >= 0 ? COORD_DEGRADED
                                       : c->stop.asked          ? COORD_DRAINING
                                                                : COORD_READY,
                              .reason = stall.reason,
                              .stalled = stall.word,
                              .jobs_active = (uint32_t)c->jobs.active.n,
                              .audit = c->config.audit};
    reply_audits(q->at, &s->audits);
    backlog_view(q->at, &s->waiting);
    for (size_t i = 0; i < c->fleet.workers.n; i++) {
        const struct worker *w = c->fleet.workers.items[i];
        s->workers += w->ready;
        s->threads += w->ready ? w->claimed : 0;
    }
    /* what was counted a moment ago says nothing of a fleet that has gone */
    for (size_t i = 0; i < c->jobs.active.n && s->threads > 0; i++) {
        const struct job *active = c->jobs.active.items[i];
        s->rate += job_rate_at(active, q->at->now_ms) / (double)(1 << job_unit(active));
    }
    if (c->config.host)
        c->config.host(c->config.ctx, &s->host);
    if (j && j->shown.there) {
        struct job_view *view = arena_alloc(q->at->memory, sizeof(*view));
        reply_job_view(q->at, j, view);
        s->job = view;
    }
    send_reply(q, &r, true);
}

/* ---- all requests ---- */

static bool answer_about_job(const struct question *q, const struct msg_request *r)
{
    const struct coord *c = q->at->coord;
    const struct job *j = r->job ? job_by_number(c, r->job) : job_current(c);
    bool known = j && j->shown.there;
    if (r->verb == REQUEST_STATUS && (known || !r->job)) {
        answer_status(q, j);
    } else if (!known) {
        struct msg_reply none = reply_no_job(q->at->memory, r);
        q->sink(q->ctx, &none);
    } else if (!ledger_is_known(c, j)) {
        return false;
    } else {
        list_ledger(q, j);
    }
    return true;
}

bool query_answer(const struct viewpoint *v, const struct msg_request *r,
                  reply_sink *sink, void *ctx)
{
    const struct question q = {v, r->id, sink, ctx};
    assert(r->verb == REQUEST_STATUS || r->verb == REQUEST_JOBS ||
           r->verb == REQUEST_WORKERS || r->verb == REQUEST_HISTORY ||
           r->verb == REQUEST_LEDGER);
    if (r->verb == REQUEST_JOBS)
        list_jobs(&q);
    else if (r->verb == REQUEST_WORKERS)
        list_workers(&q);
    else if (r->verb == REQUEST_HISTORY)
        list_answers(&q);
    else
        return answer_about_job(&q, r);
    return true;
}
