// SPDX-License-Identifier: MIT
/*
 * Faults: each kind recurs, with gaps around the one in the plan, until the world
 * heals.
 */
#include "tests/sim/world.h"

static struct cable *any_cable(struct world *w)
{
    size_t n = w->n_links - w->first_open;
    for (int tries = 0; n > 0 && tries < 8; tries++) {
        struct cable *l = w->links[w->first_open + rng_below(&w->rng, n)];
        if (l->open[SIDE_HOST] && l->open[SIDE_PEER])
            return l;
    }
    return NULL;
}

static struct worker *any_worker(struct world *w)
{
    return w->place[rng_below(&w->rng, w->plan.n_workers)];
}

static void hurt_cable(struct world *w, enum fault_kind kind)
{
    struct cable *l = any_cable(w);
    if (!l)
        return;
    if (kind == FAULT_RESET)
        cable_reset(w, l);
    else if (kind == FAULT_HALF_OPEN)
        cable_half_open(w, l, chance_percent(&w->rng, 50) ? SIDE_HOST : SIDE_PEER);
    else if (kind == FAULT_VANISH)
        cable_vanish(w, l);
    else
        cable_stall(l,
                    w->now_us + chance_scale(&w->rng, SECOND_US / 10, 20 * SECOND_US));
}

static void hurt_worker(struct world *w, enum fault_kind kind)
{
    struct worker *k = any_worker(w);
    if (!k)
        return;
    if (kind == FAULT_WORKER_CRASH)
        fleet_crash(w, k, chance_percent(&w->rng, 30));
    else if (kind == FAULT_WORKER_STOP)
        fleet_stop(w, k, chance_scale(&w->rng, SECOND_US / 2, 30 * SECOND_US));
    else
        fleet_drain(w, k);
}

static void happen(struct world *w, enum fault_kind kind)
{
    switch (kind) {
    case FAULT_RESET:
    case FAULT_HALF_OPEN:
    case FAULT_VANISH:
    case FAULT_STALL:
        hurt_cable(w, kind);
        break;
    case FAULT_WORKER_CRASH:
    case FAULT_WORKER_STOP:
    case FAULT_WORKER_DRAIN:
        hurt_worker(w, kind);
        break;
    case FAULT_HOST_CRASH:
        world_at(w, w->now_us, SIM_HOST_CRASH, 0, w->host.life);
        break;
    case FAULT_HOST_STOP:
        world_at(w, w->now_us, SIM_HOST_STOP, 0, w->host.life);
        break;
    case FAULT_HOST_FREEZE:
        world_at(w, w->now_us, SIM_HOST_FREEZE, 0, w->host.life);
        break;
    case FAULT_DISK_FULL:
        TELL(w, "disk     is full");
        w->host.full_until_us =
            w->now_us + chance_scale(&w->rng, SECOND_US, 20 * SECOND_US);
        break;
    case FAULT_KINDS:
        break;
    }
}

static void plan_next(struct world *w, uint32_t kind)
{
    int64_t gap = w->plan.gap_us[kind];
    int64_t at_us = w->now_us + chance_between(&w->rng, gap / 2, 3 * gap / 2);
    if (gap != NEVER && at_us < w->plan.heal_us)
        world_at(w, at_us, SIM_FAULT, kind, 0);
}

void faults_start(struct world *w)
{
    for (uint32_t kind = 0; kind < FAULT_KINDS; kind++)
        plan_next(w, kind);
}

void fault_event(struct world *w, const struct sim_event *e)
{
    happen(w, (enum fault_kind)e->who);
    plan_next(w, e->who);
}
