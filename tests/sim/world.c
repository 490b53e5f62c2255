// SPDX-License-Identifier: MIT
/*
 * The main loop: handles the next event until all jobs have ended as planned.
 */
#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdio.h>

enum { LOOK_US = SECOND_US };

void world_init(struct world *w, const struct plan *plan)
{
    struct trace trace = w->trace;
    *w = (struct world){.plan = *plan, .hash = plan->seed, .trace = trace};
    chance_init(&w->rng, plan->seed, 2);
    chance_init(&w->names, plan->seed, 4);
    w->host.life = 1;
    w->token = 1;
    for (size_t i = 0; i < WORKERS_MAX; i++)
        w->told[i] = w->token;
    arena_init(&w->scratch, 0);
    arena_init(&w->answers, 0);
    arena_init(&w->incoming, WIRE_BUDGET_BYTES);
    w->frame = mem_zero(FRAME_HEADER_BYTES + FRAME_BODY_MAX, 1);
    w->pieces = mem_zero(LEASE_PIECES, sizeof(*w->pieces));
}

void world_release(struct world *w)
{
    host_release(w);
    for (size_t i = 0; i < w->n_links; i++)
        cable_free(w->links[i]);
    for (size_t i = 0; i < w->n_workers; i++)
        fleet_free(w->workers[i]);
    for (size_t i = 0; i < w->n_parties; i++)
        party_free(w->parties[i]);
    image_release(&w->image);
    queue_release(&w->queue);
    arena_release(&w->scratch);
    arena_release(&w->answers);
    arena_release(&w->incoming);
    free(w->links);
    free(w->dirty);
    free(w->workers);
    free(w->parties);
    free(w->frame);
    free(w->pieces);
    free(w->trace.grants);
    free(w->trace.text);
}

/* ---- events ---- */

static void heal(struct world *w)
{
    w->healed = true;
    w->bound_us = w->now_us + w->plan.patience_us;
    if (w->plan.scripted)
        return;
    TELL(w, "world    heals");
    if (w->plan.latency_us > SECOND_US / 2)
        w->plan.latency_us = SECOND_US / 2;
    if (w->plan.jitter_us > SECOND_US / 2)
        w->plan.jitter_us = SECOND_US / 2;
    w->host.full_until_us = 0;
    fleet_heal(w);
}

static void dispatch(struct world *w, const struct sim_event *e)
{
    switch (e->type) {
    case SIM_ARRIVE:
    case SIM_READ:
        net_event(w, e);
        break;
    case SIM_STRANGER:
    case SIM_HOST_LOST:
    case SIM_HOST_TICK:
    case SIM_COMMIT:
    case SIM_DURABLE:
    case SIM_RECOMPUTED:
    case SIM_TOKEN:
    case SIM_HOST_CRASH:
    case SIM_HOST_STOP:
    case SIM_HOST_KILL:
    case SIM_HOST_START:
    case SIM_HOST_FREEZE:
    case SIM_HOST_THAW:
        host_event(w, e);
        break;
    case SIM_WORKER_START:
    case SIM_WORKER_DIAL:
    case SIM_WORKER_LOST:
    case SIM_WORKER_TICK:
    case SIM_WORKER_COMPUTED:
    case SIM_WORKER_REPORT:
    case SIM_WORKER_CONT:
    case SIM_WORKER_TESTED:
        fleet_event(w, e);
        break;
    case SIM_OPERATOR:
    case SIM_WATCHER:
        operator_event(w, e);
        break;
    case SIM_ROGUE:
        rogue_event(w, e);
        break;
    case SIM_FAULT:
        fault_event(w, e);
        break;
    case SIM_ORACLE:
        oracle_look(w);
        world_at(w, w->now_us + LOOK_US, SIM_ORACLE, 0, 0);
        break;
    case SIM_HEAL:
        heal(w);
        break;
    case SIM_SCRIPT:
        scenario_step(w, e->who);
        break;
    }
}

/* ---- the end ---- */

static bool jobs_ended(const struct world *w)
{
    for (size_t i = 1; i <= JOBS_MAX; i++)
        if (w->image.jobs[i].there && w->image.jobs[i].reported_state < JOB_DONE)
            return false;
    return true;
}

static bool over(const struct world *w)
{
    return w->healed && operator_idle(w) && w->host.up && !w->host.frozen &&
           jobs_ended(w) && fleet_idle(w) && w->host.n_flight == 0;
}

/* After three exclusions a job waits until all of it is recomputed, at 5 % of a core:
 * some wait for longer than any world lasts. */
static bool rechecked(const struct world *w)
{
    for (size_t i = 0; i < w->image.n_audits; i++)
        if (w->image.jobs[w->image.audits[i].job].record.exclusions >= EXCLUSIONS)
            return true;
    return false;
}

static void starve(struct world *w)
{
    for (size_t i = 1; i <= JOBS_MAX; i++)
        if (w->image.jobs[i].there && w->image.jobs[i].record.state < JOB_DONE)
            world_fail(w, "job %zu does not end: state %d, %llu of %llu trials", i,
                       (int)w->image.jobs[i].record.state,
                       (unsigned long long)w->image.jobs[i].shown.done,
                       (unsigned long long)w->image.jobs[i].record.trials);
    if (!operator_idle(w))
        world_fail(w, "an operator is never answered");
    world_fail(w, "all jobs have ended, and a worker holds or awaits something");
}

void world_run(struct world *w)
{
    struct sim_event e;
    bool done = false;
    int64_t look_us = 0;
    host_start(w);
    for (uint32_t i = 0; i < w->plan.n_workers; i++)
        world_at(w, w->plan.workers[i].starts_us, SIM_WORKER_START, i, 0);
    operator_start(w);
    faults_start(w);
    rogues_start(w);
    world_at(w, LOOK_US, SIM_ORACLE, 0, 0);
    world_at(w, w->plan.heal_us, SIM_HEAL, 0, 0);
    while (!done) {
        if (!queue_pop(&w->queue, &e))
            world_fail(w, "nothing is going to happen any more");
        assert(e.at_us >= w->now_us);
        w->now_us = e.at_us;
        w->stats.events++;
        dispatch(w, &e);
        cables_flush(w);
        if (w->now_us < look_us)
            continue;
        look_us = w->now_us + SECOND_US / 4;
        done = over(w);
        if (!done && w->healed && w->now_us > w->bound_us && !(done = rechecked(w)))
            starve(w);
    }
    oracle_end(w);
    coord_check(w->host.coord);
    w->stats.virtual_us = w->now_us;
}
