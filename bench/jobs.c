// SPDX-License-Identifier: MIT
/*
 * What a result and the grant that follows it cost the core while so many jobs are
 * open: no network, no store, no computing, 64 workers that answer at once.  With
 * THREADS each message has the results of so many threads, one lease each.  Run by
 * bench/open-jobs, which counts the instructions.
 *
 *     jobs OPEN RESULTS [THREADS]
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/coord.h"
#include "tests/lib/open_secrets.h"

enum { WORKERS = 64, THREADS_MAX = 64 };

static struct {
    struct coord *coord;
    int64_t now_ms;
    bool storing;
    uint32_t threads;
    uint64_t store_id, grant[WORKERS + 1][THREADS_MAX]; /* by connection */
} bench;

static void step(struct input in)
{
    struct update u;
    in.now_ms = bench.now_ms;
    coord_step(bench.coord, &in, &u);
    for (size_t i = 0; i < u.n; i++) {
        const struct effect *e = &u.effects[i];
        if (e->type == EFFECT_SEND && e->send.message.type == MSG_GRANTS) {
            assert(e->send.message.grants.n == bench.threads);
            memcpy(bench.grant[e->conn], e->send.message.grants.grant,
                   bench.threads * sizeof(uint64_t));
        } else if (e->type == EFFECT_STORE) {
            bench.storing = true;
            bench.store_id = e->transaction.id;
        }
    }
}

static void send(conn_id conn, const struct msg *m)
{
    step((struct input){.type = INPUT_MESSAGE, .conn = conn, .message = m});
    while (bench.storing) {
        bench.storing = false;
        struct input in = {.type = INPUT_DURABLE};
        in.transaction.id = bench.store_id;
        step(in);
    }
}

static void submit(uint64_t number)
{
    struct msg m = {.type = MSG_REQUEST,
                    .request = {.id = 1,
                                .verb = REQUEST_SUBMIT,
                                .worker = "",
                                .submit = {.rule = STOP_TRIALS,
                                           .trials = TRIALS_MAX,
                                           .name = "",
                                           .weight = 1}}};
    memcpy(m.request.submit.request, &number, sizeof(number));
    send(CONN_LOCAL, &m);
}

static void join(conn_id conn)
{
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = 1,
                              .protocol_max = 1,
                              .program = "bench",
                              .version = "",
                              .role = ROLE_WORKER,
                              .name = "bench",
                              .threads = bench.threads,
                              .kernel = ""}};
    memcpy(m.hello.secret, &conn, sizeof(conn));
    step((struct input){.type = INPUT_CONNECTED, .conn = conn, .address = ""});
    send(conn, &m);
    send(conn, &(struct msg){.type = MSG_RESUME, .resume.last = true});
}

static void report(conn_id conn)
{
    uint64_t leases[THREADS_MAX], rate[THREADS_MAX], hits[THREADS_MAX];
    uint32_t none[THREADS_MAX] = {0};
    assert(bench.grant[conn][0]);
    for (uint32_t i = 0; i < bench.threads; i++) {
        leases[i] = 1;
        rate[i] = 1000000000;
        hits[i] = 50000;
    }
    struct msg m = {.type = MSG_RESULTS,
                    .results = {.n = bench.threads,
                                .grant = bench.grant[conn],
                                .leases = leases,
                                .rate = rate,
                                .n_hits = bench.threads,
                                .hits = hits,
                                .group_pieces = none}};
    send(conn, &m);
}

int main(int argc, char **argv)
{
    bench.threads = argc == 4 ? (uint32_t)atoi(argv[3]) : 1;
    if (argc < 3 || argc > 4 || bench.threads < 1 || bench.threads > THREADS_MAX) {
        fprintf(stderr, "usage: jobs OPEN RESULTS [THREADS, at most %d]\n",
                THREADS_MAX);
        return 2;
    }
    uint64_t open = strtoull(argv[1], NULL, 10), results = strtoull(argv[2], NULL, 10);
    struct coord_config config = {.random = {1},
                                  .bare = true,
                                  .mac = open_mac,
                                  .worker_id = open_worker_id,
                                  .version = "",
                                  .lease_log2 = 16,
                                  .grant_leases = 1,
                                  .grants_in_hand = 1};
    bench.coord = coord_new(&config);
    step((struct input){.type = INPUT_TICK});
    for (uint64_t i = 1; i <= open; i++)
        submit(i);
    for (conn_id conn = 1; conn <= WORKERS; conn++)
        join(conn);
    for (uint64_t i = 0; i < results / bench.threads; i++) {
        bench.now_ms += i % 16 == 0;
        if (i % 16000 == 0)
            step((struct input){.type = INPUT_TICK});
        report(1 + i % WORKERS);
    }
    coord_free(bench.coord);
    return 0;
}
