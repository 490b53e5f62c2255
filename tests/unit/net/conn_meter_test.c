// SPDX-License-Identifier: MIT
/*
 * Rate limits: a peer that sends more frames or bytes per second than it may is not
 * read for a while, and nothing is lost.  The clock stands but for leaps, so a slow
 * machine changes nothing.
 */
#include "tests/lib/conn_rig.h"

#include "common/net/conn_impl.h"
#include "tests/lib/clock.h"

enum { FRAMES = 8, MANY = 1 << 20, PAUSE_MS = 50 };

/* A peer that is welcome, with its allowance as after one frame. */
static int metered_peer(struct conn_rig *r, int64_t frames, int64_t bytes)
{
    r->acceptor.frames = frames;
    r->acceptor.bytes = bytes;
    int fd = conn_rig_raw_open_peer(r);
    SOON(r, r->server.messages == 1);
    r->server.conn->frames_left = frames;
    r->server.conn->bytes_left = bytes;
    r->server.messages = 0;
    return fd;
}

/* Returns the bytes of a frame's body. */
static size_t send_frames(struct conn_rig *r, int fd, size_t n)
{
    size_t bytes = conn_rig_bye_frame(r, "a reason of some length");
    uint8_t all[MANY / 64];
    assert_true(n * bytes <= sizeof(all));
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * bytes, r->frame, bytes);
    conn_rig_write(fd, all, n * bytes);
    return bytes - FRAME_HEADER_BYTES;
}

static void up_to_its_frames_a_peer_is_read_and_then_later(void **state)
{
    struct conn_rig *r = *state;
    int fd = metered_peer(r, FRAMES, MANY);
    send_frames(r, fd, FRAMES - 1);
    SOON(r, r->server.messages == FRAMES - 1);
    assert_false(r->server.conn->metered);
    send_frames(r, fd, 3); /* the last that it may, and two more */
    SOON(r, r->server.conn->metered);
    assert_int_equal(r->server.messages, FRAMES);
    assert_false(uv_is_readable((uv_stream_t *)&r->server.conn->tcp) &&
                 uv_is_active((uv_handle_t *)&r->server.conn->tcp));
    for (unsigned n = FRAMES + 1; n <= FRAMES + 2; n++) {
        clock_leap(PAUSE_MS - 1);
        conn_rig_turns(r);
        assert_int_equal(r->server.messages, n - 1);
        clock_leap(1);
        SOON(r, r->server.messages == n); /* nothing is lost */
    }
    send_frames(r, fd, 1);
    clock_leap(PAUSE_MS);
    SOON(r, r->server.messages == FRAMES + 3); /* and it is read on */
    assert_int_equal(r->server.closed, 0);
    close(fd);
}

static void a_byte_more_than_was_sent_is_room(void **state)
{
    struct conn_rig *r = *state;
    size_t body = conn_rig_bye_frame(r, "a reason of some length") - FRAME_HEADER_BYTES;
    int fd = metered_peer(r, MANY, (int64_t)(4 * body) + 1);
    r->acceptor.bytes = 4; /* a byte in a quarter of a second: nothing is saved up */
    assert_int_equal(send_frames(r, fd, 4), body);
    SOON(r, r->server.messages == 4);
    assert_false(r->server.conn->metered);
    close(fd);
}

static void up_to_its_bytes_a_peer_is_read_and_then_later(void **state)
{
    struct conn_rig *r = *state;
    size_t body = conn_rig_bye_frame(r, "a reason of some length") - FRAME_HEADER_BYTES;
    int fd = metered_peer(r, MANY, (int64_t)(4 * body));
    r->acceptor.bytes = 4;
    send_frames(r, fd, 6);
    SOON(r, r->server.conn->metered);
    assert_int_equal(r->server.messages, 4);
    clock_leap(PAUSE_MS);
    SOON(r, r->server.messages == 5);
    clock_leap(PAUSE_MS);
    SOON(r, r->server.messages == 6);
    close(fd);
}

static void a_second_is_saved_up_and_no_more(void **state)
{
    struct conn_rig *r = *state;
    int fd = metered_peer(r, FRAMES, MANY);
    clock_leap(10 * 1000);
    send_frames(r, fd, FRAMES); /* the last one looks at the clock */
    SOON(r, r->server.messages == FRAMES);
    assert_false(r->server.conn->metered);
    assert_int_equal(r->server.conn->frames_left, FRAMES);
    assert_int_equal(r->server.conn->bytes_left, MANY);
    send_frames(r, fd, FRAMES + 1);
    SOON(r, r->server.conn->metered);
    assert_int_equal(r->server.messages, 2 * FRAMES);
    close(fd);
}

/* Whatever it may still send: so much after that time. */
struct saved {
    int64_t ms, frames, bytes;
};

static const struct saved saved[] = {
    {0, 0, 0},
    {1, 0, 0},
    {100, 0, 80},
    {124, 0, 99},
    {125, 1, 100},
    {249, 1, 199},
    {250, 2, 200},
    {500, 4, 400},
    {999, 7, 799},
    {1000, 8, 800},
    {1001, 8, 800},
    {5000, 8, 800},
    {3600 * 1000, 8, 800},
};

static void a_part_of_a_second_saves_that_part(void **state)
{
    struct conn_rig *r = *state;
    size_t body = conn_rig_bye_frame(r, "a reason of some length") - FRAME_HEADER_BYTES;
    int fd = metered_peer(r, FRAMES, 100 * FRAMES);
    struct conn *c = r->server.conn;
    for (unsigned i = 0; i < ARRAY_SIZE(saved); i++) {
        uv_update_time(&r->loop);
        c->metered_ms = (int64_t)uv_now(&r->loop);
        c->frames_left = 1;
        c->bytes_left = (int64_t)body;
        clock_leap(saved[i].ms);
        send_frames(r, fd, 1); /* the last one looks at the clock */
        SOON(r, r->server.messages == i + 1);
        assert_int_equal(c->frames_left, saved[i].frames);
        assert_int_equal(c->bytes_left, saved[i].bytes);
        assert_int_equal(c->metered, saved[i].frames == 0);
        clock_leap(PAUSE_MS);
        SOON(r, !c->metered);
    }
    close(fd);
}

/* Time that has been paid for is not paid for again. */
static void time_is_saved_up_once(void **state)
{
    struct conn_rig *r = *state;
    int fd = metered_peer(r, FRAMES, MANY);
    clock_leap(500);
    send_frames(r, fd, FRAMES + 4);
    SOON(r, r->server.conn->metered);
    assert_int_equal(r->server.messages, FRAMES + 4);
    assert_int_equal(r->server.conn->frames_left, 0);
    close(fd);
}

/* Before it is welcome other limits hold: one short frame, and what the core says. */
static void who_is_not_welcome_is_not_metered(void **state)
{
    struct conn_rig *r = *state;
    r->acceptor.frames = FRAMES;
    r->acceptor.bytes = MANY;
    r->server.quiet = true;
    int fd = conn_rig_raw_open_peer(r);
    send_frames(r, fd, 3 * FRAMES);
    SOON(r, r->server.messages == 3 * FRAMES + 1);
    assert_false(r->server.conn->metered);
    close(fd);
}

/* More than a record, and more than is taken before the pause. */
static void in_tls_a_pause_loses_nothing(void **state)
{
    struct conn_rig *r = *state;
    enum { HEARTBEATS = 12, GRANTS = 4000 };
    conn_rig_tls = true;
    conn_rig_meet(r);
    conn_rig_tls = false;
    r->acceptor.frames = FRAMES;
    r->acceptor.bytes = MANY;
    r->server.sum = 0;
    for (int i = 0; i < HEARTBEATS; i++)
        conn_rig_send_heartbeat(r->client.conn, GRANTS, 1);
    for (int pauses = 0; pauses < 10 * HEARTBEATS; pauses++) {
        conn_rig_turns(r);
        r->server.conn->frames_left = 1; /* so that it pauses after each */
        clock_leap(PAUSE_MS);
    }
    assert_int_equal(r->server.closed, 0);
    assert_int_equal(r->server.messages, HEARTBEATS);
    assert_int_equal(r->server.sum, HEARTBEATS * GRANTS);
}

static void without_a_bound_nothing_is_counted(void **state)
{
    struct conn_rig *r = *state;
    int fd = metered_peer(r, 0, 0);
    send_frames(r, fd, 100);
    SOON(r, r->server.messages == 100);
    assert_false(r->server.conn->metered);
    close(fd);
}

static int setup(void **state)
{
    if (conn_rig_setup(state) < 0)
        return -1;
    conn_rig_hold(*state);
    return 0;
}

#define HELD(test) cmocka_unit_test_setup_teardown(test, setup, conn_rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(up_to_its_frames_a_peer_is_read_and_then_later),
        HELD(a_byte_more_than_was_sent_is_room),
        HELD(up_to_its_bytes_a_peer_is_read_and_then_later),
        HELD(a_second_is_saved_up_and_no_more),
        HELD(a_part_of_a_second_saves_that_part),
        HELD(time_is_saved_up_once),
        HELD(who_is_not_welcome_is_not_metered),
        HELD(in_tls_a_pause_loses_nothing),
        HELD(without_a_bound_nothing_is_counted),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, conn_rig_free_pair);
}
