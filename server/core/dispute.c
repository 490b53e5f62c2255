// SPDX-License-Identifier: MIT
/*
 * Disputes: two workers have returned different hits for one range, or a recomputation
 * has refuted one of them.  Recomputation decides, and whoever was wrong is excluded.
 */
#include <stdio.h>

#include "server/core/state.h"

static void failed(struct coord *c, const struct audit *a, uint64_t hits);
static void ban_wrong(struct coord *c, const struct dispute *d, uint64_t worker,
                      uint64_t said, uint64_t right);

static void failed(struct coord *c, const struct audit *a, uint64_t hits)
{
    char reason[TEXT_BYTES + 1];
    snprintf(reason, sizeof(reason),
             "it said %llu hits in %llu trials from %llu, which have %llu",
             (unsigned long long)a->what.hits, (unsigned long long)a->what.count,
             (unsigned long long)a->what.first, (unsigned long long)hits);
    worker_ban(c, a->what.worker, reason, true); /* forgets all its audits */
}

static void ban_wrong(struct coord *c, const struct dispute *d, uint64_t worker,
                      uint64_t said, uint64_t right)
{
    char reason[TEXT_BYTES + 1];
    if (worker == 0 || said == right)
        return;
    snprintf(reason, sizeof(reason),
             "it said %llu hits in %llu trials from %llu, which have %llu",
             (unsigned long long)said, (unsigned long long)d->count,
             (unsigned long long)d->first, (unsigned long long)right);
    worker_ban(c, worker, reason, true);
}

/* The same range with other hits: one of the two authors is wrong. */
void compare(struct coord *c, struct job *j, uint64_t first, uint64_t end,
             uint64_t hits, uint64_t rival)
{
    uint64_t known;
    size_t share;
    if (!ledger_known(&j->ledger, first, end, &known, &share) || known == hits)
        return;
    /* One at a time for each worker: it is enough to exclude a liar, and no worker can
     * make picoord recompute without end. */
    for (size_t i = 0; i < c->disputes.n; i++)
        if (c->disputes.items[i].rival == rival)
            return;
    struct dispute *d = LIST_PUSH(&c->disputes);
    *d = (struct dispute){.id = c->next_check++,
                          .first = first,
                          .count = end - first,
                          .job = j,
                          .author = j->ledger.shares[share].worker,
                          .author_hits = known,
                          .rival = rival,
                          .rival_hits = hits};
    if (j->disputes++ == 0)
        ledger_hold(&j->ledger, true);
    struct effect *e = effect_add(c, EFFECT_RECOMPUTE, 0);
    e->recompute.id = d->id;
    e->recompute.seed = j->record.seed;
    e->recompute.first = first;
    e->recompute.count = end - first;
}

void results_recomputed(struct coord *c, const struct input *input)
{
    uint64_t id = input->recompute.id, hits = input->recompute.hits;
    const struct audit *refuted = NULL;
    if (audit_recomputed(c, input, &refuted)) {
        if (refuted)
            failed(c, refuted, hits);
        return;
    }
    for (size_t i = 0; i < c->disputes.n; i++) {
        struct dispute d = c->disputes.items[i];
        if (d.id != id)
            continue;
        c->disputes.items[i] = c->disputes.items[--c->disputes.n];
        ban_wrong(c, &d, d.author, d.author_hits, hits);
        ban_wrong(c, &d, d.rival, d.rival_hits, hits);
        if (--d.job->disputes == 0)
            ledger_hold(&d.job->ledger, false);
        job_dirty(c, d.job);
        return;
    }
}
