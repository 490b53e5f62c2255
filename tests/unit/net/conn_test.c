// SPDX-License-Identifier: MIT
/*
 * Connections over a real loop and real sockets of 127.0.0.1.  Each test has its own
 * loop, drives it until something has happened, and at the end closes everything and
 * demands that nothing is left open.  Peers that misbehave are plain sockets, read and
 * written between turns without ever blocking for long.
 */
#include "tests/lib/conn_rig.h"

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
    int fd = raw_open_peer(w);
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
    int fd = raw_open_peer(w);
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

/* 20 MB each way; never so much at once that both ends wait for each other to read. */
static void a_flood_that_comes_back_loses_nothing(void **state)
{
    struct world *w = *state;
    enum { ROUNDS = 100, EACH = 6 };
    w->server.echo = true;
    dial_and_meet(w);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        for (unsigned k = 0; k < EACH; k++)
            send_heartbeat(w->client.conn, HEARTBEAT_MAX, i);
        UNTIL(w, conn_queued_bytes(w->client.conn) == 0);
    }
    UNTIL(w, w->client.messages == ROUNDS * EACH);
    assert_int_equal(w->client.sum,
                     (uint64_t)EACH * HEARTBEAT_MAX * ROUNDS * (ROUNDS + 1) / 2);
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
    assert_int_equal(w->client.fault, CONN_NOT_PICOORD);
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
    assert_int_equal(w->server.fault, CONN_MALFORMED);
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
    assert_in_range(ms, 0, CONN_FIRST_MS);
    conn_welcomed(w->server.conn);
    uv_timer_start(&w->patience, on_patience, WAIT_MS * 2, 0);
    close(fd);
    UNTIL(w, w->server.closed);
    assert_int_equal(w->server.status, UV_EOF);
}

int main(void)
{
    /* Where the bytes on the way do not matter: as they are, and in TLS. */
    const struct CMUnitTest both[] = {
        WORLD(messages_arrive_in_order_and_come_back),
        WORLD(close_sends_what_is_queued_first),
        WORLD(what_a_closing_end_has_not_read_does_not_destroy_its_last_words),
        WORLD(abort_closes_at_once_and_on_closed_comes_later),
        WORLD(closing_within_a_message_stops_the_next),
        WORLD(a_flood_that_comes_back_loses_nothing),
    };
    const struct CMUnitTest clear[] = {
        WORLD(frames_of_one_turn_leave_in_one_write),
        WORLD(every_split_of_the_bytes_gives_the_same_messages),
        WORLD(a_peer_that_does_not_read_is_not_read_from),
        WORLD(a_peer_that_never_reads_is_dropped_at_the_hard_limit),
        WORLD(another_dialect_is_named_and_gets_no_frame),
        WORLD(another_dialect_may_be_long),
        WORLD(a_server_of_another_dialect_is_named_too),
        WORLD(frames_before_welcome_are_short),
        WORLD(an_oversized_frame_is_bad_and_the_answer_still_leaves),
        WORLD(bytes_that_are_no_message_are_bad),
        WORLD(a_peer_that_sends_no_whole_frame_is_closed),
    };
    signal(SIGPIPE, SIG_IGN);
    int failed = cmocka_run_group_tests_name("in the clear", both, NULL, NULL) +
                 cmocka_run_group_tests_name("raw", clear, NULL, NULL);
    rig_tls = true;
    return failed + cmocka_run_group_tests_name("tls", both, NULL, forget_pair);
}
