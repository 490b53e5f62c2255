// SPDX-License-Identifier: MIT
/*
 * Recorded frames of protocol 1 (tests/frames) against the current code: each frame
 * still has its meaning, also with unknown fields added.  Run from the project's root.
 */
#include <string.h>

#include "common/wire/frame.h"
#include "common/wire/wire.h"
#include "tests/lib/recorded.h"

static const char *const files[] = {
    "tests/frames/protocol-1",          "tests/frames/protocol-1-audits",
    "tests/frames/protocol-1-doubt",    "tests/frames/protocol-1-events",
    "tests/frames/protocol-1-rm",       "tests/frames/protocol-1-workers",
    "tests/frames/protocol-1-programs", "tests/frames/protocol-1-times",
    "tests/frames/protocol-1-anytime",  "tests/frames/protocol-1-excluded"};

static void every_recorded_frame_means_what_it_meant(void **state)
{
    (void)state;
    static struct recorded l;
    struct arena arena;
    struct msg m;
    arena_init(&arena, WIRE_BUDGET_BYTES);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        FILE *in = open_frames(files[i]);
        while (next_line(in, &l)) {
            decode(&l, &arena, &m);
            expect_meaning(l.name, &m, l.text);
        }
        fclose(in);
    }
    arena_release(&arena);
}

static void written_again(FILE *in, struct arena *arena, struct arena *scratch)
{
    static struct recorded l;
    static uint8_t out[FRAME_HEADER_BYTES + FRAME_BODY_MAX];
    struct msg m;
    while (next_line(in, &l)) {
        decode(&l, arena, &m);
        l.n = wire_encode(&m, scratch, out, sizeof(out));
        assert_true(l.n <= FRAME_BYTES);
        memcpy(l.frame, out, l.n);
        decode(&l, arena, &m);
        expect_meaning(l.name, &m, l.text);
    }
}

static void what_is_written_today_says_the_same(void **state)
{
    (void)state;
    struct arena arena, scratch;
    arena_init(&arena, WIRE_BUDGET_BYTES);
    arena_init(&scratch, 0);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        FILE *in = open_frames(files[i]);
        written_again(in, &arena, &scratch);
        fclose(in);
    }
    arena_release(&arena);
    arena_release(&scratch);
}

/* Of protocol 1: 14 messages, 14 requests, 9 replies; a later one may have more. */
static void every_kind_was_recorded(void **state)
{
    (void)state;
    static struct recorded l;
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

#define T(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_recorded_frame_means_what_it_meant),
        T(what_is_written_today_says_the_same),
        T(every_kind_was_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
