// SPDX-License-Identifier: MIT
/*
 * The coordinator's process, which turns arriving data into inputs of the real core and
 * effects into writes; and its machine, which stops, freezes, crashes and restarts.
 */
#include "tests/sim/world.h"

#include <errno.h>
#include <stdio.h>

/* ---- callbacks of the core ---- */

/* Not secure, but no party forges it by chance. */
static void world_mac(void *ctx, const void *data, size_t bytes,
                      uint8_t ret[TOKEN_BYTES])
{
    const struct world *w = ctx;
    const uint8_t *p = data;
    uint64_t a = w->plan.seed, b = ~w->plan.seed;
    for (size_t i = 0; i < bytes; i++) {
        a = rng_mix(a ^ p[i]);
        b = rng_mix(b + a);
    }
    memcpy(ret, &a, sizeof(a));
    memcpy(ret + sizeof(a), &b, sizeof(b));
}

static uint64_t world_worker_id(void *ctx, const uint8_t secret[UID_BYTES])
{
    (void)ctx;
    return secret_id(secret);
}

/* ---- effects ---- */

static struct cable *cable_of(struct world *w, conn_id conn)
{
    if (conn == 0 || conn > w->n_links)
        world_fail(w, "an effect for connection %llu, which never was",
                   (unsigned long long)conn);
    struct cable *l = w->links[conn - 1];
    if (l->life != w->host.life || !l->announced ||
        (!l->open[SIDE_HOST] && !l->closing))
        world_fail(w, "an effect for connection %llu, which is lost",
                   (unsigned long long)conn);
    return l;
}

/* Closes the coordinator's end; the core is told in a later step. */
static void close_soon(struct world *w, struct cable *l, bool orderly)
{
    if (l->closing)
        return;
    l->closing = true;
    if (orderly)
        cable_close(w, l, SIDE_HOST);
    else
        cable_abort(w, l, SIDE_HOST);
    world_at(w, w->now_us, SIM_HOST_LOST, l->index, w->host.life);
}

static void do_send(struct world *w, const struct effect *e)
{
    const struct msg *m = &e->send.message;
    if (e->conn == CONN_LOCAL) {
        world_hash_message(w, m);
        oracle_send(w, NULL, m);
        return;
    }
    struct cable *l = cable_of(w, e->conn);
    oracle_send(w, l, m);
    size_t backlog = cable_backlog(l, SIDE_PEER);
    bool left_out = e->send.droppable && backlog > SOFT_BYTES;
    w->stats.left_out += left_out;
    if (left_out || l->closing) { /* the coordinator does not know yet */
        world_hash_message(w, m);
        return;
    }
    trace_message(w, l, SIDE_PEER, m);
    cable_send(w, l, SIDE_PEER, m);
    if (m->type == MSG_WELCOME) {
        l->welcomed = true;
        l->reader[SIDE_HOST].body_max = FRAME_BODY_MAX;
    }
    if (backlog > HARD_BYTES)
        close_soon(w, l, false);
}

static void do_effect(struct world *w, const struct effect *e)
{
    world_hash_effect(w, e);
    switch (e->type) {
    case EFFECT_SEND:
        do_send(w, e);
        break;
    case EFFECT_CLOSE:
        close_soon(w, cable_of(w, e->conn), true);
        break;
    case EFFECT_STORE:
        disk_begin(w, e);
        break;
    case EFFECT_RECOMPUTE:
        recount_begin(w, e);
        break;
    case EFFECT_TOKEN:
        token_ask(w, e);
        break;
    case EFFECT_BACKUP:
    case EFFECT_EVENTS:
        break; /* no operator requests one here */
    case EFFECT_REVOKE:
        oracle_revoke(w, e);
        break;
    case EFFECT_EVENT:
        oracle_note(w, &e->event);
        break;
    case EFFECT_STOPPED:
        w->host.stopped = true;
        break;
    }
}

/* ---- steps ---- */

static void arm(struct world *w)
{
    struct host *h = &w->host;
    int64_t at_us = (h->deadline_ms - h->clock_ms) * 1000;
    if (!w->plan.scripted)
        at_us += (int64_t)rng_below(&w->rng, 2000);
    if (at_us < w->now_us)
        at_us = w->now_us;
    if (at_us >= h->tick_us)
        return;
    h->tick_us = at_us;
    world_at(w, at_us, SIM_HOST_TICK, 0, h->life);
}

static void shut_down(struct world *w);

static void step(struct world *w, struct input *in)
{
    struct host *h = &w->host;
    struct update u;
    assert(h->up && !h->frozen && !h->stepping);
    h->now_ms = in->now_ms = h->clock_ms + w->now_us / 1000;
    world_hash(w, (uint64_t)in->type << 60 ^ (uint64_t)in->now_ms << 20 ^ in->conn);
    h->stepping = true;
    coord_step(h->coord, in, &u);
    oracle_update(w, &u);
    for (size_t i = 0; i < u.n; i++)
        do_effect(w, &u.effects[i]);
    h->stepping = false;
    world_hash(w, (uint64_t)(u.deadline_ms - h->clock_ms));
    h->deadline_ms = u.deadline_ms;
    oracle_ask(w);
}

void host_step(struct world *w, struct input *in)
{
    step(w, in);
    arm(w);
    if (w->host.stopped)
        shut_down(w);
}

void host_announce(struct world *w, struct cable *l)
{
    char address[32];
    snprintf(address, sizeof(address), "10.0.0.%u:%u", l->peer, l->index);
    l->announced = true;
    l->heard_us = w->now_us;
    struct input in = {.type = INPUT_CONNECTED, .conn = l->conn, .address = address};
    host_step(w, &in);
}

bool host_reads(const struct world *w, const struct cable *l)
{
    return w->host.up && !w->host.frozen && l->life == w->host.life && !l->closing;
}

void host_message(struct world *w, struct cable *l, const struct msg *m)
{
    l->heard_us = w->now_us;
    l->heard = true;
    oracle_heard(w, l, m);
    struct input in = {.type = INPUT_MESSAGE, .conn = l->conn, .message = m};
    host_step(w, &in);
}

void host_bad(struct world *w, struct cable *l, const char *why)
{
    struct msg m = {.type = MSG_REFUSAL,
                    .refusal = {.code = REFUSAL_MALFORMED,
                                .sentence = why,
                                .hint = "",
                                .protocol_min = PROTOCOL_MIN,
                                .protocol_max = PROTOCOL_MAX}};
    oracle_refusal(w, l, &m.refusal);
    trace_message(w, l, SIDE_PEER, &m);
    cable_send(w, l, SIDE_PEER, &m);
    close_soon(w, l, true);
}

void host_lost(struct world *w, struct cable *l)
{
    if (l->party && l->party->link == l)
        party_loses_all(l->party);
    struct input in = {.type = INPUT_LOST, .conn = l->conn};
    host_step(w, &in);
}

/* ---- lifetime ---- */

static void restore(struct world *w)
{
    size_t n;
    struct record *all = image_records(&w->image, &n);
    size_t jobs = 0;
    while (jobs < n &&
           (all[jobs].type == RECORD_JOB || all[jobs].type == RECORD_PROGRAM))
        jobs++;
    for (size_t i = n; i > jobs + 1; i--) {
        size_t k = jobs + (size_t)rng_below(&w->rng, i - jobs);
        struct record swap = all[i - 1];
        all[i - 1] = all[k];
        all[k] = swap;
    }
    const char *why = "";
    if (coord_restore(w->host.coord, all, n, &why) < 0)
        world_fail(w, "the coordinator cannot read its own state: %s", why);
    free(all);
    image_report(&w->image);
}

/* Queries the jobs before any other input. */
static void ask_for_jobs(struct world *w)
{
    struct msg m = {
        .type = MSG_REQUEST,
        .request = {.id = 1, .verb = REQUEST_JOBS, .worker = "", .submit.name = ""}};
    struct input in = {.type = INPUT_MESSAGE, .conn = CONN_LOCAL, .message = &m};
    step(w, &in);
}

/* picoord --trials N: the same request id in each life. */
static void submit_own(struct world *w)
{
    struct msg m = {.type = MSG_REQUEST,
                    .request = {.id = 1,
                                .verb = REQUEST_SUBMIT,
                                .worker = "",
                                .submit = plan_submit(&w->plan.jobs[0])}};
    struct input in = {.type = INPUT_MESSAGE, .conn = CONN_LOCAL, .message = &m};
    host_step(w, &in);
}

static double own_rate(const struct world *w, uint32_t program)
{
    uint64_t units = w->plan.own_units[program];
    return units ? (double)units / (1 << UNIT_LOG2) : 1000;
}

void host_start(struct world *w)
{
    struct host *h = &w->host;
    struct coord_config config = {.mac = world_mac,
                                  .worker_id = world_worker_id,
                                  .authorize = sim_authorize,
                                  .ctx = w,
                                  .version = "0.1.0",
                                  .grant_target_ms = w->plan.grant_target_ms,
                                  .lease_log2 = w->plan.lease_log2,
                                  .grant_leases = w->plan.grant_leases,
                                  .grants_in_hand = w->plan.grants_in_hand,
                                  .transaction_leases = w->plan.transaction_leases,
                                  .waiting_results = w->plan.waiting_results};
    if (w->plan.recut &&
        h->life > 1) /* workers that reconnect may hold leases with other bounds */
        config.lease_log2 += (uint32_t)chance_between(&w->rng, 0, 3);
    if (w->plan.recut && config.lease_log2 > LEASE_LOG2_MIN)
        config.lease_log2--;
    struct coord_program own[PLAN_PROGRAMS];
    for (uint32_t i = 0; w->plan.programs && i < PLAN_PROGRAMS; i++)
        if (w->plan.own >> i & 1)
            own[config.n_programs++] =
                (struct coord_program){plan_names[i], PLAN_TEST, own_rate(w, i)};
    config.programs = own;
    for (size_t i = 0; i < sizeof(config.random); i++)
        config.random[i] = (uint8_t)rng_next(&w->rng);
    for (size_t i = 0; i < sizeof(config.draw_key); i++)
        config.draw_key[i] = (uint8_t)rng_next(&w->rng);
    for (size_t i = 0; i < sizeof(config.map_key); i++)
        config.map_key[i] = (uint8_t)rng_next(&w->rng);
    h->coord = coord_new(&config);
    restore(w);
    TELL(w, "picoord  starts");
    h->up = true;
    h->frozen = h->stopping = h->stopped = false;
    h->clock_ms = w->plan.scripted ? 0 : chance_between(&w->rng, 0, 1000000000);
    h->now_ms = h->clock_ms + w->now_us / 1000;
    h->tick_us = INT64_MAX;
    h->began_us = h->thawed_us = w->now_us;
    h->began_frozen_us = h->frozen_us;
    memset(h->leased_here, 0, sizeof(h->leased_here));
    oracle_slots_change(w);
    for (size_t i = 1; i <= JOBS_MAX; i++) {
        const struct job_record *j = &w->image.jobs[i].record;
        h->floor[i] = j->state < JOB_DONE ? j->frontier : 0;
        h->resuming[i] = false;
    }
    oracle_clocks(w);
    ask_for_jobs(w);
    struct input in = {.type = INPUT_TICK};
    host_step(w, &in);
    if (w->plan.own_job)
        submit_own(w);
}

/* The process ends.  orderly: its connections end too; otherwise peers are not
 * notified. */
static void process_ends(struct world *w, bool orderly)
{
    struct host *h = &w->host;
    oracle_clocks(w);
    bool silently = !orderly && !w->plan.scripted && chance_percent(&w->rng, 30);
    disk_crash(w);
    coord_free(h->coord);
    h->coord = NULL;
    h->up = h->frozen = h->stopping = h->stopped = false;
    h->n_deferred = 0;
    oracle_clocks(w);
    for (size_t i = w->first_open; i < w->n_links; i++) {
        struct cable *l = w->links[i];
        l->closing = false;
        if (!l->open[SIDE_HOST])
            continue;
        if (silently)
            cable_vanish(w, l);
        if (orderly)
            cable_close(w, l, SIDE_HOST);
        else
            cable_abort(w, l, SIDE_HOST);
    }
    for (size_t i = 0; i < w->n_parties; i++)
        party_loses_all(w->parties[i]);
    recounts_forget(h);
    memset(h->token_asks, 0, sizeof(h->token_asks));
    h->life++;
    int64_t down =
        w->plan.scripted ? SECOND_US : chance_scale(&w->rng, 10000, 20 * SECOND_US);
    world_at(w, w->now_us + down, SIM_HOST_START, 0, h->life);
}

void host_crash(struct world *w)
{
    if (!w->host.up)
        return;
    TELL(w, "picoord  is killed");
    w->stats.restarts++;
    process_ends(w, false);
}

static void shut_down(struct world *w)
{
    TELL(w, "picoord  exits");
    w->stats.stops++;
    oracle_stopped(w);
    process_ends(w, true);
}

void host_release(struct world *w)
{
    disk_crash(w);
    recounts_forget(&w->host);
    coord_free(w->host.coord);
    free(w->host.deferred);
    free(w->host.flight);
}

/* ---- events ---- */

static void defer(struct host *h, const struct sim_event *e)
{
    if (h->n_deferred == h->deferred_capacity) {
        h->deferred_capacity = h->deferred_capacity ? 2 * h->deferred_capacity : 16;
        h->deferred = mem_resize(h->deferred, h->deferred_capacity, sizeof(*e));
    }
    h->deferred[h->n_deferred++] = *e;
}

/* As an event loop does: first available input, then the rest, then the timer. */
static void thaw(struct world *w)
{
    struct host *h = &w->host;
    h->frozen = false;
    h->frozen_us += w->now_us - h->thawed_us;
    h->thawed_us = w->now_us;
    uint32_t life = h->life;
    for (size_t i = w->first_open; i < w->n_links && h->life == life; i++)
        cable_pump(w, w->links[i], SIDE_HOST);
    for (size_t i = 0; i < h->n_deferred; i++)
        world_at(w, w->now_us, h->deferred[i].type, h->deferred[i].who,
                 h->deferred[i].arg);
    h->n_deferred = 0;
}

static void tick(struct world *w, const struct sim_event *e)
{
    struct host *h = &w->host;
    if (e->at_us >= h->tick_us || h->tick_us < w->now_us)
        h->tick_us = INT64_MAX;
    if (h->clock_ms + w->now_us / 1000 < h->deadline_ms) {
        arm(w);
        return;
    }
    struct input in = {.type = INPUT_TICK};
    host_step(w, &in);
}

static void stranger(struct world *w, struct cable *l)
{
    if (!l->open[SIDE_HOST] || l->closing || l->heard || !l->announced)
        return;
    close_soon(w, l, false);
}

static void begin_stop(struct world *w)
{
    struct host *h = &w->host;
    if (!h->up || h->frozen || h->stopping)
        return;
    bool finish = chance_percent(&w->rng, 50);
    TELL(w, "picoord  is to stop%s", finish ? " when all leases are in" : "");
    h->stopping = true;
    world_at(w, w->now_us + chance_scale(&w->rng, 2 * SECOND_US, 30 * SECOND_US),
             SIM_HOST_KILL, 0, h->life);
    struct input in = {.type = INPUT_STOP, .finish = finish};
    host_step(w, &in);
}

static void machine_event(struct world *w, const struct sim_event *e)
{
    if (e->type == SIM_HOST_CRASH || e->type == SIM_HOST_KILL) {
        host_crash(w);
    } else if (e->type == SIM_HOST_START) {
        host_start(w);
    } else if (e->type == SIM_HOST_THAW) {
        TELL(w, "picoord  runs again");
        thaw(w);
    } else if (e->type == SIM_HOST_STOP) {
        begin_stop(w);
    } else if (w->host.up && !w->host.frozen) {
        TELL(w, "picoord  is frozen");
        w->stats.freezes++;
        w->host.frozen = true;
        w->host.thawed_us = w->now_us;
        int64_t for_us = chance_scale(&w->rng, SECOND_US / 10, 20 * SECOND_US);
        world_at(w, w->now_us + for_us, SIM_HOST_THAW, 0, w->host.life);
    }
}

void host_event(struct world *w, const struct sim_event *e)
{
    struct host *h = &w->host;
    if (e->arg != h->life)
        return;
    if (e->type >= SIM_HOST_CRASH && e->type <= SIM_HOST_THAW) {
        machine_event(w, e);
    } else if (e->type == SIM_COMMIT) {
        disk_event(w, e);
    } else if (h->frozen) {
        defer(h, e);
    } else if (e->type == SIM_DURABLE) {
        disk_event(w, e);
    } else if (e->type == SIM_HOST_TICK) {
        tick(w, e);
    } else if (e->type == SIM_RECOMPUTED) {
        recount_end(w, e->who);
    } else if (e->type == SIM_TOKEN) {
        token_event(w, e);
    } else if (e->type == SIM_STRANGER) {
        stranger(w, w->links[e->who]);
    } else {
        w->links[e->who]->closing = false;
        host_lost(w, w->links[e->who]);
    }
}
