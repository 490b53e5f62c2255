// SPDX-License-Identifier: MIT
/*
 * Which thread gets which range next, and what happens if its result does not come.
 *
 * A thread has up to two grants in hand, so that it never waits for the network;
 * threads with none are served first.  New grants take the lowest gap, so ranges of
 * lost workers go out first, and at once: a thread with a full hand takes one such
 * grant more.  Jobs share the fleet by stride scheduling (Waldspurger and Weihl 1995).
 */
#include "server/core/schedule.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/effects.h"
#include "server/core/fit.h"
#include "server/core/grant.h"
#include "server/core/job.h"
#include "server/core/kind.h"
#include "server/core/rate.h"
#include "server/core/ready.h"
#include "server/core/slices.h"
#include "server/core/standing.h"
#include "server/core/straggler.h"
#include "server/core/turn.h"

enum {
    LOOKS_MAX = 256,       /* at stragglers for idle threads, in one step, */
    LOOK_AGAIN_MS = 50,    /* before it goes on with more */
    LOOK_LATEST_MS = 1000, /* before it looks at the same thread again */
    LEND_TRIES = 64        /* idle threads that are looked at in a step */
};

void schedule_init(struct coord *c)
{
    c->schedule.speculate_ms = -1;
    fit_init(c);
}

/* ---- granting ---- */

/* Collects grants to one worker for one job into one message. */
struct outbox {
    struct worker *worker;
    struct job *job;
    size_t n, capacity;
    uint64_t *grant, *first, *count;
    uint32_t *thread, *log2;
    uint8_t *token;
};

enum { OUTBOX_MAX = 64 };

static void outbox_send(struct coord *c, struct outbox *o)
{
    if (o->n == 0)
        return;
    struct msg m = {.type = MSG_GRANTS,
                    .grants = {.seed = o->job->record.seed,
                               .n = o->n,
                               .grant = o->grant,
                               .thread = o->thread,
                               .first = o->first,
                               .count = o->count,
                               .lease_log2 = o->log2,
                               .token = o->token,
                               .program = o->job->of.name,
                               .arg = o->job->of.arg,
                               .score = o->job->of.score}};
    for (size_t i = 0; i < UID_BYTES; i++)
        m.grants.job[i] = o->job->record.uid[i];
    send_msg(c, o->worker->conn, &m);
    o->n = 0;
}

static void outbox_add(struct coord *c, struct outbox *o, const struct grant *g)
{
    struct worker *w = g->thread->worker;
    if (o->n == o->capacity || (o->n && (o->worker != w || o->job != g->job)))
        outbox_send(c, o);
    if (o->n == 0) {
        o->worker = w;
        o->job = g->job;
        size_t most = (size_t)w->n_threads * (c->config.grants_in_hand + 1);
        size_t n = most < OUTBOX_MAX ? most : OUTBOX_MAX;
        o->capacity = n;
        o->grant = arena_array(&c->out.arena, n, sizeof(*o->grant));
        o->first = arena_array(&c->out.arena, n, sizeof(*o->first));
        o->count = arena_array(&c->out.arena, n, sizeof(*o->count));
        o->thread = arena_array(&c->out.arena, n, sizeof(*o->thread));
        o->log2 = arena_array(&c->out.arena, n, sizeof(*o->log2));
        o->token = arena_array(&c->out.arena, n, TOKEN_BYTES);
    }
    o->grant[o->n] = g->wire;
    o->first[o->n] = g->first;
    o->count[o->n] = g->count;
    o->thread[o->n] = (uint32_t)(g->thread - w->threads);
    o->log2[o->n] = g->log2;
    grant_token(c, g->job, g->first, g->count, w->id, o->token + o->n * TOKEN_BYTES);
    o->n++;
}

/* The leasable job of the kind with the least weighted use of threads, or NULL. */
static inline struct job *first_of(struct kind *k, bool again)
{
    struct heap *turns = again ? &k->again : &k->open;
    for (struct heap_item *top; (top = heap_min(turns)); heap_remove(turns, top)) {
        struct job *j = again ? container_of(top, struct job, turn_again)
                              : container_of(top, struct job, turn);
        if (job_leasable(j) && ledger_left(&j->ledger) &&
            (!again || ledger_next_again(&j->ledger, 0)))
            return j;
    }
    return NULL;
}

/* The same among those of some kinds.  again: among those whose next range was leased
 * before. */
static struct job *next_job(struct coord *c, uint64_t kinds, bool again)
{
    struct job *best = NULL;
    int64_t least = 0;
    if (again && c->clock.now_ms < c->jobs.resume_ms)
        return NULL; /* it may lie below the frontier */
    if (kinds == 1)
        return first_of(&c->kinds.all[0], again); /* nothing but pi */
    for (; kinds; kinds &= kinds - 1) {
        struct kind *k = &c->kinds.all[__builtin_ctzll(kinds)];
        struct job *j = first_of(k, again);
        int64_t pass = j ? turn_pass(k, again ? &j->turn_again : &j->turn) : 0;
        if (j && (!best || pass < least)) {
            best = j;
            least = pass;
        }
    }
    return best;
}

static void charge_job(struct coord *c, struct job *j, const struct pace *p,
                       uint64_t trials)
{
    int64_t ms = rate_predict_ms(rate_expected(p), trials);
    turn_charge(c, j, ms < GRANT_MAX_MS ? ms : GRANT_MAX_MS);
}

static void lease_event(struct coord *c, enum event_type type, const struct grant *g)
{
    event_add(c,
              (struct event){type, .lease = {.worker = g->thread->worker->name,
                                             .job = g->job->number,
                                             .first = g->first >> job_unit(g->job),
                                             .trials = g->count >> job_unit(g->job)}});
}

static void grant_to(struct coord *c, struct thread *t, struct job *j, struct outbox *o)
{
    struct pace *p = rate_pace(t, j->program);
    struct wanted want = fit_grant(c, t, p, j);
    struct taken got;
    want.grant = grant_new_id(c);
    bool taken = ledger_take(&j->ledger, &want, &got);
    assert(taken);
    struct grant *g = grant_add(c, &(struct grant_new){.id = want.grant,
                                                       .thread = t,
                                                       .job = j,
                                                       .first = got.first,
                                                       .count = got.count,
                                                       .log2 = got.log2});
    if (got.count >= want.trials || got.count > p->last_trials)
        p->last_trials = got.count; /* the end of a slot says nothing of the thread */
    if (got.deals)
        *VEC_PUSH(&t->worker->slots) = j->number;
    charge_job(c, j, p, got.count);
    if (got.first + got.count > j->granted_end)
        j->granted_end = got.first + got.count;
    if (got.again) {
        lease_event(c, EVENT_LEASED_AGAIN, g);
        j->record.computed_again += got.again;
        j->program->again += got.again;
    }
    job_started(c, j);
    outbox_add(c, o, g);
    ready_add(c, t);
}

/* ---- stragglers ---- */

/* Speculative execution: no gap is left, so an idle thread gets leases of a straggler
 * as well.  The first result counts; another is compared with it. */
static void speculate(struct coord *c, struct thread *t, const struct straggler *late,
                      struct outbox *o)
{
    struct job *j = late->grant->job;
    struct grant *g = grant_add(c, &(struct grant_new){.id = grant_new_id(c),
                                                       .thread = t,
                                                       .job = j,
                                                       .first = late->first,
                                                       .count = late->count,
                                                       .log2 = late->log2,
                                                       .of = late->grant});
    charge_job(c, j, rate_pace(t, j->program), late->count);
    j->record.computed_again += late->count;
    j->program->again += late->count;
    lease_event(c, EVENT_SPECULATED, g);
    outbox_add(c, o, g);
}

/* Looks for an idle thread of the class that may have some lease of the slow one, in
 * turn. Moves *next to the time at which another may. */
static bool relieve_by(struct coord *c, struct ready_class *k,
                       const struct thread *slow, struct outbox *o, uint32_t *looks,
                       int64_t *next)
{
    const struct thread *first = NULL;
    struct straggler late;
    for (struct thread *t; (t = k->head[0]) && t != first; (*looks)++) {
        if (*looks == LOOKS_MAX) {
            *next = c->clock.now_ms + LOOK_AGAIN_MS;
            return false;
        }
        ready_pop(c, k, 0);
        if (!ready_may_get(c, t))
            continue;
        first = first ? first : t;
        int64_t at = straggler_look(c, slow, t, &late);
        if (at <= c->clock.now_ms)
            speculate(c, t, &late, o);
        ready_add(c, t);
        if (at <= c->clock.now_ms)
            return true;
        *next = at < *next ? at : *next;
    }
    return false;
}

static bool relieve(struct coord *c, const struct thread *slow, struct outbox *o,
                    uint32_t *looks, int64_t *next)
{
    uint64_t kinds = 0;
    *next = c->clock.now_ms + LOOK_LATEST_MS;
    for (const struct grant *g = slow->head; g; g = g->next)
        kinds |= kind_bit(c, g->job->kind);
    for (size_t i = 0; i < c->ready.n; i++) {
        struct ready_class *k = &c->ready.classes[i];
        if (k->may & kinds && relieve_by(c, k, slow, o, looks, next))
            return true;
    }
    return false;
}

static void speculate_all(struct coord *c, struct outbox *o)
{
    struct thread *slow;
    uint32_t looks = 0;
    int64_t next;
    while (looks < LOOKS_MAX && c->ready.linked[0] && (slow = straggler_due(c)))
        if (!relieve(c, slow, o, &looks, &next))
            heap_set(&c->grants.late, &slow->late, next);
    const struct heap_item *top = heap_min(&c->grants.late);
    c->schedule.speculate_ms = -1;
    if (c->ready.linked[0] && top)
        c->schedule.speculate_ms =
            top->key > c->clock.now_ms ? top->key : c->clock.now_ms + LOOK_AGAIN_MS;
}

static bool may_lease(const struct coord *c)
{
    return !c->stop.asked && c->commits.retry_ms < 0 &&
           c->commits.pending.leases < c->config.transaction_leases;
}

/* ---- audits ---- */

/* The size of the lease that has all of it. */
static uint32_t one_lease_log2(struct range x)
{
    uint32_t log2 = LEASE_LOG2_MIN;
    while (grant_leases(x.first, x.count, log2) > 1)
        log2++;
    return log2;
}

/* Of what lies in a row of several leases it may not be: no lease is like it. */
static bool may_lend(const struct recomputation *r, struct range x)
{
    return job_leasable(r->job) &&
           r->range.first + r->range.count <= r->job->ledger.limit &&
           one_lease_log2(x) <= cell_lease_log2(x.first);
}

static void lend_to(struct coord *c, struct thread *t, struct outbox *o)
{
    const struct slice *s =
        slices_lend(c, t->worker->standing, ready_kinds(c, t->worker), may_lend);
    if (!s)
        return;
    struct grant *g = grant_add(c, &(struct grant_new){.id = grant_new_id(c),
                                                       .thread = t,
                                                       .job = s->of->job,
                                                       .first = s->range.first,
                                                       .count = s->range.count,
                                                       .log2 = one_lease_log2(s->range),
                                                       .slice = s->id});
    outbox_add(c, o, g);
}

static void lend_in(struct coord *c, struct ready_class *k, struct outbox *o)
{
    const struct thread *t, *first = NULL;
    for (int i = 0; i < LEND_TRIES && slices_may_lend(c); i++) {
        if (!(t = k->head[0]) || t == first)
            break;
        struct thread *idle = ready_pop(c, k, 0);
        if (!ready_may_get(c, idle))
            continue;
        first = first ? first : idle;
        if (standing_believed(idle->worker->standing))
            lend_to(c, idle, o);
        ready_add(c, idle);
    }
}

void schedule_audits(struct coord *c)
{
    if (!slices_may_lend(c) || !may_lease(c) || c->clock.now_ms < c->jobs.resume_ms)
        return;
    struct outbox o = {0};
    for (size_t i = 0; i < c->ready.n && slices_may_lend(c); i++)
        lend_in(c, &c->ready.classes[i], &o);
    outbox_send(c, &o);
}

/* ---- one step ---- */

/* Threads of the class with so many grants in hand. */
static void serve(struct coord *c, struct ready_class *k, size_t level,
                  struct outbox *o)
{
    bool again = level == c->config.grants_in_hand; /* to a full hand */
    struct thread *t, *late = NULL; /* the first that is too slow for all there is */
    struct job *j;
    while ((t = k->head[level]) && t != late && (j = next_job(c, k->may, again))) {
        ready_pop(c, k, level);
        if (!ready_may_get(c, t) || fit_is_busy(c, t))
            continue;
        for (uint64_t kinds = k->may; j && !fit_in_time(c, t, j);
             j = next_job(c, kinds, again))
            kinds &= ~kind_bit(c, j->kind);
        if (!j) {
            ready_add(c, t);
            late = late ? late : t;
        } else if (!fit_leaves_to_others(t, j)) {
            grant_to(c, t, j, o);
        }
    }
}

void schedule_run(struct coord *c)
{
    if (!may_lease(c)) {
        c->schedule.speculate_ms = -1;
        return;
    }
    struct outbox o = {0};
    for (size_t level = 0; level <= c->config.grants_in_hand; level++) {
        if (c->ready.linked[level] == 0)
            continue;
        for (size_t i = 0; i < c->ready.n; i++)
            serve(c, &c->ready.classes[i], level, &o);
    }
    speculate_all(c, &o);
    outbox_send(c, &o);
}
