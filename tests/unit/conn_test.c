// SPDX-License-Identifier: MIT
/*
 * Connections over a real loop and real sockets of 127.0.0.1.  Each test has its own
 * loop, drives it until something has happened, and at the end closes everything and
 * demands that nothing is left open.  Peers that misbehave are plain sockets, read and
 * written between turns without ever blocking for long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/conn.h"
#include "common/wire.h"

enum { WAIT_MS = 5000 };

/* One end, and what it has seen. */
struct end {
    struct world *world;
    struct conn *conn;
    unsigned opened, messages, closed;
    uint64_t sum; /* of grant ids in heartbeats */
    int status;
    char bad[256], why[256], reason[256];
    bool echo, quiet, close_at_message;
};

struct world {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_timer_t patience; /* a test that hangs fails */
    bool late;
    char port[6];
    struct end server, client;
    uint8_t frame[65539];
    struct arena arena;
};

static void on_open(struct conn *c, void *ctx)
{
    struct end *e = ctx;
    assert_ptr_equal(c, e->conn);
    e->opened++;
}

static void on_message(struct conn *c, const struct msg *m, void *ctx)
{
    struct end *e = ctx;
    e->messages++;
    if (m->type == MSG_HEARTBEAT)
        for (size_t i = 0; i < m->heartbeat.n; i++)
            e->sum += m->heartbeat.grant[i];
    if (m->type == MSG_BYE)
        snprintf(e->reason, sizeof(e->reason), "%s", m->bye.reason);
    if (e->echo)
        conn_send(c, m);
    if (e->close_at_message)
        conn_close(c);
}

static void on_bad(struct conn *c, const char *why, void *ctx)
{
    struct end *e = ctx;
    struct msg m = {.type = MSG_BYE, .bye = {.reason = "that was bad"}};
    snprintf(e->bad, sizeof(e->bad), "%s", why);
    conn_send(c, &m);
}

static void on_closed(struct conn *c, int status, const char *why, void *ctx)
{
    struct end *e = ctx;
    assert_ptr_equal(c, e->conn);
    e->closed++;
    e->conn = NULL;
    e->status = status;
    snprintf(e->why, sizeof(e->why), "%s", why);
}

static const struct conn_events dialled = {on_open, on_message, on_bad, on_closed};
static const struct conn_events accepted = {NULL, on_message, on_bad, on_closed};

static void on_connection(uv_stream_t *listener, int status)
{
    struct world *w = listener->data;
    assert_int_equal(status, 0);
    assert_int_equal(conn_accept(listener, &accepted, &w->server, &w->server.conn), 0);
    if (!w->server.quiet)
        conn_welcomed(w->server.conn);
}

static void on_patience(uv_timer_t *timer)
{
    ((struct world *)timer->data)->late = true;
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct sockaddr_in a;
    int bytes = sizeof(a);

    uv_loop_init(&w->loop);
    arena_init(&w->arena, 0);
    w->server.world = w->client.world = w;
    uv_tcp_init(&w->loop, &w->listener);
    w->listener.data = w;
    uv_ip4_addr("127.0.0.1", 0, &a);
    assert_int_equal(uv_tcp_bind(&w->listener, (struct sockaddr *)&a, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&w->listener, 16, on_connection), 0);
    uv_tcp_getsockname(&w->listener, (struct sockaddr *)&a, &bytes);
    snprintf(w->port, sizeof(w->port), "%u", ntohs(a.sin_port));
    uv_timer_init(&w->loop, &w->patience);
    w->patience.data = w;
    uv_timer_start(&w->patience, on_patience, WAIT_MS, 0);
    *state = w;
    return 0;
}

static void close_listener(struct world *w)
{
    if (!uv_is_closing((uv_handle_t *)&w->listener))
        uv_close((uv_handle_t *)&w->listener, NULL);
}

static int teardown(void **state)
{
    struct world *w = *state;
    close_listener(w);
    uv_close((uv_handle_t *)&w->patience, NULL);
    if (w->server.conn)
        conn_abort(w->server.conn);
    if (w->client.conn)
        conn_abort(w->client.conn);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    arena_release(&w->arena);
    free(w);
    return 0;
}

/* Turns of the loop until the condition holds. */
#define UNTIL(w, condition)                                                            \
    while (!(condition)) {                                                             \
        assert_false((w)->late);                                                       \
        uv_run(&(w)->loop, UV_RUN_ONCE);                                               \
    }

static void dial(struct world *w, const char *host, int64_t timeout_ms)
{
    assert_int_equal(conn_dial(&w->loop, host, w->port, timeout_ms, &dialled,
                               &w->client, &w->client.conn),
                     0);
}

static void dial_and_meet(struct world *w)
{
    dial(w, "127.0.0.1", 1000);
    UNTIL(w, w->client.opened && w->server.conn);
    conn_welcomed(w->client.conn);
}

/* A plain socket, connected and taken by the loop; never blocks. */
static int raw_peer(struct world *w)
{
    struct sockaddr_in a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uv_ip4_addr("127.0.0.1", atoi(w->port), &a);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    UNTIL(w, w->server.conn);
    return fd;
}

static void raw_write(int fd, const void *bytes, size_t n)
{
    assert_int_equal(write(fd, bytes, n), n);
}

/* One read; 0 at the end, -1 if there is nothing yet. */
static ssize_t raw_read(int fd, void *bytes, size_t n)
{
    return read(fd, bytes, n);
}

static size_t bye_frame(struct world *w, const char *reason)
{
    struct msg m = {.type = MSG_BYE, .bye = {.reason = reason}};
    return wire_encode(&m, &w->arena, w->frame, sizeof(w->frame));
}

/* A heartbeat of n grants, each with the number `grant`: some 4 n bytes. */
static void send_heartbeat(struct conn *c, size_t n, uint64_t grant)
{
    static uint64_t grants[HEARTBEAT_MAX];
    static uint32_t leases[HEARTBEAT_MAX];
    for (size_t i = 0; i < n; i++)
        grants[i] = grant;
    struct msg m = {.type = MSG_HEARTBEAT,
                    .heartbeat = {.n = n, .grant = grants, .lease = leases}};
    conn_send(c, &m);
}

static void messages_arrive_in_order_and_come_back(void **state)
{
    struct world *w = *state;
    w->server.echo = true;
    dial_and_meet(w);
    for (uint64_t i = 1; i <= 1000; i++)
        send_heartbeat(w->client.conn, 1, i);
    UNTIL(w, w->client.messages == 1000);
    assert_int_equal(w->server.sum, 500500);
    assert_int_equal(w->client.sum, 500500);
    assert_int_equal(w->client.opened, 1);
    assert_memory_equal(conn_address(w->server.conn), "127.0.0.1:", 10);
}

static void frames_of_one_turn_leave_in_one_write(void **state)
{
    struct world *w = *state;
    uint8_t bytes[4096];
    int fd = raw_peer(w);
    for (int i = 0; i < 10; i++)
        send_heartbeat(w->server.conn, 1, 7);
    assert_int_equal(raw_read(fd, bytes, sizeof(bytes)), -1); /* not before its end */
    size_t queued = conn_queued_bytes(w->server.conn);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    assert_int_equal(conn_queued_bytes(w->server.conn), 0);
    assert_int_equal(raw_read(fd, bytes, sizeof(bytes)), queued);
    close(fd);
}

static void every_split_of_the_bytes_gives_the_same_messages(void **state)
{
    struct world *w = *state;
    uint8_t bytes[256];
    size_t n = bye_frame(w, "first");
    memcpy(bytes, w->frame, n);
    size_t m = bye_frame(w, "second");
    memcpy(bytes + n, w->frame, m);
    int fd = raw_peer(w);
    unsigned expected = 0;

    for (size_t cut = 0; cut <= n + m; cut++) {
        raw_write(fd, bytes, cut);
        for (int turn = 0; turn < 3; turn++)
            uv_run(&w->loop, UV_RUN_NOWAIT);
        raw_write(fd, bytes + cut, n + m - cut);
        expected += 2;
        UNTIL(w, w->server.messages == expected);
        assert_string_equal(w->server.reason, "second");
    }
    close(fd);
}

static void a_peer_that_does_not_read_is_not_read_from(void **state)
{
    struct world *w = *state;
    static uint8_t flood[1 << 20];
    w->server.echo = true;
    int fd = raw_peer(w);
    struct msg m = {.type = MSG_BYE, .bye = {.reason = "a sentence of some length"}};
    size_t n = 0, sent = 0, got = 0, frame = wire_size(&m);
    while (n + frame <= sizeof(flood))
        n += wire_encode(&m, &w->arena, flood + n, sizeof(flood) - n);

    /* Written for ever, never read: at some point the pipe is full and stays full. */
    int idle = 0;
    while (idle < 20) {
        size_t at = sent % n;
        ssize_t k = write(fd, flood + at, n - at);
        idle = k > 0 ? 0 : idle + 1;
        sent += k > 0 ? (size_t)k : 0;
        uv_run(&w->loop, UV_RUN_NOWAIT);
        assert_in_range(conn_queued_bytes(w->server.conn), 0,
                        CONN_SOFT_BYTES + FRAME_BODY_MAX);
    }
    assert_in_range(conn_queued_bytes(w->server.conn), CONN_SOFT_BYTES / 2, SIZE_MAX);

    /* It begins to read, and gets every whole frame back. */
    static uint8_t sink[1 << 20];
    while (got < sent / frame * frame) {
        ssize_t k = raw_read(fd, sink, sizeof(sink));
        got += k > 0 ? (size_t)k : 0;
        uv_run(&w->loop, UV_RUN_NOWAIT);
        assert_false(w->late);
    }
    assert_int_equal(w->server.messages, sent / frame);
    assert_int_equal(w->server.closed, 0);
    close(fd);
}

static void a_peer_that_never_reads_is_dropped_at_the_hard_limit(void **state)
{
    struct world *w = *state;
    int fd = raw_peer(w);
    for (int i = 0; i < 20000 && !w->server.closed; i++) {
        if (w->server.conn)
            send_heartbeat(w->server.conn, HEARTBEAT_MAX, UINT64_MAX);
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(w->server.status, -ENOBUFS);
    assert_string_equal(w->server.why, "does not read what it is sent");
    close(fd);
}

static void close_sends_what_is_queued_first(void **state)
{
    struct world *w = *state;
    dial_and_meet(w);
    for (int i = 0; i < 200; i++)
        send_heartbeat(w->server.conn, HEARTBEAT_MAX, 1); /* 7 MB */
    conn_close(w->server.conn);
    conn_close(w->server.conn);
    send_heartbeat(w->server.conn, 1, 1); /* too late, and no harm */
    UNTIL(w, w->server.closed && w->client.closed);
    assert_int_equal(w->server.status, 0);
    assert_int_equal(w->client.status, UV_EOF);
    assert_string_equal(w->client.why, "closed by the other side");
}

static void
what_a_closing_end_has_not_read_does_not_destroy_its_last_words(void **state)
{
    struct world *w = *state;
    dial_and_meet(w);
    struct msg m = {.type = MSG_BYE, .bye = {.reason = "no room"}};
    w->server.close_at_message = true;
    for (int i = 0; i < 100; i++)
        send_heartbeat(w->client.conn, HEARTBEAT_MAX, 1);
    conn_send(w->server.conn, &m);
    conn_close(w->server.conn);
    UNTIL(w, w->server.closed && w->client.closed);
    assert_string_equal(w->client.reason, "no room");
    assert_int_equal(w->client.status, UV_EOF);
}

static void abort_closes_at_once_and_on_closed_comes_later(void **state)
{
    struct world *w = *state;
    dial_and_meet(w);
    send_heartbeat(w->client.conn, 1, 1);
    conn_abort(w->client.conn);
    conn_abort(w->client.conn);
    assert_int_equal(w->client.closed, 0);
    UNTIL(w, w->client.closed && w->server.closed);
    assert_int_equal(w->client.status, 0);
    assert_int_equal(w->server.messages, 0);
}

static void closing_within_a_message_stops_the_next(void **state)
{
    struct world *w = *state;
    w->server.close_at_message = true;
    dial_and_meet(w);
    for (int i = 0; i < 10; i++)
        send_heartbeat(w->client.conn, 1, 1);
    UNTIL(w, w->server.closed && w->client.closed);
    assert_int_equal(w->server.messages, 1);
}

static void another_dialect_is_named_and_gets_no_frame(void **state)
{
    struct world *w = *state;
    char bytes[64];
    int fd = raw_peer(w);
    raw_write(fd, "SSH-2.0-OpenSSH_9.2p1\r\n", 23);
    UNTIL(w, w->server.bad[0]);
    assert_string_equal(w->server.bad,
                        "is not a picoord peer (it sent \"SSH-2.0-OpenSSH_9.2p1\")");
    assert_int_equal(raw_read(fd, bytes, sizeof(bytes)), 0); /* closed, no word */
    close(fd);
    UNTIL(w, w->server.closed);
    assert_int_equal(w->server.status, -EBADMSG);
    assert_string_equal(w->server.why, w->server.bad);
}

/* More than the first buffer holds, so that reading it moves the buffer. */
static void another_dialect_may_be_long(void **state)
{
    struct world *w = *state;
    char bytes[3000];
    memset(bytes, 'x', sizeof(bytes));
    w->server.quiet = true;
    int fd = raw_peer(w);
    raw_write(fd, bytes, sizeof(bytes));
    UNTIL(w, w->server.bad[0]);
    assert_string_equal(
        w->server.bad,
        "is not a picoord peer (it sent \"xxxxxxxxxxxxxxxxxxxxxxxx...\")");
    close(fd);
    UNTIL(w, w->server.closed);
}

static void a_server_of_another_dialect_is_named_too(void **state)
{
    struct world *w = *state;
    dial(w, "127.0.0.1", 1000);
    UNTIL(w, w->client.opened && w->server.conn);
    /* The listener's end as a plain socket: the connection object stays silent. */
    uv_os_fd_t fd = -1;
    uv_fileno((uv_handle_t *)w->server.conn, &fd); /* a conn begins with its socket */
    raw_write(fd, "HTTP/1.1 400 Bad Request\r\n\r\nhello", 33);
    UNTIL(w, w->client.bad[0]);
    assert_string_equal(w->client.bad, "is not a picoord (it answered "
                                       "\"HTTP/1.1 400 Bad Request...\")");
}

static void frames_before_welcome_are_short(void **state)
{
    struct world *w = *state;
    w->server.quiet = true;
    int fd = raw_peer(w);
    raw_write(fd, (uint8_t[]){0, 0, 4, 1}, 4);
    UNTIL(w, w->server.closed);
    assert_string_equal(w->server.bad,
                        "a frame that is empty or longer than 1024 bytes, "
                        "the most before Welcome");
    close(fd);
}

static void an_oversized_frame_is_bad_and_the_answer_still_leaves(void **state)
{
    struct world *w = *state;
    dial_and_meet(w);
    int fd = -1;
    uv_fileno((uv_handle_t *)w->client.conn, &fd);
    raw_write(fd, (uint8_t[]){0, 1, 0, 0}, 4);
    UNTIL(w, w->server.closed && w->client.closed);
    assert_string_equal(w->server.bad,
                        "a frame that is empty or longer than 65535 bytes");
    assert_string_equal(w->client.reason, "that was bad");
}

static void bytes_that_are_no_message_are_bad(void **state)
{
    struct world *w = *state;
    int fd = raw_peer(w);
    raw_write(fd, (uint8_t[]){0, 0, 0, 3, 0xff, 0xff, 0xff}, 7);
    UNTIL(w, w->server.bad[0]);
    assert_int_equal(w->server.messages, 0);
    close(fd);
    UNTIL(w, w->server.closed);
    assert_int_equal(w->server.status, -EBADMSG);
}

/* The kernel's time cannot be hurried, but the loop's can: it is only a number until
 * the loop looks at the clock again. */
static void a_peer_that_sends_no_whole_frame_is_closed(void **state)
{
    struct world *w = *state;
    w->server.quiet = true;
    int fd = raw_peer(w);
    raw_write(fd, (uint8_t[]){0, 0, 0}, 3);
    uv_timer_stop(&w->patience);
    for (int i = 0; i < 10; i++)
        uv_run(&w->loop, UV_RUN_NOWAIT);
    assert_int_equal(w->server.closed, 0);
    int64_t ms = uv_backend_timeout(&w->loop); /* what the earliest timer waits for */
    assert_in_range(ms, CONN_FIRST_MS - 500, CONN_FIRST_MS);
    conn_welcomed(w->server.conn);
    uv_timer_start(&w->patience, on_patience, WAIT_MS * 2, 0);
    close(fd);
    UNTIL(w, w->server.closed);
    assert_int_equal(w->server.status, UV_EOF);
}

static void nobody_listens(void **state)
{
    struct world *w = *state;
    close_listener(w);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    dial(w, "127.0.0.1", 1000);
    UNTIL(w, w->client.closed);
    assert_int_equal(w->client.status, UV_ECONNREFUSED);
    assert_string_equal(w->client.why,
                        "connection refused: host is up, nothing listens");
    assert_int_equal(w->client.opened, 0);
}

static void the_addresses_of_a_name_are_tried_in_turn(void **state)
{
    struct world *w = *state;
    dial(w, "localhost", 2000); /* where it is ::1 first, that one refuses */
    UNTIL(w, w->client.opened);
    assert_memory_equal(conn_address(w->client.conn), "127.0.0.1:", 10);
}

static void an_address_of_another_machine_is_not_tried(void **state)
{
    struct world *w = *state;
    dial(w, "192.0.2.1", 1000);
    assert_int_equal(w->client.closed, 0); /* never from within conn_dial() */
    UNTIL(w, w->client.closed);
    assert_int_equal(w->client.status, -EACCES);
    assert_string_equal(w->client.why,
                        "not an address of this machine: frames travel in the clear");
}

/* A backlog that is full makes the kernel drop what comes: a firewall, more or less. */
static void a_connection_that_hangs_times_out(void **state)
{
    struct world *w = *state;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(a);
    int deaf = socket(AF_INET, SOCK_STREAM, 0), fds[8];
    assert_int_equal(bind(deaf, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(deaf, 0), 0);
    getsockname(deaf, (struct sockaddr *)&a, &bytes);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fds[i], (struct sockaddr *)&a, sizeof(a));
    }
    snprintf(w->port, sizeof(w->port), "%u", ntohs(a.sin_port));
    dial(w, "127.0.0.1", 150);
    UNTIL(w, w->client.closed);
    assert_int_equal(w->client.status, UV_ETIMEDOUT);
    assert_string_equal(w->client.why, "timed out after 150 ms: firewall?");
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close(fds[i]);
    close(deaf);
}

static void closing_while_dialling_is_fine(void **state)
{
    struct world *w = *state;
    dial(w, "127.0.0.1", 1000);
    conn_close(w->client.conn);
    UNTIL(w, w->client.closed);
    dial(w, "localhost", 1000); /* a lookup may be under way on its thread */
    conn_close(w->client.conn);
    UNTIL(w, w->client.closed == 2);
    assert_int_equal(w->client.status, 0);
    assert_int_equal(w->client.opened, 0);
}

static void addresses_are_split(void **state)
{
    static const struct {
        const char *text, *host, *port;
    } good[] = {
        {"lab-1", "lab-1", "31415"},
        {"lab-1:80", "lab-1", "80"},
        {"[::1]:9", "::1", "9"},
        {"[::1]", "::1", "31415"},
        {"::1", "::1", "31415"},
        {"127.0.0.1:0", "127.0.0.1", "0"},
        {"a.b.example:65535", "a.b.example", "65535"},
    };
    static const char *bad[] = {"",     ":80",     "a:",  "a:65536",  "a:-1", "a:1x",
                                "[::1", "[::1]80", "a b", "a:123456", "[]:1"};
    char host[256], port[6];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_int_equal(address_split(good[i].text, host, port), 0);
        assert_string_equal(host, good[i].host);
        assert_string_equal(port, good[i].port);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(address_split(bad[i], host, port), -EINVAL);
}

static void only_this_machine_is_loopback(void **state)
{
    static const struct {
        const char *text;
        bool loopback;
    } all[] = {{"127.0.0.1", true},
               {"127.9.9.9", true},
               {"128.0.0.1", false},
               {"0.0.0.0", false},
               {"::1", true},
               {"::", false},
               {"::ffff:127.0.0.1", true},
               {"::ffff:10.0.0.1", false},
               {"fe80::1", false}};
    struct sockaddr_storage a;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (uv_ip4_addr(all[i].text, 1, (struct sockaddr_in *)&a) < 0)
            assert_int_equal(uv_ip6_addr(all[i].text, 1, (struct sockaddr_in6 *)&a), 0);
        assert_int_equal(address_is_loopback((struct sockaddr *)&a), all[i].loopback);
    }
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(messages_arrive_in_order_and_come_back),
        WORLD(frames_of_one_turn_leave_in_one_write),
        WORLD(every_split_of_the_bytes_gives_the_same_messages),
        WORLD(a_peer_that_does_not_read_is_not_read_from),
        WORLD(a_peer_that_never_reads_is_dropped_at_the_hard_limit),
        WORLD(close_sends_what_is_queued_first),
        WORLD(what_a_closing_end_has_not_read_does_not_destroy_its_last_words),
        WORLD(abort_closes_at_once_and_on_closed_comes_later),
        WORLD(closing_within_a_message_stops_the_next),
        WORLD(another_dialect_is_named_and_gets_no_frame),
        WORLD(another_dialect_may_be_long),
        WORLD(a_server_of_another_dialect_is_named_too),
        WORLD(frames_before_welcome_are_short),
        WORLD(an_oversized_frame_is_bad_and_the_answer_still_leaves),
        WORLD(bytes_that_are_no_message_are_bad),
        WORLD(a_peer_that_sends_no_whole_frame_is_closed),
        WORLD(nobody_listens),
        WORLD(the_addresses_of_a_name_are_tried_in_turn),
        WORLD(an_address_of_another_machine_is_not_tried),
        WORLD(a_connection_that_hangs_times_out),
        WORLD(closing_while_dialling_is_fine),
        cmocka_unit_test(addresses_are_split),
        cmocka_unit_test(only_this_machine_is_loopback),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
