// SPDX-License-Identifier: MIT
/*
 * Transactions: nothing is reported before it is durable.  While one transaction is
 * being written, the next one fills; when the store is idle, pending changes are
 * written at once. Answers, replies, totals and events of a transaction are sent once
 * it is durable.
 */
#include "server/core/commit.h"

#include <assert.h>

#include "server/core/audit.h"
#include "server/core/effects.h"
#include "server/core/job.h"
#include "server/core/ledger_commit.h"
#include "server/core/ledger_revoke.h"
#include "server/core/peer.h"
#include "server/core/ready.h"
#include "server/core/reply.h"
#include "server/core/request.h"
#include "server/core/request_worker.h"
#include "server/core/results.h"
#include "server/core/settle.h"
#include "server/core/transaction.h"
#include "server/core/watch.h"
#include "server/core/worker.h"

enum { STORE_RETRY_MS = 1000 };

/* ---- answers ---- */

/* The worker may have reconnected meanwhile, with another number of threads. */
static void reported_durable(struct coord *c, const struct reported *r)
{
    struct worker *w = worker_by_id(c, r->worker);
    if (!w || r->thread >= w->n_threads || w->threads[r->thread].reported == 0)
        return;
    w->threads[r->thread].reported--;
    ready_add(c, &w->threads[r->thread]);
}

/* ---- into the store ---- */

/* Takes the author's rows back (0: those without an author). */
static void revoke(struct coord *c, struct job *j, uint64_t author)
{
    struct tally sum = {0};
    ledger_revoke(&j->ledger, author, pending_records(c), &sum);
    if (sum.done == 0)
        return;
    transaction_job(c, j);
    *VEC_PUSH(&c->commits.pending.revocations) =
        (struct revocation){j->number, author, sum.done, sum.hits};
}

/* All in one transaction, however many rows that are: half of a liar's rows is no state
 * to be in. */
static void flush_ban(struct coord *c, const struct ban_record *b)
{
    struct transaction *t = &c->commits.pending;
    record_push(&t->records, &(struct record){.type = RECORD_BAN, .ban = *b});
    for (size_t i = 0; b->revoke && i < c->jobs.all.n; i++) {
        struct job *j = c->jobs.all.items[i];
        if (j->removed || !map_get(&j->ledger.share_of, b->worker))
            continue;
        if (job_ended(j))
            transaction_job(c, j);
        else
            revoke(c, j, b->worker);
    }
}

static void flush_excluded(struct coord *c, const struct excluded *x)
{
    for (size_t i = 0; i < c->jobs.all.n; i++) {
        struct job *j = c->jobs.all.items[i];
        if (j->removed || j->program != x->program ||
            !map_get(&j->ledger.share_of, x->worker))
            continue;
        if (job_ended(j))
            transaction_job(c, j);
        else
            revoke(c, j, x->worker);
    }
}

/* In a job that has ended, the rows of those who are excluded now are in doubt.  After
 * its last rows. */
static void flush_doubt(struct coord *c, struct job *j)
{
    struct transaction *t = &c->commits.pending;
    uint64_t trials = j->discredited ? ledger_doubt(&j->ledger, 0, &t->records) : 0;
    for (size_t i = 0; i < t->bans.n; i++)
        if (t->bans.items[i].revoke)
            trials += ledger_doubt(&j->ledger, t->bans.items[i].worker, &t->records);
    for (size_t i = 0; i < t->excluded.n; i++)
        if (t->excluded.items[i].program == j->program)
            trials +=
                ledger_doubt(&j->ledger, t->excluded.items[i].worker, &t->records);
    if (trials)
        *VEC_PUSH(&t->doubts) = (struct doubt){j, trials};
}

/* Ten seconds of work beyond the highest grant: after a restart, new grants start
 * here. */
static uint64_t frontier(const struct job *j)
{
    double ahead = 10 * j->program->seen;
    uint64_t end = j->granted_end, limit = j->ledger.limit;
    if (ahead >= (double)(limit - (end < limit ? end : limit)))
        return limit;
    uint64_t unit = UINT64_C(1) << LEASE_LOG2_MIN; /* leases start at its multiples */
    end = (end + (uint64_t)ahead + unit - 1) / unit * unit;
    return end < limit ? end : limit;
}

static void flush_job(struct coord *c, struct job *j)
{
    struct transaction *t = &c->commits.pending;
    size_t place = t->records.n;
    VEC_PUSH(&t->records); /* the job's own record comes before its rows */
    assert(j->dirty);
    ledger_flush(&j->ledger, pending_records(c));
    audit_flush_job(c, j);
    if (job_ended(j))
        flush_doubt(c, j);
    j->discredited = false;
    settle_job(c, j);
    ledger_settle(&j->ledger, pending_records(c));
    job_elapse(c, j);
    j->record.frontier = frontier(j);
    struct record *own = &t->records.items[place];
    own->type = RECORD_JOB;
    own->job = j->number;
    own->job_ = j->record;
    if (j->of_dirty)
        record_push(pending_records(c), &(struct record){.type = RECORD_PROGRAM,
                                                         .job = j->number,
                                                         .program = j->of});
    j->of_dirty = false;
    job_show(j, &j->next_shown);
    job_changed(c, j);
    j->flight_event = j->event;
    j->flight_has_event = j->has_event;
    j->has_event = false;
    j->dirty = false;
    if (j->answered)
        *VEC_PUSH(&t->finals) = (struct final){
            j->number, j->record.trials, j->ledger.total.hits, j->record.elapsed_ms};
    j->answered = false;
}

static void send_to_store(struct coord *c)
{
    struct effect *e = effect_add(c, EFFECT_STORE, 0);
    e->transaction.id = c->commits.flight.id;
    e->transaction.records = c->commits.flight.records.items;
    e->transaction.n = c->commits.flight.records.n;
}

void commit_flush(struct coord *c)
{
    if (c->commits.in_flight || transaction_empty(&c->commits.pending))
        return;
    for (size_t i = 0; i < c->commits.pending.bans.n; i++)
        flush_ban(c, &c->commits.pending.bans.items[i]);
    for (size_t i = 0; i < c->commits.pending.excluded.n; i++)
        flush_excluded(c, &c->commits.pending.excluded.items[i]);
    for (size_t i = 0; i < c->commits.pending.pardons.n; i++)
        record_push(pending_records(c),
                    &(struct record){.type = RECORD_PARDON,
                                     .pardoned = c->commits.pending.pardons.items[i]});
    for (size_t i = 0; i < c->commits.pending.jobs.n; i++) {
        struct job *j = c->commits.pending.jobs.items[i];
        if (j->discredited && !job_ended(j))
            revoke(c, j, 0);
    }
    for (size_t i = 0; i < c->commits.pending.removed.n; i++)
        record_push(
            pending_records(c),
            &(struct record){.type = RECORD_RM,
                             .job = c->commits.pending.removed.items[i]->number});
    /* a job may have the request id of one that is removed */
    for (size_t i = 0; i < c->commits.pending.jobs.n; i++)
        flush_job(c, c->commits.pending.jobs.items[i]);
    audit_flush(c);
    struct transaction spare = c->commits.flight;
    c->commits.flight = c->commits.pending;
    c->commits.pending = spare;
    transaction_clear(&c->commits.pending);
    c->commits.flight.id = c->commits.next_id++;
    c->commits.in_flight = true;
    send_to_store(c);
}

void commit_retry(struct coord *c)
{
    if (c->commits.retry_ms < 0 || c->clock.now_ms < c->commits.retry_ms)
        return;
    c->commits.retry_ms = INT64_MAX; /* until the store answers */
    send_to_store(c);
}

bool commit_idle(const struct coord *c)
{
    return !c->commits.in_flight && transaction_empty(&c->commits.pending) &&
           c->waiting.results.n == 0;
}

/* ---- durable ---- */

static void job_durable(struct coord *c, struct job *j)
{
    ledger_durable(&j->ledger);
    j->shown = j->next_shown;
    job_changed(c, j);
    job_rate(c, j);
    if (j->audit_gap)
        audit_rows(c, j);
    j->audit_gap = false;
    if (j->flight_has_event)
        event_add(c,
                  (struct event){j->flight_event,
                                 .job = {.name = j->record.name,
                                         .number = j->number,
                                         .done = j->shown.tally.done >> job_unit(j)}});
    if (j->shown.state >= JOB_DONE)
        watch_job_ended(c, j);
}

/* Nothing points to it any more. */
static void job_removed(struct coord *c, struct job *j)
{
    event_add(c, (struct event){
                     EVENT_JOB_REMOVED,
                     .job = {.name = arena_printf(&c->out.arena, "%s", j->record.name),
                             .number = j->number,
                             .done = j->shown.tally.done >> job_unit(j)}});
    job_remove(c, j);
}

static void store_refuses(struct coord *c, int status)
{
    bool first = c->commits.retry_ms < 0;
    c->commits.store_status = status;
    if (first)
        event_add(c, (struct event){EVENT_STORE_FULL, .store = {store_refusal(c)}});
    c->commits.retry_ms = c->clock.now_ms + STORE_RETRY_MS;
}

static void reply_due(struct coord *c, const struct due *d)
{
    if (!peer_by_conn(c, d->conn))
        return;
    if (d->job)
        reply_job(c, d->conn, d->request.id, d->job, true, false);
    else if (d->worker)
        request_worker_done(c, d->conn, d->request.id, d->worker, d->note);
    else
        reply_done(c, d->conn, d->request.id);
}

void commit_durable(struct coord *c, uint64_t id, int status)
{
    assert(c->commits.in_flight && id == c->commits.flight.id);
    if (status != 0) {
        store_refuses(c, status);
        return;
    }
    if (c->commits.retry_ms >= 0)
        event_add(c, (struct event){.type = EVENT_STORE_RECOVERED});
    c->commits.retry_ms = -1;
    c->commits.in_flight = false;
    struct transaction *t = &c->commits.flight;
    for (size_t i = 0; i < t->jobs.n; i++)
        job_durable(c, t->jobs.items[i]);
    for (size_t i = 0; i < t->finals.n; i++)
        *VEC_PUSH(&c->jobs.answers) = t->finals.items[i];
    for (size_t i = 0; i < t->revocations.n; i++) {
        const struct revocation *r = &t->revocations.items[i];
        struct effect *e = effect_add(c, EFFECT_REVOKE, 0);
        e->revoke.job = r->job;
        e->revoke.author = r->author;
        const struct job *j = job_by_number(c, r->job);
        e->revoke.trials = j ? r->trials >> job_unit(j) : r->trials;
        e->revoke.hits = r->hits;
    }
    for (size_t i = 0; i < t->doubts.n; i++) {
        const struct job *j = t->doubts.items[i].job;
        event_add(c, (struct event){EVENT_DOUBT,
                                    .doubt = {.name = j->record.name,
                                              .number = j->number,
                                              .trials = t->doubts.items[i].trials >>
                                                        job_unit(j)}});
    }
    answers_send(c, t->answers.items, t->answers.n);
    for (size_t i = 0; i < t->reported.n; i++)
        reported_durable(c, &t->reported.items[i]);
    for (size_t i = 0; i < t->due.n; i++)
        reply_due(c, &t->due.items[i]);
    for (size_t i = 0; i < t->removed.n; i++)
        job_removed(c, t->removed.items[i]);
    transaction_clear(t);
    request_deferred(c);
    results_recheck(c);
}

void commit_check(const struct coord *c)
{
    const struct commits *s = &c->commits;
    assert(s->in_flight || transaction_empty(&s->flight));
    assert(s->in_flight || s->retry_ms < 0);
    for (size_t i = 0; i < c->jobs.all.n; i++)
        assert(s->in_flight || c->jobs.all.items[i]->ledger.flight.n == 0);
}
