// SPDX-License-Identifier: MIT
/*
 * Audits: what draw.c has chosen is recomputed. Any range can be computed again, by
 * anyone, so workers do not vote on results: picoord recomputes a part of them itself.
 * A worker whose result is wrong is excluded, and its rows are taken back, or in doubt
 * where their job has ended.
 *
 * From the draw until the audit has passed, the worker's results are counted as
 * provisional; then all of them become verified. What is recomputed whole is verified
 * by its own audit only, in a job with --audit all everything.
 *
 * docs/SECURITY.md has the figures: how soon a wrong worker is found, and what remains
 * of its results.
 */
#include "server/core/audit.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/draw.h"
#include "server/core/effects.h"
#include "server/core/entropy.h"
#include "server/core/ledger_commit.h"
#include "server/core/ready.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"

enum {
    AUDIT_US_A_MS = 50, /* microseconds of CPU time a millisecond: 5 % of a core */
    AUDIT_BURST_US = 1000000, /* largest unused budget that is carried over */
    AUDITS_AT_ONCE = 16,      /* handed out, result not yet returned */
    AUDIT_TRIALS_A_US = 200   /* assumed until measured */
};

/* ---- the queues ---- */

static void queue_init(struct audits *q)
{
    q->tail = q->waiting = &q->head;
}

void audit_init(struct coord *c)
{
    map_init(&c->standings.by_worker, entropy_map_key(c));
    queue_init(&c->audits.sampled);
    queue_init(&c->audits.complete);
    c->audits.budget_us = AUDIT_BURST_US;
    c->audits.trials_a_us = AUDIT_TRIALS_A_US;
    c->audits.next_id = 1;
}

static struct audits *queue_of(struct coord *c, const struct job *j)
{
    return j->record.audit == AUDIT_ALL ? &c->audits.complete : &c->audits.sampled;
}

void audit_hold(struct job *j)
{
    bool recheck = j->record.exclusions >= EXCLUSIONS_WHOLE && j->audits_due > 0;
    ledger_hold(&j->ledger, recheck || j->disputes > 0);
}

static struct audit *enqueue(struct coord *c, struct job *j, struct standing *s,
                             const struct audit_record *what)
{
    struct audits *q = queue_of(c, j);
    assert(what->count > 0 && what->hits <= what->count && what->results > 0);
    struct audit *a = mem_zero(1, sizeof(*a));
    a->what = *what;
    a->what.worker = s->worker;
    a->job = j;
    a->of = s;
    *q->tail = a;
    q->tail = &a->next;
    s->due++;
    j->audits_due++;
    audit_hold(j);
    s->due_whole += what->whole ? what->results : 0;
    return a;
}

/* The row that begins there is verified by this audit and by no earlier one: the row
 * that an earlier one was about is gone. */
static void whole_put(struct job *j, const struct audit_record *what)
{
    if (what->whole)
        map_put(&j->whole, what->first, (void *)(uintptr_t)what->id);
}

static bool whole_is(const struct job *j, const struct audit_record *what)
{
    return what->whole &&
           map_get(&j->whole, what->first) == (void *)(uintptr_t)what->id;
}

void audit_add(struct coord *c, struct job *j, struct standing *s,
               const struct audit_record *what)
{
    struct audit *a = enqueue(c, j, s, what);
    a->what.id = c->audits.next_id++;
    whole_put(j, &a->what);
    *VEC_PUSH(&c->commits.pending.audits) = a;
}

/* Unlinks *link from its queue and frees it.  Its stored record is deleted too. */
static void queue_remove(struct coord *c, struct audits *q, struct audit **link)
{
    struct audit *a = *link;
    *link = a->next;
    if (q->tail == &a->next)
        q->tail = link;
    if (q->waiting == &a->next)
        q->waiting = link;
    a->of->due--;
    a->job->audits_due--;
    if (whole_is(a->job, &a->what))
        map_remove(&a->job->whole, a->what.first);
    audit_hold(a->job);
    a->of->due_whole -= a->what.whole ? a->what.results : 0;
    for (size_t i = c->commits.pending.audits.n; !a->stored && i-- > 0;)
        if (c->commits.pending.audits.items[i] == a)
            c->commits.pending.audits.items[i] = NULL;
    if (a->stored)
        *VEC_PUSH(&c->commits.pending.audited) = a->what.id;
    free(a);
}

static void forget_in(struct coord *c, struct audits *q, uint64_t worker)
{
    bool out = true; /* audits that are handed out come first in the queue */
    for (struct audit **link = &q->head; *link;) {
        out = out && link != q->waiting;
        if ((*link)->what.worker == worker) {
            c->audits.handed_out -= out;
            queue_remove(c, q, link);
        } else {
            link = &(*link)->next;
        }
    }
}

void audit_forget(struct coord *c, uint64_t worker)
{
    forget_in(c, &c->audits.sampled, worker);
    forget_in(c, &c->audits.complete, worker);
}

/* ---- recomputing ---- */

static void budget_credit(struct coord *c)
{
    c->audits.budget_us += (c->clock.now_ms - c->audits.budget_ms) * AUDIT_US_A_MS;
    if (c->audits.budget_us > AUDIT_BURST_US)
        c->audits.budget_us = AUDIT_BURST_US;
    c->audits.budget_ms = c->clock.now_ms;
}

static void hand_out(struct coord *c, struct audits *q)
{
    struct audit *a = *q->waiting;
    q->waiting = &a->next;
    c->audits.handed_out++;
    if (q == &c->audits.sampled) {
        a->estimate_us = (int64_t)(a->what.count / c->audits.trials_a_us);
        c->audits.budget_us -= a->estimate_us;
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

/* Audits of jobs with --audit all are not charged to the CPU budget: their operator has
 * asked for the time.  The budget is for the samples of the other jobs. */
void audit_run(struct coord *c)
{
    budget_credit(c);
    while (c->audits.handed_out < AUDITS_AT_ONCE && any_waiting(&c->audits.sampled) &&
           c->audits.budget_us > 0)
        hand_out(c, &c->audits.sampled);
    while (c->audits.handed_out < AUDITS_AT_ONCE && any_waiting(&c->audits.complete))
        hand_out(c, &c->audits.complete);
}

int64_t audit_deadline(const struct coord *c)
{
    if (!any_waiting(&c->audits.sampled) || c->audits.budget_us > 0 ||
        c->audits.handed_out >= AUDITS_AT_ONCE)
        return INT64_MAX;
    return c->audits.budget_ms + -c->audits.budget_us / AUDIT_US_A_MS + 1;
}

static struct audit **find_handed_out(struct audits *q, uint64_t id)
{
    for (struct audit **link = &q->head; link != q->waiting; link = &(*link)->next)
        if ((*link)->what.id == id)
            return link;
    return NULL;
}

/* Replaces the estimated cost by the measured one, in the budget and for later
 * estimates. */
static void budget_settle(struct coord *c, const struct audits *q,
                          const struct audit *a, uint64_t micros)
{
    if (q == &c->audits.sampled)
        c->audits.budget_us += a->estimate_us - (int64_t)micros;
    if (micros < 100)
        return; /* too short to measure */
    uint64_t speed = a->what.count / micros;
    c->audits.trials_a_us = (3 * c->audits.trials_a_us + speed) / 4;
    if (c->audits.trials_a_us == 0)
        c->audits.trials_a_us = 1;
}

static void audit_passed(struct coord *c, struct audits *q, struct audit **link)
{
    struct audit *a = *link;
    struct standing *s = a->of;
    struct job *j = a->job;
    if (whole_is(j, &a->what))
        *VEC_PUSH(&j->passed_rows) = (struct passed_row){s->worker, a->what.first,
                                                         a->what.first + a->what.count};
    if (a->what.whole || j->ledger.hold) /* it may have been the last */
        transaction_job(c, j);
    s->passed += a->what.results;
    transaction_standing(c, s);
    assert(s->due > 0);
    bool slow = standing_overdue(s);
    queue_remove(c, q, link);
    if (standing_trusted(s))
        standing_vouch(c, s);
    struct worker *w =
        slow && !standing_overdue(s) ? map_get(&c->fleet.by_id, s->worker) : NULL;
    for (uint32_t i = 0; w && i < w->n_threads; i++)
        ready_add(c, &w->threads[i]);
}

enum audit_outcome audit_recomputed(struct coord *c, uint64_t id, uint64_t hits,
                                    uint64_t micros, struct audit_record *ret_what)
{
    struct audits *q = &c->audits.sampled;
    struct audit **link = find_handed_out(q, id);
    if (!link) {
        q = &c->audits.complete;
        link = find_handed_out(q, id);
    }
    if (!link)
        return AUDIT_UNKNOWN;
    budget_settle(c, q, *link, micros);
    if ((*link)->what.hits != hits) {
        *ret_what = (*link)->what;
        return AUDIT_REFUTED;
    }
    c->audits.handed_out--;
    audit_passed(c, q, link);
    return AUDIT_PASSED;
}

/* ---- in a flush ---- */

static void audit_row(struct coord *c, struct job *j, const struct row_record *r)
{
    audit_add(c, j, standing_of(c, r->author),
              &(struct audit_record){.first = r->first,
                                     .count = r->count,
                                     .hits = r->hits,
                                     .results = 1,
                                     .whole = true});
}

/* Queues audits for all that untrusted workers have contributed. */
static void recheck(struct coord *c, struct job *j)
{
    struct row_record r;
    for (uint64_t from = 0; ledger_next_authored(&j->ledger, &from, &r);)
        if (!draw_exempt(c, j, standing_of(c, r.author)))
            audit_row(c, j, &r);
    j->recheck = false;
}

void audit_flush_job(struct coord *c, struct job *j)
{
    struct ledger *l = &j->ledger;
    if (j->recheck)
        recheck(c, j);
    for (size_t i = 0; i < j->passed_rows.n; i++) {
        const struct passed_row *p = &j->passed_rows.items[i];
        size_t share = (size_t)(uintptr_t)map_get(&l->share_of, p->worker);
        ledger_pass(l, share, p->first, p->end, pending_records(c));
    }
    j->passed_rows.n = 0;
    for (size_t i = 1; j->trust_gained && i < l->n_shares; i++) {
        uint64_t worker = l->shares[i].worker;
        const struct standing *s = map_get(&c->standings.by_worker, worker);
        const struct ban_record *b = standing_ban(c, worker);
        bool wrong =
            b && b->revoke; /* of a job that has ended, no row becomes better */
        if (l->shares[i].provisional && s && standing_trusted(s) && !wrong)
            ledger_vouch(l, i, pending_records(c));
    }
    j->trust_gained = false;
}

void audit_flush(struct coord *c)
{
    const struct transaction *t = &c->commits.pending;
    struct record_list *to = pending_records(c);
    for (size_t i = 0; i < t->audited.n; i++)
        record_push(to, &(struct record){.type = RECORD_AUDITED,
                                         .audited = t->audited.items[i]});
    for (size_t i = 0; i < t->audits.n; i++) {
        struct audit *a = t->audits.items[i];
        if (!a)
            continue;
        a->stored = true;
        record_push(to, &(struct record){.type = RECORD_AUDIT,
                                         .job = a->job->number,
                                         .audit = a->what});
    }
    for (size_t i = 0; i < t->standings.n; i++) {
        struct standing *s = t->standings.items[i];
        s->dirty = false;
        record_push(to, &(struct record){
                            .type = RECORD_STANDING,
                            .standing = {s->worker, s->valid, s->passed, s->trusted}});
    }
}

/* ---- restoring, and jobs that are extended ---- */

bool audit_restore(struct coord *c, struct job *j, const struct audit_record *r)
{
    uint64_t end;
    if (r->count == 0 || r->hits > r->count || r->results == 0 || r->id == UINT64_MAX ||
        __builtin_add_overflow(r->first, r->count, &end) || end > TRIALS_MAX)
        return false;
    struct audit *a = enqueue(c, j, standing_of(c, r->worker), r);
    a->stored = true;
    whole_put(j, r);
    if (r->id >= c->audits.next_id)
        c->audits.next_id = r->id + 1;
    return true;
}

/* Provisional rows of a worker that has no audit due: they become verified if the
 * worker is trusted, otherwise they are recomputed. */
void audit_rows(struct coord *c, struct job *j)
{
    struct row_record r;
    for (uint64_t from = 0; ledger_next_provisional(&j->ledger, &from, &r);) {
        struct standing *s = standing_of(c, r.author);
        if (s->due > 0)
            continue;
        if (standing_trusted(s)) {
            j->trust_gained = true;
            transaction_job(c, j);
        } else if (ledger_await(&j->ledger, r.first, r.first + r.count)) {
            audit_row(c, j, &r);
            transaction_job(c, j);
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
    await_all(&c->audits.sampled);
    await_all(&c->audits.complete);
    for (size_t i = 0; i < c->jobs.active.n; i++)
        audit_rows(c, c->jobs.active.items[i]);
}

static void queue_release(struct audits *q)
{
    for (struct audit *a = q->head, *next; a; a = next) {
        next = a->next;
        free(a);
    }
}

void audit_release(struct coord *c)
{
    queue_release(&c->audits.sampled);
    queue_release(&c->audits.complete);
}

/* Audits of the queue: those handed out stand before those that wait. */
static size_t check_queue(const struct audits *q, size_t *ret_handed_out)
{
    size_t n = 0;
    bool handed_out = true;
    struct audit *const *link = &q->head;
    for (; *link; link = &(*link)->next, n++) {
        handed_out = handed_out && link != q->waiting;
        *ret_handed_out += handed_out;
        assert((*link)->of->worker == (*link)->what.worker);
        assert((*link)->what.hits <= (*link)->what.count);
    }
    assert(q->tail == link);
    return n;
}

void audit_check(const struct coord *c)
{
    const struct map *m = &c->standings.by_worker;
    size_t handed_out = 0, due = 0;
    size_t n = check_queue(&c->audits.sampled, &handed_out) +
               check_queue(&c->audits.complete, &handed_out);
    for (size_t i = 0; i < m->capacity; i++)
        due +=
            m->slots[i].value ? ((const struct standing *)m->slots[i].value)->due : 0;
    assert(n == due && handed_out == c->audits.handed_out);
    for (size_t i = 0; i < c->jobs.all.n; i++)
        n -= c->jobs.all.items[i]->audits_due;
    assert(n == 0);
}
