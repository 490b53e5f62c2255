// SPDX-License-Identifier: MIT
/*
 * A stream of bytes gives the same frames, however it is split into reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/frame.h"

enum { STREAM_MAX = 1 << 20, BODY_MAX = 65535 };

/* Frames laid end to end.  Byte i of a body of n bytes is (n + i) mod 256. */
struct sse_stream {
    uint8_t bytes[STREAM_MAX];
    size_t n;
    size_t bodies[4096];
    size_t n_bodies;
};

static struct sse_stream *sse_stream_new(const size_t *bodies, size_t n)
{
    struct sse_stream *s = mem_zero(1, sizeof(*s));
    for (size_t k = 0; k < n; k++) {
        size_t body = bodies[k];
        assert_true(s->n + 4 + body <= STREAM_MAX);
        s->bytes[s->n + 2] = (uint8_t)(body >> 8);
        s->bytes[s->n + 3] = (uint8_t)body;
        s->n += 4;
        for (size_t i = 0; i < body; i++)
            s->bytes[s->n++] = (uint8_t)(body + i);
        s->bodies[s->n_bodies++] = body;
    }
    return s;
}

/* Reads at most `most` bytes of [from, to) as a socket would. */
static size_t feed(struct frame_reader *r, const uint8_t *from, const uint8_t *to,
                   size_t most)
{
    size_t room;
    uint8_t *at = frame_reader_room(r, &room);
    assert_non_null(at);
    assert_true(room >= 1);
    size_t n = (size_t)(to - from);
    n = n < room ? n : room;
    n = n < most ? n : most;
    memcpy(at, from, n);
    frame_reader_filled(r, n);
    return n;
}

/* Takes every whole frame; each must be the next of the stream. */
static void drain(struct frame_reader *r, const struct sse_stream *s, size_t *next)
{
    const uint8_t *body;
    size_t n;
    enum frame_status status;
    while ((status = frame_next(r, &body, &n)) == FRAME_READY) {
        assert_true(*next < s->n_bodies);
        assert_int_equal(n, s->bodies[*next]);
        for (size_t i = 0; i < n; i++)
            if (body[i] != (uint8_t)(n + i))
                fail_msg("frame %zu differs at byte %zu", *next, i);
        (*next)++;
    }
    assert_int_equal(status, FRAME_NONE);
}

/* Gives the bytes [from, to) in reads of at most `most`. */
static void give(struct frame_reader *r, const struct sse_stream *s, size_t from,
                 size_t to, size_t most, size_t *next)
{
    while (from < to) {
        from += feed(r, s->bytes + from, s->bytes + to, most);
        drain(r, s, next);
    }
}

static void any_split_gives_the_same_frames(void **state)
{
    (void)state;
    const size_t bodies[] = {1, 2, 10, 1, 300};
    struct sse_stream *s = sse_stream_new(bodies, ARRAY_SIZE(bodies));
    for (size_t a = 0; a <= s->n; a++) {
        for (size_t b = a; b <= s->n; b++) {
            struct frame_reader r;
            size_t next = 0;
            frame_reader_init(&r, BODY_MAX);
            give(&r, s, 0, a, SIZE_MAX, &next);
            give(&r, s, a, b, SIZE_MAX, &next);
            give(&r, s, b, s->n, SIZE_MAX, &next);
            assert_int_equal(next, s->n_bodies);
            frame_reader_release(&r);
        }
    }
    free(s);
}

static void any_size_of_reads_gives_the_same_frames(void **state)
{
    (void)state;
    const size_t bodies[] = {65535, 1,     1023, 65535, 508,  507,
                             509,   20000, 3,    65531, 40000};
    const size_t reads[] = {1, 3, 511, 512, 513, 4096, 65539, SIZE_MAX};
    struct sse_stream *s = sse_stream_new(bodies, ARRAY_SIZE(bodies));
    for (size_t k = 0; k < ARRAY_SIZE(reads); k++) {
        struct frame_reader r;
        size_t next = 0;
        frame_reader_init(&r, BODY_MAX);
        give(&r, s, 0, s->n, reads[k], &next);
        assert_int_equal(next, s->n_bodies);
        frame_reader_release(&r);
    }
    free(s);
}

static void an_empty_frame_is_bad(void **state)
{
    (void)state;
    struct frame_reader r;
    const uint8_t *body;
    size_t n;
    frame_reader_init(&r, BODY_MAX);
    static const uint8_t zero[4];
    feed(&r, zero, zero + 3, SIZE_MAX);
    assert_int_equal(frame_next(&r, &body, &n), FRAME_NONE);
    feed(&r, zero, zero + 1, SIZE_MAX);
    assert_int_equal(frame_next(&r, &body, &n), FRAME_BAD);
    assert_int_equal(frame_next(&r, &body, &n), FRAME_BAD);
    frame_reader_release(&r);
}

/* What the reader says after these bytes. */
static enum frame_status status_after(const char *bytes, size_t n, size_t body_max)
{
    struct frame_reader r;
    const uint8_t *body;
    frame_reader_init(&r, body_max);
    feed(&r, (const uint8_t *)bytes, (const uint8_t *)bytes + n, SIZE_MAX);
    enum frame_status status = frame_next(&r, &body, &n);
    frame_reader_release(&r);
    return status;
}

static void an_over_long_frame_is_bad_before_its_body_comes(void **state)
{
    (void)state;
    assert_int_equal(status_after("\0\0\x04\0", 4, 1024), FRAME_NONE);
    assert_int_equal(status_after("\0\0\x04\x01", 4, 1024), FRAME_BAD);
    assert_int_equal(status_after("\0\0\xff\xff", 4, 65535), FRAME_NONE);
    assert_int_equal(status_after("\0\1\0\0", 4, 65535), FRAME_BAD);
}

static void what_is_no_frame_is_bad_at_its_first_byte(void **state)
{
    (void)state;
    assert_int_equal(status_after("", 0, 65535), FRAME_NONE);
    assert_int_equal(status_after("\0", 1, 65535), FRAME_NONE);
    assert_int_equal(status_after("G", 1, 65535), FRAME_BAD);
    assert_int_equal(status_after("\x16", 1, 65535), FRAME_BAD);
    assert_int_equal(status_after("s", 1, 65535), FRAME_BAD);
    assert_int_equal(status_after("\0\1", 2, 65535), FRAME_BAD);
    assert_int_equal(status_after("\0\0\x05", 3, 1024), FRAME_BAD);
}

static void a_bad_stream_may_still_be_read_and_takes_no_more_memory(void **state)
{
    (void)state;
    struct frame_reader r;
    const uint8_t *body;
    size_t n;
    frame_reader_init(&r, 1024);
    uint8_t noise[4096];
    memset(noise, 'x', sizeof(noise));
    for (int i = 0; i < 1000; i++) {
        feed(&r, noise, noise + sizeof(noise), SIZE_MAX);
        assert_int_equal(frame_next(&r, &body, &n), FRAME_BAD);
    }
    assert_true(r.capacity <= 1028);
    frame_reader_release(&r);
}

static void the_limit_may_be_raised_after_welcome(void **state)
{
    (void)state;
    const size_t bodies[] = {1024, 65535};
    struct sse_stream *s = sse_stream_new(bodies, ARRAY_SIZE(bodies));
    struct frame_reader r;
    size_t next = 0;
    frame_reader_init(&r, 1024);
    give(&r, s, 0, 1028, 100, &next);
    assert_int_equal(next, 1);
    r.body_max = BODY_MAX;
    give(&r, s, 1028, s->n, SIZE_MAX, &next);
    assert_int_equal(next, 2);
    frame_reader_release(&r);
    free(s);
}

static void an_idle_connection_costs_little(void **state)
{
    (void)state;
    size_t bodies[100];
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
        bodies[i] = 40;
    struct sse_stream *s = sse_stream_new(bodies, ARRAY_SIZE(bodies));
    struct frame_reader r;
    size_t next = 0;
    frame_reader_init(&r, BODY_MAX);
    give(&r, s, 0, s->n, 44, &next);
    assert_int_equal(next, ARRAY_SIZE(bodies));
    assert_true(r.capacity <= 512);
    frame_reader_release(&r);
    free(s);
}

static void a_busy_connection_gets_many_frames_a_read(void **state)
{
    (void)state;
    static size_t bodies[4096];
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
        bodies[i] = 200;
    struct sse_stream *s = sse_stream_new(bodies, ARRAY_SIZE(bodies));
    struct frame_reader r;
    size_t next = 0, reads = 0;
    frame_reader_init(&r, BODY_MAX);
    for (size_t at = 0; at < s->n; reads++) {
        at += feed(&r, s->bytes + at, s->bytes + s->n, SIZE_MAX);
        drain(&r, s, &next);
    }
    assert_int_equal(next, ARRAY_SIZE(bodies));
    assert_true(r.capacity <= 4 + BODY_MAX);
    assert_in_range(reads, 13, 30); /* 816 KiB by 64 KiB, after seven doublings */
    frame_reader_release(&r);
    free(s);
}

/* A reader of frames that never fit evenly moves no more bytes than it hands out. */
static void moving_is_paid_for(void **state)
{
    (void)state;
    const size_t bodies[] = {600, 700, 800, 900, 650, 750, 850, 950};
    struct sse_stream *s = sse_stream_new(bodies, ARRAY_SIZE(bodies));
    struct frame_reader r;
    size_t next = 0, moved = 0;
    frame_reader_init(&r, 1024);
    for (size_t at = 0; at < s->n;) {
        size_t start = r.start, held = r.end - r.start, room;
        frame_reader_room(&r, &room);
        if (held > 0 && r.start != start)
            moved += held;
        at += feed(&r, s->bytes + at, s->bytes + s->n, 333);
        drain(&r, s, &next);
    }
    assert_int_equal(next, ARRAY_SIZE(bodies));
    assert_true(moved > 0);
    assert_true(moved <= s->n);
    frame_reader_release(&r);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_split_gives_the_same_frames),
        cmocka_unit_test(any_size_of_reads_gives_the_same_frames),
        cmocka_unit_test(an_empty_frame_is_bad),
        cmocka_unit_test(an_over_long_frame_is_bad_before_its_body_comes),
        cmocka_unit_test(what_is_no_frame_is_bad_at_its_first_byte),
        cmocka_unit_test(a_bad_stream_may_still_be_read_and_takes_no_more_memory),
        cmocka_unit_test(the_limit_may_be_raised_after_welcome),
        cmocka_unit_test(an_idle_connection_costs_little),
        cmocka_unit_test(a_busy_connection_gets_many_frames_a_read),
        cmocka_unit_test(moving_is_paid_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
