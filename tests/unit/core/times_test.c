// SPDX-License-Identifier: MIT
/* When jobs were submitted, began and ended, and workers came: by the clock on the
 * wall, which is shown and decides nothing. */
#include "tests/lib/coord_fleet.h"

#define WALL INT64_C(1800000000000)

static struct worker_view seen;

static void take(void *ctx, const struct msg_reply *r)
{
    (void)ctx;
    seen = r->workers.workers[0];
}

static struct worker_view look(struct rig *r)
{
    struct arena memory;
    struct msg m = rig_request(REQUEST_WORKERS, 0);
    arena_init(&memory, 0);
    assert_true(coord_query(r->coord, r->now_ms, &m.request, &memory, take, NULL));
    arena_release(&memory);
    return seen;
}

static void expect_times(struct rig *r, uint64_t job, int64_t submitted,
                         int64_t started, int64_t ended)
{
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.submitted_ms, submitted);
    assert_int_equal(v.started_ms, started);
    assert_int_equal(v.ended_ms, ended);
}

static void a_job_has_three_times(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    r->wall_ahead_ms = WALL;
    int64_t submitted = r->now_ms + WALL;
    uint64_t job = rig_job(r, 2 * UNIT);
    expect_times(r, job, submitted, 0, 0);
    rig_wait(r, 700);
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    int64_t started = r->now_ms + WALL;
    expect_times(r, job, submitted, started, 0);
    rig_wait(r, 500);
    rig_report(r, rig_held(r, one), 1);
    rig_settle(r);
    rig_report(r, rig_held(r, one), 1);
    int64_t ended = r->now_ms + WALL;
    expect_times(r, job, submitted, started, 0); /* not durable yet */
    rig_settle(r);
    rig_wait(r, 900);
    expect_times(r, job, submitted, started, ended);
    rig_restart(r); /* all three were kept */
    expect_times(r, job, submitted, started, ended);
    /* It goes on, and then ends again. */
    struct msg more = rig_request(REQUEST_EXTEND, job);
    more.request.trials = 3 * UNIT;
    rig_ask(r, more);
    one = rig_join(r, 1);
    rig_settle(r);
    expect_times(r, job, submitted, started, 0);
    rig_wait(r, 20);
    rig_work(r);
    rig_settle(r);
    expect_times(r, job, submitted, started, r->now_ms + WALL);
    rig_free(r);
}

/* Who had begun before anybody said what time it is never gets a beginning. */
static void what_is_not_known_is_not_made_up(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 2 * UNIT), other = rig_job(r, UNIT);
    rig_ask(r, rig_request(REQUEST_PAUSE, other));
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, one), 1);
    rig_settle(r);
    assert_int_equal(look(r).joined_ms + look(r).seen_ms, 0);
    r->wall_ahead_ms = WALL;
    rig_restart(r);
    rig_ask(r, rig_request(REQUEST_RESUME, other));
    rig_join(r, 1);
    rig_settle(r);
    rig_work(r);
    rig_settle(r);
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.state, JOB_DONE);
    assert_int_equal(v.submitted_ms + v.started_ms, 0);
    assert_true(v.ended_ms > WALL);
    v = rig_view(r, other);
    assert_int_equal(v.submitted_ms, 0);
    assert_true(v.started_ms > WALL);
    rig_free(r);
}

static void a_worker_has_come_and_was_last_seen(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    r->wall_ahead_ms = WALL;
    int64_t came = r->now_ms + WALL;
    conn_id one = rig_join(r, 1);
    rig_wait(r, 3000);
    rig_beat(r, one);
    assert_int_equal(look(r).joined_ms, came);
    assert_int_equal(look(r).seen_ms, came + 3000);
    r->beats[one] = false;
    rig_wait(r, 1700);
    assert_int_equal(look(r).seen_ms, came + 3000);
    rig_lost(r, one);
    rig_wait(r, 1000);
    rig_join(r, 1); /* the same, back */
    assert_int_equal(look(r).joined_ms, came);
    assert_int_equal(look(r).seen_ms, came + 5700);
    rig_free(r);
}

/* Running time goes on whether or not anything is counted. */
static void running_time_is_that_of_the_moment(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 2 * UNIT);
    conn_id one = rig_join(r, 1);
    rig_settle(r);
    rig_lost(r, one);
    rig_wait(r, 60000);
    assert_int_equal(rig_view(r, job).elapsed_ms, 60000);
    rig_ask(r, rig_request(REQUEST_PAUSE, job));
    rig_wait(r, 60000);
    assert_int_equal(rig_view(r, job).elapsed_ms, 60000);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_has_three_times),
        cmocka_unit_test(what_is_not_known_is_not_made_up),
        cmocka_unit_test(a_worker_has_come_and_was_last_seen),
        cmocka_unit_test(running_time_is_that_of_the_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
