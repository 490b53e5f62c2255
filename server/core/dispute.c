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
#include "server/core/effects.h"
#include "server/core/job.h"
#include "server/core/kind.h"
#include "server/core/ledger_commit.h"
#include "server/core/lines.h"
#include "server/core/ready.h"
#include "server/core/slices.h"
#include "server/core/standing.h"
#include "server/core/transaction.h"
#include "server/core/worker.h"

enum {
    HOLD_MS = 60000,   /* in all, for which disputes keep a job from its end */
    FAILED_MS = 600000 /* until picoord tries its own program again */
};

/* Excludes the worker if the hits that it reported are not the right ones. */
static void ban_wrong(struct coord *c, uint64_t worker, struct job *j, struct range r,
                      uint64_t reported, uint64_t actual)
{
    char reason[TEXT_BYTES + 1], of[NAME_BYTES + 8] = "";
    if (worker == 0 || reported == actual)
        return;
    if (!program_is_pi(j->program))
        snprintf(of, sizeof(of), " of '%s'", j->of.name);
    snprintf(reason, sizeof(reason),
             "it said %llu hits in %llu trials%s from %llu, which have %llu",
             (unsigned long long)reported, (unsigned long long)(r.count >> job_unit(j)),
             of, (unsigned long long)(r.first >> job_unit(j)),
             (unsigned long long)actual);
    worker_wrong(c, worker, j, r, reason); /* drops its audits */
}

/* ---- programs ---- */

/* Two counts of the same trials differ, and nobody is to blame but the program. */
static void program_wavers(struct coord *c, struct job *j, struct range r, uint64_t a,
                           uint64_t b)
{
    if (job_ended(j))
        return;
    snprintf(j->why, sizeof(j->why),
             "program %s: two counts of the same %llu trials differ (%llu, %llu): it "
             "does not depend on (seed, trial) alone",
             j->of.name, (unsigned long long)(r.count >> job_unit(j)),
             (unsigned long long)a, (unsigned long long)b);
    audit_forget_job(c, j);
    job_end(c, j, JOB_FAILED, EVENT_JOB_FAILED);
}

/* Before anybody is blamed for what a program counts, it is counted once more, in
 * another child.  True: what is known now is not the last word. */
static bool count_again(struct coord *c, struct recomputation *r)
{
    if (program_is_pi(r->job->program) || r->again)
        return false;
    slices_anew(c, r, true);
    return true;
}

static bool wavers(const struct recomputation *r)
{
    return r->again && r->before != r->hits;
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

/* Whether picoord, or a worker whose word counts, can say what is right. */
static bool decidable(const struct coord *c, const struct job *j)
{
    for (size_t i = 0; !kind_here(j); i++) {
        if (i == c->fleet.workers.n)
            return false;
        const struct worker *w = c->fleet.workers.items[i];
        if (standing_believed(w->standing) && ready_kinds(c, w) & kind_bit(c, j->kind))
            return true;
    }
    return true;
}

/* Where nobody can say who is right, neither of them counts the program any more. */
static void blame_both(struct coord *c, struct job *j, uint64_t author, uint64_t rival)
{
    const struct range unproven = {0};
    char reason[TEXT_BYTES + 1];
    snprintf(reason, sizeof(reason),
             "another worker counts '%s' otherwise, and nobody is here who could say "
             "which of them is wrong",
             j->of.name);
    if (author)
        worker_wrong(c, author, j, unproven, reason);
    worker_wrong(c, rival, j, unproven, reason);
}

void dispute_compare(struct coord *c, struct job *j, struct range r, uint64_t hits,
                     uint64_t rival)
{
    uint64_t known;
    size_t share;
    struct standing *s = standing_for(c, rival, j->program);
    /* At most one dispute a worker: one is enough to exclude it, and a worker cannot
     * make picoord recompute without end. */
    if (s->dispute || c->fleet.wrongs.n > 0 ||
        !ledger_known(&j->ledger, r.first, r.first + r.count, &known, &share) ||
        known == hits)
        return;
    if (!decidable(c, j)) { /* nobody votes */
        uint64_t author = j->ledger.shares[share].worker;
        blame_both(c, j, author, rival);
        return;
    }
    struct dispute *d = mem_zero(1, sizeof(*d));
    *d = (struct dispute){
        .work = {.kind = RECOMPUTES_DISPUTE, .job = j, .of = s, .range = r},
        .author = j->ledger.shares[share].worker,
        .author_hits = known,
        .rival_hits = hits};
    s->dispute = d;
    hold_begin(c, j);
    lines_add(c, &d->work, LINE_BUDGET);
}

static void dispute_decided(struct coord *c, struct dispute *d)
{
    struct recomputation *w = &d->work;
    struct job *j = w->job;
    if (count_again(c, w))
        return;
    w->of->dispute = NULL;
    lines_remove(c, w);
    if (wavers(w)) {
        program_wavers(c, j, w->range, w->before, w->hits);
    } else if (j->record.state != JOB_FAILED || program_is_pi(j->program)) {
        ban_wrong(c, d->author, j, w->range, d->author_hits, w->hits);
        ban_wrong(c, w->of->worker, j, w->range, d->rival_hits, w->hits);
        discredit_nobody(d);
    }
    settled(c, j);
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
    if (wavers(r)) {
        program_wavers(c, r->job, r->range, r->before, hits);
        return;
    }
    struct job *j = r->job;
    if (audit_recomputed(c, r, &wrong))
        return;
    if (r->lent && kind_own(c, j))
        slices_anew(c, r, false);
    else if (!count_again(c, r))
        ban_wrong(c, wrong.worker, j, (struct range){wrong.first, wrong.count},
                  wrong.hits, hits);
}

void dispute_failed(struct coord *c, uint64_t id, const char *why)
{
    const struct job *j = slices_failed(c, id);
    struct program *p = j ? j->program : NULL;
    if (!p)
        return;
    p->failed_ms = c->clock.now_ms + FAILED_MS;
    copy_text(p->why, sizeof(p->why), why);
}

void dispute_release(struct coord *c)
{
    struct standing_walk at = {0};
    for (const struct standing *s; (s = standing_next(c, &at));)
        free(s->dispute);
    free(c->held.items);
}

void dispute_check(const struct coord *c)
{
    struct standing_walk at = {0};
    size_t of_jobs = 0, of_workers = 0;
    for (size_t i = 0; i < c->jobs.all.n; i++)
        of_jobs += c->jobs.all.items[i]->disputes;
    for (const struct standing *s; (s = standing_next(c, &at));) {
        if (!s->dispute)
            continue;
        of_workers++;
        assert(s->dispute->work.of == s && s->debt > 0);
        assert(s->dispute->author_hits != s->dispute->rival_hits);
    }
    assert(of_jobs == of_workers);
    for (size_t i = 0; i < c->held.n; i++)
        assert(c->held.items[i]->ledger.hold && c->held.items[i]->disputes > 0);
}
