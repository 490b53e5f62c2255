// SPDX-License-Identifier: MIT
/*
 * Each deadline of a connection: a millisecond before it nothing happens, at it the
 * connection ends, with the phrase of that deadline.  The clock stands but for leaps
 * (tests/lib/clock.h), so a slow machine changes nothing.
 */
#include "tests/lib/conn_rig.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/net/conn_impl.h"
#include "tests/lib/clock.h"

enum { AN_HOUR_MS = 3600 * 1000 };

static int setup(void **state)
{
    if (conn_rig_setup(state) < 0)
        return -1;
    struct conn_rig *r = *state;
    r->server.quiet = true;
    conn_rig_hold(r);
    return 0;
}

static int teardown(void **state)
{
    conn_rig_tls = false;
    return conn_rig_teardown(state);
}

/* It ends ms milliseconds from now, and not before. */
static void ends_after(struct conn_rig *r, struct end *e, int64_t ms, const char *why)
{
    clock_leap(ms - 1);
    conn_rig_turns(r);
    assert_int_equal(e->closed, 0);
    assert_string_equal(e->bad, "");
    clock_leap(1);
    SOON(r, e->closed || e->bad[0]);
    assert_string_equal(e->closed ? e->why : e->bad, why);
}

static void stays(struct conn_rig *r, const struct end *e)
{
    clock_leap(AN_HOUR_MS);
    conn_rig_turns(r);
    assert_int_equal(e->closed, 0);
}

/* ---- accepted ---- */

static void who_says_nothing_has_five_seconds(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    ends_after(r, &r->server, LIMIT_FIRST_MS, "sent nothing within 5 s");
    assert_int_equal(r->server.status, -ETIMEDOUT);
    close(fd);
}

/* From when it connected, whatever of it comes in between. */
static void a_handshake_has_five_seconds_in_all(void **state)
{
    static const uint8_t begin[] = {0x16, 3, 1, 1, 0};
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    for (size_t i = 0; i < 4; i++) {
        conn_rig_write(fd, begin + i, 1);
        clock_leap(1000);
        conn_rig_turns(r);
    }
    ends_after(r, &r->server, LIMIT_FIRST_MS - 4000,
               "did not finish the TLS handshake in time");
    assert_int_equal(r->server.fault, CONN_BAD_TLS);
    close(fd);
    SOON(r, r->server.closed);
}

static void after_the_handshake_there_are_five_more(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_tls = true;
    conn_rig_dial(r, "127.0.0.1", AN_HOUR_MS);
    SOON(r, r->client.opened && r->server.conn && r->server.conn->tls_ready);
    conn_welcomed(r->client.conn); /* so that its end has no deadline */
    ends_after(r, &r->server, LIMIT_FIRST_MS, "sent nothing within 5 s");
}

static void a_first_frame_has_five_seconds_in_all(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    size_t n = conn_rig_bye_frame(r, "a reason of some length");
    conn_rig_write(fd, r->frame, 5);
    SOON(r, r->server.opened);
    for (size_t i = 5; i < 9; i++) {
        assert_true(i < n);
        clock_leap(1000);
        conn_rig_write(fd, r->frame + i, 1);
        conn_rig_turns(r);
    }
    ends_after(r, &r->server, LIMIT_FIRST_MS - 4000, "sent no whole frame within 5 s");
    close(fd);
}

static void after_a_whole_frame_it_is_the_callers_matter(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_open_peer(r);
    assert_int_equal(r->server.messages, 1);
    stays(r, &r->server);
    close(fd);
}

static void who_is_welcome_has_no_deadline(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, (uint8_t[]){0, 0, 0}, 3);
    SOON(r, r->server.opened);
    conn_welcomed(r->server.conn);
    stays(r, &r->server);
    close(fd);
}

/* ---- streams ---- */

static void on_protocol(struct conn *c, enum conn_protocol protocol, void *ctx)
{
    struct end *e = ctx;
    assert_ptr_equal(c, e->conn);
    assert_int_equal(protocol, CONN_TEXT);
    e->opened++;
}

static void on_bytes(struct conn *c, const void *bytes, size_t n, void *ctx)
{
    (void)c, (void)bytes, (void)n, (void)ctx;
}

static void on_drained(struct conn *c, void *ctx)
{
    (void)c, (void)ctx;
}

static struct conn_events stream_events;

static void on_stream(uv_stream_t *listener, int status)
{
    struct conn_rig *r = listener->data;
    assert_int_equal(status, 0);
    assert_int_equal(conn_accept(listener, &r->acceptor, &stream_events, &r->server,
                                 &r->server.conn),
                     0);
}

/* A viewer that has sent a letter. */
static int viewer(struct conn_rig *r)
{
    stream_events = conn_rig_events;
    stream_events.on_protocol = on_protocol;
    stream_events.on_bytes = on_bytes;
    stream_events.on_drained = on_drained;
    r->acceptor.streams = true;
    r->listener.connection_cb = on_stream;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "s", 1);
    SOON(r, r->server.opened);
    return fd;
}

static void a_viewer_has_five_seconds_unless_told_otherwise(void **state)
{
    struct conn_rig *r = *state;
    int fd = viewer(r);
    ends_after(r, &r->server, LIMIT_FIRST_MS, "took too long");
    assert_int_equal(r->server.status, -ETIMEDOUT);
    close(fd);
}

static void the_last_deadline_of_a_viewer_counts(void **state)
{
    struct conn_rig *r = *state;
    int fd = viewer(r);
    conn_deadline(r->server.conn, -1);
    stays(r, &r->server);
    conn_deadline(r->server.conn, 1000);
    conn_deadline(r->server.conn, 7000);
    clock_leap(1000);
    conn_rig_turns(r);
    conn_deadline(r->server.conn, 3000);
    ends_after(r, &r->server, 3000, "took too long");
    close(fd);
}

/* ---- dialled ---- */

/* A server of this test: its kernel takes connections, and nobody answers. */
static int deaf_server(struct conn_rig *r)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&a, &bytes);
    snprintf(r->port, sizeof(r->port), "%u", ntohs(a.sin_port));
    return fd;
}

static void a_server_has_four_seconds_for_its_handshake(void **state)
{
    struct conn_rig *r = *state;
    int fd = deaf_server(r);
    conn_rig_tls = true;
    conn_rig_dial(r, "127.0.0.1", AN_HOUR_MS);
    SOON(r, r->client.conn->state == CONN_GREETING);
    ends_after(r, &r->client, CONN_SECURE_MS,
               "did not finish the TLS handshake within 4 s: no picoord, or an "
               "overloaded one");
    close(fd);
}

static void a_server_that_says_nothing_has_five_seconds(void **state)
{
    struct conn_rig *r = *state;
    int fd = deaf_server(r);
    conn_rig_dial(r, "127.0.0.1", AN_HOUR_MS);
    SOON(r, r->client.opened);
    ends_after(r, &r->client, CONN_FIRST_MS, "sent no whole frame within 5 s");
    close(fd);
}

/* ---- closing ---- */

/* It was closed; it has the phrase of that, whichever deadline has ended it. */
static void last_bytes_have_a_second_to_leave(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_open_peer(r);
    for (int i = 0; i < 200; i++)
        conn_rig_send_heartbeat(r->server.conn, HEARTBEAT_MAX, UINT64_MAX);
    conn_close(r->server.conn);
    conn_rig_turns(r);
    assert_int_not_equal(conn_queued_bytes(r->server.conn), 0);
    ends_after(r, &r->server, CONN_FLUSH_MS, "closed");
    close(fd);
}

static void then_the_peer_has_a_quarter_to_close_as_well(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_open_peer(r);
    conn_close(r->server.conn);
    conn_rig_turns(r);
    assert_int_equal(r->server.conn->state, CONN_LINGERING);
    ends_after(r, &r->server, CONN_LINGER_MS, "closed");
    close(fd);
}

static void a_peer_that_closes_is_not_waited_for(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_open_peer(r);
    conn_close(r->server.conn);
    conn_rig_turns(r);
    close(fd);
    SOON(r, r->server.closed);
    assert_int_equal(r->server.status, 0);
}

/* ---- what the kernel watches ---- */

static int option_of(const struct conn *c, int level, int option)
{
    int fd = -1, value = -1;
    socklen_t bytes = sizeof(value);
    assert_int_equal(uv_fileno((const uv_handle_t *)&c->tcp, &fd), 0);
    assert_int_equal(getsockopt(fd, level, option, &value, &bytes), 0);
    return value;
}

static void the_kernel_notices_a_pulled_cable(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_dial(r, "127.0.0.1", AN_HOUR_MS);
    SOON(r, r->client.opened && r->server.conn);
    const struct conn *both[] = {r->client.conn, r->server.conn};
    for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
        assert_int_equal(option_of(both[i], IPPROTO_TCP, TCP_USER_TIMEOUT), 20000);
        assert_int_equal(option_of(both[i], SOL_SOCKET, SO_KEEPALIVE), 1);
        assert_int_equal(option_of(both[i], IPPROTO_TCP, TCP_KEEPIDLE), 60);
        assert_int_equal(option_of(both[i], IPPROTO_TCP, TCP_NODELAY), 1);
    }
}

/* By default it takes megabytes for a viewer that does not read. */
static void the_kernel_keeps_little_for_a_viewer(void **state)
{
    struct conn_rig *r = *state;
    int fd = viewer(r);
    assert_in_range(option_of(r->server.conn, SOL_SOCKET, SO_SNDBUF), 32 * 1024,
                    64 * 1024); /* Linux doubles what it was asked for */
    close(fd);
}

#define HELD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(who_says_nothing_has_five_seconds),
        HELD(a_handshake_has_five_seconds_in_all),
        HELD(after_the_handshake_there_are_five_more),
        HELD(a_first_frame_has_five_seconds_in_all),
        HELD(after_a_whole_frame_it_is_the_callers_matter),
        HELD(who_is_welcome_has_no_deadline),
        HELD(a_viewer_has_five_seconds_unless_told_otherwise),
        HELD(the_last_deadline_of_a_viewer_counts),
        HELD(a_server_has_four_seconds_for_its_handshake),
        HELD(a_server_that_says_nothing_has_five_seconds),
        HELD(last_bytes_have_a_second_to_leave),
        HELD(then_the_peer_has_a_quarter_to_close_as_well),
        HELD(a_peer_that_closes_is_not_waited_for),
        HELD(the_kernel_notices_a_pulled_cable),
        HELD(the_kernel_keeps_little_for_a_viewer),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, conn_rig_free_pair);
}
