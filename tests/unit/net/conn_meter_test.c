// SPDX-License-Identifier: MIT
/*
 * Rate limits: a peer that sends more frames or bytes per second than it may is not
 * read for a while, and nothing is lost.  The tests set the clock of the meter, so a
 * slow machine changes nothing.
 */
#include "tests/lib/conn_rig.h"

#include "common/net/conn_impl.h"

enum { FRAMES = 8, MANY = 1 << 20 };

/* A peer that is welcome, with its allowance as after one frame. */
static int metered_peer(struct conn_rig *r, int64_t frames, int64_t bytes)
{
    r->acceptor.frames = frames;
    r->acceptor.bytes = bytes;
    int fd = conn_rig_raw_open_peer(r);
    UNTIL(r, r->server.messages == 1);
    r->server.conn->frames_left = frames;
    r->server.conn->bytes_left = bytes;
    r->server.messages = 0;
    return fd;
}

/* The last time that something was saved up was `ms` ago. */
static void saved_since(struct conn_rig *r, int64_t ms)
{
    uv_update_time(&r->loop);
    r->server.conn->metered_ms = (int64_t)uv_now(&r->loop) - ms;
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
    UNTIL(r, r->server.messages == FRAMES - 1);
    assert_false(r->server.conn->metered);
    saved_since(r, 0);
    send_frames(r, fd, 3); /* the last that it may, and two more */
    UNTIL(r, r->server.conn->metered);
    assert_int_equal(r->server.messages, FRAMES);
    assert_false(uv_is_readable((uv_stream_t *)&r->server.conn->tcp) &&
                 uv_is_active((uv_handle_t *)&r->server.conn->tcp));
    UNTIL(r, r->server.messages == FRAMES + 2); /* nothing is lost */
    send_frames(r, fd, 1);
    UNTIL(r, r->server.messages == FRAMES + 3); /* and it is read on */
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
    UNTIL(r, r->server.messages == 4);
    assert_false(r->server.conn->metered);
    close(fd);
}

static void up_to_its_bytes_a_peer_is_read_and_then_later(void **state)
{
    struct conn_rig *r = *state;
    size_t body = conn_rig_bye_frame(r, "a reason of some length") - FRAME_HEADER_BYTES;
    int fd = metered_peer(r, MANY, (int64_t)(4 * body));
    r->acceptor.bytes = 4;
    saved_since(r, 0);
    send_frames(r, fd, 6);
    UNTIL(r, r->server.conn->metered);
    assert_int_equal(r->server.messages, 4);
    UNTIL(r, r->server.messages == 6);
    close(fd);
}

static void a_second_is_saved_up_and_no_more(void **state)
{
    struct conn_rig *r = *state;
    int fd = metered_peer(r, FRAMES, MANY);
    saved_since(r, 10 * 1000);
    send_frames(r, fd, FRAMES); /* the last one looks at the clock */
    UNTIL(r, r->server.messages == FRAMES);
    assert_false(r->server.conn->metered);
    assert_int_equal(r->server.conn->frames_left, FRAMES);
    saved_since(r, 0);
    send_frames(r, fd, FRAMES + 1);
    UNTIL(r, r->server.conn->metered);
    assert_int_equal(r->server.messages, 2 * FRAMES);
    close(fd);
}

static void without_a_bound_nothing_is_counted(void **state)
{
    struct conn_rig *r = *state;
    int fd = metered_peer(r, 0, 0);
    send_frames(r, fd, 100);
    UNTIL(r, r->server.messages == 100);
    assert_false(r->server.conn->metered);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONN_TEST(up_to_its_frames_a_peer_is_read_and_then_later),
        CONN_TEST(a_byte_more_than_was_sent_is_room),
        CONN_TEST(up_to_its_bytes_a_peer_is_read_and_then_later),
        CONN_TEST(a_second_is_saved_up_and_no_more),
        CONN_TEST(without_a_bound_nothing_is_counted),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, conn_rig_free_pair);
}
