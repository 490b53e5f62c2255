// SPDX-License-Identifier: MIT
/*
 * Which thread gets which range next, and what happens if its result does not come.
 *
 * A thread has up to two grants in hand, so that it never waits for the network;
 * threads with none are served first.  New grants take the lowest gap, so ranges of
 * lost workers go out first, and at once: a thread with a full hand takes one such
 * grant more.  A grant is sized for a target time at the measured rate of its thread;
 * grants start small and shrink with the remaining work (guided self-scheduling:
 * Polychronopoulos and Kuck 1987).  Jobs share the fleet by stride scheduling
 * (Waldspurger and Weihl 1995).
 */
#include "server/core/schedule.h"

#include <assert.h>
#include <stdlib.h>

#include "server/core/effects.h"
#include "server/core/grant.h"
#include "server/core/job.h"
#include "server/core/ready.h"
#include "server/core/slices.h"
#include "server/core/standing.h"

enum {
    STRAGGLER_TIMES =
        2, /* a lease later than so many times its prediction is speculated */
    STRAGGLER_MIN_MS = 100,
    SPECULATE_MS = 50, /* between searches for stragglers */
    FIRST_GRANT_LOG2 = 20,
    GRANT_LEASES_TARGET = 4,
    LEASE_TARGET_MS = 250,
    LEND_TRIES = 64,  /* idle threads that are looked at in a step */
    TAIL_MIN_MS = 10, /* grants at the end of a job are not smaller than this */
    AUDITED_GRANT_TRIALS = 1 << 28 /* limit for jobs with --audit all */
};

void schedule_init(struct coord *c)
{
    c->schedule.speculate_ms = -1;
    if (c->config.grant_target_ms == 0)
        c->config.grant_target_ms = GRANT_LEASES_TARGET * LEASE_TARGET_MS;
}

/* ---- sizes ---- */

/* Grows with the fleet, so that all its threads together return about 4,000 results a
 * second at most. */
static int64_t target_ms(const struct coord *c)
{
    int64_t fleet = c->fleet.threads;
    return fleet > c->config.grant_target_ms ? fleet : c->config.grant_target_ms;
}

static uint64_t scale(uint64_t trials, uint64_t times, uint64_t by)
{
    unsigned __int128 x = (unsigned __int128)trials * times / by;
    return x < TRIALS_MAX ? (uint64_t)x : TRIALS_MAX;
}

/* The thread's share of half of the remaining trials, so that all threads end
 * together. */
static uint64_t tail_trials(const struct coord *c, const struct thread *t,
                            const struct job *j)
{
    double share = t->rate && c->fleet.rate > 0
                       ? (double)t->credited_rate / c->fleet.rate
                       : 1.0 / (double)(c->fleet.threads ? c->fleet.threads : 1);
    if (share > 1)
        share = 1;
    uint64_t part = (uint64_t)((double)j->ledger.free.total * share / 2);
    uint64_t least = scale(t->credited_rate, TAIL_MIN_MS, 1000);
    return part > least ? part : least;
}

/* The number of trials that the thread can do within the job's running time. */
static uint64_t time_trials(const struct coord *c, const struct thread *t,
                            const struct job *j)
{
    int64_t run = j->run_ms >= 0 ? c->clock.now_ms - j->run_ms : 0;
    int64_t left = j->record.for_ms - j->record.elapsed_ms - run -
                   rate_predict_ms(t->rate, thread_held(t));
    return scale(t->rate, left > TAIL_MIN_MS ? (uint64_t)left : TAIL_MIN_MS, 1000);
}

/* For some time after a restart, ranges that workers may still hold are not granted
 * anew. */
static uint64_t lease_from(const struct coord *c, const struct job *j)
{
    return c->clock.now_ms < c->jobs.resume_ms ? j->resume_floor : 0;
}

static struct wanted size_grant(const struct coord *c, const struct thread *t,
                                const struct job *j)
{
    struct wanted w = {.from = lease_from(c, j), .leases = c->config.grant_leases};
    if (c->config.lease_log2) {
        w.log2 = c->config.lease_log2;
        w.trials = (uint64_t)w.leases << w.log2;
        return w;
    }
    uint64_t trials = UINT64_C(1) << FIRST_GRANT_LOG2;
    if (t->rate && t->last_trials) {
        trials = scale(t->rate, (uint64_t)target_ms(c), 1000);
        if (trials > scale(t->last_trials, GRANT_GROWTH_TIMES, 1))
            trials = scale(t->last_trials, GRANT_GROWTH_TIMES, 1);
    }
    uint64_t tail = tail_trials(c, t, j);
    if (trials > tail)
        trials = tail;
    if (j->record.rule == STOP_TIME && t->rate && trials > time_trials(c, t, j))
        trials = time_trials(c, t, j);
    if (j->record.audit == AUDIT_ALL && trials > AUDITED_GRANT_TRIALS)
        trials = AUDITED_GRANT_TRIALS;
    w.trials = trials;
    w.log2 = LEASE_LOG2_MIN;
    uint32_t leases = w.leases < GRANT_LEASES_TARGET ? w.leases : GRANT_LEASES_TARGET;
    while (w.log2 < LEASE_LOG2_MAX && trials / leases >> (w.log2 + 1))
        w.log2++;
    return w;
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
                               .token = o->token}};
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

/* The leasable job with the least weighted use of threads, or NULL.  lost: among those
 * whose next range was leased before. */
static struct job *next_job(struct coord *c, bool lost)
{
    struct job *best = NULL;
    for (size_t i = 0; i < c->jobs.active.n; i++) {
        struct job *j = c->jobs.active.items[i];
        if (!job_leasable(j) || !j->ledger.free.n || (best && best->pass <= j->pass))
            continue;
        if (!lost || ledger_next_again(&j->ledger, lease_from(c, j)))
            best = j;
    }
    return best;
}

static void charge_job(struct job *j, const struct thread *t, uint64_t trials)
{
    uint64_t ms = (uint64_t)rate_predict_ms(t->rate, trials);
    j->pass += (ms << 16) / j->record.weight;
}

static void lease_event(struct coord *c, enum event_type type, const struct grant *g)
{
    event_add(c, (struct event){type, .lease = {.worker = g->thread->worker->name,
                                                .job = g->job->number,
                                                .first = g->first,
                                                .trials = g->count}});
}

static void grant_to(struct coord *c, struct thread *t, struct job *j, struct outbox *o)
{
    struct wanted want = size_grant(c, t, j);
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
    t->last_trials = got.count;
    charge_job(j, t, got.count);
    if (got.first + got.count > j->granted_end)
        j->granted_end = got.first + got.count;
    if (got.again) {
        lease_event(c, EVENT_LEASED_AGAIN, g);
        j->record.computed_again += got.count;
    }
    job_started(c, j);
    outbox_add(c, o, g);
    ready_add(c, t);
}

/* ---- stragglers ---- */

struct straggler {
    struct grant *grant;
    uint32_t lease;
    int64_t overdue_ms;
};

/* Finds the thread's lease that is furthest past STRAGGLER_TIMES its prediction. */
static void find_straggler(struct coord *c, const struct thread *t,
                           struct straggler *worst)
{
    uint64_t ahead = 0;
    for (struct grant *g = t->head; g; g = g->next) {
        for (uint64_t bits = g->outstanding; bits; bits &= bits - 1) {
            uint32_t i = (uint32_t)__builtin_ctzll(bits);
            struct range r = grant_lease(g->first, g->count, g->log2, i);
            ahead += r.count;
            int64_t patience = STRAGGLER_TIMES * rate_predict_ms(t->rate, ahead);
            if (patience < STRAGGLER_MIN_MS)
                patience = STRAGGLER_MIN_MS;
            int64_t overdue = c->clock.now_ms - t->progress_ms - patience;
            if (overdue <= worst->overdue_ms)
                break; /* later leases of the thread have later predictions */
            if (g->speculated >> i & 1 || !job_leasable(g->job) ||
                ledger_owned(&g->job->ledger, g->id, r.first) < r.first + r.count)
                continue;
            *worst = (struct straggler){g, i, overdue};
        }
    }
}

/* Speculative execution: no gap is left, so an idle thread gets the lease of the worst
 * straggler as well.  The first result counts; the second is compared with it. */
static bool speculate(struct coord *c, struct thread *t, struct outbox *o)
{
    struct straggler worst = {.overdue_ms = 0};
    for (size_t i = 0; i < c->fleet.workers.n; i++) {
        struct worker *w = c->fleet.workers.items[i];
        if (!w->conn || w == t->worker)
            continue;
        for (uint32_t k = 0; k < w->n_threads; k++)
            find_straggler(c, &w->threads[k], &worst);
    }
    if (!worst.grant)
        return false;
    struct grant *slow = worst.grant;
    struct range r = grant_lease(slow->first, slow->count, slow->log2, worst.lease);
    slow->speculated |= UINT64_C(1) << worst.lease;
    struct grant *g = grant_add(c, &(struct grant_new){.id = grant_new_id(c),
                                                       .thread = t,
                                                       .job = slow->job,
                                                       .first = r.first,
                                                       .count = r.count,
                                                       .log2 = slow->log2});
    g->speculates = slow->id;
    g->speculates_lease = worst.lease;
    charge_job(g->job, t, r.count);
    g->job->record.computed_again += r.count;
    lease_event(c, EVENT_SPECULATED, g);
    outbox_add(c, o, g);
    return true;
}

static bool any_leased(const struct coord *c)
{
    for (size_t i = 0; i < c->jobs.active.n; i++)
        if (c->jobs.active.items[i]->ledger.leased.n)
            return true;
    return false;
}

static void speculate_all(struct coord *c, struct outbox *o)
{
    if (!c->ready.head[0] || !any_leased(c)) {
        c->schedule.speculate_ms = -1;
        return;
    }
    if (c->schedule.speculate_ms >= 0 && c->clock.now_ms < c->schedule.speculate_ms)
        return;
    c->schedule.speculate_ms = c->clock.now_ms + SPECULATE_MS;
    size_t idle = 0;
    for (struct thread *t = c->ready.head[0]; t; t = t->ready_next)
        idle++;
    while (idle-- > 0) {
        struct thread *t = ready_pop(c, 0);
        if (!ready_may_get(c, t))
            continue;
        bool found = speculate(c, t, o);
        ready_add(c, t);
        if (!found)
            break;
    }
}

static bool may_lease(const struct coord *c)
{
    return !c->stop.asked && c->commits.retry_ms < 0 &&
           c->commits.pending.leases < c->config.transaction_leases;
}

/* ---- audits ---- */

static bool may_lend(const struct recomputation *r)
{
    return job_leasable(r->job) &&
           r->range.first + r->range.count <= r->job->ledger.limit;
}

static void lend_to(struct coord *c, struct thread *t, struct outbox *o)
{
    const struct slice *s = slices_lend(c, t->worker->standing, may_lend);
    if (!s)
        return;
    uint32_t log2 = LEASE_LOG2_MIN; /* of one lease that has all of it */
    while (grant_leases(s->range.first, s->range.count, log2) > 1)
        log2++;
    assert(log2 <= cell_lease_log2(s->range.first));
    struct grant *g = grant_add(c, &(struct grant_new){.id = grant_new_id(c),
                                                       .thread = t,
                                                       .job = s->of->job,
                                                       .first = s->range.first,
                                                       .count = s->range.count,
                                                       .log2 = log2});
    g->slice = s->id;
    outbox_add(c, o, g);
}

void schedule_audits(struct coord *c)
{
    struct outbox o = {0};
    if (!may_lease(c) || c->clock.now_ms < c->jobs.resume_ms)
        return;
    for (int i = 0; i < LEND_TRIES && c->ready.head[0] && slices_may_lend(c); i++) {
        struct thread *t = ready_pop(c, 0);
        const struct standing *s = t->worker->standing;
        if (ready_may_get(c, t) && standing_believed(s))
            lend_to(c, t, &o);
        ready_add(c, t);
    }
    outbox_send(c, &o);
}

/* ---- one step ---- */

void schedule_run(struct coord *c)
{
    if (!may_lease(c)) {
        c->schedule.speculate_ms = -1;
        return;
    }
    struct outbox o = {0};
    for (size_t level = 0; level <= c->config.grants_in_hand; level++) {
        bool full = level == c->config.grants_in_hand;
        struct job *j;
        while (c->ready.head[level] && (j = next_job(c, full))) {
            struct thread *t = ready_pop(c, level);
            if (ready_may_get(c, t))
                grant_to(c, t, j, &o);
        }
    }
    speculate_all(c, &o);
    outbox_send(c, &o);
}
