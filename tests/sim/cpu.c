// SPDX-License-Identifier: MIT
/*
 * The threads of a worker: each computes its leases one after another, at its own speed
 * and without pauses; some return wrong hits, some never finish.
 */
#include "tests/sim/world.h"

#include "common/kernel/kernel.h"
#include "tests/sim/truth.h"

static void report_soon(struct world *w, struct worker *k, struct report r)
{
    size_t slot = 0;
    while (slot < k->n_reports && k->reports[slot].used)
        slot++;
    if (slot == k->n_reports) {
        k->n_reports++;
        k->reports = mem_resize(k->reports, k->n_reports, sizeof(r));
    }
    r.used = true;
    k->reports[slot] = r;
    int64_t delay = w->plan.scripted ? 0 : (int64_t)rng_below(&w->rng, 3000);
    world_at(w, w->now_us + delay, SIM_WORKER_REPORT, k->index, slot);
}

static void finish_at(struct world *w, struct worker *k, uint32_t i, int64_t at_us)
{
    struct thread *t = &k->threads[i];
    t->finish_us = at_us;
    t->epoch++;
    world_at(w, at_us, SIM_WORKER_COMPUTED, k->index, (uint64_t)i << 32 | t->epoch);
}

static void take_next(struct world *w, struct worker *k, uint32_t i)
{
    struct thread *t = &k->threads[i];
    if (t->busy || t->n == 0 || k->life != LIFE_RUNNING)
        return;
    struct work *x = &t->queue[0];
    t->busy = true;
    t->grant = x->grant;
    t->seed = x->seed;
    t->of = x->of;
    t->lease = (uint32_t)__builtin_ctzll(x->leases);
    t->range = grant_lease(x->first, x->count, x->log2, t->lease);
    t->begun_us = w->now_us;
    x->leases &= x->leases - 1;
    if (x->leases == 0)
        memmove(t->queue, t->queue + 1, --t->n * sizeof(*x));
    if (!w->healed && chance_ppm(&w->rng, k->plan->hangs_ppm)) {
        TELL(w, "%-8s hangs in thread %u", k->party->name, i);
        t->hung = true;
        return;
    }
    uint64_t rate =
        *t->of.name ? k->plan->units[plan_program(t->of.name)] : k->plan->rate;
    int64_t us = (int64_t)((double)t->range.count / (double)rate * SECOND_US);
    if (k->plan->wobble)
        us = us *
             chance_between(&w->rng, 100 - k->plan->wobble, 100 + k->plan->wobble) /
             100;
    finish_at(w, k, i, w->now_us + us + 1);
}

void cpu_assign(struct world *w, struct worker *k, uint32_t thread, struct work x)
{
    if (thread >= k->plan->threads || x.leases == 0)
        world_fail(w, "%s assigns nothing, or to thread %u", k->party->name, thread);
    struct thread *t = &k->threads[thread];
    if (t->n == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 4;
        t->queue = mem_resize(t->queue, t->capacity, sizeof(x));
    }
    t->queue[t->n++] = x;
    take_next(w, k, thread);
}

void cpu_unassign(struct world *w, struct worker *k, uint32_t thread, uint64_t grant,
                  uint64_t leases)
{
    struct thread *t = &k->threads[thread];
    size_t kept = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->queue[i].grant == grant)
            t->queue[i].leases &= ~leases;
        if (t->queue[i].leases)
            t->queue[kept++] = t->queue[i];
    }
    t->n = kept;
    if (!t->busy || t->grant != grant || !(leases >> t->lease & 1))
        return;
    t->busy = t->hung = false;
    t->epoch++;
    report_soon(w, k,
                (struct report){.cancelled = true,
                                .thread = thread,
                                .lease = t->lease,
                                .grant = grant,
                                .seed = t->seed,
                                .range = t->range,
                                .of = t->of});
    take_next(w, k, thread);
}

void cpu_computed(struct world *w, struct worker *k, uint32_t thread, uint32_t epoch)
{
    struct thread *t = &k->threads[thread];
    if (!t->busy || t->epoch != epoch || k->life != LIFE_RUNNING)
        return;
    t->busy = false;
    report_soon(w, k,
                (struct report){.thread = thread,
                                .lease = t->lease,
                                .grant = t->grant,
                                .seed = t->seed,
                                .range = t->range,
                                .of = t->of,
                                .micros = (uint64_t)(w->now_us - t->begun_us)});
    take_next(w, k, thread);
}

/* A plausible wrong result: the sub-counts add up, and none is impossible. */
static uint64_t lie(struct world *w, struct worker *k, const struct report *x,
                    uint64_t piece, uint64_t hits)
{
    struct range r = x->range;
    uint64_t size = r.count < piece ? r.count : piece;
    size = *x->of.name && !x->of.score ? size >> UNIT_LOG2 : size;
    uint64_t room = size - w->pieces[0];
    if (room == 0)
        return hits;
    uint64_t more = 1 + rng_below(&w->rng, room);
    w->pieces[0] += more;
    w->lied = true;
    TRACE(w, "%-8s lies about [%llu, +%llu)", k->party->name,
          (unsigned long long)r.first, (unsigned long long)r.count);
    return hits + more;
}

void cpu_report(struct world *w, struct worker *k, uint64_t slot)
{
    struct report r = k->reports[slot];
    assert(r.used);
    k->reports[slot].used = false;
    uint64_t piece = lease_piece(r.range.count), hits = 0;
    uint32_t n = 0;
    for (uint64_t at = 0; at < r.range.count && !r.cancelled; at += piece, n++) {
        uint64_t size = r.range.count - at < piece ? r.range.count - at : piece;
        w->pieces[n] = truth_of(&r.of, r.seed, r.range.first + at, size);
        hits += w->pieces[n];
    }
    if (!r.cancelled && chance_ppm(&w->rng, k->plan->lies_ppm))
        hits = lie(w, k, &r, piece, hits);
    struct agent_input in = {.type = AGENT_COMPUTED,
                             .computed = {.thread = r.thread,
                                          .lease = r.lease,
                                          .grant = r.grant,
                                          .hits = hits,
                                          .micros = r.micros,
                                          .pieces = w->pieces,
                                          .n_pieces = n,
                                          .cancelled = r.cancelled}};
    if (*r.of.name && !w->healed && chance_ppm(&w->rng, k->plan->fails_ppm)) {
        in.computed.failed = "exited with 3";
        in.computed.said = "no more";
    }
    fleet_step(w, k, &in);
}

/* While a process is stopped, its threads do not progress. */
void cpus_stop(struct world *w, struct worker *k)
{
    for (uint32_t i = 0; i < k->plan->threads; i++) {
        struct thread *t = &k->threads[i];
        if (t->busy && !t->hung)
            t->left_us = t->finish_us - w->now_us;
        t->epoch++;
    }
}

void cpus_cont(struct world *w, struct worker *k)
{
    for (uint32_t i = 0; i < k->plan->threads; i++) {
        if (k->threads[i].busy && !k->threads[i].hung)
            finish_at(w, k, i, w->now_us + k->threads[i].left_us);
        else
            take_next(w, k, i);
    }
}
