// SPDX-License-Identifier: MIT
/*
 * The standing of each worker: how often it was right, whether it is trusted, whether
 * it is excluded.  It outlives the worker.
 */
#include "server/core/standing.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "server/core/entropy.h"
#include "server/core/transaction.h"

#define PI_QUARTER 0.78539816339744830962

void standing_init(struct coord *c)
{
    map_init(&c->standings.bans, entropy_map_key(c));
}

void standing_release(struct coord *c)
{
    const struct map *m = &c->standings.by_worker;
    for (size_t i = 0; i < m->capacity; i++)
        if (m->slots[i].value)
            free(((struct standing *)m->slots[i].value)->unsure.items);
    map_free(&c->standings.by_worker);
    map_free(&c->standings.bans);
}

void standing_restore(struct coord *c, const struct standing_record *r)
{
    struct standing *s = standing_of(c, r->worker);
    s->valid = r->valid;
    s->passed = r->passed;
    s->trusted = r->trusted;
}

bool standing_overdue(const struct standing *s)
{
    return s->overdue;
}

bool standing_trusted(const struct standing *s)
{
    return s->trusted || s->by_token || (s->passed >= PROBATION_RESULTS && s->due == 0);
}

void standing_forget(struct coord *c, struct standing *s)
{
    assert(standing_of(c, s->worker) == s);
    if (s->valid > 0 || s->debt > 0 || s->trusted || s->dirty)
        return;
    map_remove(&c->standings.by_worker, s->worker);
    free(s->unsure.items);
    free(s);
}

struct standing *standing_of(struct coord *c, uint64_t worker)
{
    struct standing *s = map_get(&c->standings.by_worker, worker);
    if (s)
        return s;
    s = mem_zero(1, sizeof(*s));
    s->worker = worker;
    map_put(&c->standings.by_worker, worker, s);
    return s;
}

void standing_trust(struct coord *c, struct standing *s)
{
    s->trusted = true;
    transaction_standing(c, s);
    standing_vouch(c, s);
}

void standing_untrust(struct coord *c, struct standing *s)
{
    s->trusted = false;
    transaction_standing(c, s);
}

bool standing_known(const struct coord *c, uint64_t worker)
{
    return map_get(&c->standings.by_worker, worker);
}

double standing_z(const struct standing *s)
{
    if (s->trials == 0)
        return 0;
    double n = (double)s->trials;
    return ((double)s->hits - n * PI_QUARTER) / sqrt(n * PI_QUARTER * (1 - PI_QUARTER));
}

void standing_unsure(struct coord *c, struct job *j, size_t share)
{
    struct share *x = &j->ledger.shares[share];
    if (!x->provisional || x->unsure || j->record.state >= JOB_DONE)
        return;
    x->unsure = true;
    *VEC_PUSH(&standing_of(c, x->worker)->unsure) = j;
}

void standing_unsure_all(struct coord *c, struct job *j)
{
    for (size_t i = 1; i < j->ledger.n_shares; i++)
        standing_unsure(c, j, i);
}

void standing_sure_all(struct coord *c, struct job *j)
{
    for (size_t i = 1; i < j->ledger.n_shares; i++) {
        struct share *x = &j->ledger.shares[i];
        struct standing *s = x->unsure ? standing_of(c, x->worker) : NULL;
        for (size_t at = 0; s && at < s->unsure.n; at++)
            if (s->unsure.items[at] == j)
                s->unsure.items[at] = s->unsure.items[--s->unsure.n];
        x->unsure = false;
    }
}

void standing_vouch(struct coord *c, struct standing *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->unsure.n; i++) {
        struct job *j = s->unsure.items[i];
        struct share *x = &j->ledger.shares[ledger_share(&j->ledger, s->worker, "")];
        x->unsure = x->provisional;
        if (!x->unsure)
            continue;
        s->unsure.items[kept++] = j;
        j->trust_gained = true;
        transaction_job(c, j);
    }
    s->unsure.n = kept;
}

void standing_ban_keep(struct coord *c, const struct ban_record *b)
{
    if (standing_ban(c, b->worker))
        return;
    struct ban_record *kept = mem_resize(NULL, 1, sizeof(*kept));
    *kept = *b;
    map_put(&c->standings.bans, b->worker, kept);
}

void standing_pardon(struct coord *c, uint64_t worker)
{
    struct ban_record *b = map_remove(&c->standings.bans, worker);
    assert(b);
    if (b->revoke) {
        struct standing *s = standing_of(c, worker);
        s->valid = s->passed = s->trials = s->hits = 0;
        s->trusted = false;
        transaction_standing(c, s);
    }
    free(b);
    transaction_pardon(c, worker);
}

const struct ban_record *standing_ban(const struct coord *c, uint64_t worker)
{
    return map_get(&c->standings.bans, worker);
}

void standing_check(const struct coord *c)
{
    const struct map *m = &c->standings.by_worker;
    for (size_t i = 0; i < m->capacity; i++) {
        const struct standing *s = m->slots[i].value;
        assert(!s || map_get(m, s->worker) == s);
        assert(!s || s->hits <= s->trials);
    }
}
