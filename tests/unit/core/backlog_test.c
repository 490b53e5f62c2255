// SPDX-License-Identifier: MIT
/* The work that waits: in trials, in threads that are wanted for it, in time. */
#include <math.h>

#include "tests/lib/coord_fleet.h"

static void take(void *ctx, const struct msg_reply *r)
{
    *(struct waiting_view *)ctx = r->status.waiting;
}

static struct waiting_view waiting(struct rig *r)
{
    struct waiting_view w;
    struct arena memory;
    struct msg m = rig_request(REQUEST_STATUS, 0);
    arena_init(&memory, 0);
    assert_true(coord_query(r->coord, r->now_ms, &m.request, &memory, take, &w));
    arena_release(&memory);
    return w;
}

static void nothing_waits_where_nothing_is_open(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct waiting_view w = waiting(r);
    assert_int_equal(w.trials, 0);
    assert_int_equal(w.threads, 0);
    assert_true(w.seconds >= 0 && w.seconds <= 0);
    rig_free(r);
}

static void what_several_jobs_need_is_one_sum(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t paused = rig_job(r, 7 * UNIT);
    rig_job(r, 3 * UNIT);
    uint64_t large = rig_job(r, UINT64_C(20000000000));
    rig_ask(r, rig_request(REQUEST_PAUSE, paused));
    struct waiting_view w = waiting(r);
    assert_int_equal(w.trials, 3 * UNIT + UINT64_C(20000000000));
    /* picoord alone would take 100 s for the large one; and one for the small. */
    assert_int_equal(w.threads, 10 + 1);
    assert_true(isnan(w.seconds)); /* nobody is here */
    rig_ask(r, rig_request(REQUEST_CANCEL, large));
    assert_int_equal(waiting(r).trials, 3 * UNIT);
    rig_free(r);
}

static void what_is_counted_waits_no_longer(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 4 * UNIT);
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    assert_int_equal(waiting(r).trials, 4 * UNIT); /* what is leased, too */
    rig_report(r, rig_held(r, one), 1);
    assert_int_equal(waiting(r).trials, 4 * UNIT); /* not durable yet */
    rig_settle(r);
    assert_int_equal(waiting(r).trials, 3 * UNIT);
    rig_work(r);
    struct waiting_view w = waiting(r);
    assert_int_equal(w.trials + w.threads, 0);
    rig_free(r);
}

/* A thread is wanted for each ten seconds of work, at the pace that is seen. */
static void threads_are_wanted_by_the_pace_that_is_seen(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 1000 * UNIT);
    conn_id one = rig_join_wide(r, 1, 2);
    rig_settle(r);
    for (int i = 0; i < 4; i++)
        rig_works(r, one, UNIT, UNIT); /* a unit a second */
    struct waiting_view w = waiting(r);
    assert_int_equal(w.trials, 996 * UNIT);
    assert_in_range(w.threads, 95, 205); /* two threads take turns with it */
    assert_true(w.seconds > 10 * (w.threads - 1) / 2.0 &&
                w.seconds <= 10 * w.threads / 2.0);
    rig_free(r);
}

static void a_standard_error_is_a_number_of_trials(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg m = rig_submission(1, STOP_STDERR, 0);
    m.request.submit.until_stderr = 1e-3;
    rig_ask(r, m);
    assert_in_range(waiting(r).trials, 2700000, 2701000); /* 2.7 / 1e-6 */
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, one), 1);
    rig_settle(r);
    assert_in_range(waiting(r).trials, UNIT, 4000000);
    rig_free(r);
}

/* In its own trials, of which picoord is taken to do 16 a second where nobody does. */
static void a_programs_trials_are_its_own(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg m = rig_submission(++r->requests, STOP_TRIALS, 16 * 30);
    m.request.submit.program = "walk";
    m.request.submit.arg = "";
    m.request.submit.scale = 1;
    rig_ask(r, m);
    struct waiting_view w = waiting(r);
    assert_int_equal(w.trials, 16 * 30);
    assert_int_equal(w.threads, 3);
    m.request.submit.request[0] = 9;
    m.request.submit.rule = STOP_STDERR;
    m.request.submit.trials = 0;
    m.request.submit.until_stderr = 0.01;
    rig_ask(r, m);
    assert_int_equal(waiting(r).trials, 16 * 30); /* nobody knows how many more */
    assert_int_equal(waiting(r).threads, 3 + 1);
    rig_free(r);
}

static void until_a_time_is_over_all_threads_are_wanted(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg m = rig_submission(1, STOP_TIME, 0);
    m.request.submit.for_ms = 30000;
    rig_ask(r, m);
    struct waiting_view w = waiting(r);
    assert_int_equal(w.trials, 0); /* at no rate */
    assert_int_equal(w.threads, 65536);
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    for (int i = 0; i < 4; i++)
        rig_works(r, one, UNIT, UNIT);
    w = waiting(r);
    assert_true(w.seconds > 24 && w.seconds < 27);
    assert_true(w.trials > 10 * UNIT && w.trials < 40 * UNIT);
    rig_job(r, UNIT);
    assert_int_equal(waiting(r).threads, 65536);
    r->now_ms += 500; /* and time goes on between steps */
    assert_true(waiting(r).seconds < w.seconds);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_where_nothing_is_open),
        cmocka_unit_test(what_several_jobs_need_is_one_sum),
        cmocka_unit_test(what_is_counted_waits_no_longer),
        cmocka_unit_test(threads_are_wanted_by_the_pace_that_is_seen),
        cmocka_unit_test(a_standard_error_is_a_number_of_trials),
        cmocka_unit_test(a_programs_trials_are_its_own),
        cmocka_unit_test(until_a_time_is_over_all_threads_are_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
