// SPDX-License-Identifier: MIT
/*
 * Audits: what a worker's word is worth, and how picoord finds out.  Any range can be
 * computed again by anybody, so there is no vote: picoord recomputes a part of what it
 * is told, chosen after it was told, and whoever was wrong is excluded with all that
 * can still be taken back.
 *
 * A worker on probation has its first PROBATION results recomputed in full.  After
 * that a result is drawn with probability max(1/n, 1/AUDIT_ONE_IN), n its valid results
 * in a row, and one of its sub-counts is recomputed.  From the draw until the audit has
 * passed, what the worker says is counted as provisional; then all of it is verified.
 * A job may ask that all is recomputed: then each range is verified by its own audit
 * and nothing else.
 *
 * docs/SECURITY.md has the policy's figures: who is found when, and what survives.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/core/state.h"

/* ---- drawing ---- */

enum row_state audit_draw(struct coord *c, const struct job *j, struct standing *s,
                          struct range r, uint64_t hits, uint32_t unaudited,
                          bool *ret_piece)
{
    *ret_piece = false;
    if (c->config.bare || j->record.audit == AUDIT_NONE || s->trusted || s->spawned)
        return ROW_VERIFIED;
    s->valid++;
    s->trials += r.count;
    s->hits += hits;
    if (j->record.audit == AUDIT_ALL ||
        s->passed + s->due_whole + unaudited < PROBATION)
        return ROW_WHOLE;
    uint64_t one_in = s->valid < AUDIT_ONE_IN ? s->valid : AUDIT_ONE_IN;
    *ret_piece = rng_below(&c->rng, one_in) == 0 || suspicious(s);
    return !*ret_piece && believed(s) ? ROW_VERIFIED : ROW_PROVISIONAL;
}

/* ---- the queues ---- */

void audits_init(struct audits *q)
{
    q->tail = q->waiting = &q->head;
}

static struct audits *queue_of(struct coord *c, const struct job *j)
{
    return j->record.audit == AUDIT_ALL ? &c->complete : &c->sampled;
}

static struct audit *enqueue(struct coord *c, struct job *j, struct standing *s,
                             const struct audit_record *what)
{
    struct audits *q = queue_of(c, j);
    struct audit *a = mem_zero(1, sizeof(*a));
    a->what = *what;
    a->what.worker = s->worker;
    a->job = j;
    a->of = s;
    *q->tail = a;
    q->tail = &a->next;
    s->due++;
    s->due_whole += what->whole ? what->results : 0;
    return a;
}

void audit_add(struct coord *c, struct job *j, struct standing *s,
               const struct audit_record *what)
{
    struct audit *a = enqueue(c, j, s, what);
    a->what.id = c->next_check++;
    *LIST_PUSH(&c->pending.audits) = a;
}

/* Takes *link out of its queue and frees it; the record of it goes too. */
static void drop(struct coord *c, struct audits *q, struct audit **link)
{
    struct audit *a = *link;
    *link = a->next;
    if (q->tail == &a->next)
        q->tail = link;
    if (q->waiting == &a->next)
        q->waiting = link;
    a->of->due--;
    a->of->due_whole -= a->what.whole ? a->what.results : 0;
    for (size_t i = c->pending.audits.n; !a->stored && i-- > 0;)
        if (c->pending.audits.items[i] == a)
            c->pending.audits.items[i] = NULL;
    if (a->stored)
        *LIST_PUSH(&c->pending.audited) = a->what.id;
    free(a);
}

static void forget_in(struct coord *c, struct audits *q, uint64_t worker)
{
    bool out = true; /* those that are handed out come first */
    for (struct audit **link = &q->head; *link;) {
        out = out && link != q->waiting;
        if ((*link)->what.worker == worker) {
            c->auditing -= out;
            drop(c, q, link);
        } else {
            link = &(*link)->next;
        }
    }
}

void audit_forget(struct coord *c, uint64_t worker)
{
    forget_in(c, &c->sampled, worker);
    forget_in(c, &c->complete, worker);
}

/* ---- recomputing ---- */

static void credit(struct coord *c)
{
    c->audit_us += (c->now_ms - c->audit_ms) * AUDIT_US_A_MS;
    if (c->audit_us > AUDIT_BURST_US)
        c->audit_us = AUDIT_BURST_US;
    c->audit_ms = c->now_ms;
}

static void hand_out(struct coord *c, struct audits *q)
{
    struct audit *a = *q->waiting;
    q->waiting = &a->next;
    c->auditing++;
    if (q == &c->sampled) {
        a->estimate_us = (int64_t)(a->what.count / c->audit_speed);
        c->audit_us -= a->estimate_us;
    }
    struct effect *e = effect_add(c, EFFECT_RECOMPUTE, 0);
    e->recompute.id = a->what.id;
    e->recompute.seed = a->job->record.seed;
    e->recompute.first = a->what.first;
    e->recompute.count = a->what.count;
}

static bool any_waiting(const struct audits *q)
{
    return *q->waiting != NULL;
}

/* Whoever asks for all to be recomputed has asked for the time that it takes: that is
 * not charged to the samples of other jobs. */
void audit_run(struct coord *c)
{
    credit(c);
    while (c->auditing < AUDITS_AT_ONCE && any_waiting(&c->sampled) && c->audit_us > 0)
        hand_out(c, &c->sampled);
    while (c->auditing < AUDITS_AT_ONCE && any_waiting(&c->complete))
        hand_out(c, &c->complete);
}

int64_t audit_deadline(const struct coord *c)
{
    if (!any_waiting(&c->sampled) || c->audit_us > 0 || c->auditing >= AUDITS_AT_ONCE)
        return INT64_MAX;
    return c->audit_ms + -c->audit_us / AUDIT_US_A_MS + 1;
}

static struct audit **find_out(struct audits *q, uint64_t id)
{
    for (struct audit **link = &q->head; link != q->waiting; link = &(*link)->next)
        if ((*link)->what.id == id)
            return link;
    return NULL;
}

/* The estimate was a guess; and the next one is a better one. */
static void account(struct coord *c, const struct audits *q, const struct audit *a,
                    uint64_t micros)
{
    if (q == &c->sampled)
        c->audit_us += a->estimate_us - (int64_t)micros;
    if (micros < 100)
        return; /* too short to tell */
    uint64_t speed = a->what.count / micros;
    c->audit_speed = (3 * c->audit_speed + speed) / 4;
    if (c->audit_speed == 0)
        c->audit_speed = 1;
}

static void passed(struct coord *c, struct audits *q, struct audit **link)
{
    struct audit *a = *link;
    struct standing *s = a->of;
    struct job *j = a->job;
    if (a->what.whole) {
        *LIST_PUSH(&j->proven) =
            (struct proven){s->worker, a->what.first, a->what.first + a->what.count};
        job_dirty(c, j);
    }
    s->passed += a->what.results;
    standing_changed(c, s);
    bool slow = audit_slows(s);
    drop(c, q, link);
    if (believed(s))
        vouch(c, s);
    struct worker *w = slow && !audit_slows(s) ? map_get(&c->known, s->worker) : NULL;
    for (uint32_t i = 0; w && i < w->n_threads; i++)
        thread_hungry(c, &w->threads[i]);
}

bool audit_recomputed(struct coord *c, const struct input *input,
                      const struct audit **ret_refuted)
{
    struct audits *q = &c->sampled;
    struct audit **link = find_out(q, input->recompute.id);
    if (!link) {
        q = &c->complete;
        link = find_out(q, input->recompute.id);
    }
    if (!link)
        return false;
    account(c, q, *link, input->recompute.micros);
    if ((*link)->what.hits != input->recompute.hits) {
        *ret_refuted = *link;
        return true;
    }
    c->auditing--;
    passed(c, q, link);
    return true;
}

/* ---- in a flush ---- */

void audit_flush_job(struct coord *c, struct job *j, ledger_sink *sink, void *ctx)
{
    struct ledger *l = &j->ledger;
    for (size_t i = 0; i < j->proven.n; i++) {
        const struct proven *p = &j->proven.items[i];
        size_t share = (size_t)(uintptr_t)map_get(&l->share_of, p->worker);
        ledger_pass(l, share, p->first, p->end, j->number, sink, ctx);
    }
    j->proven.n = 0;
    for (size_t i = 1; j->vouched && i < l->n_shares; i++) {
        const struct standing *s = map_get(&c->standings, l->shares[i].worker);
        if (l->shares[i].provisional && s && believed(s))
            ledger_vouch(l, i, j->number, sink, ctx);
    }
    j->vouched = false;
}

void audit_flush(struct transaction *t, ledger_sink *sink)
{
    for (size_t i = 0; i < t->audited.n; i++)
        sink(t,
             &(struct record){.type = RECORD_AUDITED, .audited = t->audited.items[i]});
    for (size_t i = 0; i < t->audits.n; i++) {
        struct audit *a = t->audits.items[i];
        if (!a)
            continue;
        a->stored = true;
        sink(t, &(struct record){
                    .type = RECORD_AUDIT, .job = a->job->number, .audit = a->what});
    }
    for (size_t i = 0; i < t->standings.n; i++) {
        struct standing *s = t->standings.items[i];
        s->dirty = false;
        sink(t, &(struct record){
                    .type = RECORD_STANDING,
                    .standing = {s->worker, s->valid, s->passed, s->trusted}});
    }
}

/* ---- an earlier life, and jobs that go on ---- */

void audit_restore_standing(struct coord *c, const struct standing_record *r)
{
    struct standing *s = standing_of(c, r->worker);
    s->valid = r->valid;
    s->passed = r->passed;
    s->trusted = r->trusted;
}

bool audit_restore(struct coord *c, struct job *j, const struct audit_record *r)
{
    uint64_t end;
    if (r->count == 0 || r->hits > r->count || r->results == 0 || r->id == UINT64_MAX ||
        __builtin_add_overflow(r->first, r->count, &end) || end > TRIALS_MAX)
        return false;
    struct audit *a = enqueue(c, j, standing_of(c, r->worker), r);
    a->stored = true;
    if (r->id >= c->next_check)
        c->next_check = r->id + 1;
    return true;
}

/* Provisional rows of a worker of which no audit is due: it is believed, or they are
 * recomputed. */
void audit_rows(struct coord *c, struct job *j)
{
    struct row_record r;
    for (uint64_t from = 0; ledger_next_provisional(&j->ledger, &from, &r);) {
        struct standing *s = standing_of(c, r.author);
        if (s->due > 0)
            continue;
        if (believed(s)) {
            j->vouched = true;
            job_dirty(c, j);
        } else if (ledger_await(&j->ledger, r.first, r.first + r.count)) {
            audit_add(c, j, s,
                      &(struct audit_record){.first = r.first,
                                             .count = r.count,
                                             .hits = r.hits,
                                             .results = 1,
                                             .whole = true});
            job_dirty(c, j);
        }
    }
}

static void await_all(struct audits *q)
{
    for (const struct audit *a = q->head; a; a = a->next)
        if (a->what.whole)
            (void)ledger_await(&a->job->ledger, a->what.first,
                               a->what.first + a->what.count);
}

void audit_restored(struct coord *c)
{
    await_all(&c->sampled);
    await_all(&c->complete);
    for (size_t i = 0; i < c->open.n; i++)
        audit_rows(c, c->open.items[i]);
}

static void release(struct audits *q)
{
    for (struct audit *a = q->head, *next; a; a = next) {
        next = a->next;
        free(a);
    }
}

void audit_release(struct coord *c)
{
    release(&c->sampled);
    release(&c->complete);
    for (size_t i = 0; i < c->standings.capacity; i++)
        free(c->standings.slots[i].value);
    map_release(&c->standings);
}
