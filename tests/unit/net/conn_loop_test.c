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

int main(void)
{
#define LOOP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        LOOP(without_connections_it_keeps_no_loop_running),
        LOOP(it_ends_with_the_last_connection),
        LOOP(deadlines_come_in_their_order_and_once),
        LOOP(a_turn_ends_once_for_each_that_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
