// SPDX-License-Identifier: MIT
/*
 * The worker processes around the real agent core: connection, timer, and being
 * stopped, continued, killed, and started again with a new secret.
 */
#include "tests/sim/world.h"

#include <stdio.h>

#include "common/kernel/kernel.h"

static const int64_t NEVER_MS = INT64_C(1) << 40;

/* ---- effects ---- */

static void send(struct world *w, struct worker *k, const struct msg *m)
{
    if (!k->link || !k->link->open[SIDE_PEER])
        world_fail(w, "%s sends and has no connection", k->party->name);
    trace_message(w, k->link, SIDE_HOST, m);
    cable_send(w, k->link, SIDE_HOST, m);
    if (m->type == MSG_RESULTS && chance_ppm(&w->rng, k->plan->twice_ppm)) {
        w->stats.resent++;
        cable_send(w, k->link, SIDE_HOST, m);
    }
}

static void connect_soon(struct world *w, struct worker *k)
{
    if (k->link)
        world_fail(w, "%s connects twice", k->party->name);
    int64_t delay = w->plan.latency_us;
    if (w->plan.jitter_us > 0)
        delay += chance_between(&w->rng, 0, w->plan.jitter_us);
    world_at(w, w->now_us + delay, SIM_WORKER_DIAL, k->index, 0);
}

static void close_link(struct world *w, struct worker *k)
{
    if (!k->link || !k->link->open[SIDE_PEER])
        return;
    cable_close(w, k->link, SIDE_PEER);
    world_at(w, w->now_us, SIM_WORKER_LOST, k->index, k->link->index);
}

/* Of a worker of this plan: its programs are numbered as it has them. */
static uint32_t plan_offers(const struct plan_worker *plan,
                            struct agent_program ret[PLAN_PROGRAMS])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < PLAN_PROGRAMS; i++)
        if (plan->has >> i & 1)
            ret[n++] = (struct agent_program){
                .name = plan_names[i],
                .test = i == 0 && plan->other ? PLAN_OTHER_TEST : PLAN_TEST,
                .rate = (double)plan->units[i] / (1 << UNIT_LOG2)};
    return n;
}

static struct program_record assigned(const struct plan_worker *plan,
                                      const struct agent_effect *e)
{
    struct agent_program offers[PLAN_PROGRAMS];
    struct program_record of = {.score = e->assign.score};
    if (e->assign.program == 0)
        return of;
    assert(e->assign.program <= plan_offers(plan, offers));
    strcpy(of.name, offers[e->assign.program - 1].name);
    strcpy(of.arg, e->assign.arg);
    return of;
}

static void tested(struct world *w, struct worker *k, uint32_t program)
{
    struct agent_program offers[PLAN_PROGRAMS];
    plan_offers(k->plan, offers);
    struct agent_input in = {.type = AGENT_TESTED};
    in.tested.program = program;
    in.tested.test = offers[program - 1].test;
    in.tested.rate = offers[program - 1].rate;
    if (!w->healed && chance_percent(&w->rng, 30))
        in.tested.failed = "does not add up";
    fleet_step(w, k, &in);
}

static void do_effect(struct world *w, struct worker *k, const struct agent_effect *e)
{
    world_hash_agent(w, k->index, e);
    switch (e->type) {
    case AGENT_CONNECT:
        connect_soon(w, k);
        break;
    case AGENT_SEND:
        send(w, k, &e->message);
        break;
    case AGENT_CLOSE:
        close_link(w, k);
        break;
    case AGENT_ASSIGN:
        cpu_assign(w, k, e->assign.thread,
                   (struct work){e->assign.grant, e->assign.seed, e->assign.first,
                                 e->assign.count, e->assign.leases,
                                 e->assign.lease_log2, assigned(k->plan, e)});
        break;
    case AGENT_UNASSIGN:
        cpu_unassign(w, k, e->assign.thread, e->assign.grant, e->assign.leases);
        break;
    case AGENT_EVENT:
        TRACE(w, "%-8s notes %d: %s", k->party->name, (int)e->event.type,
              e->event.text ? e->event.text : "");
        break;
    case AGENT_TEST:
        world_at(w, w->now_us + SECOND_US, SIM_WORKER_TESTED, k->index,
                 e->test.program);
        break;
    case AGENT_DIE:
        k->dying = true;
        break;
    case AGENT_EXIT:
        TELL(w, "%-8s exits with %d%s%s", k->party->name, e->exit.status,
             e->exit.text && *e->exit.text ? ": " : "",
             e->exit.text ? e->exit.text : "");
        k->exiting = true;
        break;
    }
}

/* ---- steps ---- */

static void arm(struct world *w, struct worker *k)
{
    if (k->deadline_ms > k->clock_ms + NEVER_MS)
        return;
    int64_t at_us = (k->deadline_ms - k->clock_ms) * 1000;
    if (!w->plan.scripted)
        at_us += (int64_t)rng_below(&w->rng, 2000);
    if (at_us < w->now_us)
        at_us = w->now_us;
    if (at_us >= k->tick_us)
        return;
    k->tick_us = at_us;
    world_at(w, at_us, SIM_WORKER_TICK, k->index, 0);
}

static void ends(struct world *w, struct worker *k)
{
    k->life = LIFE_DEAD;
    k->n_deferred = 0;
    agent_free(k->agent);
    k->agent = NULL;
    if (w->place[k->place] == k)
        w->place[k->place] = NULL;
    if (w->plan.scripted || (k->plan->lies_ppm && w->healed))
        return;
    if (!w->healed && chance_percent(&w->rng, 20))
        return; /* not started again before all faults end */
    int64_t away =
        w->healed ? SECOND_US : chance_scale(&w->rng, SECOND_US / 10, 60 * SECOND_US);
    world_at(w, w->now_us + away, SIM_WORKER_START, k->place, 0);
}

void fleet_step(struct world *w, struct worker *k, struct agent_input *in)
{
    struct agent_update u;
    assert(k->life == LIFE_RUNNING && !k->stepping);
    in->now_ms = k->clock_ms + w->now_us / 1000;
    k->stepping = true;
    agent_step(k->agent, in, &u);
    for (size_t i = 0; i < u.n && !k->exiting && !k->dying; i++)
        do_effect(w, k, &u.effects[i]);
    k->stepping = false;
    if (k->dying) {
        fleet_crash(w, k, false);
    } else if (k->exiting) {
        if (k->link)
            cable_close(w, k->link, SIDE_PEER);
        ends(w, k);
    } else {
        if (u.deadline_ms <= in->now_ms)
            world_fail(w, "%s asks for a deadline that is over", k->party->name);
        k->deadline_ms = u.deadline_ms;
        arm(w, k);
    }
}

void fleet_message(struct world *w, struct worker *k, const struct msg *m)
{
    struct agent_input in = {.type = AGENT_MESSAGE, .message = m};
    fleet_step(w, k, &in);
}

void fleet_lost(struct world *w, struct worker *k)
{
    k->link = NULL;
    struct agent_input in = {.type = AGENT_LOST, .text = "connection closed"};
    fleet_step(w, k, &in);
}

static void dial(struct world *w, struct worker *k)
{
    struct agent_input in = {.type = AGENT_CONNECTED};
    if (!w->host.up) {
        in.type = AGENT_FAILED;
        in.text = "connection refused";
    } else {
        k->link = cable_new(w, PEER_WORKER, k->index, k->party);
    }
    fleet_step(w, k, &in);
}

/* ---- lifetime ---- */

/* Some workers have the operator's token; others may learn of a rotation late. */
static struct proof show_token(struct world *w, uint32_t place)
{
    if (w->plan.workers[place].by_operator)
        return proof_of(ROLE_OPERATOR, 0);
    if (w->told[place] != w->token && (w->healed || chance_percent(&w->rng, 50)))
        w->told[place] = w->token;
    return w->plan.workers[place].by_local ? proof_local(w->told[place])
                                           : proof_of(ROLE_WORKER, w->told[place]);
}

void fleet_start(struct world *w, uint32_t place)
{
    const struct plan_worker *plan = &w->plan.workers[place];
    if (w->place[place])
        return;
    struct worker *k = mem_zero(1, sizeof(*k));
    char name[NAME_BYTES + 1];
    uint32_t earlier = 0;
    for (size_t i = 0; i < w->n_workers; i++)
        earlier += w->workers[i]->place == place;
    if (earlier)
        snprintf(name, sizeof(name), "w%u.%u", place + 1, earlier + 1);
    else
        snprintf(name, sizeof(name), "w%u", place + 1);
    k->party = party_new(w, name, plan->lies_ppm == 0);
    k->plan = plan;
    k->place = place;
    k->index = (uint32_t)w->n_workers;
    k->threads = mem_zero(plan->threads, sizeof(*k->threads));
    k->clock_ms = w->plan.scripted ? 0 : chance_between(&w->rng, 0, 1000000000);
    k->tick_us = INT64_MAX;
    k->proof = show_token(w, place);
    struct agent_config config = {.name = k->party->name,
                                  .proof = k->proof.bytes,
                                  .proof_bytes = sizeof(k->proof.bytes),
                                  .version = "0.1.0",
                                  .kernel = "truth",
                                  .test_hits = KERNEL_TEST_HITS,
                                  .threads = plan->threads,
                                  .exit_when_idle_ms = plan->exit_when_idle_ms,
                                  .grace_ms = plan->grace_ms,
                                  .volatility = plan->volatility_percent / 100.0};
    config.n_programs = plan_offers(plan, k->programs);
    config.programs = k->programs;
    memcpy(config.secret, k->party->secret, UID_BYTES);
    for (size_t i = 0; i < sizeof(config.random); i++)
        config.random[i] = (uint8_t)rng_next(&w->rng);
    k->agent = agent_new(&config);
    w->workers = mem_resize(w->workers, w->n_workers + 1, sizeof(struct worker *));
    w->workers[w->n_workers++] = k;
    w->place[place] = k;
    TELL(w, "%-8s starts", k->party->name);
    struct agent_input in = {.type = AGENT_TICK};
    fleet_step(w, k, &in);
}

/* Kills the worker.  quietly: the whole machine is gone, and no peer is notified. */
void fleet_crash(struct world *w, struct worker *k, bool quietly)
{
    if (k->life == LIFE_DEAD)
        return;
    TELL(w, "%-8s is killed%s", k->party->name, quietly ? ", machine and all" : "");
    w->stats.worker_crashes++;
    if (k->link && quietly)
        cable_vanish(w, k->link);
    if (k->link)
        cable_abort(w, k->link, SIDE_PEER);
    ends(w, k);
}

void fleet_stop(struct world *w, struct worker *k, int64_t for_us)
{
    if (k->life != LIFE_RUNNING)
        return;
    TELL(w, "%-8s is stopped", k->party->name);
    k->life = LIFE_STOPPED;
    cpus_stop(w, k);
    world_at(w, w->now_us + for_us, SIM_WORKER_CONT, k->index, 0);
}

void fleet_drain(struct world *w, struct worker *k)
{
    if (k->life != LIFE_RUNNING)
        return;
    TELL(w, "%-8s is to leave", k->party->name);
    struct agent_input in = {.type = AGENT_DRAIN};
    fleet_step(w, k, &in);
}

static void cont(struct world *w, struct worker *k)
{
    if (k->life != LIFE_STOPPED)
        return;
    TELL(w, "%-8s runs again", k->party->name);
    k->life = LIFE_RUNNING;
    cpus_cont(w, k);
    size_t n = k->n_deferred;
    k->n_deferred = 0;
    for (size_t i = 0; i < n; i++)
        world_at(w, w->now_us, k->deferred[i].type, k->index, k->deferred[i].arg);
    if (k->link)
        cable_pump(w, k->link, SIDE_PEER);
}

void fleet_heal(struct world *w)
{
    for (uint32_t i = 0; i < w->plan.n_workers; i++)
        if (!w->place[i] && w->plan.workers[i].lies_ppm == 0)
            fleet_start(w, i);
}

bool fleet_idle(const struct world *w)
{
    for (uint32_t i = 0; i < w->plan.n_workers; i++) {
        const struct worker *k = w->place[i];
        uint32_t unanswered, held;
        if (!k || k->life != LIFE_RUNNING)
            continue;
        bool hung = false;
        for (uint32_t t = 0; t < k->plan->threads; t++)
            hung |= k->threads[t].hung;
        agent_counts(k->agent, &unanswered, &held);
        if (unanswered > 0 || (held > 0 && !hung))
            return false;
    }
    return true;
}

void fleet_free(struct worker *k)
{
    for (uint32_t i = 0; i < k->plan->threads; i++)
        free(k->threads[i].queue);
    free(k->threads);
    free(k->reports);
    free(k->deferred);
    agent_free(k->agent);
    free(k);
}

/* ---- events ---- */

static void defer(struct worker *k, const struct sim_event *e)
{
    if (k->n_deferred == k->deferred_capacity) {
        k->deferred_capacity = k->deferred_capacity ? 2 * k->deferred_capacity : 8;
        k->deferred = mem_resize(k->deferred, k->deferred_capacity, sizeof(*e));
    }
    k->deferred[k->n_deferred++] = *e;
}

static void tick(struct world *w, struct worker *k, const struct sim_event *e)
{
    if (e->at_us >= k->tick_us || k->tick_us < w->now_us)
        k->tick_us = INT64_MAX;
    if (k->clock_ms + w->now_us / 1000 < k->deadline_ms) {
        arm(w, k);
        return;
    }
    struct agent_input in = {.type = AGENT_TICK};
    fleet_step(w, k, &in);
}

void fleet_event(struct world *w, const struct sim_event *e)
{
    if (e->type == SIM_WORKER_START) {
        fleet_start(w, e->who);
        return;
    }
    struct worker *k = w->workers[e->who];
    if (k->life == LIFE_DEAD)
        return;
    if (e->type == SIM_WORKER_CONT) {
        cont(w, k);
    } else if (e->type == SIM_WORKER_COMPUTED) {
        cpu_computed(w, k, (uint32_t)(e->arg >> 32), (uint32_t)e->arg);
    } else if (k->life == LIFE_STOPPED) {
        defer(k, e);
    } else if (e->type == SIM_WORKER_TICK) {
        tick(w, k, e);
    } else if (e->type == SIM_WORKER_DIAL) {
        dial(w, k);
    } else if (e->type == SIM_WORKER_TESTED) {
        tested(w, k, (uint32_t)e->arg);
    } else if (e->type == SIM_WORKER_REPORT) {
        cpu_report(w, k, e->arg);
    } else if (e->type == SIM_WORKER_LOST && k->link && k->link->index == e->arg) {
        fleet_lost(w, k);
    }
}
