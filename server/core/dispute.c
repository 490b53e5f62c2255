// SPDX-License-Identifier: MIT
/*
 * Disputes: two workers have returned different hits for one range, or an audit has
 * refuted a result.  picoord recomputes the range and excludes the workers that were
 * wrong.
 */
#include "server/core/dispute.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/core/audit.h"
#include "server/core/ledger_commit.h"
#include "server/core/slices.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"
#include "server/core/worker.h"

enum { HOLD_MS = 60000 /* in all, for which disputes keep a job from its end */ };

/* Excludes the worker if the hits that it reported are not the right ones. */
static void ban_wrong(struct coord *c, uint64_t worker, struct range r,
                      uint64_t reported, uint64_t actual)
{
    char reason[TEXT_BYTES + 1];
    if (worker == 0 || reported == actual)
        return;
    snprintf(reason, sizeof(reason),
             "it said %llu hits in %llu trials from %llu, which have %llu",
             (unsigned long long)reported, (unsigned long long)r.count,
             (unsigned long long)r.first, (unsigned long long)actual);
    worker_ban(c, worker, reason, true); /* drops all its audits */
}

/* Nobody knows whose row it is that is wrong: then no row without an author is to be
 * trusted. */
static void discredit_nobody(const struct dispute *d)
{
    const struct recomputation *w = &d->work;
    uint64_t known;
    size_t share;
    if (d->author == 0 && d->author_hits != w->hits &&
        ledger_known(&w->job->ledger, w->range.first, w->range.first + w->range.count,
                     &known, &share) &&
        share == 0 && known == d->author_hits)
        w->job->discredited = true;
}

/* ---- while it goes on, the job does not end ---- */

/* So that who was wrong can be found out before the job ends; but not for ever, since a
 * range may be large, and a new worker costs nothing. */
static void hold_begin(struct coord *c, struct job *j)
{
    if (j->disputes++ > 0 || j->held_ms >= HOLD_MS)
        return;
    j->held = true;
    audit_hold(j);
    j->hold_ms = c->clock.now_ms;
    *VEC_PUSH(&c->held) = j;
}

static void hold_end(struct coord *c, size_t i)
{
    struct job *j = c->held.items[i];
    c->held.items[i] = c->held.items[--c->held.n];
    j->held_ms += c->clock.now_ms - j->hold_ms;
    j->held = false;
    audit_hold(j);
    transaction_job(c, j);
}

void dispute_tick(struct coord *c)
{
    for (size_t i = c->held.n; i-- > 0;) {
        const struct job *j = c->held.items[i];
        if (j->held_ms + c->clock.now_ms - j->hold_ms >= HOLD_MS)
            hold_end(c, i);
    }
}

static void settled(struct coord *c, struct job *j)
{
    assert(j->disputes > 0);
    transaction_job(c, j);
    if (--j->disputes > 0)
        return;
    for (size_t i = c->held.n; i-- > 0;)
        if (c->held.items[i] == j)
            hold_end(c, i);
}

/* ---- disputes ---- */

void dispute_compare(struct coord *c, struct job *j, struct range r, uint64_t hits,
                     uint64_t rival)
{
    uint64_t known;
    size_t share;
    struct standing *s = standing_of(c, rival);
    /* At most one dispute a worker: one is enough to exclude it, and a worker cannot
     * make picoord recompute without end. */
    if (s->dispute ||
        !ledger_known(&j->ledger, r.first, r.first + r.count, &known, &share) ||
        known == hits)
        return;
    struct dispute *d = mem_zero(1, sizeof(*d));
    *d = (struct dispute){
        .work = {.kind = RECOMPUTES_DISPUTE, .job = j, .of = s, .range = r},
        .author = j->ledger.shares[share].worker,
        .author_hits = known,
        .rival_hits = hits};
    s->dispute = d;
    hold_begin(c, j);
    slices_add(c, &d->work, LINE_BUDGET);
}

static void dispute_decided(struct coord *c, struct dispute *d)
{
    struct recomputation *w = &d->work;
    w->of->dispute = NULL;
    slices_remove(c, w);
    ban_wrong(c, d->author, w->range, d->author_hits, w->hits);
    ban_wrong(c, w->of->worker, w->range, d->rival_hits, w->hits);
    discredit_nobody(d);
    settled(c, w->job);
    free(d);
}

void dispute_recomputed(struct coord *c, uint64_t id, uint64_t hits, uint64_t micros)
{
    struct audit_record wrong;
    struct recomputation *r = slices_counted(c, id, hits, micros);
    if (!r)
        return;
    if (r->kind == RECOMPUTES_DISPUTE) {
        dispute_decided(c, container_of(r, struct dispute, work));
        return;
    }
    hits = r->hits;
    if (audit_recomputed(c, r, &wrong))
        return;
    if (r->lent)
        slices_here(c, r);
    else
        ban_wrong(c, wrong.worker, (struct range){wrong.first, wrong.count}, wrong.hits,
                  hits);
}

void dispute_release(struct coord *c)
{
    const struct map *m = &c->standings.by_worker;
    for (size_t i = 0; i < m->capacity; i++)
        if (m->slots[i].value)
            free(((struct standing *)m->slots[i].value)->dispute);
    free(c->held.items);
}

void dispute_check(const struct coord *c)
{
    const struct map *m = &c->standings.by_worker;
    size_t of_jobs = 0, of_workers = 0;
    for (size_t i = 0; i < c->jobs.all.n; i++)
        of_jobs += c->jobs.all.items[i]->disputes;
    for (size_t i = 0; i < m->capacity; i++) {
        const struct standing *s = m->slots[i].value;
        if (!s || !s->dispute)
            continue;
        of_workers++;
        assert(s->dispute->work.of == s && s->debt > 0);
        assert(s->dispute->author_hits != s->dispute->rival_hits);
    }
    assert(of_jobs == of_workers);
    for (size_t i = 0; i < c->held.n; i++)
        assert(c->held.items[i]->ledger.hold && c->held.items[i]->disputes > 0);
}
