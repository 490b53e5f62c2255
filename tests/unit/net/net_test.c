// SPDX-License-Identifier: MIT
/*
 * The coordinator on a loop, with a store in memory and peers on real connections: who
 * comes and goes, who is one too many, what is asked twice.
 */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/log.h"
#include "server/net/net.h"
#include "server/view/event_name.h"
#include "tests/lib/caught.h"
#include "tests/lib/clock.h"
#include "tests/lib/open_secrets.h"

enum { PEERS = 8, ROOM = 3, BEAT_MS = 5, BEATS_MAX = 400 };

/* One of the others, and what it was told. */
struct peer {
    struct conn *conn; /* NULL: closed, or not yet */
    bool open, ended;
    unsigned welcomes, refusals, replies;
    enum refusal_code refused;
    char sentence[200], said[200];
    struct msg_reply reply;
};

static struct {
    uv_loop_t loop;
    struct conn_loop *conns;
    struct net *net;
    struct event_log log;
    struct peer peers[PEERS];
    unsigned events[EVENT_TYPES], local_replies, tokens, stopped, closed;
    enum role rotated;
    char port[6];
    uv_timer_t beat;
    unsigned beats; /* since the loop began to wait for something */
} now;

/* Both ends are in this thread: nothing takes so many turns. */
#define UNTIL(condition)                                                               \
    for (now.beats = 0; !(condition); uv_run(&now.loop, UV_RUN_ONCE))                  \
        if (now.beats > BEATS_MAX)                                                     \
    fail_msg("in vain: %s", #condition)

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
    now.beats++;
}

/* ---- the coordinator's callbacks ---- */

static void on_local_reply(void *ctx, const struct msg *m)
{
    assert_ptr_equal(ctx, &now);
    assert_int_equal(m->type, MSG_REPLY);
    now.local_replies++;
}

static void on_effect(void *ctx, const struct effect *e)
{
    (void)ctx;
    if (e->type == EFFECT_EVENT)
        now.events[e->event.type]++;
}

static void on_token(void *ctx, const struct effect *e)
{
    struct input in = {.type = INPUT_TOKEN, .conn = e->conn};
    (void)ctx;
    now.tokens++;
    in.token.request = e->token.request;
    in.token.rotated = now.rotated = e->token.role;
    in.token.reason = "";
    net_input(now.net, &in);
}

static void on_failed(void *ctx, const struct error *why)
{
    (void)ctx;
    fail_msg("%s", why->what);
}

static void on_stopped(void *ctx)
{
    (void)ctx;
    now.stopped++;
    net_close(now.net);
}

static void on_closed(void *ctx)
{
    (void)ctx;
    now.closed++;
    now.net = NULL;
}

static int begin(void **state)
{
    static const struct net_events events = {on_local_reply, on_effect,  on_token,
                                             on_failed,      on_stopped, on_closed};
    const struct coord_config config = {.mac = open_mac,
                                        .worker_id = open_worker_id,
                                        .version = "0.1.0",
                                        .random = {1}};
    const struct net_limits limits = {
        .connections = ROOM, .plaintext = true, .log = &now.log};
    struct sockaddr_in at;
    char text[ADDRESS_BYTES];
    const char *why = NULL;
    (void)state;
    memset(&now, 0, sizeof(now));
    uv_loop_init(&now.loop);
    uv_timer_init(&now.loop, &now.beat);
    uv_timer_start(&now.beat, on_beat, BEAT_MS, BEAT_MS);
    now.conns = conn_loop_new(&now.loop);
    assert_int_equal(net_new(&now.loop, &config, store_memory(&now.loop), &limits,
                             &events, &now, &now.net, &why),
                     0);
    uv_ip4_addr("127.0.0.1", 0, &at);
    assert_int_equal(net_listen(now.net, (struct sockaddr *)&at, text), 0);
    assert_memory_equal(text, "127.0.0.1:", 10);
    snprintf(now.port, sizeof(now.port), "%.5s", text + 10);
    return 0;
}

static int end(void **state)
{
    (void)state;
    if (now.net)
        net_abort(now.net);
    for (size_t i = 0; i < PEERS; i++)
        if (now.peers[i].conn)
            conn_abort(now.peers[i].conn);
    conn_loop_free(now.conns);
    uv_close((uv_handle_t *)&now.beat, NULL);
    uv_run(&now.loop, UV_RUN_DEFAULT);
    assert_int_equal(now.closed, 1);
    return uv_loop_close(&now.loop);
}

/* ---- peers ---- */

static void peer_open(struct conn *c, void *ctx)
{
    struct peer *p = ctx;
    assert_ptr_equal(p->conn, c);
    p->open = true;
}

static void peer_message(struct conn *c, const struct msg *m, void *ctx)
{
    struct peer *p = ctx;
    (void)c;
    if (m->type == MSG_WELCOME)
        p->welcomes++;
    if (m->type == MSG_REFUSAL) {
        p->refusals++;
        p->refused = m->refusal.code;
        snprintf(p->sentence, sizeof(p->sentence), "%s", m->refusal.sentence);
    }
    if (m->type == MSG_REPLY) {
        p->replies++;
        p->reply = m->reply;
        if (m->reply.body == REPLY_ERROR)
            snprintf(p->said, sizeof(p->said), "%s", m->reply.error.message);
    }
}

static void peer_bad(struct conn *c, enum conn_fault fault, const char *why, void *ctx)
{
    (void)c, (void)fault, (void)ctx;
    fail_msg("%s", why);
}

static void peer_closed(struct conn *c, int status, const char *why, void *ctx)
{
    struct peer *p = ctx;
    (void)c, (void)status, (void)why;
    p->conn = NULL;
    p->ended = true;
}

static void dial(struct peer *p)
{
    static const struct conn_events events = {.on_open = peer_open,
                                              .on_message = peer_message,
                                              .on_bad = peer_bad,
                                              .on_closed = peer_closed};
    *p = (struct peer){.conn = NULL};
    assert_int_equal(
        conn_dial(now.conns, "127.0.0.1", now.port, NULL, 60000, &events, p, &p->conn),
        0);
    UNTIL(p->open);
}

/* Its number is its secret. */
static void hello(struct peer *p, enum role role)
{
    struct msg m = {.type = MSG_HELLO,
                    .hello = {.protocol_min = PROTOCOL_MIN,
                              .protocol_max = PROTOCOL_MAX,
                              .program = role == ROLE_WORKER ? "piworker" : "pictl",
                              .version = "0.1.0",
                              .role = role,
                              .name = "",
                              .kernel = ""}};
    if (role == ROLE_WORKER) {
        m.hello.secret[0] = (uint8_t)(1 + (p - now.peers));
        m.hello.name = "lab";
        m.hello.threads = 1;
        m.hello.kernel = "scalar";
    }
    conn_send(p->conn, &m);
    UNTIL(p->welcomes || p->refusals);
}

static unsigned arrivals(void)
{
    return now.events[EVENT_WORKER_JOINED] + now.events[EVENT_WORKER_RESUMED];
}

static void joins(struct peer *p, enum role role)
{
    dial(p);
    hello(p, role);
    assert_int_equal(p->welcomes, 1);
    assert_int_equal(p->refusals, 0);
    if (role == ROLE_OPERATOR)
        return;
    unsigned before = arrivals();
    conn_send(p->conn, &(struct msg){.type = MSG_RESUME, .resume.last = true});
    UNTIL(arrivals() > before);
}

static void leaves(struct peer *p)
{
    conn_close(p->conn);
    UNTIL(p->ended);
}

static void ask(struct peer *p, struct msg_request r)
{
    unsigned before = p->replies;
    r.worker = "";
    r.submit.name = "";
    r.id = before + 1;
    conn_send(p->conn, &(struct msg){.type = MSG_REQUEST, .request = r});
    UNTIL(p->replies > before || p->ended);
}

/* ---- tests ---- */

static void who_goes_is_lost_each_time(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 2; i++) {
        joins(&now.peers[0], ROLE_WORKER);
        assert_int_equal(arrivals(), i);
        assert_int_equal(net_connections(now.net), 1);
        leaves(&now.peers[0]);
        UNTIL(now.events[EVENT_WORKER_LOST] == i);
        assert_int_equal(net_connections(now.net), 0);
    }
}

/* And again, when there was room in between. */
static void one_too_many_is_told_so_each_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROOM; i++)
        joins(&now.peers[i], ROLE_WORKER);
    for (int i = 0; i < 3; i++) {
        struct peer *p = &now.peers[ROOM];
        caught_begin(STDERR_FILENO);
        dial(p);
        hello(p, ROLE_WORKER);
        UNTIL(p->ended);
        const char *said = caught_end(STDERR_FILENO);
        assert_int_equal(p->refusals, 1);
        assert_int_equal(p->refused, REFUSAL_FULL);
        assert_string_equal(p->sentence,
                            "this coordinator has no room for more connections");
        assert_int_equal(strstr(said,
                                "too many connections: refusing new ones, existing "
                                "ones continue connections=3 limit=3") != NULL,
                         i == 0);
        assert_int_equal(net_connections(now.net), ROOM);
        leaves(&now.peers[i]);
        UNTIL(net_connections(now.net) == ROOM - 1);
        joins(&now.peers[i], ROLE_WORKER);
    }
    assert_int_equal(now.events[EVENT_WORKER_LOST], 3);
    struct meters m;
    net_measure(now.net, &m);
    assert_int_equal(m.refused[REFUSAL_FULL], 3);
    assert_int_equal(m.n_programs, 1);
}

static void what_is_no_frame_is_told_and_logged(void **state)
{
    struct sockaddr_in at;
    char answer[256];
    (void)state;
    for (int i = 0; i < 2; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        uv_ip4_addr("127.0.0.1", atoi(now.port), &at);
        caught_begin(STDERR_FILENO);
        assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
        assert_int_equal(write(fd, "\0\0\0\1\xff", 5), 5);
        ssize_t n = 0, more;
        while ((more = recv(fd, answer + n, sizeof(answer) - (size_t)n,
                            MSG_DONTWAIT)) != 0) {
            n += more > 0 ? more : 0;
            uv_run(&now.loop, UV_RUN_NOWAIT);
        }
        assert_true(n > 8); /* a last word */
        close(fd);
        const char *said = caught_end(STDERR_FILENO);
        if (i == 0)
            assert_non_null(strstr(said, "WARN  connection closed addr=127.0.0.1:"));
        else
            assert_string_equal(said, "");
    }
    caught_begin(STDERR_FILENO); /* the second is counted when it is time */
    clock_leap(LOG_LIMIT_WINDOW_MS);
    now.beats = 0;
    while (now.beats < 10)
        uv_run(&now.loop, UV_RUN_ONCE);
    assert_non_null(
        strstr(caught_end(STDERR_FILENO), "WARN  connection closed more=1 last="));
    joins(&now.peers[0], ROLE_WORKER);
}

static void requests_are_answered_each_time(void **state)
{
    struct peer *p = &now.peers[0];
    (void)state;
    joins(p, ROLE_OPERATOR);
    for (unsigned i = 1; i <= 2; i++) {
        ask(p, (struct msg_request){.verb = REQUEST_BACKUP});
        assert_int_equal(p->reply.id, 3 * i - 2);
        assert_int_equal(p->reply.body, REPLY_ERROR);
        assert_string_equal(
            p->said, "this coordinator keeps its state in memory: there is no file");
        ask(p, (struct msg_request){
                   .verb = REQUEST_TOKEN, .rotate = true, .role = ROLE_WORKER});
        assert_int_equal(now.tokens, i);
        assert_int_equal(now.rotated, ROLE_WORKER);
        assert_int_equal(p->reply.body, REPLY_TOKEN);
        assert_int_equal(p->reply.id, 3 * i - 1);
        ask(p, (struct msg_request){.verb = REQUEST_STATUS});
        assert_int_equal(p->reply.body, REPLY_STATUS);
    }
}

static void a_reply_goes_to_who_is_there(void **state)
{
    struct msg_reply r = {.id = 77, .last = true, .body = REPLY_DONE};
    (void)state;
    r.done.note = "";
    joins(&now.peers[0], ROLE_OPERATOR);
    joins(&now.peers[1], ROLE_OPERATOR);
    assert_true(net_reply(now.net, 2, &r));
    assert_false(net_reply(now.net, 3, &r));
    UNTIL(now.peers[1].replies);
    assert_int_equal(now.peers[1].reply.id, 77);
    assert_int_equal(now.peers[0].replies, 0);
    leaves(&now.peers[1]);
    UNTIL(net_connections(now.net) == 1);
    assert_false(net_reply(now.net, 2, &r));
}

static void take(void *ctx, const struct msg_reply *r)
{
    assert_int_equal(r->body, REPLY_STATUS);
    ++*(unsigned *)ctx;
}

static void it_asks_itself_and_is_answered(void **state)
{
    struct msg m = {.type = MSG_REQUEST};
    unsigned answers = 0;
    (void)state;
    m.request = (struct msg_request){.verb = REQUEST_SUBMIT, .worker = ""};
    m.request.submit = (struct msg_submit){.rule = STOP_TRIALS,
                                           .trials = 1 << 20,
                                           .name = "",
                                           .weight = 1,
                                           .request = {9}};
    net_input(now.net, &(struct input){
                           .type = INPUT_MESSAGE, .conn = CONN_LOCAL, .message = &m});
    UNTIL(now.local_replies);
    assert_int_equal(now.events[EVENT_JOB_SUBMITTED], 1);
    for (int i = 0; i < 2; i++)
        assert_true(net_query(now.net, &(struct msg_request){.verb = REQUEST_STATUS},
                              take, &answers));
    assert_int_equal(answers, 2);
}

/* Its peers hear the reason, and nothing is asked of it any more. */
static void told_to_stop_it_ends_with_a_word_to_each(void **state)
{
    unsigned answers = 0;
    (void)state;
    joins(&now.peers[0], ROLE_WORKER);
    joins(&now.peers[1], ROLE_OPERATOR);
    net_input(now.net, &(struct input){.type = INPUT_STOP});
    UNTIL(now.stopped);
    assert_false(net_query(now.net, &(struct msg_request){.verb = REQUEST_STATUS}, take,
                           &answers));
    net_close(now.net);
    UNTIL(now.peers[0].ended && now.peers[1].ended && now.closed);
    assert_int_equal(answers, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_goes_is_lost_each_time),
        TEST(one_too_many_is_told_so_each_time),
        TEST(what_is_no_frame_is_told_and_logged),
        TEST(requests_are_answered_each_time),
        TEST(a_reply_goes_to_who_is_there),
        TEST(it_asks_itself_and_is_answered),
        TEST(told_to_stop_it_ends_with_a_word_to_each),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
