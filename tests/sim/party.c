// SPDX-License-Identifier: MIT
/*
 * The owner of a secret, and all grants ever made to it: what the oracles know about a
 * worker, independent of the coordinator and of the worker itself.
 */
#include "tests/sim/world.h"

#include <stdio.h>

enum {
    RATE_ASSUMED = 1000000, /* trials/s of a thread of which too little was seen */
    STILL_S = 600           /* the longest wait for what is not seen to go on */
};

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
    struct party *last = NULL;
    for (size_t i = 0; i < w->n_parties; i++) {
        struct party *p = w->parties[i];
        if (p->life == w->host.life && !strcmp(p->known_as, name) &&
            (!last || p->there_us > last->there_us))
            last = p;
    }
    return last;
}

struct seen_grant *party_grant(struct party *p, uint64_t grant)
{
    for (size_t i = p->n_grants; i-- > 0;)
        if (p->grants[i].grant == grant)
            return &p->grants[i];
    return NULL;
}

/* ---- leases ---- */

static uint64_t trials_of(const struct seen_grant *g, uint64_t leases)
{
    uint64_t sum = 0;
    for (uint64_t bits = leases; bits; bits &= bits - 1)
        sum += grant_lease(g->first, g->count, g->log2, (uint32_t)__builtin_ctzll(bits))
                   .count;
    return sum;
}

/* Puts the grant at the end of its thread's queue. */
static void queue_up(struct world *w, struct party *p, struct seen_grant *g)
{
    g->ahead = 0;
    for (size_t i = 0; i < p->n_grants; i++)
        if (&p->grants[i] != g && p->grants[i].thread == g->thread)
            g->ahead += trials_of(&p->grants[i], p->grants[i].unreported);
    g->made_us = w->now_us;
    g->frozen_us = w->host.frozen_us;
    uint64_t slowest = p->slowest[g->thread];
    g->rate = slowest && slowest < RATE_ASSUMED ? slowest : RATE_ASSUMED;
}

/*
 * When the first open lease must have been returned or given to another worker: ten
 * times the predicted time for all that its thread had to do up to it, plus ten
 * seconds, but ten minutes after the thread was last seen to go on.  The prediction is
 * by the slowest report, so it is no shorter than that of any average.
 */
int64_t party_due_us(const struct world *w, const struct party *p,
                     const struct seen_grant *g)
{
    uint32_t lease = (uint32_t)__builtin_ctzll(g->open);
    struct range r = grant_lease(g->first, g->count, g->log2, lease);
    double trials = (double)(g->ahead + r.first + r.count - g->first);
    double s = 10 * trials / (double)g->rate + 10, still = STILL_S;
    int64_t moved_us = p->seen_us[g->thread] - g->made_us;
    if (moved_us > 0)
        still += (double)moved_us / SECOND_US;
    return g->made_us + (int64_t)((s < still ? s : still) * SECOND_US) +
           w->host.frozen_us - g->frozen_us;
}

void party_add_grant(struct world *w, struct party *p, struct seen_grant g)
{
    if (p->n_grants == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 32;
        p->grants = mem_resize(p->grants, p->capacity, sizeof(*p->grants));
    }
    g.unreported = g.open;
    g.life = w->host.life;
    p->grants[p->n_grants++] = g;
    queue_up(w, p, &p->grants[p->n_grants - 1]);
    if (p->grants[p->n_grants - 1].ahead == 0)
        p->seen_us[g.thread] = w->now_us;
    ranges_add(&p->granted[g.job], g.first, g.count);
}

/* From now on the number stands for the grant that was listed: somebody who came by the
 * same secret may have been given the number again. */
static struct seen_grant *named(struct party *p, const struct msg_resume *m, size_t i)
{
    for (size_t at = p->n_grants; at-- > 0;) {
        struct seen_grant g = p->grants[at];
        if (g.grant != m->grant[i] || g.first != m->first[i] ||
            g.count != m->count[i] || memcmp(g.uid, m->job + i * UID_BYTES, UID_BYTES))
            continue;
        memmove(&p->grants[at], &p->grants[at + 1], (p->n_grants - 1 - at) * sizeof(g));
        p->grants[p->n_grants - 1] = g;
        return &p->grants[p->n_grants - 1];
    }
    return NULL;
}

void party_resumes(struct world *w, struct party *p, const struct msg_resume *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct seen_grant *g = named(p, m, i);
        uint32_t job = image_job_of(&w->image, m->job + i * UID_BYTES);
        if (m->first[i] + m->count[i] > w->host.floor[job]) /* a rogue renumbers them */
            w->host.leased_here[job] += m->count[i];
        if (!g)
            continue;
        uint64_t all = leases_mask(grant_leases(g->first, g->count, g->log2));
        g->open = m->computing[i] & all;
        g->owed = m->unanswered[i];
        g->unreported = (m->computing[i] | m->unanswered[i]) & all;
        struct seen_grant before = *g;
        queue_up(w, p, g);
        /* a coordinator that still has the grant uses its first estimate */
        if (g->ahead < before.ahead)
            g->ahead = before.ahead;
        if (before.rate && g->rate > before.rate)
            g->rate = before.rate;
    }
}

static void see_thread(const struct world *w, struct party *p, uint32_t thread,
                       uint64_t trials)
{
    int64_t us = w->now_us - p->seen_us[thread];
    if (us > 0 && p->seen_us[thread] > 0) {
        uint64_t rate = (uint64_t)((double)trials * 0.9 * SECOND_US / (double)us) + 1;
        if (!p->slowest[thread] || rate < p->slowest[thread])
            p->slowest[thread] = rate;
    }
    p->seen_us[thread] = w->now_us;
}

/* The coordinator reads results. */
void party_reports(const struct world *w, struct party *p, const struct msg_results *r)
{
    for (size_t i = 0; i < r->n; i++) {
        struct seen_grant *g = party_grant(p, r->grant[i]);
        if (!g)
            continue;
        uint64_t fresh = trials_of(g, g->unreported & r->leases[i]);
        if (fresh)
            see_thread(w, p, g->thread, fresh);
        g->owed &= ~r->leases[i];
        g->expected |= g->unreported & r->leases[i];
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
        g->expected &= ~leases; /* the Cancel may have crossed the result */
    }
}

void party_expires(struct party *p, uint32_t thread)
{
    for (size_t i = 0; i < p->n_grants; i++)
        if (p->grants[i].thread == thread)
            p->grants[i].open = 0;
}

void party_loses_all(struct party *p)
{
    for (size_t i = 0; i < p->n_grants; i++)
        p->grants[i].open = p->grants[i].unreported = p->grants[i].owed = 0;
}

bool party_owes(const struct party *p)
{
    for (size_t i = 0; i < p->n_grants; i++)
        if (p->grants[i].owed)
            return true;
    return false;
}
