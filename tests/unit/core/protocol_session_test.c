// SPDX-License-Identifier: MIT
/*
 * A recorded session of protocol 1 (tests/frames) has the same course with the current
 * core.  Random ids of grants and jobs differ; everything else must be the same.  Run
 * from the project's root.
 */
#include <string.h>

#include "common/wire/wire.h"
#include "tests/lib/msg_text.h"
#include "tests/lib/recorded.h"

#include "common/kernel/kernel.h"
#include "common/sys/hash.h"
#include "server/core/coord.h"

enum { GRANTS_SEEN = 16, SENT_MAX = 16 };

/* A grant, when it was recorded and now. */
struct grant {
    uint64_t id;
    uint8_t token[TOKEN_BYTES], job[UID_BYTES];
};

struct grants {
    struct grant at[GRANTS_SEEN];
    size_t n;
};

/* What the coordinator has sent and nobody has looked at. */
struct sent {
    conn_id conn;
    char *text;
};

struct session {
    struct coord *coord;
    struct hash_mac mac;
    int64_t now_ms;
    conn_id conns, worker, operator_;
    struct grants then, now;
    struct sent sent[SENT_MAX];
    size_t n_sent;
    bool storing, asked;
    struct input recomputed[SENT_MAX];
    size_t n_recomputed;
    uint64_t transaction;
    conn_id asker;
    uint32_t request;
};

static void session_mac(void *ctx, const void *data, size_t bytes,
                        uint8_t ret[TOKEN_BYTES])
{
    const struct session *s = ctx;
    hash_mac(&s->mac, data, bytes, ret);
}

static uint64_t session_worker_id(void *ctx, const uint8_t secret[UID_BYTES])
{
    (void)ctx;
    return hash_worker_id(secret);
}

/* Tokens are 16 equal bytes here: c0 for workers, d0 for operators. */
static enum auth session_right(void *ctx, enum role role, const uint8_t *proof,
                               size_t bytes)
{
    (void)ctx;
    if (bytes != TOKEN_BYTES)
        return AUTH_MISSING;
    if (proof[0] == 0xd0)
        return AUTH_OPERATOR_TOKEN;
    return role == ROLE_WORKER && proof[0] == 0xc0 ? AUTH_WORKER_TOKEN : AUTH_WRONG;
}

static void session_open(struct session *s)
{
    uint8_t key[32];
    *s = (struct session){.now_ms = 1000};
    memset(key, 0x2a, sizeof(key));
    hash_mac_init(&s->mac, key, sizeof(key));
    s->coord = coord_new(&(struct coord_config){.random = {1},
                                                .mac = session_mac,
                                                .worker_id = session_worker_id,
                                                .authorize = session_right,
                                                .ctx = s,
                                                .version = "0.1.0",
                                                .lease_log2 = 16,
                                                .grant_leases = 2,
                                                .grants_in_hand = 2});
}

static void session_close(struct session *s)
{
    for (size_t i = 0; i < s->n_sent; i++)
        free(s->sent[i].text);
    coord_free(s->coord);
    hash_mac_release(&s->mac);
}

static void keep_grants(struct grants *g, const struct msg_grants *m)
{
    for (size_t i = 0; i < m->n; i++) {
        assert_true(g->n < GRANTS_SEEN);
        struct grant *x = &g->at[g->n++];
        x->id = m->grant[i];
        memcpy(x->token, m->token + i * TOKEN_BYTES, TOKEN_BYTES);
        memcpy(x->job, m->job, UID_BYTES);
    }
}

static size_t grant_place(const struct grants *g, uint64_t id)
{
    size_t i = 0;
    while (i < g->n && g->at[i].id != id)
        i++;
    assert_true(i < g->n);
    return i;
}

/* The numbers of grants as places in the order in which they were given. */
static const uint64_t *places(const struct grants *g, const uint64_t *ids, size_t n)
{
    static uint64_t ret[GRANTS_SEEN];
    assert_true(n <= GRANTS_SEEN);
    for (size_t i = 0; i < n; i++)
        ret[i] = grant_place(g, ids[i]);
    return ret;
}

static void forget_job(struct job_view *j)
{
    memset(j->uid, 0, UID_BYTES);
    j->reason = "";
    j->rate = 0;
    j->stalled = "";
    j->elapsed_ms = 0;
}

static void forget_status(struct status_view *s, struct job_view *job)
{
    s->version = s->reason = s->stalled = "";
    s->uptime_ms = 0;
    s->rate = 0;
    s->waiting = (struct waiting_view){0};
    if (!s->job)
        return;
    *job = *s->job;
    forget_job(job);
    s->job = job;
}

/* Without what a coordinator draws or measures, and how it puts it to people. */
static char *essence(const struct grants *g, struct msg m)
{
    static const uint8_t none[GRANTS_SEEN * TOKEN_BYTES];
    struct job_view job;
    if (m.type == MSG_GRANTS) {
        m.grants.grant = places(g, m.grants.grant, m.grants.n);
        m.grants.token = none;
        memset(m.grants.job, 0, UID_BYTES);
    } else if (m.type == MSG_ANSWERS) {
        m.answers.grant = places(g, m.answers.grant, m.answers.n);
    } else if (m.type == MSG_WELCOME) {
        m.welcome.version = "";
    } else if (m.type == MSG_REPLY && m.reply.body == REPLY_JOB) {
        forget_job(&m.reply.job);
    } else if (m.type == MSG_REPLY && m.reply.body == REPLY_STATUS) {
        forget_status(&m.reply.status, &job);
    } else if (m.type == MSG_REPLY && m.reply.body == REPLY_ERROR) {
        m.reply.error.message = m.reply.error.hint = "";
    } else if (m.type == MSG_DRAIN || m.type == MSG_BYE) {
        m.bye.reason = "";
    }
    return msg_text(&m);
}

static void take_effect(struct session *s, const struct effect *e)
{
    if (e->type == EFFECT_STORE) {
        s->storing = true;
        s->transaction = e->transaction.id;
    } else if (e->type == EFFECT_RECOMPUTE) {
        struct input *in = &s->recomputed[s->n_recomputed++];
        *in = (struct input){.type = INPUT_RECOMPUTED,
                             .recompute = {.id = e->recompute.id}};
        in->recompute.hits = kernel_reference_hits(
            e->recompute.seed, e->recompute.first, e->recompute.count);
    } else if (e->type == EFFECT_TOKEN) {
        s->asked = true;
        s->asker = e->conn;
        s->request = e->token.request;
    } else if (e->type == EFFECT_SEND) {
        assert_true(s->n_sent < SENT_MAX);
        if (e->send.message.type == MSG_GRANTS)
            keep_grants(&s->now, &e->send.message.grants);
        s->sent[s->n_sent++] =
            (struct sent){e->conn, essence(&s->now, e->send.message)};
    }
}

static void one_step(struct session *s, struct input in)
{
    struct update u;
    in.now_ms = ++s->now_ms;
    coord_step(s->coord, &in, &u);
    for (size_t i = 0; i < u.n; i++)
        take_effect(s, &u.effects[i]);
}

/* And all that the disk and the shell have to say to it. */
static void step(struct session *s, struct input in)
{
    static const char *const worker[] = {"pi1.127.0.0.1:31415.key.worker"};
    static const char *const operator_[] = {"pi1.127.0.0.1:31415.key.operator"};
    one_step(s, in);
    while (s->storing || s->n_recomputed) {
        if (s->n_recomputed)
            one_step(s, s->recomputed[--s->n_recomputed]);
        if (!s->storing)
            continue;
        s->storing = false;
        one_step(s, (struct input){.type = INPUT_DURABLE,
                                   .transaction = {.id = s->transaction}});
    }
    if (s->asked)
        one_step(s,
                 (struct input){.type = INPUT_TOKEN,
                                .conn = s->asker,
                                .token = {.request = s->request,
                                          .joins = {1, 1, worker, operator_, false}}});
    s->asked = false;
}

/* The recorded message with today's numbers in it. */
static void hear(struct session *s, conn_id conn, struct msg m)
{
    uint64_t grant[GRANTS_SEEN];
    uint8_t token[GRANTS_SEEN * TOKEN_BYTES], job[GRANTS_SEEN * UID_BYTES];
    const uint64_t **ids = m.type == MSG_RESUME      ? &m.resume.grant
                           : m.type == MSG_RESULTS   ? &m.results.grant
                           : m.type == MSG_HEARTBEAT ? &m.heartbeat.grant
                                                     : NULL;
    size_t n = m.type == MSG_RESUME      ? m.resume.n
               : m.type == MSG_RESULTS   ? m.results.n
               : m.type == MSG_HEARTBEAT ? m.heartbeat.n
                                         : 0;
    for (size_t i = 0; i < n; i++) {
        const struct grant *now = &s->now.at[grant_place(&s->then, (*ids)[i])];
        grant[i] = now->id;
        memcpy(token + i * TOKEN_BYTES, now->token, TOKEN_BYTES);
        memcpy(job + i * UID_BYTES, now->job, UID_BYTES);
    }
    if (ids)
        *ids = grant;
    if (m.type == MSG_RESUME) {
        m.resume.token = token;
        m.resume.job = job;
    }
    step(s, (struct input){.type = INPUT_MESSAGE, .conn = conn, .message = &m});
}

/* The oldest that was sent to that connection is this one. */
static void expect_sent(struct session *s, const struct recorded *l, conn_id conn,
                        const struct msg *m)
{
    if (m->type == MSG_GRANTS)
        keep_grants(&s->then, &m->grants);
    if (s->n_sent == 0 || s->sent[0].conn != conn)
        fail_msg("%s was not sent: %s", l->name, l->text);
    char *then = essence(&s->then, *m), *now = s->sent[0].text;
    if (!says_all(now, then))
        fail_msg("%s was sent\n%s\nnow it is\n%s", l->name, then, now);
    memmove(s->sent, s->sent + 1, --s->n_sent * sizeof(*s->sent));
    free(then);
    free(now);
}

static void happens(struct session *s, const char *name, const char *what)
{
    conn_id *conn = strcmp(name, "worker") == 0 ? &s->worker : &s->operator_;
    if (strcmp(what, "connects\n") == 0) {
        *conn = ++s->conns;
        step(s, (struct input){.type = INPUT_CONNECTED,
                               .conn = *conn,
                               .address = "10.0.0.7:4000"});
    } else {
        assert_string_equal(what, "is lost\n");
        step(s, (struct input){.type = INPUT_LOST, .conn = *conn});
    }
}

static void replay(struct session *s, const struct recorded *l, struct arena *arena)
{
    struct msg m;
    bool from_worker = strcmp(l->name, "worker>") == 0;
    bool from_operator = strcmp(l->name, "operator>") == 0;
    bool sent = l->name[0] == '>';
    if (!sent && s->n_sent > 0)
        fail_msg("sent, and not recorded:\n%s", s->sent[0].text);
    if (l->n == 0) {
        happens(s, l->name, l->text);
        return;
    }
    decode(l, arena, &m);
    expect_meaning(l->name, &m, l->text);
    if (from_worker || from_operator)
        hear(s, from_worker ? s->worker : s->operator_, m);
    else
        expect_sent(s, l, strcmp(l->name, ">worker") == 0 ? s->worker : s->operator_,
                    &m);
}

static void a_recorded_session_goes_as_it_went(void **state)
{
    (void)state;
    static struct recorded l;
    struct session s;
    struct arena arena;
    unsigned lines = 0;
    FILE *in = open_frames("tests/frames/protocol-1-session");
    arena_init(&arena, WIRE_BUDGET_BYTES);
    session_open(&s);
    for (; next_line(in, &l); lines++)
        replay(&s, &l, &arena);
    assert_true(lines > 30);
    assert_int_equal(s.n_sent, 0);
    session_close(&s);
    arena_release(&arena);
    fclose(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recorded_session_goes_as_it_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
