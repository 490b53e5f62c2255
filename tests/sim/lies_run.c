// SPDX-License-Identifier: MIT
/*
 * One job: the real core, a store that is always durable at once, recomputations that
 * are always right, honest workers and liars of one speed.
 */
#include "tests/sim/lies.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/vec.h"
#include "server/core/coord.h"
#include "tests/lib/open_secrets.h"
#include "tests/sim/bridge.h"
#include "tests/sim/chance.h"

enum { THREADS = 64 }; /* of the machine that recomputes */

enum {
    GRANT_MAX = 16,
    HELD = 8,
    PEERS_MAX = 30,
    RECOMPUTES = 4096,
    STEP_MS = 1000,
    LATE_STEPS = 30, /* after the deadline of all that it holds */
    PROBATION = 10,
    EXCLUSIONS = 3, /* after which all is recomputed */
    STEPS_MAX = 20000,
};

#define PI_QUARTER 0.78539816339744830962
#define SUM_SIGMAS 4.1 /* beyond which a lie must be found */

struct grant {
    uint64_t id, first, count;
    uint32_t log2, age;
};

struct peer {
    conn_id conn;
    uint64_t id;
    struct grant held[HELD];
    size_t n;
    bool liar, out; /* out: excluded */
    struct liar mind;
    uint32_t identity;
    uint64_t trials, hits; /* said so far */
};

/* A lease whose hits are a lie. */
struct lied {
    conn_id conn;
    uint64_t grant, lease; /* a mask of one */
    uint64_t first, end, trials;
    int64_t delta;
    uint32_t identity;
    bool counted, gone; /* in the answer; taken back since */
    bool certain;       /* one that must be found */
};

struct run {
    const struct lies_setting *set;
    const struct liar_kind *kind;
    struct coord *coord;
    struct rng rng, seeded; /* ours; the core's, as it was seeded */
    uint64_t seed;
    uint8_t uid[UID_BYTES];
    int64_t now_ms;
    conn_id conns;
    struct peer peers[PEERS_MAX];
    size_t n_peers;
    uint32_t identities;
    bool storing, done, innocent, doubt;
    uint64_t store_id, hits, bans, late_bans;
    struct recompute {
        uint64_t id, first, count;
    } recomputes[RECOMPUTES];
    size_t n_recomputes;
    uint64_t recomputed, revoked, banned_trials;
    VEC(struct lied) lies;
};

/* ---- around the coordinator's core ---- */

static struct peer *peer_of(struct run *r, conn_id conn)
{
    for (size_t i = 0; i < r->n_peers; i++)
        if (r->peers[i].conn == conn)
            return &r->peers[i];
    return NULL;
}

/* What is granted again was taken back. */
static void forget_lies(struct run *r, uint64_t first, uint64_t end)
{
    for (size_t i = 0; i < r->lies.n; i++) {
        struct lied *x = &r->lies.items[i];
        x->gone |= x->counted && x->first < end && first < x->end;
    }
}

static void take_grants(struct run *r, struct peer *p, const struct msg_grants *m)
{
    if (m->n)
        memcpy(r->uid, m->job, UID_BYTES);
    for (size_t i = 0; p && i < m->n && p->n < HELD; i++) {
        p->held[p->n++] =
            (struct grant){m->grant[i], m->first[i], m->count[i], m->lease_log2[i], 0};
        forget_lies(r, m->first[i], m->first[i] + m->count[i]);
    }
}

static void take_answers(struct run *r, conn_id conn, const struct msg_answers *m)
{
    for (size_t i = 0; i < m->n; i++)
        for (size_t k = 0; k < r->lies.n; k++) {
            struct lied *x = &r->lies.items[k];
            if (x->conn == conn && x->grant == m->grant[i])
                x->counted |= (m->counted[i] & x->lease) != 0;
        }
}

static void take_ban(struct run *r, uint64_t id)
{
    r->bans++;
    for (size_t i = 0; i < r->n_peers; i++) {
        const struct peer *p = &r->peers[i];
        if (p->id != id)
            continue;
        r->innocent |= !p->liar;
        r->late_bans += p->mind.results > PROBATION;
        r->banned_trials += p->trials;
    }
}

static void take_records(struct run *r, const struct effect *e)
{
    r->storing = true;
    r->store_id = e->transaction.id;
    for (size_t i = 0; i < e->transaction.n; i++) {
        const struct record *x = &e->transaction.records[i];
        if (x->type == RECORD_ANSWER) {
            r->done = true;
            r->hits = x->answer.hits;
        } else if (x->type == RECORD_BAN) {
            take_ban(r, x->ban.worker);
        } else if (x->type == RECORD_ROW) {
            r->doubt |= x->row.doubtful;
        }
    }
}

static void take_effect(struct run *r, const struct effect *e)
{
    struct peer *p = peer_of(r, e->conn);
    if (e->type == EFFECT_SEND && e->send.message.type == MSG_GRANTS)
        take_grants(r, p, &e->send.message.grants);
    else if (e->type == EFFECT_SEND && e->send.message.type == MSG_ANSWERS)
        take_answers(r, e->conn, &e->send.message.answers);
    else if (e->type == EFFECT_STORE)
        take_records(r, e);
    else if (e->type == EFFECT_RECOMPUTE && r->n_recomputes < RECOMPUTES)
        r->recomputes[r->n_recomputes++] =
            (struct recompute){e->recompute.id, e->recompute.first, e->recompute.count};
    else if (e->type == EFFECT_REVOKE)
        r->revoked += e->revoke.trials;
    else if (e->type == EFFECT_CLOSE && p)
        p->out = true;
}

static void step(struct run *r, struct input in)
{
    struct update u;
    in.now_ms = r->now_ms;
    coord_step(r->coord, &in, &u);
    for (size_t i = 0; i < u.n; i++)
        take_effect(r, &u.effects[i]);
}

static void send(struct run *r, conn_id conn, const struct msg *m)
{
    step(r, (struct input){.type = INPUT_MESSAGE, .conn = conn, .message = m});
}

/* All that is to be stored is durable, all that is to be recomputed is counted. */
static void shell(struct run *r)
{
    while (r->storing || r->n_recomputes) {
        if (r->storing) { /* first: who lies hears what was counted */
            r->storing = false;
            struct input in = {.type = INPUT_DURABLE};
            in.transaction.id = r->store_id;
            step(r, in);
            continue;
        }
        struct recompute x = r->recomputes[0];
        memmove(r->recomputes, r->recomputes + 1, --r->n_recomputes * sizeof(x));
        struct input in = {.type = INPUT_RECOMPUTED};
        in.recompute.id = x.id;
        in.recompute.hits = bridge_hits(r->seed, x.first, x.count);
        in.recompute.micros =
            x.count / 100000; /* fast: the budget is not in question */
        r->recomputed += x.count;
        step(r, in);
    }
}

/* ---- workers ---- */

static void join(struct run *r, struct peer *p, bool liar)
{
    *p = (struct peer){.conn = ++r->conns, .id = rng_next(&r->rng) | 1, .liar = liar};
    p->identity = r->identities++;
    p->mind = (struct liar){.model = r->set->model,
                            .gross = r->set->gross,
                            .seed = r->seed,
                            .end = r->set->trials};
    chance_init(&p->mind.chance, p->id, 0);
    char name[16];
    snprintf(name, sizeof(name), "w%u", p->identity);
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = 1,
                              .protocol_max = 1,
                              .program = "liar",
                              .version = "1",
                              .role = ROLE_WORKER,
                              .name = name,
                              .threads = 1,
                              .kernel = ""}};
    memcpy(m.hello.secret, &p->id, sizeof(p->id));
    step(r, (struct input){
                .type = INPUT_CONNECTED, .conn = p->conn, .address = "10.0.0.1:1"});
    send(r, p->conn, &m);
    struct msg resume = {.type = MSG_RESUME, .resume = {.last = true}};
    send(r, p->conn, &resume);
    if (liar && r->set->model == LIAR_FORESEES) {
        uint64_t words[2];
        memcpy(words, r->uid, sizeof(words));
        liar_recovers(&p->mind, &r->seeded, words);
    }
}

static uint64_t cut(struct range x, uint64_t points[LEASE_PIECES + 1])
{
    uint64_t n = lease_pieces(x.count), size = lease_piece(x.count);
    for (uint64_t i = 0; i < n; i++)
        points[i] = x.first + i * size;
    points[n] = x.first + x.count;
    return n;
}

/* What it says of its next result; returns the number of sub-counts. */
static size_t say(struct run *r, struct peer *p, const struct grant *g, uint32_t lease,
                  uint64_t *pieces, uint64_t *ret_hits)
{
    struct range x = grant_lease(g->first, g->count, g->log2, lease);
    uint64_t points[LEASE_PIECES + 1], truth = 0, trials = 0;
    size_t n = cut(x, points);
    bridge_pieces(r->seed, points, n, pieces);
    for (size_t i = 0; i < n; i++)
        truth += pieces[i];
    uint64_t before = p->mind.results, hits = 0;
    uint64_t lies = p->liar ? liar_says(&p->mind, x, pieces, n) : 0;
    for (size_t i = 0; i < n; i++) {
        hits += pieces[i];
        trials += lies >> i & 1 ? points[i + 1] - points[i] : 0;
    }
    p->trials += x.count;
    p->hits += hits;
    double all = (double)p->trials, off = (double)p->hits - all * PI_QUARTER;
    bool far = fabs(off) > SUM_SIGMAS * sqrt(all * PI_QUARTER * (1 - PI_QUARTER));
    if (lies)
        *VEC_PUSH(&r->lies) =
            (struct lied){.conn = p->conn,
                          .grant = g->id,
                          .lease = UINT64_C(1) << lease,
                          .first = x.first,
                          .end = x.first + x.count,
                          .trials = trials,
                          .delta = (int64_t)(hits - truth),
                          .identity = p->identity,
                          .certain = far || before < PROBATION || r->set->gross};
    *ret_hits = hits;
    return n;
}

static void report(struct run *r, struct peer *p, const struct grant *g)
{
    uint64_t hits[GRANT_MAX], pieces[GRANT_MAX * LEASE_PIECES], rate = 1 << 22;
    uint32_t n = grant_leases(g->first, g->count, g->log2), at = 0;
    for (uint32_t i = 0; i < n; i++)
        at += (uint32_t)say(r, p, g, i, pieces + at, &hits[i]);
    uint64_t leases = leases_mask(n);
    struct msg m = {.type = MSG_RESULTS,
                    .results = {.n = 1,
                                .grant = &g->id,
                                .leases = &leases,
                                .rate = &rate,
                                .n_hits = n,
                                .hits = hits,
                                .n_pieces = at,
                                .pieces = pieces,
                                .group_pieces = &at}};
    send(r, p->conn, &m);
}

static void work(struct run *r, struct peer *p)
{
    struct msg beat = {.type = MSG_HEARTBEAT};
    bool holds_back = r->set->model == LIAR_LATE && p->liar;
    if (p->n == 0 || (holds_back && p->held[0].age++ < LATE_STEPS)) {
        send(r, p->conn, &beat);
        return;
    }
    struct grant g = p->held[0];
    memmove(p->held, p->held + 1, --p->n * sizeof(g));
    report(r, p, &g);
}

/* It was excluded, or has told its lie: it goes, and comes again as somebody else. */
static void leave(struct run *r, struct peer *p)
{
    step(r, (struct input){.type = INPUT_LOST, .conn = p->conn});
    shell(r);
    if (p->liar && r->identities - r->kind->honest < r->kind->identities)
        join(r, p, true);
    else
        *p = (struct peer){.out = true, .liar = p->liar};
}

/* ---- a run ---- */

static uint32_t lease_log2(const struct lies_setting *s, uint64_t seed)
{
    if (s->model != LIAR_CUTS)
        return s->lease_log2;
    return seed % 2 ? LEASE_LOG2_MAX : s->lease_log2 - 1; /* the widest, or narrow */
}

static void submit(struct run *r)
{
    struct msg m = {.type = MSG_REQUEST,
                    .request = {.verb = REQUEST_SUBMIT,
                                .worker = "",
                                .submit = {.trials = r->set->trials,
                                           .seed_given = true,
                                           .seed = r->seed,
                                           .name = "",
                                           .weight = 1,
                                           .audit = r->set->audit}}};
    send(r, CONN_LOCAL, &m);
    shell(r);
}

static void begin(struct run *r, uint64_t seed)
{
    struct coord_config config = {.audit_percent = 100 * THREADS, /* no wait for time */
                                  .mac = open_mac,
                                  .worker_id = open_worker_id,
                                  .version = "1",
                                  .lease_log2 = lease_log2(r->set, seed),
                                  .grant_leases =
                                      r->kind->honest > 1 ? 1 : CROWD_RESULTS,
                                  .new_ids_hour = 1 << 20};
    const struct lies_setting *s = r->set; /* each row has dice of its own */
    uint64_t row = s->model + 16 * s->gross + 32 * s->audit + 128 * s->lease_log2;
    chance_init(&r->rng, seed, 7 + row);
    r->seed = rng_next(&r->rng);
    for (size_t i = 0; i < sizeof(config.random); i++)
        config.random[i] = (uint8_t)rng_next(&r->rng);
    memcpy(config.draw_key, &r->seed, sizeof(r->seed));
    rng_init(&r->seeded, config.random);
    r->coord = coord_new(&config);
    submit(r);
    r->n_peers = r->kind->honest + r->kind->liars;
    for (size_t i = 0; i < r->n_peers; i++)
        join(r, &r->peers[i], i >= r->kind->honest);
    if (r->set->model == LIAR_FORESEES) {
        /* so that nothing but the liar's results is drawn for */
        struct msg trust = {.type = MSG_REQUEST,
                            .request = {.verb = REQUEST_TRUST, .worker = "w0"}};
        send(r, CONN_LOCAL, &trust);
    }
    shell(r);
}

static void run_to_end(struct run *r)
{
    for (int steps = 0; !r->done && steps < STEPS_MAX; steps++) {
        r->now_ms += STEP_MS;
        for (size_t i = 0; i < r->n_peers && !r->done; i++) {
            struct peer *p = &r->peers[i];
            bool told = r->set->model == LIAR_CROWD && p->liar &&
                        p->mind.results >= CROWD_RESULTS;
            if (p->conn && (p->out || told))
                leave(r, p);
            else if (!p->out)
                work(r, p);
            shell(r);
        }
        step(r, (struct input){.type = INPUT_TICK});
        shell(r);
    }
    coord_check(r->coord);
    coord_free(r->coord);
}

/* What is wrong with this run, or NULL. */
static const char *fault(const struct run *r, const struct lies_end *e, int64_t off,
                         int64_t lies_off, int64_t certain_off)
{
    bool all = r->set->audit == AUDIT_ALL;
    if (!r->done)
        return "the job does not end";
    if (r->innocent)
        return "an honest worker is excluded";
    if (off != lies_off)
        return "the answer is off by something else than the lies in it";
    if (off != 0 && (all || r->kind->exact))
        return "the answer is wrong";
    bool sure = r->kind->surely || (all && r->set->model != LIAR_LATE);
    if (sure && e->said && !e->found)
        return "a liar was not found";
    if (off != 0 && r->late_bans >= EXCLUSIONS && !e->doubt)
        return "three were excluded, and a lie of a fourth is in the answer";
    if (certain_off != 0 && !e->doubt)
        return "a lie that must be found is in the answer";
    if (r->set->model == LIAR_AT_END &&
        r->revoked > 2 * r->banned_trials + r->set->trials / 100)
        return "who lies at the end has too much thrown away";
    return NULL;
}

void lies_run(const struct lies_setting *s, uint64_t seed, struct lies_end *ret)
{
    struct run *r = calloc(1, sizeof(*r));
    double trials = (double)s->trials;
    r->set = s;
    r->kind = &liar_kinds[s->model];
    begin(r, seed);
    run_to_end(r);
    int64_t lies_off = 0, certain_off = 0,
            off = (int64_t)(r->hits - bridge_hits(r->seed, 0, s->trials));
    uint64_t *by = calloc(r->identities, sizeof(*by));
    *ret = (struct lies_end){.doubt = r->doubt,
                             .error = fabs((double)off) /
                                      sqrt(trials * PI_QUARTER * (1 - PI_QUARTER)),
                             .audits = (double)r->recomputed / trials,
                             .rework = (double)r->revoked / trials,
                             .said = r->lies.n > 0};
    bool fresh = s->model == LIAR_CROWD; /* the last of them has not lied yet */
    ret->found = r->bans + r->kind->honest + fresh >= r->identities;
    for (size_t i = 0; i < r->lies.n; i++) {
        const struct lied *x = &r->lies.items[i];
        if (!x->counted || x->gone)
            continue;
        lies_off += x->delta;
        certain_off += x->certain ? x->delta : 0; /* what cancels out is no lie */
        by[x->identity] += x->trials;
        ret->lied += (double)x->trials / trials;
        ret->lied_most = fmax(ret->lied_most, (double)by[x->identity] / trials);
    }
    ret->fault = fault(r, ret, off, lies_off, certain_off);
    free(by);
    free(r->lies.items);
    free(r);
}
