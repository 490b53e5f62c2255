// SPDX-License-Identifier: MIT
/*
 * What is thought of each worker: how often it was right, whether its word goes, and
 * who is excluded.  It outlives the worker.
 */
#include <math.h>

#include "server/core/state.h"

bool audit_slows(const struct standing *s)
{
    return s->due >= AUDITS_A_WORKER;
}

bool believed(const struct standing *s)
{
    return s->trusted || s->spawned || (s->passed >= PROBATION && s->due == 0);
}

/* Of one that has said nothing there is nothing to remember. */
void standing_forget(struct coord *c, struct standing *s)
{
    if (s->valid > 0 || s->due > 0 || s->trusted || s->dirty)
        return;
    map_remove(&c->standings, s->worker);
    free(s);
}

struct standing *standing_of(struct coord *c, uint64_t worker)
{
    struct standing *s = map_get(&c->standings, worker);
    if (s)
        return s;
    s = mem_zero(1, sizeof(*s));
    s->worker = worker;
    map_put(&c->standings, worker, s);
    return s;
}

void standing_trust(struct coord *c, struct standing *s)
{
    s->trusted = true;
    standing_changed(c, s);
    vouch(c, s);
}

double standing_z(const struct standing *s)
{
    if (s->trials == 0)
        return 0;
    double n = (double)s->trials;
    return ((double)s->hits - n * PI_QUARTER) / sqrt(n * PI_QUARTER * (1 - PI_QUARTER));
}

/* Hits that are this far from what chance would give come from a bad kernel, or from
 * somebody who makes them up. */
bool suspicious(const struct standing *s)
{
    return fabs(standing_z(s)) > AUDIT_SIGMAS;
}

/* What it has contributed as provisional is verified with the next transaction. */
void vouch(struct coord *c, const struct standing *s)
{
    for (size_t i = 0; i < c->open.n; i++) {
        struct job *j = c->open.items[i];
        size_t share = (size_t)(uintptr_t)map_get(&j->ledger.share_of, s->worker);
        if (share == 0 || !j->ledger.shares[share].provisional)
            continue;
        j->vouched = true;
        job_dirty(c, j);
    }
}

void ban_keep(struct coord *c, const struct ban_record *b)
{
    if (worker_banned(c, b->worker))
        return;
    struct ban_record *kept = mem_resize(NULL, 1, sizeof(*kept));
    *kept = *b;
    map_put(&c->bans, b->worker, kept);
}

const struct ban_record *worker_banned(const struct coord *c, uint64_t id)
{
    return map_get(&c->bans, id);
}
