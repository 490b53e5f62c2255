// SPDX-License-Identifier: MIT
/* struct conn_loop without connections: deadlines, the end of a turn, spare buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/net/conn.h"
#include "common/net/conn_loop.h"

enum { MEMBERS = 3 };

struct member {
    struct heap_item deadline;
    struct ring turn_end;
    unsigned deadlines, turn_ends;
};

static struct {
    uv_loop_t uv;
    struct conn_loop *loop;
    struct member members[MEMBERS], *last;
    unsigned again;
} now;

static void on_deadline(struct heap_item *deadline)
{
    struct member *m = container_of(deadline, struct member, deadline);
    m->deadlines++;
    now.last = m;
    conn_loop_at_turn_end(now.loop, &m->turn_end);
}

static void on_turn_end(struct ring *turn_end)
{
    struct member *m = container_of(turn_end, struct member, turn_end);
    m->turn_ends++;
    if (now.again > 0) {
        now.again--;
        conn_loop_at_turn_end(now.loop, turn_end);
    }
}

static int setup(void **state)
{
    (void)state;
    memset(&now, 0, sizeof(now));
    uv_loop_init(&now.uv);
    now.loop = conn_loop_make(&now.uv, on_deadline, on_turn_end);
    for (size_t i = 0; i < MEMBERS; i++)
        ring_init(&now.members[i].turn_end);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    uv_run(&now.uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&now.uv), 0);
    return 0;
}

static void without_connections_it_keeps_no_loop_running(void **state)
{
    (void)state;
    assert_int_equal(uv_run(&now.uv, UV_RUN_DEFAULT), 0);
    conn_loop_join(now.loop);
    conn_loop_deadline_in(now.loop, &now.members[0].deadline, 3600 * 1000);
    assert_int_not_equal(uv_run(&now.uv, UV_RUN_NOWAIT), 0);
    conn_loop_deadline_none(now.loop, &now.members[0].deadline);
    conn_loop_leave(now.loop);
    assert_int_equal(uv_run(&now.uv, UV_RUN_DEFAULT), 0);
    conn_loop_free(now.loop);
}

static void it_ends_with_the_last_connection(void **state)
{
    (void)state;
    conn_loop_join(now.loop);
    conn_loop_join(now.loop);
    conn_loop_free(now.loop);
    conn_loop_leave(now.loop);
    assert_int_not_equal(uv_run(&now.uv, UV_RUN_NOWAIT), 0);
    conn_loop_leave(now.loop);
}

static void deadlines_come_in_their_order_and_once(void **state)
{
    static const int64_t ms[MEMBERS] = {20, 1, -5}; /* no sooner than the next turn */
    (void)state;
    conn_loop_join(now.loop);
    for (size_t i = 0; i < MEMBERS; i++)
        conn_loop_deadline_in(now.loop, &now.members[i].deadline, ms[i]);
    conn_loop_deadline_none(now.loop, &now.members[1].deadline);
    while (!now.members[0].turn_ends)
        uv_run(&now.uv, UV_RUN_NOWAIT);
    assert_ptr_equal(now.last, &now.members[0]);
    assert_int_equal(now.members[0].deadlines, 1);
    assert_int_equal(now.members[1].deadlines, 0);
    assert_int_equal(now.members[2].deadlines, 1);
    conn_loop_leave(now.loop);
    conn_loop_free(now.loop);
}

static void a_turn_ends_once_for_each_that_asked(void **state)
{
    (void)state;
    conn_loop_join(now.loop);
    conn_loop_at_turn_end(now.loop, &now.members[0].turn_end);
    conn_loop_at_turn_end(now.loop, &now.members[0].turn_end);
    conn_loop_at_turn_end(now.loop, &now.members[1].turn_end);
    now.again = 1; /* who asks within has it in the same turn */
    uv_run(&now.uv, UV_RUN_NOWAIT);
    assert_int_equal(now.members[0].turn_ends + now.members[1].turn_ends, 3);
    assert_int_equal(now.members[2].turn_ends, 0);
    uv_run(&now.uv, UV_RUN_NOWAIT);
    assert_int_equal(now.members[0].turn_ends + now.members[1].turn_ends, 3);
    conn_loop_leave(now.loop);
    conn_loop_free(now.loop);
}

/* So many, and of so many bytes together; what is more is freed. */
static void spare_buffers_are_bounded(void **state)
{
    static struct buffers spare;
    struct buffer many[2 * SPARE_BUFFERS];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        many[i] = buffers_take(&spare, 16);
    for (size_t i = 0; i < ARRAY_SIZE(many); i++)
        buffers_give(&spare, &many[i]);
    assert_int_equal(spare.n, SPARE_BUFFERS);
    assert_int_equal(spare.bytes, 16 * SPARE_BUFFERS);
    while (spare.n > 0) {
        struct buffer b = buffers_take(&spare, 16);
        free(b.bytes);
    }
    assert_int_equal(spare.bytes, 0);
    enum { LARGE = SPARE_BYTES / 4 };
    for (size_t i = 0; i < 5; i++)
        many[i] = buffers_take(&spare, LARGE);
    for (size_t i = 0; i < 5; i++)
        buffers_give(&spare, &many[i]);
    assert_int_equal(spare.n, 4);
    assert_int_equal(spare.bytes, SPARE_BYTES);
    while (spare.n > 0) {
        struct buffer b = buffers_take(&spare, 1);
        assert_int_equal(b.capacity, LARGE);
        free(b.bytes);
    }
}

int main(void)
{
#define LOOP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        LOOP(without_connections_it_keeps_no_loop_running),
        LOOP(it_ends_with_the_last_connection),
        LOOP(deadlines_come_in_their_order_and_once),
        LOOP(a_turn_ends_once_for_each_that_asked),
        cmocka_unit_test(spare_buffers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
