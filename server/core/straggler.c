// SPDX-License-Identifier: MIT
/*
 * A lease is late once it is out for twice as long as was predicted when it was
 * granted, or four times as long as the idle thread would need: whatever its worker
 * says of itself, others wait no longer than that.  A lease may be out three times, if
 * the second one is late as well, and never twice at one worker.  What would take the
 * idle thread more than ten seconds goes in parts.
 *
 * Busy threads are in a heap (thread.late), by a time before which nothing of theirs is
 * late.  The time is set when the thread gets its first grant, and again when somebody
 * looks, so that it costs nothing while there are gaps.
 */
#include "server/core/straggler.h"

#include <assert.h>

#include "server/core/grant.h"
#include "server/core/job.h"
#include "server/core/kind.h"
#include "server/core/rate.h"
#include "server/core/ready.h"

enum {
    LATE_TIMES = 2, /* the prediction, */
    LATE_MIN_MS = 100,
    NEED_TIMES = 4, /* or what the idle thread would need */
    NEED_MIN_MS = 1000,
    COPY_MS = 250,
    PART_MS = 1000 /* a part of a lease that would take more than GRANT_MAX_MS */
};

struct thread *straggler_due(struct coord *c)
{
    struct heap_item *item;
    while ((item = heap_min(&c->grants.late)) && item->key <= c->clock.now_ms) {
        struct thread *t = container_of(item, struct thread, late);
        if (t->head)
            return t;
        heap_remove(&c->grants.late, item);
    }
    return NULL;
}

static int64_t at_least(int64_t ms, int64_t least)
{
    return ms > least ? ms : least;
}

/* When the lease is late for a thread that would wait so long for it. */
static int64_t late_ms(const struct grant *g, uint32_t lease, int64_t wait_ms)
{
    int64_t own_ms = at_least(LATE_TIMES * grant_predict_ms(g, lease), LATE_MIN_MS);
    return g->granted_ms + (own_ms < wait_ms ? own_ms : wait_ms);
}

static void soonest(int64_t *next, int64_t at)
{
    *next = at < *next ? at : *next;
}

/* Leases that the idle thread may not have: it has one, two others have it, or the one
 * that has it is not late. */
static uint64_t copied(const struct coord *c, const struct grant *g,
                       const struct thread *idle, int64_t wait_ms, int64_t *next)
{
    uint64_t one = 0, mask = 0;
    for (const struct grant *d = g->copies; d; d = d->next_copy) {
        uint64_t low = d->first >> g->log2, high = (d->first + d->count - 1) >> g->log2;
        uint64_t leases = leases_mask((uint32_t)(high - low + 1))
                          << (low - (g->first >> g->log2));
        uint32_t last = grant_leases(d->first, d->count, d->log2) - 1;
        int64_t at = late_ms(d, last, wait_ms);
        mask |= leases & one;
        one |= leases;
        if (d->thread->worker == idle->worker || at > c->clock.now_ms)
            mask |= leases;
        if (at > c->clock.now_ms)
            soonest(next, at);
    }
    return mask;
}

/* The leases of the grant that are late.  *next is moved to when another may be. */
static uint64_t late_leases(const struct coord *c, const struct grant *g,
                            const struct thread *idle, int64_t wait_ms, int64_t *next)
{
    uint64_t all = g->outstanding & ~copied(c, g, idle, wait_ms, next), late = 0;
    if (g->granted_ms + wait_ms <= c->clock.now_ms)
        return all;
    for (; all; all &= all - 1) { /* each later than the one before */
        int64_t at = late_ms(g, (uint32_t)__builtin_ctzll(all), wait_ms);
        if (at > c->clock.now_ms) {
            soonest(next, at);
            break;
        }
        late |= all & -all;
    }
    return late;
}

/* Whether the grant still owns its lease. */
static bool owns(const struct grant *g, struct range r)
{
    return ledger_owned(&g->job->ledger, g->id, r.first) >= r.first + r.count;
}

/* Whether some thread of the worker has the range already, as a copy of what somebody
 * held before. */
static bool has_copy(const struct worker *w, const struct job *j, struct range r)
{
    for (uint32_t i = 0; w->copies > 0 && i < w->n_threads; i++)
        for (const struct grant *g = w->threads[i].head; g; g = g->next)
            if (g->copy && g->job == j && g->first < r.first + r.count &&
                r.first < g->first + g->count)
                return true;
    return false;
}

/* The last leases of the mask that lie side by side, are the grant's own, and are
 * nowhere at the idle thread's worker. */
static bool last_run(struct grant *g, uint64_t leases, const struct thread *idle,
                     struct straggler *ret)
{
    uint64_t trials = rate_scale(rate_of(idle, g->job->program), COPY_MS, 1000);
    *ret = (struct straggler){.log2 = g->log2};
    while (leases) {
        uint32_t i = 63 - (uint32_t)__builtin_clzll(leases);
        struct range r = grant_lease(g->first, g->count, g->log2, i);
        leases &= ~(UINT64_C(1) << i);
        bool fits = owns(g, r) && !has_copy(idle->worker, g->job, r);
        if (ret->grant)
            fits = fits && r.first + r.count == ret->first &&
                   ret->count + r.count <= trials;
        if (!fits && ret->grant)
            return true;
        if (fits)
            *ret = (struct straggler){g, r.first, ret->count + r.count, g->log2};
    }
    return ret->grant != NULL;
}

/* Cuts a lease to what the thread may have.  When its result comes, the rest of the
 * lease is free, and is cut anew. */
static void take_part(struct straggler *s, uint32_t log2)
{
    if (log2 >= s->log2)
        return;
    uint64_t end = ((s->first >> log2) + 1) << log2;
    s->log2 = log2;
    if (s->count > end - s->first)
        s->count = end - s->first;
}

static uint32_t part_log2(const struct coord *c, const struct thread *idle,
                          const struct grant *g, int64_t need_ms)
{
    uint32_t log2 = g->log2, most = grant_log2_most(c, idle, g->job);
    if (log2 > most)
        log2 = most;
    if (need_ms > GRANT_MAX_MS)
        for (; need_ms > PART_MS && log2 > LEASE_LOG2_MIN; need_ms /= 2)
            log2--;
    return log2;
}

int64_t straggler_look(const struct coord *c, const struct thread *slow,
                       const struct thread *idle, struct straggler *ret)
{
    int64_t next = INT64_MAX;
    if (slow->worker == idle->worker)
        return next;
    uint64_t kinds = ready_kinds(c, idle->worker);
    for (struct grant *g = slow->head; g; g = g->next) {
        if (g->copy || g->expired || !job_leasable(g->job) ||
            !(kinds & kind_bit(c, g->job->kind)))
            continue;
        int64_t need_ms =
            rate_predict_ms(rate_of(idle, g->job->program), UINT64_C(1) << g->log2);
        int64_t wait_ms = at_least(NEED_TIMES * need_ms, NEED_MIN_MS);
        uint64_t late = late_leases(c, g, idle, wait_ms, &next);
        if (last_run(g, late, idle, ret)) {
            take_part(ret, part_log2(c, idle, g, need_ms));
            return c->clock.now_ms;
        }
    }
    return next;
}
