// SPDX-License-Identifier: MIT
/*
 * Malicious clients: raw connections that behave almost like a worker.  They send
 * slightly wrong results, impossible results, grants of other workers, recorded frames
 * with a stolen secret, and random bytes.
 */
#include "tests/sim/world.h"

#include <stdio.h>

#include "common/kernel/kernel.h"
#include "tests/sim/truth.h"

enum { RESUMES = 4, COLLISIONS = 100 };

/* The result of one lease, to be falsified. */
struct claim {
    uint64_t grant, leases, rate, hits, pieces[LEASE_PIECES];
    uint32_t n_pieces;
};

static struct claim claim_of(const struct world *w, const struct seen_grant *g,
                             uint32_t lease)
{
    const struct program_record *of = &w->image.jobs[g->job].program;
    struct range r = grant_lease(g->first, g->count, g->log2, lease);
    struct claim c = {
        .grant = g->grant, .leases = UINT64_C(1) << lease, .rate = 100000};
    uint64_t piece = lease_piece(r.count);
    for (uint64_t at = 0; at < r.count; at += piece) {
        uint64_t n = r.count - at < piece ? r.count - at : piece;
        c.pieces[c.n_pieces++] = truth_of(of, g->seed, r.first + at, n);
    }
    c.hits = truth_of(of, g->seed, r.first, r.count);
    return c;
}

static void send(struct world *w, struct rogue *r, const struct msg *m)
{
    trace_message(w, r->link, SIDE_HOST, m);
    cable_send(w, r->link, SIDE_HOST, m);
}

static void send_claim(struct world *w, struct rogue *r, const struct claim *c)
{
    struct msg m = {.type = MSG_RESULTS,
                    .results = {.n = 1,
                                .grant = &c->grant,
                                .leases = &c->leases,
                                .rate = &c->rate,
                                .n_hits = 1,
                                .hits = &c->hits,
                                .n_pieces = c->n_pieces,
                                .pieces = c->pieces,
                                .group_pieces = &c->n_pieces}};
    send(w, r, &m);
}

/* The last one of its number: each coordinator counts from 1. */
static struct seen_grant *any_grant(struct world *w, struct party *p)
{
    return p->n_grants
               ? party_grant(p, p->grants[rng_below(&w->rng, p->n_grants)].grant)
               : NULL;
}

/* To report on: of this coordinator, since another gives the same numbers to other
 * ranges, and then the truth about one is a lie about the other. */
static struct seen_grant *own_grant(struct world *w, struct party *p)
{
    struct seen_grant *g = any_grant(w, p);
    return g && g->life == w->host.life ? g : NULL;
}

/* A number that is never its own: below the last one that it was given, and not given
 * to it.  Each worker has numbers of its own. */
static bool never_its_own(const struct world *w, struct party *p, uint64_t grant)
{
    uint64_t last = 0;
    for (size_t i = 0; i < p->n_grants; i++)
        if (p->grants[i].life == w->host.life && p->grants[i].grant > last)
            last = p->grants[i].grant;
    return grant < last && !party_grant(p, grant);
}

static struct seen_grant *others_grant(struct world *w, const struct rogue *r)
{
    struct party *p = w->parties[rng_below(&w->rng, w->n_parties)];
    return p->id == r->party->id ? NULL : any_grant(w, p);
}

/* ---- hello and resume ---- */

static struct party *new_name(struct world *w)
{
    char name[16];
    snprintf(name, sizeof(name), "r%zu", w->n_parties);
    return party_new(w, name, false);
}

/* Mostly its own; or that of another, or one that reads like the id of another. */
static void choose_name(struct world *w, const struct rogue *r,
                        char ret[NAME_BYTES + 1])
{
    const struct party *other = w->parties[rng_below(&w->names, w->n_parties)];
    uint64_t kind = rng_below(&w->names, 16);
    if (kind == 0)
        snprintf(ret, NAME_BYTES + 1, "%016llx", (unsigned long long)other->id);
    else
        snprintf(ret, NAME_BYTES + 1, "%s", kind < 4 ? other->name : r->party->name);
}

static void dial(struct world *w, struct rogue *r, uint32_t index)
{
    if (!w->host.up)
        return;
    r->welcome = r->resumed = false;
    if (r->replays) {
        r->party = w->parties[rng_below(&w->rng, w->n_parties)];
        r->party->doubled = true;
    } else if (r->party->banned && chance_percent(&w->rng, 70)) {
        r->party = new_name(w);
    }
    r->link = cable_new(w, PEER_ROGUE, index, r->party);
    /* may have a token, even an old one, but never an operator's */
    bool climbs = w->plan.rogue_climbs && chance_percent(&w->rng, 30);
    bool late = w->token > 1 && chance_percent(&w->rng, 20);
    struct proof proof = proof_of(ROLE_WORKER, w->token - late);
    char name[NAME_BYTES + 1];
    choose_name(w, r, name);
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = PROTOCOL_MIN,
                              .protocol_max = PROTOCOL_MAX,
                              .program = "rogue",
                              .version = "6.66",
                              .role = climbs ? ROLE_OPERATOR : ROLE_WORKER,
                              .proof = proof.bytes,
                              .proof_bytes = sizeof(proof.bytes),
                              .name = name,
                              .threads = PLAN_THREADS,
                              .kernel = "none"}};
    memcpy(m.hello.secret, r->party->secret, UID_BYTES);
    send(w, r, &m);
}

/* Makes a grant that is almost right, but never one of its own unchanged. */
static void forge(struct world *w, const struct rogue *r, struct seen_grant *g)
{
    uint64_t unit = UINT64_C(1) << g->log2;
    switch (rng_below(&w->rng, 4)) {
    case 0:
        g->first += unit;
        break;
    case 1:
        g->count += unit;
        break;
    case 2:
        g->token[rng_below(&w->rng, TOKEN_BYTES)] ^= 1;
        break;
    default:
        g->grant += 1 + rng_below(&w->rng, 3);
        g->first = g->first >= unit ? g->first - unit : g->first + unit;
        break;
    }
    (void)r;
}

/* What a Resume lists, before it is sent. */
struct listed {
    uint8_t job[COLLISIONS * UID_BYTES], token[COLLISIONS * TOKEN_BYTES];
    uint64_t grant[COLLISIONS], first[COLLISIONS], count[COLLISIONS];
    uint64_t computing[COLLISIONS], unanswered[COLLISIONS];
    uint32_t thread[COLLISIONS], log2[COLLISIONS];
    size_t n;
};

static void list(struct listed *l, const struct seen_grant *g, uint32_t thread,
                 uint64_t computing)
{
    size_t n = l->n++;
    memcpy(l->job + n * UID_BYTES, g->uid, UID_BYTES);
    memcpy(l->token + n * TOKEN_BYTES, g->token, TOKEN_BYTES);
    uint64_t all = leases_mask(grant_leases(g->first, g->count, g->log2));
    l->grant[n] = g->grant;
    l->first[n] = g->first;
    l->count[n] = g->count;
    l->thread[n] = thread;
    l->log2[n] = g->log2;
    l->computing[n] = all & computing;
    l->unanswered[n] = all & ~computing;
}

/* One grant of its own, proven by its token, under numbers that fall on one place of a
 * map without a key. */
static void list_colliding(struct world *w, struct listed *l, struct seen_grant g)
{
    for (g.grant = 1 + (rng_next(&w->rng) >> 8); l->n < COLLISIONS; g.grant++)
        if (rng_mix(g.grant) % 256 == 0)
            list(l, &g, (uint32_t)(l->n % PLAN_THREADS), 0);
}

static void resume(struct world *w, struct rogue *r)
{
    struct listed l = {0};
    struct seen_grant *own = r->replays ? NULL : any_grant(w, r->party);
    if (own && chance_percent(&w->rng, 10)) {
        list_colliding(w, &l, *own);
    } else {
        for (size_t i = 0; i < RESUMES && !r->replays && chance_percent(&w->rng, 60);
             i++) {
            struct seen_grant *g = chance_percent(&w->rng, 50) ? others_grant(w, r)
                                                               : any_grant(w, r->party);
            if (!g)
                continue;
            struct seen_grant f = *g;
            if (g->grant == 0 || party_grant(r->party, g->grant) == g)
                forge(w, r, &f);
            if (grant_leases(f.first, f.count, f.log2) <= GRANT_LEASES)
                list(&l, &f, f.thread, rng_next(&w->rng));
        }
    }
    struct msg m = {.type = MSG_RESUME,
                    .resume = {.n = l.n,
                               .job = l.job,
                               .grant = l.grant,
                               .thread = l.thread,
                               .first = l.first,
                               .count = l.count,
                               .lease_log2 = l.log2,
                               .token = l.token,
                               .computing = l.computing,
                               .unanswered = l.unanswered,
                               .last = true}};
    send(w, r, &m);
    r->resumed = true;
}

/* ---- messages ---- */

static void send_result(struct world *w, struct rogue *r, bool own)
{
    struct seen_grant *g = own ? own_grant(w, r->party) : others_grant(w, r);
    if (!g || g->life != w->host.life ||
        (!own && !never_its_own(w, r->party, g->grant)))
        return;
    if (!own && party_grant(r->party, g->grant))
        return; /* of its own grant of that number it would be a lie */
    uint32_t n = grant_leases(g->first, g->count, g->log2);
    struct claim c = claim_of(w, g, (uint32_t)rng_below(&w->rng, n));
    send_claim(w, r, &c);
}

static void send_near_miss(struct world *w, struct rogue *r)
{
    struct seen_grant *g = own_grant(w, r->party);
    if (!g)
        return;
    uint32_t n = grant_leases(g->first, g->count, g->log2);
    struct claim c = claim_of(w, g, (uint32_t)rng_below(&w->rng, n));
    switch (rng_below(&w->rng, 3)) {
    case 0:
        c.grant += UINT64_C(1) << 40; /* a near one may become its own */
        break;
    case 1: {
        if (n == GRANT_LEASES)
            return;
        struct seen_grant longer = *g;
        longer.count += UINT64_C(1) << g->log2;
        c = claim_of(w, &longer, n); /* the lease after the last one */
        break;
    }
    default:
        c.grant = rng_next(&w->rng);
        break;
    }
    if (c.grant == g->grant || !party_grant(r->party, c.grant))
        send_claim(w, r, &c); /* otherwise it would be a valid result */
}

/* More hits than trials, sub-counts with a wrong sum, or one sub-count too few. */
static void send_impossible(struct world *w, struct rogue *r)
{
    struct seen_grant *g = own_grant(w, r->party);
    if (!g)
        return;
    uint32_t lease =
        (uint32_t)rng_below(&w->rng, grant_leases(g->first, g->count, g->log2));
    struct claim c = claim_of(w, g, lease);
    struct range x = grant_lease(g->first, g->count, g->log2, lease);
    switch (rng_below(&w->rng, 5)) {
    case 0:
        c.hits = x.count + 1;
        break;
    case 1:
        c.hits++;
        break;
    case 2:
        c.n_pieces--;
        c.hits -= c.pieces[c.n_pieces];
        if (c.n_pieces == 0)
            return;
        break;
    case 3:
        c.hits = UINT64_MAX;
        break;
    default:
        c.pieces[0] += UINT64_C(1) << 63;
        c.hits += UINT64_C(1) << 63;
        break;
    }
    send_claim(w, r, &c);
}

static void send_lie(struct world *w, struct rogue *r)
{
    struct seen_grant *g = own_grant(w, r->party);
    if (!g || !w->plan.rogue_lies || r->replays)
        return;
    struct claim c = claim_of(w, g, 0);
    if (c.pieces[0] == 0)
        return;
    c.pieces[0]--;
    c.hits--;
    w->lied = true;
    send_claim(w, r, &c);
}

static void send_bytes(struct world *w, struct rogue *r)
{
    uint8_t bytes[64];
    size_t n = 1 + (size_t)rng_below(&w->rng, sizeof(bytes) - 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)rng_next(&w->rng);
    if (chance_percent(&w->rng, 50)) /* at least a valid frame header */
        memcpy(bytes, (uint8_t[]){0, 0, 0, 20}, 4);
    cable_write(w, r->link, SIDE_HOST, bytes, n);
}

static void send_other(struct world *w, struct rogue *r)
{
    struct seen_grant *g = others_grant(w, r);
    uint64_t grant = g ? g->grant : 1, leases = g ? g->open | 1 : 1;
    struct msg m = {.type = MSG_GIVE_BACK, .leases = {1, &grant, &leases}};
    if (chance_percent(&w->rng, 30))
        m.type = MSG_CANCEL;
    else if (chance_percent(&w->rng, 10))
        m = (struct msg){.type = MSG_BYE, .bye.reason = "enough"};
    send(w, r, &m);
}

static void misbehave(struct world *w, struct rogue *r)
{
    uint64_t what = rng_below(&w->rng, 100);
    struct msg beat = {.type = MSG_HEARTBEAT};
    if (what < 32)
        send_result(w, r, true);
    else if (what < 46)
        send_result(w, r, false);
    else if (what < 62)
        send_near_miss(w, r);
    else if (what < 72 && !r->replays)
        send_impossible(w, r);
    else if (what < 76)
        send_lie(w, r);
    else if (what < 79)
        send_bytes(w, r);
    else if (what < 84)
        send_other(w, r);
    else if (what < 88)
        cable_reset(w, r->link);
    else
        send(w, r, &beat);
}

/* ---- events ---- */

void rogue_message(struct world *w, struct cable *l, const struct msg *m)
{
    struct rogue *r = &w->rogues[l->peer];
    if (r->link == l && m->type == MSG_WELCOME)
        r->welcome = true;
}

void rogue_lost(struct world *w, struct cable *l)
{
    struct rogue *r = &w->rogues[l->peer];
    if (r->link == l)
        r->link = NULL;
}

void rogue_event(struct world *w, const struct sim_event *e)
{
    struct rogue *r = &w->rogues[e->who];
    if (w->healed) {
        if (r->link)
            cable_close(w, r->link, SIDE_PEER);
        r->link = NULL;
        return;
    }
    if (!r->link)
        dial(w, r, e->who);
    else if (!r->welcome)
        chance_percent(&w->rng, 2) ? send_result(w, r, false) : (void)0;
    else if (!r->resumed)
        resume(w, r);
    else
        misbehave(w, r);
    world_at(w, w->now_us + chance_scale(&w->rng, SECOND_US / 20, 4 * SECOND_US),
             SIM_ROGUE, e->who, 0);
}

void rogues_start(struct world *w)
{
    for (uint32_t i = 0; i < w->plan.n_rogues; i++) {
        w->rogues[i].party = new_name(w);
        w->rogues[i].replays = w->plan.rogues_replay >> i & 1;
        world_at(w, chance_scale(&w->rng, SECOND_US / 10, 20 * SECOND_US), SIM_ROGUE, i,
                 0);
    }
}
