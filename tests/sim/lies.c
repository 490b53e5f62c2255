// SPDX-License-Identifier: MIT
#include "tests/sim/lies.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/kernel/kernel.h"
#include "server/core/coord.h"
#include "tests/sim/chance.h"
#include "tests/sim/truth.h"

enum {
    LEASE_LOG2 = 18,
    PIECES = 1 << (LEASE_LOG2 - 16),
    GRANT = 8,
    HELD = 8,
    PEERS = 3,      /* the first one is honest */
    IDENTITIES = 5, /* of the liar that comes back */
    RECOMPUTES = 64,
    STEP_MS = 40,
    LATE_STEPS = 1000, /* steps after the deadline */
    HONEST_FIRST = 200,
    SIGMA = 105, /* standard deviation of the hits of a piece */
    UNIT_TRIALS = 1 << 16,
    STEPS_MAX = 100000, /* over ten times as many as any job needs */
};

enum model {
    ALWAYS,
    TEN_PERCENT,
    ONE_PERCENT,
    ONE_PIECE,
    ONE_SIGMA,
    LATER,
    SEVERAL,
    TOGETHER,
    LATE,
    WRONG_RANGE,
    MODELS,
};

static const struct {
    const char *name;
    double wrong;    /* probability of a wrong result */
    uint32_t leases; /* of 2^LEASE_LOG2 trials each */
    bool surely;     /* must be caught in every run */
    bool exact;      /* the answer must always be right, even with samples */
} models[MODELS] = {
    [ALWAYS] = {"always", 1, 600, true, true},
    [TEN_PERCENT] = {"10 %", 0.1, 20000, true, false},
    [ONE_PERCENT] = {"1 %", 0.01, 4000, false, false},
    [ONE_PIECE] = {"one piece", 0.05, 4000, false, false},
    [ONE_SIGMA] = {"within one sigma", 0.05, 2000, false, false},
    [LATER] = {"honest first", 1, 2000, true, false},
    [SEVERAL] = {"several identities", 1, 1000, true, true},
    [TOGETHER] = {"two, equal lies", 0.05, 4000, false, false},
    [LATE] = {"late", 1, 12000, false, true},
    [WRONG_RANGE] = {"wrong range", 0.05, 2000, false, false},
};

struct grant {
    uint64_t id, first, count;
    uint32_t log2, age;
};

struct peer {
    conn_id conn;
    uint64_t id;
    struct grant held[HELD];
    size_t n;
    bool out;         /* excluded */
    uint64_t results; /* returned so far */
};

struct run {
    struct coord *coord;
    struct rng rng;
    enum model model;
    uint64_t seed, trials;
    int64_t now_ms;
    conn_id conns;
    struct peer peers[PEERS];
    size_t n_peers;
    uint32_t identities;
    bool storing, done, innocent;
    uint64_t store_id, hits, bans;
    struct recompute {
        uint64_t id, first, count;
    } recomputes[RECOMPUTES];
    size_t n_recomputes;
    uint64_t recomputed, lies, caught_after;
};

static void no_mac(void *ctx, const void *data, size_t bytes, uint8_t ret[TOKEN_BYTES])
{
    (void)ctx;
    (void)data;
    (void)bytes;
    memset(ret, 0, TOKEN_BYTES);
}

static uint64_t id_of(void *ctx, const uint8_t secret[UID_BYTES])
{
    uint64_t id;
    (void)ctx;
    memcpy(&id, secret, sizeof(id));
    return id;
}

/* ---- around the coordinator core ---- */

static struct peer *peer_of(struct run *r, conn_id conn)
{
    for (size_t i = 0; i < r->n_peers; i++)
        if (r->peers[i].conn == conn)
            return &r->peers[i];
    return NULL;
}

static void take_grants(struct run *r, conn_id conn, const struct msg_grants *m)
{
    struct peer *p = peer_of(r, conn);
    for (size_t i = 0; p && i < m->n && p->n < HELD; i++)
        p->held[p->n++] =
            (struct grant){m->grant[i], m->first[i], m->count[i], m->lease_log2[i], 0};
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
            r->bans++;
            r->innocent |= x->ban.worker == r->peers[0].id;
        }
    }
}

static void step(struct run *r, struct input in)
{
    struct update u;
    in.now_ms = r->now_ms;
    coord_step(r->coord, &in, &u);
    for (size_t i = 0; i < u.n; i++) {
        const struct effect *e = &u.effects[i];
        struct peer *p = peer_of(r, e->conn);
        if (e->type == EFFECT_SEND && e->send.message.type == MSG_GRANTS)
            take_grants(r, e->conn, &e->send.message.grants);
        else if (e->type == EFFECT_STORE)
            take_records(r, e);
        else if (e->type == EFFECT_RECOMPUTE)
            r->recomputes[r->n_recomputes++] = (struct recompute){
                e->recompute.id, e->recompute.first, e->recompute.count};
        else if (e->type == EFFECT_CLOSE && p)
            p->out = true;
    }
}

static void send(struct run *r, conn_id conn, const struct msg *m)
{
    step(r, (struct input){.type = INPUT_MESSAGE, .conn = conn, .message = m});
}

static void shell(struct run *r)
{
    size_t n = r->n_recomputes;
    struct recompute all[RECOMPUTES];
    memcpy(all, r->recomputes, sizeof(all));
    r->n_recomputes = 0;
    for (size_t i = 0; i < n; i++) {
        struct input in = {.type = INPUT_RECOMPUTED};
        in.recompute.id = all[i].id;
        in.recompute.hits = truth_hits(r->seed, all[i].first, all[i].count);
        in.recompute.micros = all[i].count / 1000;
        r->recomputed += all[i].count;
        step(r, in);
    }
    while (r->storing) {
        r->storing = false;
        struct input in = {.type = INPUT_DURABLE};
        in.transaction.id = r->store_id;
        step(r, in);
    }
}

/* ---- workers ---- */

static void join(struct run *r, struct peer *p)
{
    *p = (struct peer){.conn = ++r->conns, .id = rng_next(&r->rng) | 1};
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = 1,
                              .protocol_max = 1,
                              .program = "liar",
                              .version = "1",
                              .role = ROLE_WORKER,
                              .name = "w",
                              .threads = 1,
                              .kernel = ""}};
    memcpy(m.hello.secret, &p->id, sizeof(p->id));
    step(r, (struct input){
                .type = INPUT_CONNECTED, .conn = p->conn, .address = "10.0.0.1:1"});
    send(r, p->conn, &m);
    struct msg resume = {.type = MSG_RESUME, .resume = {.last = true}};
    send(r, p->conn, &resume);
}

/* Whether the liar returns wrong hits for this lease. */
static bool wrong(struct run *r, const struct peer *p, uint64_t first)
{
    uint64_t most = UINT64_C(1) << 32;
    if (r->model == LATER)
        return p->results >= HONEST_FIRST;
    if (models[r->model].wrong == 1)
        return true;
    uint64_t chance = r->model == TOGETHER ? rng_mix(first ^ r->seed) % most
                                           : rng_below(&r->rng, most);
    return (double)chance < models[r->model].wrong * (double)most;
}

static void lie(struct run *r, uint64_t first, uint64_t *pieces, size_t n)
{
    size_t only = (size_t)rng_below(&r->rng, n);
    for (size_t i = 0; i < n; i++) {
        if (r->model == WRONG_RANGE)
            pieces[i] =
                truth_hits(r->seed, first + r->trials + i * UNIT_TRIALS, UNIT_TRIALS);
        else if (r->model == TOGETHER)
            pieces[i] += 1 + rng_mix(first + i) % SIGMA;
        else if (r->model != ONE_PIECE || i == only)
            pieces[i] += 1 + rng_below(&r->rng, SIGMA);
    }
}

static void report(struct run *r, struct peer *p, const struct grant *g)
{
    uint64_t hits[GRANT], pieces[GRANT * PIECES], rate = 1 << 22;
    uint32_t n = grant_leases(g->first, g->count, g->log2), at = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct range x = grant_lease(g->first, g->count, g->log2, i);
        uint32_t begun = at;
        for (uint64_t t = 0; t < x.count; t += UNIT_TRIALS)
            pieces[at++] = truth_hits(r->seed, x.first + t, UNIT_TRIALS);
        if (p != r->peers && wrong(r, p, x.first)) {
            lie(r, x.first, pieces + begun, at - begun);
            r->lies++;
        }
        p->results++;
        hits[i] = 0;
        for (uint32_t k = begun; k < at; k++)
            hits[i] += pieces[k];
    }
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
    bool holds_back = r->model == LATE && p != r->peers;
    if (p->n == 0 || (holds_back && p->held[0].age++ < LATE_STEPS)) {
        send(r, p->conn, &beat);
        return;
    }
    struct grant g = p->held[0];
    memmove(p->held, p->held + 1, --p->n * sizeof(g));
    report(r, p, &g);
}

static void banned(struct run *r, struct peer *p)
{
    r->caught_after += p->results;
    step(r, (struct input){.type = INPUT_LOST, .conn = p->conn});
    if (r->model == SEVERAL && ++r->identities < IDENTITIES)
        join(r, p);
    else
        *p = (struct peer){.out = true};
}

/* ---- a run ---- */

static void begin(struct run *r, enum audit_policy policy, uint64_t seed)
{
    struct coord_config config = {.mac = no_mac,
                                  .worker_id = id_of,
                                  .version = "1",
                                  .lease_log2 = LEASE_LOG2,
                                  .grant_leases = GRANT};
    chance_init(&r->rng, seed, 7 + r->model); /* rows must not share random numbers */
    r->seed = rng_next(&r->rng);
    memcpy(config.random, &r->seed, sizeof(r->seed));
    memcpy(config.draw_key, &r->seed, sizeof(r->seed));
    r->trials = (uint64_t)models[r->model].leases << LEASE_LOG2;
    r->coord = coord_new(&config);
    struct msg m = {.type = MSG_REQUEST,
                    .request = {.verb = REQUEST_SUBMIT,
                                .worker = "",
                                .submit = {.trials = r->trials,
                                           .seed_given = true,
                                           .seed = r->seed,
                                           .name = "",
                                           .weight = 1,
                                           .audit = policy}}};
    send(r, CONN_LOCAL, &m);
    shell(r);
    r->n_peers = r->model == TOGETHER ? 3 : 2;
    for (size_t i = 0; i < r->n_peers; i++)
        join(r, &r->peers[i]);
}

static void run_to_end(struct run *r)
{
    for (int steps = 0; !r->done && steps < STEPS_MAX; steps++) {
        r->now_ms += STEP_MS;
        for (size_t i = 0; i < r->n_peers && !r->done; i++) {
            struct peer *p = &r->peers[i];
            if (p->out && p->conn)
                banned(r, p);
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

/* ---- the formulas ---- */

/* Number of sub-counts of a worker's k-th result.  No lease is wider than a cell, 1/32
 * of a doubling, so the job begins with 64 leases of one sub-count and 32 of two: 64
 * leases more. */
static uint32_t pieces_of(enum model m, uint32_t k)
{
    uint32_t lease = k * (m == TOGETHER ? 3 : 2);
    return lease <= 64 ? 1 : lease <= 96 ? 2 : PIECES;
}

static uint32_t leases_of(enum model m)
{
    return models[m].leases + 64;
}

/* Probability that a liar is not caught within n results.  The first ten are
 * recomputed; of later ones one sub-count, with probability max(1/k, 2 %). */
static double unfound(enum model m, uint32_t n)
{
    double free = 1;
    for (uint32_t k = m == LATER ? HONEST_FIRST + 1 : 1; k <= n; k++) {
        double p = k <= 10 ? 1 : fmax(1.0 / k, 0.02);
        if (k > 10 && m == ONE_PIECE)
            p /= pieces_of(m, k);
        free *= 1 - models[m].wrong * p;
    }
    return free;
}

/* Probability that two liars are both caught.  Each has a third of the leases until one
 * of them is excluded, with its i-th result; then the other has half of the rest. */
static double both_found(enum model m)
{
    double sum = 0;
    uint32_t n = leases_of(m);
    for (uint32_t i = 1; i <= n / 3; i++) {
        double now = unfound(m, i - 1) - unfound(m, i);
        sum += now * now + 2 * now * (unfound(m, i) - unfound(m, (n - i) / 2));
    }
    return sum;
}

static double predicted(enum model m, enum audit_policy policy)
{
    if (m == LATE)
        return 0; /* all its results are refused */
    if (policy == AUDIT_ALL)
        return 1;
    return m == TOGETHER ? both_found(m) : 1 - unfound(m, leases_of(m) / 2);
}

/* ---- one row of the table ---- */

struct sum {
    uint64_t runs, caught, wrong, after, recomputed, trials;
    double error;
};

/* What is wrong with this run, or NULL. */
static const char *fault(const struct run *r, enum audit_policy policy, bool caught,
                         bool right)
{
    bool all = policy == AUDIT_ALL;
    if (!r->done)
        return "the job does not end";
    if (r->lies == 0)
        return "nobody has lied";
    if (r->innocent)
        return "an honest worker is excluded";
    if (!right && (all || models[r->model].exact))
        return "the answer is wrong";
    if (!caught && (models[r->model].surely || (all && r->model != LATE)))
        return "a liar was not caught";
    return NULL;
}

static bool one(enum model m, enum audit_policy policy, uint64_t seed, struct sum *s)
{
    struct run r = {.model = m};
    begin(&r, policy, seed);
    run_to_end(&r);
    uint64_t truth = truth_hits(r.seed, 0, r.trials);
    uint32_t liars = m == SEVERAL ? IDENTITIES : m == TOGETHER ? 2 : 1;
    bool caught = r.bans >= liars;
    s->runs++;
    s->caught += caught;
    s->after += caught ? r.caught_after / liars : 0;
    s->wrong += r.hits != truth;
    s->error += fabs((double)r.hits - (double)truth) / (double)r.trials;
    s->recomputed += r.recomputed;
    s->trials += r.trials;
    const char *why = fault(&r, policy, caught, r.hits == truth);
    if (why)
        fprintf(stderr, "lies: \"%s\", audit %s, seed %llu: %s\n", models[m].name,
                policy == AUDIT_ALL ? "all" : "adaptive", (unsigned long long)seed,
                why);
    return !why;
}

/* Within four standard errors of the formula, plus one run where it says nearly 0
 * or 1. */
static bool agrees(const struct sum *s, double p)
{
    double n = (double)s->runs;
    return fabs((double)s->caught - n * p) <= 4 * sqrt(n * p * (1 - p)) + 1;
}

static bool row(enum model m, enum audit_policy policy, uint64_t runs)
{
    struct sum s = {0};
    double n = (double)runs, p = predicted(m, policy);
    bool good = true;
    for (uint64_t i = 1; i <= runs; i++)
        good &= one(m, policy, i, &s);
    printf("%-20s %-9s %5.1f %% %7.1f %% %7.0f %6llu %9.1e %8.2f %%\n", models[m].name,
           policy == AUDIT_ALL ? "all" : "adaptive", 100 * (double)s.caught / n,
           100 * p, s.caught ? (double)s.after / (double)s.caught : 0,
           (unsigned long long)s.wrong, s.error / n,
           100 * (double)s.recomputed / (double)s.trials);
    if (!agrees(&s, p)) {
        fprintf(stderr, "lies: \"%s\": not what the formula says\n", models[m].name);
        good = false;
    }
    return good;
}

int lies_run(uint64_t runs)
{
    bool good = true;
    printf("%-20s %-9s %7s %9s %7s %6s %9s %10s\n", "model", "audit", "caught",
           "predicted", "after", "wrong", "error", "recomputed");
    for (int m = 0; m < MODELS; m++) {
        good &= row((enum model)m, AUDIT_ADAPTIVE, runs);
        good &= row((enum model)m, AUDIT_ALL, runs);
    }
    return !good;
}
