// SPDX-License-Identifier: MIT
#include "tests/lib/coord_fleet.h"

#include <string.h>

/* ---- workers ---- */

conn_id rig_connect(struct rig *r)
{
    conn_id conn = ++r->conns;
    assert_true(conn < CONNS_MAX);
    struct input input = {.type = INPUT_CONNECTED, .conn = conn};
    input.address = "10.0.0.7:51544";
    rig_step(r, input);
    return conn;
}

struct msg rig_hello(enum role role, const char *name, uint64_t id, uint32_t threads)
{
    struct msg m = {.type = MSG_HELLO};
    m.hello = (struct msg_hello){.protocol_min = 1,
                                 .protocol_max = 1,
                                 .program = "piworker",
                                 .version = "0.1.0",
                                 .role = role,
                                 .name = name,
                                 .threads = threads,
                                 .kernel = "scalar"};
    memcpy(m.hello.secret, &id, sizeof(id));
    return m;
}

void rig_resume(struct rig *r, conn_id conn, struct agent_grant *const *list, size_t n)
{
    static uint8_t job[RESUME_MAX * UID_BYTES], token[RESUME_MAX * TOKEN_BYTES];
    static uint64_t columns[5][RESUME_MAX];
    static uint32_t thread[RESUME_MAX], log2[RESUME_MAX];
    for (size_t i = 0; i < n; i++) {
        struct agent_grant *h = list[i];
        h->conn = conn;
        memcpy(job + i * UID_BYTES, h->job, UID_BYTES);
        memcpy(token + i * TOKEN_BYTES, h->token, TOKEN_BYTES);
        columns[0][i] = h->grant;
        columns[1][i] = h->first;
        columns[2][i] = h->count;
        columns[3][i] = h->computing;
        columns[4][i] = h->unanswered;
        thread[i] = h->thread;
        log2[i] = h->log2;
    }
    struct msg m = {.type = MSG_RESUME};
    m.resume = (struct msg_resume){.n = n,
                                   .job = job,
                                   .grant = columns[0],
                                   .thread = thread,
                                   .first = columns[1],
                                   .count = columns[2],
                                   .lease_log2 = log2,
                                   .token = token,
                                   .computing = columns[3],
                                   .unanswered = columns[4],
                                   .last = true};
    rig_message(r, conn, m);
}

conn_id rig_welcomed(struct rig *r, uint64_t id, uint32_t threads)
{
    conn_id conn = rig_connect(r);
    rig_message(r, conn, rig_hello(ROLE_WORKER, "lab", id, threads));
    assert_non_null(rig_sent(r, conn, MSG_WELCOME));
    r->beats[conn] = true;
    return conn;
}

conn_id rig_join_wide(struct rig *r, uint64_t id, uint32_t threads)
{
    conn_id conn = rig_welcomed(r, id, threads);
    rig_resume(r, conn, NULL, 0);
    return conn;
}

conn_id rig_join(struct rig *r, uint64_t id)
{
    return rig_join_wide(r, id, 1);
}

conn_id rig_rejoin(struct rig *r, uint64_t id, struct agent_grant *const *list,
                   size_t n)
{
    conn_id conn = rig_welcomed(r, id, 1);
    rig_resume(r, conn, list, n);
    return conn;
}

struct agent_grant *rig_held(struct rig *r, conn_id conn)
{
    for (size_t i = r->n_held; i-- > 0;)
        if (r->held[i].conn == conn)
            return &r->held[i];
    fail_msg("connection %llu holds nothing", (unsigned long long)conn);
    return NULL;
}

struct agent_grant *rig_oldest(struct rig *r, conn_id conn)
{
    for (size_t i = 0; i < r->n_held; i++)
        if (r->held[i].conn == conn && r->held[i].computing)
            return &r->held[i];
    return NULL;
}

size_t rig_grants_of(const struct rig *r, conn_id conn)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_held; i++)
        n += r->held[i].conn == conn;
    return n;
}

void rig_report_as(struct rig *r, struct agent_grant *h, uint64_t leases, uint64_t lie,
                   uint64_t rate)
{
    uint64_t hits[GRANT_LEASES];
    size_t n = 0;
    for (uint64_t bits = leases; bits; bits &= bits - 1) {
        struct range x =
            grant_lease(h->first, h->count, h->log2, (uint32_t)__builtin_ctzll(bits));
        hits[n++] = truth(x.first, x.count) + lie;
    }
    uint32_t none = 0;
    h->computing &= ~leases;
    h->unanswered |= leases;
    struct msg m = {.type = MSG_RESULTS};
    m.results = (struct msg_results){.n = 1,
                                     .grant = &h->grant,
                                     .leases = &leases,
                                     .rate = &rate,
                                     .n_hits = n,
                                     .hits = hits,
                                     .group_pieces = &none};
    rig_message(r, h->conn, m);
}

void rig_report(struct rig *r, struct agent_grant *h, uint64_t leases)
{
    rig_report_as(r, h, leases, 0, 0);
}

void rig_report_pieces(struct rig *r, struct agent_grant *h, const uint64_t *pieces,
                       uint32_t n)
{
    uint64_t hits = 0, leases = 1, rate = 0;
    for (uint32_t i = 0; i < n; i++)
        hits += pieces[i];
    h->computing = 0;
    h->unanswered = leases;
    struct msg m = {.type = MSG_RESULTS};
    m.results = (struct msg_results){.n = 1,
                                     .grant = &h->grant,
                                     .leases = &leases,
                                     .rate = &rate,
                                     .n_hits = 1,
                                     .hits = &hits,
                                     .n_pieces = n,
                                     .pieces = pieces,
                                     .group_pieces = &n};
    rig_message(r, h->conn, m);
}

struct coord_config rig_config_usual(void)
{
    struct coord_config config = rig_config();
    config.lease_log2 = config.grant_leases = config.grants_in_hand = 0;
    return config;
}

void rig_works(struct rig *r, conn_id conn, uint64_t rate, uint64_t said)
{
    struct agent_grant *h = rig_oldest(r, conn);
    rig_wait(r, (int64_t)(h->count * 1000 / rate) + 1);
    rig_report_as(r, h, h->computing, 0, said);
    rig_settle(r);
}

void rig_beat(struct rig *r, conn_id conn)
{
    rig_message(r, conn, (struct msg){.type = MSG_HEARTBEAT});
}

void rig_wait(struct rig *r, int64_t ms)
{
    int64_t end_ms = r->now_ms + ms, beat_ms = r->now_ms;
    while (r->now_ms < end_ms) {
        int64_t next = r->did.deadline_ms < end_ms ? r->did.deadline_ms : end_ms;
        rig_tick(r, next);
        for (conn_id conn = 1; r->now_ms >= beat_ms && conn <= r->conns; conn++)
            if (r->beats[conn])
                rig_beat(r, conn);
        if (r->now_ms >= beat_ms)
            beat_ms = r->now_ms + 2000;
    }
}

void rig_work(struct rig *r)
{
    for (size_t i = 0; i < r->n_held; i++)
        if (r->held[i].computing && r->beats[r->held[i].conn]) {
            rig_report(r, &r->held[i], r->held[i].computing);
            rig_settle(r);
        }
}

/* ---- operators ---- */

struct msg rig_request(enum request_verb verb, uint64_t job)
{
    struct msg m = {.type = MSG_REQUEST};
    m.request = (struct msg_request){.id = 5, .verb = verb, .job = job, .worker = ""};
    return m;
}

struct msg rig_submission(uint8_t request, enum stop_rule rule, uint64_t trials)
{
    struct msg m = rig_request(REQUEST_SUBMIT, 0);
    m.request.submit = (struct msg_submit){.request = {request},
                                           .rule = rule,
                                           .trials = trials,
                                           .seed_given = true,
                                           .seed = 42,
                                           .name = "",
                                           .weight = 1};
    return m;
}

const struct msg_reply *rig_reply(const struct rig *r)
{
    const struct msg *m = rig_sent(r, CONN_LOCAL, MSG_REPLY);
    assert_non_null(m);
    return &m->reply;
}

struct job_view rig_ask(struct rig *r, struct msg request)
{
    rig_message(r, CONN_LOCAL, request);
    while (!rig_sent(r, CONN_LOCAL, MSG_REPLY))
        rig_durable(r);
    assert_int_equal(rig_reply(r)->body, REPLY_JOB);
    struct job_view v = rig_reply(r)->job;
    return v;
}

uint64_t rig_job(struct rig *r, uint64_t trials)
{
    return rig_ask(r, rig_submission(++r->requests, STOP_TRIALS, trials)).number;
}

struct job_view rig_view(struct rig *r, uint64_t job)
{
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_STATUS, job));
    assert_int_equal(rig_reply(r)->body, REPLY_STATUS);
    assert_non_null(rig_reply(r)->status.job);
    return *rig_reply(r)->status.job;
}

void rig_expect_error(struct rig *r, struct msg request, enum error_code code)
{
    rig_message(r, CONN_LOCAL, request);
    assert_int_equal(rig_reply(r)->body, REPLY_ERROR);
    assert_true(rig_reply(r)->last);
    assert_int_equal(rig_reply(r)->error.code, code);
}

void rig_expect_done(struct rig *r, uint64_t job, uint64_t trials)
{
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.state, JOB_DONE);
    assert_int_equal(v.trials, trials);
    assert_int_equal(v.done, trials);
    assert_int_equal(v.verified_done, trials);
    assert_int_equal(v.hits, truth(0, trials));
}
