// SPDX-License-Identifier: MIT
/*
 * The standing of each worker: how often it was right, whether it is trusted, whether
 * it is excluded.  It outlives the worker.
 */
#include "server/core/standing.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/entropy.h"
#include "server/core/kind.h"
#include "server/core/transaction.h"

#define PI_QUARTER 0.78539816339744830962

static char *mem_copy_text(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(mem_resize(NULL, n, 1), text, n);
}

void standing_init(struct coord *c)
{
    map_init(&c->standings.bans, entropy_map_key(c));
}

static void free_one(struct standing *s)
{
    free(s->unsure.items);
    free(s->excluded);
    free(s);
}

static void free_all(struct standing *base)
{
    for (struct standing *s = base, *next; s; s = next) {
        next = s->next;
        free_one(s);
    }
}

void standing_release(struct coord *c)
{
    const struct map *m = &c->standings.by_worker;
    for (size_t i = 0; i < m->capacity; i++)
        free_all(m->slots[i].value);
    map_release(&c->standings.by_worker);
    map_free(&c->standings.bans);
}

struct standing *standing_next(const struct coord *c, struct standing_walk *at)
{
    const struct map *m = &c->standings.by_worker;
    at->s = at->s ? at->s->next : NULL;
    while (!at->s && at->slot < m->capacity)
        at->s = m->slots[at->slot++].value;
    return at->s;
}

bool standing_restore(struct coord *c, const struct standing_record *r)
{
    struct program *p = program_of(c, r->program);
    if (!p)
        return false;
    struct standing *s = standing_for(c, r->worker, p);
    s->valid = r->valid;
    s->passed = r->passed;
    s->trusted = r->trusted;
    if (*r->excluded) {
        s->excluded = mem_copy_text(r->excluded);
        s->wrong_job = r->job;
        s->wrong = (struct range){r->first, r->count};
    }
    return true;
}

bool standing_overdue(const struct standing *s)
{
    return s->overdue;
}

bool standing_trusted(const struct standing *s)
{
    return standing_believed(s) || (s->passed >= PROBATION_RESULTS && s->due == 0);
}

static bool worth_keeping(const struct standing *s)
{
    return s->valid > 0 || s->debt > 0 || s->trusted || s->dirty || s->excluded;
}

void standing_forget(struct coord *c, struct standing *base)
{
    assert(standing_of(c, base->worker) == base);
    for (const struct standing *s = base; s; s = s->next)
        if (worth_keeping(s))
            return;
    map_remove(&c->standings.by_worker, base->worker);
    free_all(base);
}

struct standing *standing_of(struct coord *c, uint64_t worker)
{
    struct standing *s = map_get(&c->standings.by_worker, worker);
    if (s)
        return s;
    s = mem_zero(1, sizeof(*s));
    s->worker = worker;
    s->program = c->kinds.programs.items[0];
    s->base = s;
    map_put(&c->standings.by_worker, worker, s);
    return s;
}

struct standing *standing_in(const struct standing *base, const struct program *p)
{
    struct standing *s = base->base;
    while (s && s->program != p)
        s = s->next;
    return s;
}

struct standing *standing_for(struct coord *c, uint64_t worker, struct program *p)
{
    struct standing *base = standing_of(c, worker), *s = standing_in(base, p);
    if (s)
        return s;
    s = mem_zero(1, sizeof(*s));
    s->worker = worker;
    s->program = p;
    s->base = base;
    s->next = base->next;
    base->next = s;
    return s;
}

bool standing_excluded(const struct standing *base, const struct program *p)
{
    const struct standing *s = standing_in(base, p);
    return s && s->excluded;
}

bool standing_kept_from(const struct standing *base, const struct program *p)
{
    const struct standing *s = standing_in(base, p);
    return s && (s->excluded || s->overdue);
}

bool standing_barred(const struct coord *c, uint64_t worker, const struct program *p)
{
    const struct ban_record *b = standing_ban(c, worker);
    const struct standing *base = map_get(&c->standings.by_worker, worker);
    return (b && b->revoke) || (base && standing_excluded(base, p));
}

const struct standing *standing_wrong(const struct coord *c, uint64_t worker)
{
    const struct standing *s = map_get(&c->standings.by_worker, worker);
    while (s && !(s->excluded && s->wrong.count))
        s = s->next;
    return s;
}

void standing_exclude(struct coord *c, struct standing *s, const char *reason,
                      uint64_t job, struct range wrong)
{
    assert(!s->excluded && !program_is_pi(s->program));
    s->excluded = mem_copy_text(reason);
    s->wrong_job = job;
    s->wrong = wrong;
    transaction_standing(c, s);
}

void standing_trust(struct coord *c, struct standing *base)
{
    base->trusted = true;
    transaction_standing(c, base);
    for (struct standing *s = base; s; s = s->next)
        standing_vouch(c, s);
}

void standing_untrust(struct coord *c, struct standing *base)
{
    base->trusted = false;
    transaction_standing(c, base);
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
    struct standing *s = standing_for(c, x->worker, j->program);
    assert(s);
    *VEC_PUSH(&s->unsure) = j;
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
        struct standing *s = x->unsure ? standing_for(c, x->worker, j->program) : NULL;
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

static void begin_anew(struct coord *c, struct standing *s)
{
    s->valid = s->passed = s->trials = s->hits = 0;
    s->trusted = false;
    free(s->excluded);
    s->excluded = NULL;
    s->wrong_job = 0;
    s->wrong = (struct range){0};
    transaction_standing(c, s);
}

void standing_pardon(struct coord *c, uint64_t worker)
{
    struct ban_record *b = map_remove(&c->standings.bans, worker);
    bool wrong = b && b->revoke;
    for (struct standing *s = standing_of(c, worker); s; s = s->next)
        if (wrong || s->excluded)
            begin_anew(c, s);
    if (!b)
        return;
    free(b);
    transaction_pardon(c, worker);
}

const struct ban_record *standing_ban(const struct coord *c, uint64_t worker)
{
    return map_get(&c->standings.bans, worker);
}

void standing_check(const struct coord *c)
{
    struct standing_walk at = {0};
    for (const struct standing *s; (s = standing_next(c, &at));) {
        const struct standing *base = map_get(&c->standings.by_worker, s->worker);
        assert(s->base == base && standing_in(base, s->program) == s);
        assert(s->hits <= s->trials);
        assert(s == base ? program_is_pi(s->program) && !s->excluded
                         : !program_is_pi(s->program) && !s->trusted && !s->by_token);
    }
}
