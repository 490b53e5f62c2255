// SPDX-License-Identifier: MIT
/*
 * The real coordinator core, a virtual clock in microseconds, and workers of one thread
 * whose results are made up.  A job may end at most LATE_MS after what its honest
 * workers need, at their speeds, for all that they have counted.
 */
#include "tests/sim/late.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/coord.h"
#include "tests/lib/open_secrets.h"
#include "tests/sim/chance.h"

enum {
    HONEST_MAX = 5,
    PEERS = HONEST_MAX + 3,
    HELD = 128,
    LATE_MS = 10000,
    SHOWN = 3,           /* failures */
    SLOWEST = 100000,    /* trials/s; the fastest are 10^6 times as fast */
    BAD_TIMES_MOST = 30, /* one that is no good, as fast as all honest ones so often */
    BEAT_US = 2000000,
    ROUND_TRIP_US = 1000, /* of one that gets the smallest leases, by its own word */
    STEPS_MAX = 4000000
};

#define NEVER_US INT64_MAX

enum kind { HONEST, STARVED, LIAR, STOPPED, KINDS };

static const char *const kind_names[KINDS] = {"honest", "starved", "lies", "stopped"};

struct held {
    uint64_t grant, first, count, leases;
    uint32_t log2;
};

struct peer {
    enum kind kind;
    conn_id conn;
    uint64_t rate, said; /* trials/s; said: 0, what is measured */
    int64_t turns_us;    /* from then on it is what its kind says */
    int64_t again_us;    /* and again as the others; of a starved one */
    struct held held[HELD];
    size_t n;
    int64_t finish_us, beat_us;
    uint64_t counted;
    bool out, told;
};

struct run {
    struct coord *coord;
    struct rng rng;
    struct peer peers[PEERS];
    size_t n_peers;
    uint64_t trials, store_id;
    int64_t now_us, deadline_ms;
    bool storing, done;
    uint64_t seed;
};

/* ---- what a worker computes ---- */

static bool turned(const struct run *r, const struct peer *p)
{
    return r->now_us >= p->turns_us && r->now_us < p->again_us;
}

/* The oldest lease that it has, or NULL. */
static struct held *current(struct peer *p)
{
    return p->n ? &p->held[0] : NULL;
}

static struct range lease_of(const struct held *h)
{
    return grant_lease(h->first, h->count, h->log2,
                       (uint32_t)__builtin_ctzll(h->leases));
}

/* Begins the next lease, if it is not at one. */
static void compute(struct run *r, struct peer *p)
{
    if (p->finish_us != NEVER_US || p->n == 0 || p->out)
        return;
    if (turned(r, p) && p->kind != STARVED)
        return;
    double us = (double)lease_of(current(p)).count / (double)p->rate * 1e6;
    if (turned(r, p) && p->again_us == NEVER_US)
        return; /* one trial a second */
    p->finish_us = r->now_us + (int64_t)us + (p->kind == LIAR ? ROUND_TRIP_US : 1);
    if (turned(r, p))
        p->finish_us = p->again_us;
}

static void drop_empty(struct peer *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->held[i].leases)
            p->held[kept++] = p->held[i];
    p->n = kept;
}

static void cancelled(struct run *r, struct peer *p, uint64_t grant, uint64_t leases)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->held[i].grant != grant)
            continue;
        if (i == 0 && leases & p->held[0].leases & -p->held[0].leases)
            p->finish_us = NEVER_US;
        p->held[i].leases &= ~leases;
    }
    drop_empty(p);
    compute(r, p);
}

/* ---- around the core ---- */

static struct peer *peer_of(struct run *r, conn_id conn)
{
    for (size_t i = 0; i < r->n_peers; i++)
        if (r->peers[i].conn == conn)
            return &r->peers[i];
    return NULL;
}

static void take_message(struct run *r, struct peer *p, const struct msg *m)
{
    if (m->type == MSG_GRANTS) {
        const struct msg_grants *g = &m->grants;
        for (size_t i = 0; i < g->n && p->n < HELD; i++) {
            uint32_t n = grant_leases(g->first[i], g->count[i], g->lease_log2[i]);
            p->held[p->n++] = (struct held){g->grant[i], g->first[i], g->count[i],
                                            leases_mask(n), g->lease_log2[i]};
        }
        compute(r, p);
    } else if (m->type == MSG_CANCEL) {
        for (size_t i = 0; i < m->leases.n; i++)
            cancelled(r, p, m->leases.grant[i], m->leases.leases[i]);
    }
}

static void step(struct run *r, struct input in)
{
    struct update u;
    in.now_ms = r->now_us / 1000;
    coord_step(r->coord, &in, &u);
    r->deadline_ms = u.deadline_ms;
    for (size_t i = 0; i < u.n; i++) {
        const struct effect *e = &u.effects[i];
        struct peer *p = peer_of(r, e->conn);
        if (e->type == EFFECT_SEND && p) {
            take_message(r, p, &e->send.message);
        } else if (e->type == EFFECT_CLOSE && p) {
            p->out = true;
        } else if (e->type == EFFECT_STORE) {
            r->storing = true;
            r->store_id = e->transaction.id;
            for (size_t k = 0; k < e->transaction.n; k++)
                r->done |= e->transaction.records[k].type == RECORD_ANSWER;
        }
    }
}

/* The store is quick.  What the workers have in the ledger is read off the records. */
static void settle(struct run *r)
{
    while (r->storing) {
        r->storing = false;
        struct input in = {.type = INPUT_DURABLE};
        in.transaction.id = r->store_id;
        step(r, in);
    }
}

static void send(struct run *r, conn_id conn, const struct msg *m)
{
    step(r, (struct input){.type = INPUT_MESSAGE, .conn = conn, .message = m});
    settle(r);
}

static void report(struct run *r, struct peer *p)
{
    struct held *h = current(p);
    struct range x = lease_of(h);
    uint64_t lease = h->leases & -h->leases, grant = h->grant, hits = x.count / 2;
    uint64_t rate = p->said ? p->said : p->rate;
    uint32_t none = 0;
    if (p->kind == STARVED && r->now_us >= p->turns_us && !p->told) {
        rate = 1; /* what it has measured, this once */
        p->told = true;
    }
    h->leases &= ~lease;
    p->finish_us = NEVER_US;
    drop_empty(p);
    compute(r, p);
    struct msg m = {.type = MSG_RESULTS,
                    .results = {.n = 1,
                                .grant = &grant,
                                .leases = &lease,
                                .rate = &rate,
                                .n_hits = 1,
                                .hits = &hits,
                                .group_pieces = &none}};
    send(r, p->conn, &m);
}

static void beat(struct run *r, struct peer *p)
{
    p->beat_us = r->now_us + BEAT_US;
    if (!(p->kind == STOPPED && turned(r, p)))
        send(r, p->conn, &(struct msg){.type = MSG_HEARTBEAT});
}

/* ---- a run ---- */

static double speed(struct run *r, double most)
{
    double orders = (double)rng_below(&r->rng, 1000001) / 1000000;
    double x = SLOWEST;
    for (; orders > 0; orders -= 1.0 / 60) /* six of them */
        x *= 1.2589254117941673;
    return x < most ? x : most;
}

static void join(struct run *r, struct peer *p, size_t number)
{
    uint64_t id = number + 1;
    p->conn = number + 1;
    p->finish_us = NEVER_US;
    step(r, (struct input){.type = INPUT_CONNECTED, .conn = p->conn, .address = ""});
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = 1,
                              .protocol_max = 1,
                              .program = "late",
                              .version = "",
                              .role = ROLE_WORKER,
                              .name = kind_names[p->kind],
                              .threads = 1,
                              .kernel = ""}};
    memcpy(m.hello.secret, &id, sizeof(id));
    send(r, p->conn, &m);
    send(r, p->conn, &(struct msg){.type = MSG_RESUME, .resume.last = true});
}

static void draw(struct run *r)
{
    size_t honest = 1 + (size_t)rng_below(&r->rng, HONEST_MAX);
    double sum = 0, bad = 0;
    r->n_peers = honest + 3;
    for (size_t i = 0; i < r->n_peers; i++) {
        struct peer *p = &r->peers[i];
        p->kind = i < honest ? HONEST : (enum kind)(HONEST + 1 + i - honest);
        double rate = speed(r, p->kind == HONEST ? 1e300 : sum * BAD_TIMES_MOST);
        *(p->kind == HONEST ? &sum : &bad) += rate;
        p->rate = (uint64_t)rate;
        p->turns_us = p->again_us = NEVER_US;
    }
    double s = (double)chance_between(&r->rng, 20, 90);
    r->trials = (uint64_t)((sum + bad) * s);
    for (size_t i = honest; i < r->n_peers; i++) {
        struct peer *p = &r->peers[i];
        p->turns_us = chance_between(&r->rng, 0, (int64_t)(s * 1.2e6));
        if (p->kind == STARVED && rng_below(&r->rng, 2))
            p->again_us = p->turns_us + chance_between(&r->rng, 1000000, 100000000);
        if (p->kind == LIAR)
            p->said = rng_below(&r->rng, 2) ? 1 : UINT64_C(1) << 60;
    }
}

static void submit(struct run *r)
{
    struct msg m = {.type = MSG_REQUEST,
                    .request = {.id = 1,
                                .verb = REQUEST_SUBMIT,
                                .worker = "",
                                .submit = {.rule = STOP_TRIALS,
                                           .trials = r->trials,
                                           .name = "",
                                           .weight = 1}}};
    send(r, CONN_LOCAL, &m);
}

static int64_t next_event(const struct run *r)
{
    int64_t at = r->deadline_ms * 1000;
    for (size_t i = 0; i < r->n_peers; i++) {
        const struct peer *p = &r->peers[i];
        if (p->out)
            continue;
        at = p->finish_us < at ? p->finish_us : at;
        at = p->beat_us < at ? p->beat_us : at;
        if (p->kind == STARVED && p->again_us > r->now_us && p->again_us < at)
            at = p->again_us;
    }
    return at > r->now_us ? at : r->now_us;
}

/* A starved worker goes on, and is starved again. */
static void recover(struct run *r, struct peer *p)
{
    p->turns_us = r->now_us + chance_between(&r->rng, 10000, 5000000);
    p->again_us = NEVER_US;
    p->told = false;
    if (rng_below(&r->rng, 4))
        p->again_us = p->turns_us + chance_between(&r->rng, 1000000, 100000000);
}

static void act(struct run *r)
{
    for (size_t i = 0; i < r->n_peers && !r->done; i++) {
        struct peer *p = &r->peers[i];
        if (p->out)
            continue;
        if (p->kind != HONEST && p->kind != STARVED && turned(r, p))
            p->finish_us = NEVER_US; /* it does not finish what it has begun */
        if (p->kind == STARVED && turned(r, p) && p->finish_us < p->again_us)
            p->finish_us = p->again_us == NEVER_US ? NEVER_US : p->again_us;
        compute(r, p);
        if (p->finish_us <= r->now_us)
            report(r, p);
        if (p->kind == STARVED && p->again_us <= r->now_us)
            recover(r, p);
        if (p->beat_us <= r->now_us)
            beat(r, p);
    }
    if (!r->done && r->deadline_ms * 1000 <= r->now_us) {
        step(r, (struct input){.type = INPUT_TICK});
        settle(r);
    }
}

static void count_peers(void *ctx, const struct msg_reply *reply)
{
    struct run *r = ctx;
    for (size_t i = 0; i < reply->workers.n; i++)
        for (size_t k = 0; k < r->n_peers; k++)
            if (reply->workers.workers[i].id == r->peers[k].conn)
                r->peers[k].counted = reply->workers.workers[i].trials;
}

/* How many ms after what the honest ones need. */
static int64_t lateness(struct run *r)
{
    struct arena memory;
    const struct msg_request ask = {.id = 1, .verb = REQUEST_WORKERS, .worker = ""};
    double trials = 0, sum = 0;
    arena_init(&memory, 0);
    if (!coord_query(r->coord, r->now_us / 1000, &ask, &memory, count_peers, r))
        abort();
    arena_release(&memory);
    for (size_t i = 0; i < r->n_peers; i++)
        if (r->peers[i].kind == HONEST) {
            sum += (double)r->peers[i].rate;
            trials += (double)r->peers[i].counted;
        }
    return (r->now_us - 1000000) / 1000 - (int64_t)(trials / sum * 1000);
}

static void print_run(const struct run *r, int64_t late_ms)
{
    printf("seed %llu: ", (unsigned long long)r->seed);
    if (late_ms == INT64_MAX)
        printf("does not end, %.3g trials\n", (double)r->trials);
    else
        printf("%.1f s late, %.3g trials, ended at %.1f s\n", (double)late_ms / 1e3,
               (double)r->trials, (double)r->now_us / 1e6);
    for (size_t i = 0; i < r->n_peers; i++) {
        const struct peer *p = &r->peers[i];
        printf("  %-8s %.3g trials/s, says %.3g, counted %.3g", kind_names[p->kind],
               (double)p->rate, (double)p->said, (double)p->counted);
        if (p->turns_us != NEVER_US)
            printf(", from %.1f s on", (double)p->turns_us / 1e6);
        if (p->again_us != NEVER_US)
            printf(" to %.1f", (double)p->again_us / 1e6);
        printf("\n");
    }
}

/* Its lateness in ms; INT64_MAX: it did not end. */
static int64_t run_once(uint64_t seed, bool print)
{
    static struct run r;
    struct coord_config config = {.random = {1},
                                  .bare = true,
                                  .mac = open_mac,
                                  .worker_id = open_worker_id,
                                  .version = ""};
    memset(&r, 0, sizeof(r));
    r.seed = seed;
    for (size_t i = 0; i < sizeof(config.random); i += 8) {
        uint64_t word = rng_mix(seed + i);
        memcpy(config.random + i, &word, 8);
    }
    rng_init(&r.rng, config.random);
    r.now_us = 1000000;
    r.coord = coord_new(&config);
    step(&r, (struct input){.type = INPUT_TICK});
    draw(&r);
    submit(&r);
    for (size_t i = 0; i < r.n_peers; i++)
        if (r.peers[i].turns_us != NEVER_US)
            r.peers[i].turns_us += r.now_us;
    for (size_t i = 0; i < r.n_peers; i++)
        join(&r, &r.peers[i], i);
    uint32_t steps = 0;
    for (; !r.done && steps < STEPS_MAX; steps++) {
        r.now_us = next_event(&r);
        act(&r);
    }
    settle(&r);
    int64_t late_ms = r.done ? lateness(&r) : INT64_MAX;
    if (print)
        print_run(&r, late_ms);
    coord_free(r.coord);
    return late_ms;
}

int late_run(uint64_t runs)
{
    int64_t worst = INT64_MIN, sum = 0;
    uint64_t at = 0, late = 0;
    for (uint64_t seed = 1; seed <= runs; seed++) {
        int64_t ms = run_once(seed, false);
        if (ms > LATE_MS && late++ < SHOWN)
            run_once(seed, true);
        if (ms > worst) {
            worst = ms;
            at = seed;
        }
        sum += ms < LATE_MS ? ms : LATE_MS;
    }
    printf("%llu jobs, %llu more than %d ms late; %.0f ms in the mean, %lld at most "
           "(seed %llu)\n",
           (unsigned long long)runs, (unsigned long long)late, LATE_MS,
           (double)sum / (double)runs, (long long)worst, (unsigned long long)at);
    return late > 0;
}
