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
#include "server/core/transaction.h"
#include "server/core/worker.h"

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
static void discredit_nobody(const struct dispute *d, uint64_t actual)
{
    uint64_t known;
    size_t share;
    if (d->author == 0 && d->author_hits != actual &&
        ledger_known(&d->job->ledger, d->range.first, d->range.first + d->range.count,
                     &known, &share) &&
        share == 0 && known == d->author_hits)
        d->job->discredited = true;
}

void dispute_compare(struct coord *c, struct job *j, struct range r, uint64_t hits,
                     uint64_t rival)
{
    uint64_t known;
    size_t share;
    if (!ledger_known(&j->ledger, r.first, r.first + r.count, &known, &share) ||
        known == hits)
        return;
    /* At most one dispute a worker: one is enough to exclude it, and a worker cannot
     * make picoord recompute without end. */
    for (size_t i = 0; i < c->disputes.n; i++)
        if (c->disputes.items[i].rival == rival)
            return;
    struct dispute *d = VEC_PUSH(&c->disputes);
    *d = (struct dispute){.id = c->audits.next_id++,
                          .range = r,
                          .job = j,
                          .author = j->ledger.shares[share].worker,
                          .author_hits = known,
                          .rival = rival,
                          .rival_hits = hits};
    j->disputes++;
    audit_hold(j);
    struct effect *e = effect_add(c, EFFECT_RECOMPUTE, 0);
    e->recompute.id = d->id;
    e->recompute.seed = j->record.seed;
    e->recompute.first = r.first;
    e->recompute.count = r.count;
}

void dispute_recomputed(struct coord *c, uint64_t id, uint64_t hits, uint64_t micros)
{
    struct audit_record what;
    switch (audit_recomputed(c, id, hits, micros, &what)) {
    case AUDIT_PASSED:
        return;
    case AUDIT_REFUTED:
        ban_wrong(c, what.worker, (struct range){what.first, what.count}, what.hits,
                  hits);
        return;
    case AUDIT_UNKNOWN:
        break;
    }
    for (size_t i = 0; i < c->disputes.n; i++) {
        struct dispute d = c->disputes.items[i];
        if (d.id != id)
            continue;
        c->disputes.items[i] = c->disputes.items[--c->disputes.n];
        ban_wrong(c, d.author, d.range, d.author_hits, hits);
        ban_wrong(c, d.rival, d.range, d.rival_hits, hits);
        discredit_nobody(&d, hits);
        assert(d.job->disputes > 0);
        d.job->disputes--;
        audit_hold(d.job);
        transaction_job(c, d.job);
        return;
    }
}

void dispute_release(struct coord *c)
{
    free(c->disputes.items);
}

void dispute_check(const struct coord *c)
{
    size_t of_jobs = 0;
    for (size_t i = 0; i < c->jobs.all.n; i++)
        of_jobs += c->jobs.all.items[i]->disputes;
    assert(of_jobs == c->disputes.n);
    for (size_t i = 0; i < c->disputes.n; i++)
        assert(c->disputes.items[i].author_hits != c->disputes.items[i].rival_hits);
}
