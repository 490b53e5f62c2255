// SPDX-License-Identifier: MIT
/*
 * Connections on a real event loop, over sockets of 127.0.0.1.  Each test has its own
 * loop and fails if a handle is left open at the end.  Misbehaving peers are plain
 * sockets, read and written between iterations of the loop.
 */
#include "tests/lib/conn_rig.h"

#include "common/wire/wire.h"

static void messages_arrive_in_order_and_come_back(void **state)
{
    struct conn_rig *r = *state;
    r->server.echo = true;
    conn_rig_meet(r);
    for (uint64_t i = 1; i <= 1000; i++)
        conn_rig_send_heartbeat(r->client.conn, 1, i);
    UNTIL(r, r->client.messages == 1000);
    assert_int_equal(r->server.sum, 500500);
    assert_int_equal(r->client.sum, 500500);
    assert_int_equal(r->client.opened, 1);
    assert_memory_equal(conn_address(r->server.conn), "127.0.0.1:", 10);
}

static void frames_of_one_turn_leave_in_one_write(void **state)
{
    struct conn_rig *r = *state;
    uint8_t bytes[4096];
    int fd = conn_rig_raw_open_peer(r);
    for (int i = 0; i < 10; i++)
        conn_rig_send_heartbeat(r->server.conn, 1, 7);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), -1); /* not before its end */
    size_t queued = conn_queued_bytes(r->server.conn);
    uv_run(&r->loop, UV_RUN_NOWAIT);
    assert_int_equal(conn_queued_bytes(r->server.conn), 0);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), queued);
    close(fd);
}

static void every_split_of_the_bytes_gives_the_same_messages(void **state)
{
    struct conn_rig *r = *state;
    uint8_t bytes[256];
    size_t n = conn_rig_bye_frame(r, "first");
    memcpy(bytes, r->frame, n);
    size_t m = conn_rig_bye_frame(r, "second");
    memcpy(bytes + n, r->frame, m);
    int fd = conn_rig_raw_peer(r);
    unsigned expected = 0;

    for (size_t cut = 0; cut <= n + m; cut++) {
        conn_rig_write(fd, bytes, cut);
        for (int turn = 0; turn < 3; turn++)
            uv_run(&r->loop, UV_RUN_NOWAIT);
        conn_rig_write(fd, bytes + cut, n + m - cut);
        expected += 2;
        UNTIL(r, r->server.messages == expected);
        assert_string_equal(r->server.reason, "second");
    }
    close(fd);
}

static void a_peer_that_does_not_read_is_not_read_from(void **state)
{
    struct conn_rig *r = *state;
    static uint8_t flood[1 << 20];
    r->server.echo = true;
    int fd = conn_rig_raw_peer(r);
    struct msg m = {.type = MSG_BYE, .bye = {.reason = "a sentence of some length"}};
    size_t n = 0, sent = 0, got = 0, frame = wire_size(&m);
    while (n + frame <= sizeof(flood))
        n += wire_encode(&m, &r->arena, flood + n, sizeof(flood) - n);

    /* Written for ever, never read: at some point the pipe is full and stays full. */
    int idle = 0;
    while (idle < 20) {
        size_t at = sent % n;
        ssize_t k = write(fd, flood + at, n - at);
        idle = k > 0 ? 0 : idle + 1;
        sent += k > 0 ? (size_t)k : 0;
        uv_run(&r->loop, UV_RUN_NOWAIT);
        assert_in_range(conn_queued_bytes(r->server.conn), 0,
                        CONN_SOFT_BYTES + FRAME_BODY_MAX);
    }
    assert_in_range(conn_queued_bytes(r->server.conn), CONN_SOFT_BYTES / 2, SIZE_MAX);

    /* It begins to read, and gets every whole frame back. */
    static uint8_t sink[1 << 20];
    while (got < sent / frame * frame) {
        ssize_t k = read(fd, sink, sizeof(sink));
        got += k > 0 ? (size_t)k : 0;
        uv_run(&r->loop, UV_RUN_NOWAIT);
        assert_false(r->timed_out);
    }
    assert_int_equal(r->server.messages, sent / frame);
    assert_int_equal(r->server.closed, 0);
    close(fd);
}

static void a_peer_that_never_reads_is_dropped_at_the_hard_limit(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_open_peer(r);
    size_t most = 0;
    for (int i = 0; i < 20000 && !r->server.closed; i++) {
        if (r->server.conn) {
            size_t queued = conn_queued_bytes(r->server.conn);
            assert_in_range(queued, 0, CONN_HARD_BYTES);
            most = queued > most ? queued : most;
            conn_rig_send_heartbeat(r->server.conn, HEARTBEAT_MAX, UINT64_MAX);
        }
        uv_run(&r->loop, UV_RUN_NOWAIT);
    }
    assert_in_range(most, CONN_HARD_BYTES - FRAME_BODY_MAX, CONN_HARD_BYTES);
    assert_int_equal(r->server.status, -ENOBUFS);
    assert_string_equal(r->server.why, "does not read what it is sent");
    close(fd);
}

/* Above the soft limit it is not read from, and again when half of that has left. */
static void who_has_much_to_read_is_not_read(void **state)
{
    struct conn_rig *r = *state;
    static uint8_t sink[1 << 16];
    int fd = conn_rig_raw_open_peer(r);
    conn_rig_turns(r);
    unsigned before = r->server.messages;
    while (conn_queued_bytes(r->server.conn) <= CONN_SOFT_BYTES) {
        conn_rig_send_heartbeat(r->server.conn, HEARTBEAT_MAX, UINT64_MAX);
        conn_rig_turns(r);
    }
    size_t n = conn_rig_bye_frame(r, "late");
    conn_rig_write(fd, r->frame, n);
    conn_rig_turns(r);
    assert_int_equal(r->server.messages, before);
    SOON(r, read(fd, sink, sizeof(sink)) < 0 || r->server.messages > before);
    for (int i = 0; i < 1000 && r->server.messages == before; i++) {
        while (read(fd, sink, sizeof(sink)) > 0)
            ;
        conn_rig_turn(r);
    }
    assert_int_equal(r->server.messages, before + 1);
    close(fd);
}

static void close_sends_what_is_queued_first(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_meet(r);
    for (int i = 0; i < 200; i++)
        conn_rig_send_heartbeat(r->server.conn, HEARTBEAT_MAX, 1); /* 7 MB */
    conn_close(r->server.conn);
    conn_close(r->server.conn);
    conn_rig_send_heartbeat(r->server.conn, 1, 1); /* too late, and no harm */
    UNTIL(r, r->server.closed && r->client.closed);
    assert_int_equal(r->server.status, 0);
    assert_int_equal(r->client.status, UV_EOF);
    assert_string_equal(r->client.why, "closed by the other side");
}

static void
what_a_closing_end_has_not_read_does_not_destroy_its_last_words(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_meet(r);
    struct msg m = {.type = MSG_BYE, .bye = {.reason = "no room"}};
    r->server.close_at_message = true;
    for (int i = 0; i < 100; i++)
        conn_rig_send_heartbeat(r->client.conn, HEARTBEAT_MAX, 1);
    conn_send(r->server.conn, &m);
    conn_close(r->server.conn);
    UNTIL(r, r->server.closed && r->client.closed);
    assert_string_equal(r->client.reason, "no room");
    assert_int_equal(r->client.status, UV_EOF);
}

static void abort_closes_at_once_and_on_closed_comes_later(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_meet(r);
    conn_rig_send_heartbeat(r->client.conn, 1, 1);
    conn_abort(r->client.conn);
    conn_abort(r->client.conn);
    assert_int_equal(r->client.closed, 0);
    UNTIL(r, r->client.closed && r->server.closed);
    assert_int_equal(r->client.status, 0);
    assert_int_equal(r->server.messages, 0);
}

static void closing_within_a_message_stops_the_next(void **state)
{
    struct conn_rig *r = *state;
    r->server.close_at_message = true;
    conn_rig_meet(r);
    for (int i = 0; i < 10; i++)
        conn_rig_send_heartbeat(r->client.conn, 1, 1);
    UNTIL(r, r->server.closed && r->client.closed);
    assert_int_equal(r->server.messages, 1);
}

/* 20 MB each way; never so much at once that both ends wait for each other to read. */
static void a_flood_that_comes_back_loses_nothing(void **state)
{
    struct conn_rig *r = *state;
    enum { ROUNDS = 100, EACH = 6 };
    r->server.echo = true;
    conn_rig_meet(r);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        for (unsigned k = 0; k < EACH; k++)
            conn_rig_send_heartbeat(r->client.conn, HEARTBEAT_MAX, i);
        UNTIL(r, conn_queued_bytes(r->client.conn) == 0);
    }
    UNTIL(r, r->client.messages == ROUNDS * EACH);
    assert_int_equal(r->client.sum,
                     (uint64_t)EACH * HEARTBEAT_MAX * ROUNDS * (ROUNDS + 1) / 2);
}

static void another_dialect_is_named_and_gets_no_frame(void **state)
{
    struct conn_rig *r = *state;
    char bytes[64];
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, "SSH-2.0-OpenSSH_9.2p1\r\n", 23);
    UNTIL(r, r->server.bad[0]);
    assert_string_equal(r->server.bad,
                        "is not a picoord peer (it sent \"SSH-2.0-OpenSSH_9.2p1\")");
    assert_int_equal(read(fd, bytes, sizeof(bytes)), 0); /* closed, no word */
    close(fd);
    UNTIL(r, r->server.closed);
    assert_int_equal(r->server.status, -EBADMSG);
    assert_string_equal(r->server.why, r->server.bad);
}

static void without_tls_its_first_byte_is_as_strange_as_any(void **state)
{
    struct conn_rig *r = *state;
    SSL_CTX *tls = r->acceptor.tls;
    r->acceptor.tls = NULL;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, (uint8_t[]){0x16, 3, 1}, 3);
    UNTIL(r, r->server.bad[0]);
    assert_string_equal(r->server.bad,
                        "is not a picoord peer (it sent \"\\x16\\x03\\x01\")");
    r->acceptor.tls = tls;
    close(fd);
    UNTIL(r, r->server.closed);
}

/* More than the first buffer holds, so that reading it moves the buffer. */
static void another_dialect_may_be_long(void **state)
{
    struct conn_rig *r = *state;
    char bytes[3000];
    memset(bytes, 'x', sizeof(bytes));
    r->server.quiet = true;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, bytes, sizeof(bytes));
    UNTIL(r, r->server.bad[0]);
    assert_string_equal(
        r->server.bad,
        "is not a picoord peer (it sent \"xxxxxxxxxxxxxxxxxxxxxxxx...\")");
    close(fd);
    UNTIL(r, r->server.closed);
}

static void a_server_of_another_dialect_is_named_too(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_dial(r, "127.0.0.1", 1000);
    UNTIL(r, r->client.opened && r->server.conn);
    /* The listener's end as a plain socket: the connection object stays silent. */
    uv_os_fd_t fd = -1;
    uv_fileno((uv_handle_t *)r->server.conn, &fd); /* a conn begins with its socket */
    conn_rig_write(fd, "HTTP/1.1 400 Bad Request\r\n\r\nhello", 33);
    UNTIL(r, r->client.bad[0]);
    assert_string_equal(r->client.bad, "is not a picoord (it answered "
                                       "\"HTTP/1.1 400 Bad Request...\")");
    assert_int_equal(r->client.fault, CONN_NOT_PICOORD);
}

static void frames_before_welcome_are_short(void **state)
{
    struct conn_rig *r = *state;
    r->server.quiet = true;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, (uint8_t[]){0, 0, 4, 1}, 4);
    UNTIL(r, r->server.closed);
    assert_string_equal(r->server.bad,
                        "a frame that is empty or longer than 1024 bytes, "
                        "the most before Welcome");
    assert_int_equal(r->server.fault, CONN_MALFORMED);
    close(fd);
}

static void an_oversized_frame_is_bad_and_the_answer_still_leaves(void **state)
{
    struct conn_rig *r = *state;
    conn_rig_meet(r);
    int fd = -1;
    uv_fileno((uv_handle_t *)r->client.conn, &fd);
    conn_rig_write(fd, (uint8_t[]){0, 1, 0, 0}, 4);
    UNTIL(r, r->server.closed && r->client.closed);
    assert_string_equal(r->server.bad,
                        "a frame that is empty or longer than 65535 bytes");
    assert_string_equal(r->client.reason, "that was bad");
}

static void bytes_that_are_no_message_are_bad(void **state)
{
    struct conn_rig *r = *state;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, (uint8_t[]){0, 0, 0, 3, 0xff, 0xff, 0xff}, 7);
    UNTIL(r, r->server.bad[0]);
    assert_int_equal(r->server.messages, 0);
    close(fd);
    UNTIL(r, r->server.closed);
    assert_int_equal(r->server.status, -EBADMSG);
}

/* The kernel's time cannot be hurried, but the loop's can: it is only a number until
 * the loop looks at the clock again. */
static void a_peer_that_sends_no_whole_frame_is_closed(void **state)
{
    struct conn_rig *r = *state;
    r->server.quiet = true;
    int fd = conn_rig_raw_peer(r);
    conn_rig_write(fd, (uint8_t[]){0, 0, 0}, 3);
    uv_timer_stop(&r->timeout);
    for (int i = 0; i < 10; i++)
        uv_run(&r->loop, UV_RUN_NOWAIT);
    assert_int_equal(r->server.closed, 0);
    int64_t ms = uv_backend_timeout(&r->loop); /* what the earliest timer waits for */
    assert_in_range(ms, 0, CONN_FIRST_MS);
    conn_welcomed(r->server.conn);
    uv_timer_again(&r->timeout);
    close(fd);
    UNTIL(r, r->server.closed);
    assert_int_equal(r->server.status, UV_EOF);
}

int main(void)
{
    /* Where the bytes on the way do not matter: as they are, and in TLS. */
    const struct CMUnitTest both[] = {
        CONN_TEST(messages_arrive_in_order_and_come_back),
        CONN_TEST(close_sends_what_is_queued_first),
        CONN_TEST(what_a_closing_end_has_not_read_does_not_destroy_its_last_words),
        CONN_TEST(abort_closes_at_once_and_on_closed_comes_later),
        CONN_TEST(closing_within_a_message_stops_the_next),
        CONN_TEST(a_flood_that_comes_back_loses_nothing),
    };
    const struct CMUnitTest clear[] = {
        CONN_TEST(frames_of_one_turn_leave_in_one_write),
        CONN_TEST(every_split_of_the_bytes_gives_the_same_messages),
        CONN_TEST(a_peer_that_does_not_read_is_not_read_from),
        CONN_TEST(a_peer_that_never_reads_is_dropped_at_the_hard_limit),
        CONN_TEST(who_has_much_to_read_is_not_read),
        CONN_TEST(another_dialect_is_named_and_gets_no_frame),
        CONN_TEST(without_tls_its_first_byte_is_as_strange_as_any),
        CONN_TEST(another_dialect_may_be_long),
        CONN_TEST(a_server_of_another_dialect_is_named_too),
        CONN_TEST(frames_before_welcome_are_short),
        CONN_TEST(an_oversized_frame_is_bad_and_the_answer_still_leaves),
        CONN_TEST(bytes_that_are_no_message_are_bad),
        CONN_TEST(a_peer_that_sends_no_whole_frame_is_closed),
    };
    signal(SIGPIPE, SIG_IGN);
    int failed = cmocka_run_group_tests_name("in the clear", both, NULL, NULL) +
                 cmocka_run_group_tests_name("raw", clear, NULL, NULL);
    conn_rig_tls = true;
    return failed + cmocka_run_group_tests_name("tls", both, NULL, conn_rig_free_pair);
}
