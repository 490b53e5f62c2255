// SPDX-License-Identifier: MIT
/*
 * What was recorded of protocol 1 (tests/frames) against the code of today: every frame
 * still means what it meant, with fields in it that nobody knows too, and a session
 * goes as it went, through the real core.  Numbers that the coordinator draws, of
 * grants and jobs, are its own; everything else must be the same.  Run from the
 * project's root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/hash.h"
#include "common/kernel/kernel.h"
#include "common/wire.h"
#include "server/coord.h"
#include "tests/unit/msg_text.h"

enum { LINE_BYTES = 8192, FRAME_BYTES = 2048, GRANTS_SEEN = 16, SENT_MAX = 16 };

/* ---- lines of a file ---- */

struct line {
    char name[64], text[LINE_BYTES];
    uint8_t frame[FRAME_BYTES];
    size_t n; /* 0: no frame, but something that happens; text says what */
};

static FILE *open_frames(const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in)
        fail_msg("%s is not here: run this from the project's root", path);
    return in;
}

/* "hello | role: 1" to a field a line. */
static void take_text(const char *from, char *to)
{
    for (; *from && *from != '\n'; from++) {
        if (strncmp(from, " | ", 3) == 0) {
            *to++ = '\n';
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to++ = '\n';
    *to = '\0';
}

static bool next_line(FILE *in, struct line *ret)
{
    static char line[2 * LINE_BYTES];
    int at = 0;
    do {
        if (!fgets(line, sizeof(line), in))
            return false;
    } while (line[0] == '#');
    assert_int_equal(sscanf(line, "%63s %n", ret->name, &at), 1);
    const char *hex = line + at;
    size_t digits = strspn(hex, "0123456789abcdef");
    ret->n = hex[digits] == ' ' ? digits / 2 : 0;
    assert_true(ret->n <= FRAME_BYTES);
    for (size_t i = 0; i < ret->n; i++)
        assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &ret->frame[i]), 1);
    take_text(ret->n > 0 ? hex + digits + 1 : hex, ret->text);
    return true;
}

/* ---- what a frame means ---- */

/* Whether every line of `less` is in `more`, in that order. */
static bool says_all(const char *more, const char *less)
{
    while (*less) {
        size_t n = strcspn(less, "\n") + 1;
        while (*more && strncmp(more, less, n) != 0)
            more += strcspn(more, "\n") + 1;
        if (!*more)
            return false;
        more += n;
        less += n;
    }
    return true;
}

static void expect_meaning(const char *name, const struct msg *m, const char *text)
{
    char *said = msg_text(m);
    if (!says_all(said, text))
        fail_msg("%s does not mean what it meant, but:\n%s", name, said);
    free(said);
}

static void decode(const struct line *l, struct arena *arena, struct msg *ret)
{
    const char *why = "";
    size_t body = (size_t)l->frame[2] << 8 | l->frame[3];
    assert_true(l->n > FRAME_HEADER_BYTES && body == l->n - FRAME_HEADER_BYTES);
    if (wire_decode(l->frame + FRAME_HEADER_BYTES, body, arena, ret, &why) < 0)
        fail_msg("%s is not understood any more: %s", l->name, why);
}

static void every_recorded_frame_means_what_it_meant(void **state)
{
    (void)state;
    static struct line l;
    struct arena arena;
    struct msg m;
    FILE *in = open_frames("tests/frames/protocol-1");
    arena_init(&arena, WIRE_BUDGET_BYTES);
    while (next_line(in, &l)) {
        decode(&l, &arena, &m);
        expect_meaning(l.name, &m, l.text);
    }
    arena_release(&arena);
    fclose(in);
}

static void what_is_written_today_says_the_same(void **state)
{
    (void)state;
    static struct line l;
    static uint8_t out[FRAME_HEADER_BYTES + FRAME_BODY_MAX];
    struct arena arena, scratch;
    struct msg m;
    FILE *in = open_frames("tests/frames/protocol-1");
    arena_init(&arena, WIRE_BUDGET_BYTES);
    arena_init(&scratch, 0);
    while (next_line(in, &l)) {
        decode(&l, &arena, &m);
        l.n = wire_encode(&m, &scratch, out, sizeof(out));
        assert_true(l.n <= FRAME_BYTES);
        memcpy(l.frame, out, l.n);
        decode(&l, &arena, &m);
        expect_meaning(l.name, &m, l.text);
    }
    arena_release(&arena);
    arena_release(&scratch);
    fclose(in);
}

/* Of protocol 1: 14 messages, 14 requests, 9 replies; a later one may have more. */
static void every_kind_was_recorded(void **state)
{
    (void)state;
    static struct line l;
    bool messages[MSG_REPLY + 1] = {false}, requests[REQUEST_TOKEN + 1] = {false};
    bool replies[REPLY_TOKEN + 1] = {false};
    unsigned later = 0, all = 0;
    struct arena arena;
    struct msg m;
    FILE *in = open_frames("tests/frames/protocol-1");
    arena_init(&arena, WIRE_BUDGET_BYTES);
    for (; next_line(in, &l); all++) {
        decode(&l, &arena, &m);
        messages[m.type] = true;
        if (m.type == MSG_REQUEST)
            requests[m.request.verb] = true;
        if (m.type == MSG_REPLY)
            replies[m.reply.body] = true;
        later += strstr(l.name, "+later") != NULL;
    }
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
        assert_true(messages[i]);
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
        assert_true(requests[i]);
    for (size_t i = 0; i < ARRAY_SIZE(replies); i++)
        assert_true(replies[i]);
    assert_int_equal(2 * later, all);
    arena_release(&arena);
    fclose(in);
}

/* ---- a session ---- */

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
static enum right session_right(void *ctx, enum role role, const uint8_t *proof,
                                size_t bytes)
{
    (void)ctx;
    if (bytes != TOKEN_BYTES)
        return RIGHT_MISSING;
    if (proof[0] == 0xd0)
        return RIGHT_OPERATOR_TOKEN;
    return role == ROLE_WORKER && proof[0] == 0xc0 ? RIGHT_WORKER_TOKEN : RIGHT_WRONG;
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
                                                .right = session_right,
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
    j->elapsed_ms = 0;
}

static void forget_status(struct status_view *s, struct job_view *job)
{
    s->version = s->reason = "";
    s->uptime_ms = 0;
    s->rate = 0;
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
        one_step(s, (struct input){.type = INPUT_TOKEN,
                                   .conn = s->asker,
                                   .token = {.request = s->request,
                                             .joins = {1, 1, worker, operator_}}});
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
static void expect_sent(struct session *s, const struct line *l, conn_id conn,
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

static void replay(struct session *s, const struct line *l, struct arena *arena)
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
    static struct line l;
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

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_recorded_frame_means_what_it_meant),
        T(what_is_written_today_says_the_same),
        T(every_kind_was_recorded),
        T(a_recorded_session_goes_as_it_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
