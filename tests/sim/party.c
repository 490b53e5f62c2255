// SPDX-License-Identifier: MIT
/*
 * Who holds a secret, and every grant that was ever made to it: what the oracles know
 * of a worker, apart from what the coordinator and the worker themselves remember.
 */
#include "tests/sim/world.h"

#include <stdio.h>

uint64_t secret_id(const uint8_t secret[UID_BYTES])
{
    uint64_t a, b;
    memcpy(&a, secret, sizeof(a));
    memcpy(&b, secret + 8, sizeof(b));
    return rng_mix(a ^ rng_mix(b)) | 1;
}

struct party *party_new(struct world *w, const char *name, bool honest)
{
    struct party *p = mem_zero(1, sizeof(*p));
    for (size_t i = 0; i < UID_BYTES; i++)
        p->secret[i] = (uint8_t)rng_next(&w->rng);
    p->id = secret_id(p->secret);
    p->honest = honest;
    snprintf(p->name, sizeof(p->name), "%s", name);
    w->parties = mem_resize(w->parties, w->n_parties + 1, sizeof(*w->parties));
    w->parties[w->n_parties++] = p;
    return p;
}

void party_free(struct party *p)
{
    for (size_t i = 0; i <= JOBS_MAX; i++)
        ranges_release(&p->granted[i]);
    free(p->grants);
    free(p);
}

struct party *party_by_id(struct world *w, uint64_t id)
{
    for (size_t i = w->n_parties; i-- > 0;)
        if (w->parties[i]->id == id)
            return w->parties[i];
    return NULL;
}

struct party *party_named(struct world *w, const char *name)
{
    for (size_t i = w->n_parties; i-- > 0;)
        if (!strcmp(w->parties[i]->name, name))
            return w->parties[i];
    return NULL;
}

struct seen_grant *party_grant(struct party *p, uint64_t grant)
{
    for (size_t i = p->n_grants; i-- > 0;)
        if (p->grants[i].grant == grant)
            return &p->grants[i];
    return NULL;
}

static bool works(const struct party *p, uint32_t thread)
{
    for (size_t i = p->n_grants; i-- > 0;)
        if (p->grants[i].thread == thread && p->grants[i].unreported)
            return true;
    return false;
}

void party_add_grant(struct world *w, struct party *p, struct seen_grant g)
{
    if (p->n_grants == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 32;
        p->grants = mem_resize(p->grants, p->capacity, sizeof(*p->grants));
    }
    if (!works(p, g.thread))
        p->threads[g.thread].progress_us = w->now_us;
    g.unreported = g.open;
    p->grants[p->n_grants++] = g;
    ranges_add(&p->granted[g.job], g.first, g.count);
}

/* The coordinator reads its results: each tells how fast the thread is. */
void party_reports(struct world *w, struct party *p, const struct msg_results *r)
{
    for (size_t i = 0; i < r->n; i++) {
        struct seen_grant *g = party_grant(p, r->grant[i]);
        if (!g)
            continue;
        if (r->rate[i])
            p->threads[g->thread].rate = r->rate[i];
        if (g->unreported & r->leases[i])
            p->threads[g->thread].progress_us = w->now_us;
        g->open &= ~r->leases[i];
        g->unreported &= ~r->leases[i];
    }
}

void party_loses(struct party *p, uint64_t grant, uint64_t leases)
{
    struct seen_grant *g = party_grant(p, grant);
    if (g) {
        g->open &= ~leases;
        g->unreported &= ~leases;
    }
}

/* One of its threads has lost all that it held; no lease expires within the grace of
 * ten seconds, and which thread it was is not said. */
void party_expires(struct world *w, struct party *p)
{
    for (size_t i = 0; i < p->n_grants; i++)
        if (w->now_us - p->threads[p->grants[i].thread].progress_us > 9 * SECOND_US)
            p->grants[i].open = 0;
}

void party_loses_all(struct party *p)
{
    for (size_t i = 0; i < p->n_grants; i++)
        p->grants[i].open = p->grants[i].unreported = 0;
}
