// SPDX-License-Identifier: MIT
/*
 * Frames and bytes that one peer may send in a second: up to the bound it is read at
 * once, then it is not read for a while, and nothing is lost.  The clock of the meter
 * is set by the tests, so that a slow machine changes nothing.
 */
#include "tests/lib/conn_rig.h"

#include "common/net/conn_impl.h"

enum { FRAMES = 8, MANY = 1 << 20 };

/* A peer that is welcome, with its allowance as after one frame. */
static int metered_peer(struct world *w, int64_t frames, int64_t bytes)
{
    w->acceptor.frames = frames;
    w->acceptor.bytes = bytes;
    int fd = raw_open_peer(w);
    UNTIL(w, w->server.messages == 1);
    w->server.conn->frames_left = frames;
    w->server.conn->bytes_left = bytes;
    w->server.messages = 0;
    return fd;
}

/* The last time that something was saved up was `ms` ago. */
static void saved_since(struct world *w, int64_t ms)
{
    uv_update_time(&w->loop);
    w->server.conn->metered_ms = (int64_t)uv_now(&w->loop) - ms;
}

/* Returns the bytes of a frame's body. */
static size_t send_frames(struct world *w, int fd, size_t n)
{
    size_t bytes = bye_frame(w, "a reason of some length");
    uint8_t all[MANY / 64];
    assert_true(n * bytes <= sizeof(all));
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * bytes, w->frame, bytes);
    raw_write(fd, all, n * bytes);
    return bytes - FRAME_HEADER_BYTES;
}

static void up_to_its_frames_a_peer_is_read_and_then_later(void **state)
{
    struct world *w = *state;
    int fd = metered_peer(w, FRAMES, MANY);
    send_frames(w, fd, FRAMES - 1);
    UNTIL(w, w->server.messages == FRAMES - 1);
    assert_false(w->server.conn->metered);
    saved_since(w, 0);
    send_frames(w, fd, 3); /* the last that it may, and two more */
    UNTIL(w, w->server.conn->metered);
    assert_int_equal(w->server.messages, FRAMES);
    assert_false(uv_is_readable((uv_stream_t *)&w->server.conn->tcp) &&
                 uv_is_active((uv_handle_t *)&w->server.conn->tcp));
    UNTIL(w, w->server.messages == FRAMES + 2); /* nothing is lost */
    send_frames(w, fd, 1);
    UNTIL(w, w->server.messages == FRAMES + 3); /* and it is read on */
    assert_int_equal(w->server.closed, 0);
    close(fd);
}

static void a_byte_more_than_was_sent_is_room(void **state)
{
    struct world *w = *state;
    size_t body = bye_frame(w, "a reason of some length") - FRAME_HEADER_BYTES;
    int fd = metered_peer(w, MANY, (int64_t)(4 * body) + 1);
    w->acceptor.bytes = 4; /* a byte in a quarter of a second: nothing is saved up */
    assert_int_equal(send_frames(w, fd, 4), body);
    UNTIL(w, w->server.messages == 4);
    assert_false(w->server.conn->metered);
    close(fd);
}

static void up_to_its_bytes_a_peer_is_read_and_then_later(void **state)
{
    struct world *w = *state;
    size_t body = bye_frame(w, "a reason of some length") - FRAME_HEADER_BYTES;
    int fd = metered_peer(w, MANY, (int64_t)(4 * body));
    w->acceptor.bytes = 4;
    saved_since(w, 0);
    send_frames(w, fd, 6);
    UNTIL(w, w->server.conn->metered);
    assert_int_equal(w->server.messages, 4);
    UNTIL(w, w->server.messages == 6);
    close(fd);
}

static void a_second_is_saved_up_and_no_more(void **state)
{
    struct world *w = *state;
    int fd = metered_peer(w, FRAMES, MANY);
    saved_since(w, 10 * 1000);
    send_frames(w, fd, FRAMES); /* the last one looks at the clock */
    UNTIL(w, w->server.messages == FRAMES);
    assert_false(w->server.conn->metered);
    assert_int_equal(w->server.conn->frames_left, FRAMES);
    saved_since(w, 0);
    send_frames(w, fd, FRAMES + 1);
    UNTIL(w, w->server.conn->metered);
    assert_int_equal(w->server.messages, 2 * FRAMES);
    close(fd);
}

static void without_a_bound_nothing_is_counted(void **state)
{
    struct world *w = *state;
    int fd = metered_peer(w, 0, 0);
    send_frames(w, fd, 100);
    UNTIL(w, w->server.messages == 100);
    assert_false(w->server.conn->metered);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(up_to_its_frames_a_peer_is_read_and_then_later),
        WORLD(a_byte_more_than_was_sent_is_room),
        WORLD(up_to_its_bytes_a_peer_is_read_and_then_later),
        WORLD(a_second_is_saved_up_and_no_more),
        WORLD(without_a_bound_nothing_is_counted),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, forget_pair);
}
