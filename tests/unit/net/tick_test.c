// SPDX-License-Identifier: MIT
/* When the core gets its ticks, on a clock that the test moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/log.h"
#include "server/net/tick.h"
#include "tests/lib/caught.h"
#include "tests/lib/clock.h"

static uv_loop_t loop;
static struct tick tick;
static unsigned ticks, ends, closed;
static int64_t next_ms, busy_ms;
static int slot[2]; /* a pipe that the loop reads */
static uv_poll_t poll_;
static unsigned read_at; /* number of ticks when it was read */

static void on_deadline(void *ctx)
{
    assert_ptr_equal(ctx, &tick);
    assert_true((int64_t)uv_now(&loop) >= tick.deadline_ms);
    ticks++;
    tick.deadline_ms = (int64_t)uv_now(&loop) + next_ms;
}

static void on_end(void *ctx)
{
    (void)ctx;
    ends++;
    if (busy_ms) {
        clock_leap(busy_ms);
        uv_update_time(&loop);
    }
}

static int begin(void **state)
{
    (void)state;
    ticks = ends = closed = 0;
    busy_ms = 0;
    next_ms = 1000;
    uv_loop_init(&loop);
    tick = (struct tick){.deadline_ms = 0};
    tick_open(&tick, &loop, on_deadline, on_end, &tick);
    return 0;
}

static void on_closed(uv_handle_t *h)
{
    assert_ptr_equal(h->data, &closed);
    closed++;
}

static int end(void **state)
{
    (void)state;
    tick_close(&tick, &closed, on_closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(closed, TICK_HANDLES);
    return uv_loop_close(&loop);
}

static void turn(int64_t forward_ms)
{
    clock_leap(forward_ms);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void a_tick_comes_at_its_deadline_and_not_before(void **state)
{
    (void)state;
    turn(1);
    assert_int_equal(ticks, 1); /* the first within a millisecond */
    for (unsigned i = 1; i <= 3; i++) {
        turn(next_ms - 500);
        assert_int_equal(ticks, i);
        turn(500);
        assert_int_equal(ticks, i + 1);
        turn(0);
        assert_int_equal(ticks, i + 1);
    }
    assert_int_equal(ends, 10);
}

/* Though nothing else happens. */
static void the_loop_wakes_for_it_each_time(void **state)
{
    (void)state;
    next_ms = 5;
    for (unsigned i = 1; i <= 3; i++)
        while (ticks < i)
            uv_run(&loop, UV_RUN_ONCE);
    assert_true(ends < 30); /* it does not spin */
}

static void a_deadline_that_moves_nearer_is_met(void **state)
{
    (void)state;
    turn(1);
    turn(0); /* the timer is set for a second */
    tick.deadline_ms = (int64_t)uv_now(&loop) + 10;
    turn(0);
    turn(10);
    assert_int_equal(ticks, 2);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    char byte;
    (void)poll, (void)status, (void)events;
    read_at = ticks;
    assert_int_equal(read(slot[0], &byte, 1), 1);
}

/* Whatever was ready is read before a tick judges who is late. */
static void what_is_ready_goes_before_a_tick(void **state)
{
    (void)state;
    turn(1);
    assert_int_equal(pipe(slot), 0);
    uv_poll_init(&loop, &poll_, slot[0]);
    uv_poll_start(&poll_, UV_READABLE, on_readable);
    turn(0);
    read_at = 99;
    assert_int_equal(write(slot[1], "x", 1), 1);
    turn(20000); /* the process stood still */
    assert_int_equal(read_at, 1);
    assert_int_equal(ticks, 2);
    uv_close((uv_handle_t *)&poll_, NULL);
    turn(0);
    close(slot[0]);
    close(slot[1]);
}

static void a_slow_turn_is_told_at_debug(void **state)
{
    int ms = 0;
    (void)state;
    log_set(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
    turn(1);
    busy_ms = 700;
    turn(0);
    caught_begin(STDERR_FILENO);
    turn(0);
    const char *said = strstr(caught_end(STDERR_FILENO), "slow turn of the loop ms=");
    log_set(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    assert_non_null(said);
    assert_int_equal(sscanf(said, "slow turn of the loop ms=%d ", &ms), 1);
    assert_true(ms >= 700);
}

/* By what was done, whatever it was waited for. */
static void turns_are_measured_without_their_waits(void **state)
{
    uint64_t n = 0;
    (void)state;
    turn(1);
    busy_ms = 700;
    turn(0);
    busy_ms = 0;
    turn(0);
    assert_int_equal(tick.turns.counts[8], 1); /* up to a second */
    clock_release();
    tick.turns = (struct histogram){{0}, 0};
    uint64_t begun_ns = tick.turned_ns, idle_ns = tick.idle_ns;
    next_ms = 5;
    while (ticks < 4)
        uv_run(&loop, UV_RUN_ONCE);
    for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
        n += tick.turns.counts[i];
    assert_in_range(n, 3, 60);
    assert_true(tick.idle_ns > idle_ns);
    assert_true(tick.turns.sum_us * 1000 <=
                tick.turned_ns - begun_ns - (tick.idle_ns - idle_ns));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_tick_comes_at_its_deadline_and_not_before),
        TEST(the_loop_wakes_for_it_each_time),
        TEST(a_deadline_that_moves_nearer_is_met),
        TEST(what_is_ready_goes_before_a_tick),
        TEST(a_slow_turn_is_told_at_debug),
        TEST(turns_are_measured_without_their_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
