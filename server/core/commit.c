// SPDX-License-Identifier: MIT
/*
 * Transactions: write, then say.  While one is under way the next one fills up; when
 * the store is idle, what is pending goes at once.  Answers, replies, totals and notes
 * of a transaction come out when it is durable, never before.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "server/core/state.h"

/* ---- answers ---- */

/* A worker may have come again meanwhile, with other threads. */
static void reported_durable(struct coord *c, const struct reported *r)
{
    struct worker *w = map_get(&c->known, r->worker);
    if (!w || r->thread >= w->n_threads || w->threads[r->thread].reported == 0)
        return;
    w->threads[r->thread].reported--;
    thread_hungry(c, &w->threads[r->thread]);
}

/* ---- into the store ---- */

static void flush_ban(struct coord *c, const struct ban_record *b)
{
    struct transaction *t = &c->pending;
    push_record(t, &(struct record){.type = RECORD_BAN, .ban = *b});
    for (size_t i = 0; b->revoke && i < c->open.n; i++) {
        struct job *j = c->open.items[i];
        struct tally sum = {0};
        ledger_revoke(&j->ledger, b->worker, j->number, push_record, t, &sum);
        if (sum.done == 0)
            continue;
        job_dirty(c, j);
        *LIST_PUSH(&t->revocations) =
            (struct revocation){j->number, b->worker, sum.done, sum.hits};
    }
}

/* Ten seconds' work beyond the highest grant: where a restart grants anew. */
static uint64_t frontier(const struct coord *c, const struct job *j)
{
    double ahead = 10 * c->rate;
    uint64_t end = j->granted_end, limit = j->ledger.limit;
    if (ahead >= (double)(limit - (end < limit ? end : limit)))
        return limit;
    uint64_t unit = UINT64_C(1) << LEASE_LOG2_MIN; /* leases start at its multiples */
    end = (end + (uint64_t)ahead + unit - 1) / unit * unit;
    return end < limit ? end : limit;
}

static void flush_job(struct coord *c, struct job *j)
{
    struct transaction *t = &c->pending;
    size_t place = t->records.n;
    LIST_PUSH(&t->records); /* the job's own record comes before its rows */
    ledger_flush(&j->ledger, j->number, push_record, t);
    audit_flush_job(c, j, push_record, t);
    job_settle(c, j, push_record, t);
    ledger_settle(&j->ledger, j->number, push_record, t);
    job_elapse(c, j);
    j->record.frontier = frontier(c, j);
    t->records.items[place] =
        (struct record){.type = RECORD_JOB, .job = j->number, .job_ = j->record};
    job_show(j, &j->next_shown);
    j->flight_note = j->note;
    j->flight_noted = j->noted;
    j->noted = false;
    j->dirty = false;
    if (j->answered)
        *LIST_PUSH(&t->finals) = (struct final){
            j->number, j->record.trials, j->ledger.total.hits, j->record.elapsed_ms};
    j->answered = false;
}

static void store(struct coord *c)
{
    struct effect *e = effect_add(c, EFFECT_STORE, 0);
    e->transaction.id = c->flight.id;
    e->transaction.records = c->flight.records.items;
    e->transaction.n = c->flight.records.n;
}

void commit_flush(struct coord *c)
{
    if (c->in_flight || empty(&c->pending))
        return;
    for (size_t i = 0; i < c->pending.bans.n; i++)
        flush_ban(c, &c->pending.bans.items[i]);
    for (size_t i = 0; i < c->pending.jobs.n; i++)
        flush_job(c, c->pending.jobs.items[i]);
    audit_flush(&c->pending, push_record);
    struct transaction spare = c->flight;
    c->flight = c->pending;
    c->pending = spare;
    transaction_clear(&c->pending);
    c->flight.id = c->next_transaction++;
    c->in_flight = true;
    store(c);
}

void commit_retry(struct coord *c)
{
    if (c->retry_ms < 0 || c->now_ms < c->retry_ms)
        return;
    c->retry_ms = INT64_MAX; /* until the store has answered, however long it takes */
    store(c);
}

bool commit_idle(const struct coord *c)
{
    return !c->in_flight && empty(&c->pending) && c->waiting.n == 0;
}

/* ---- durable ---- */

static void job_durable(struct coord *c, struct job *j)
{
    ledger_durable(&j->ledger);
    j->shown = j->next_shown;
    view_rate(c, j);
    if (j->unsure)
        audit_rows(c, j);
    j->unsure = false;
    if (j->flight_noted) {
        struct note *n = note_add(c, j->flight_note);
        n->job = j->number;
        n->text = j->record.name;
        n->trials = j->shown.tally.done;
    }
    if (j->shown.state >= JOB_DONE)
        watch_job_ended(c, j);
}

static void store_refuses(struct coord *c, int status)
{
    bool first = c->retry_ms < 0;
    c->store_status = status;
    if (first)
        note_add(c, NOTE_STORE_FULL)->text = commit_refusal(c);
    c->retry_ms = c->now_ms + STORE_RETRY_MS;
}

static void reply_due(struct coord *c, const struct due *d)
{
    if (!map_get(&c->peers, d->conn))
        return;
    if (d->job)
        view_reply_job(c, d->conn, d->request.id, d->job, true, false);
    else
        view_reply_done(c, d->conn, d->request.id);
}

void commit_durable(struct coord *c, uint64_t id, int status)
{
    assert(c->in_flight && id == c->flight.id);
    if (status != 0) {
        store_refuses(c, status);
        return;
    }
    if (c->retry_ms >= 0)
        note_add(c, NOTE_STORE_RECOVERED);
    c->retry_ms = -1;
    c->in_flight = false;
    struct transaction *t = &c->flight;
    for (size_t i = 0; i < t->jobs.n; i++)
        job_durable(c, t->jobs.items[i]);
    for (size_t i = 0; i < t->finals.n; i++)
        *LIST_PUSH(&c->finals) = t->finals.items[i];
    for (size_t i = 0; i < t->revocations.n; i++) {
        const struct revocation *r = &t->revocations.items[i];
        struct effect *e = effect_add(c, EFFECT_REVOKE, 0);
        e->revoke.job = r->job;
        e->revoke.author = r->author;
        e->revoke.trials = r->trials;
        e->revoke.hits = r->hits;
    }
    commit_send_answers(c, t->answers.items, t->answers.n);
    for (size_t i = 0; i < t->reported.n; i++)
        reported_durable(c, &t->reported.items[i]);
    for (size_t i = 0; i < t->due.n; i++)
        reply_due(c, &t->due.items[i]);
    transaction_clear(t);
    request_deferred(c);
    results_recheck(c);
}
