// SPDX-License-Identifier: MIT
/*
 * The three stop rules of a job, and extending a finished job.
 */
#include "common/base/estimate.h"
#include "server/core/ledger.h"
#include "tests/lib/coord_fleet.h"

/* ---- a number of trials ---- */

static void a_job_of_any_number_of_trials_counts_each_once(void **state)
{
    (void)state;
    static const uint64_t trials[] = {1, 5, UNIT - 1, UNIT, UNIT + 1, 33 * UNIT + 7};
    struct rig *r = rig_new(rig_config());
    rig_join(r, 1);
    rig_join(r, 2);
    for (size_t i = 0; i < ARRAY_SIZE(trials); i++) {
        uint64_t job = rig_job(r, trials[i]);
        rig_settle(r);
        rig_work(r);
        rig_expect_done(r, job, trials[i]);
        assert_int_equal(disk_job(&r->disk, job)->job_.state, JOB_DONE);
        assert_int_equal(disk_count(&r->disk, RECORD_ANSWER, job), 1);
    }
    rig_free(r);
}

static void a_job_is_done_only_when_that_is_durable(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    assert_null(rig_note(r, EVENT_JOB_DONE));
    assert_int_equal(rig_view(r, job).state, JOB_RUNNING);
    rig_durable(r);
    assert_int_equal(rig_note(r, EVENT_JOB_DONE)->job.number, job);
    rig_expect_done(r, job, UNIT);
    rig_free(r);
}

/* ---- a standard error ---- */

static struct msg until(uint8_t request, double stderr_)
{
    struct msg m = rig_submission(request, STOP_STDERR, 0);
    m.request.submit.until_stderr = stderr_;
    return m;
}

static void what_all_trials_do_not_reach_is_refused(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_expect_error(r, until(1, 7.6e-10), ERROR_BAD_REQUEST);
    rig_message(r, CONN_LOCAL, until(2, ESTIMATE_STDERR_LEAST));
    rig_settle(r);
    assert_int_equal(rig_view(r, 1).state, JOB_QUEUED);
    rig_free(r);
}

static uint64_t least_checkpoint(double stderr_)
{
    for (size_t cell = 1;; cell++) {
        uint64_t c = cell_first(cell);
        if (estimate_stderr_reached(truth(0, c), c, stderr_))
            return c;
    }
}

/* Workers in any number report in any order; some vanish. */
static void work_somehow(struct rig *r, uint64_t job, uint64_t seed)
{
    struct rng rng = seeded(seed);
    conn_id conn[6] = {0};
    for (step_now = 0; rig_view(r, job).state != JOB_DONE; step_now++) {
        HOLDS(step_now < 20000);
        size_t i = (size_t)rng_below(&rng, ARRAY_SIZE(conn));
        if (!conn[i] || rng_below(&rng, 40) == 0) {
            if (conn[i])
                rig_lost(r, conn[i]);
            conn[i] = rig_join(r, 100 * seed + step_now);
        } else if (rig_grants_of(r, conn[i])) {
            struct agent_grant *h = rig_held(r, conn[i]);
            rig_report(r, h, h->computing & rng_next(&rng));
        }
        if (r->storing && rng_below(&rng, 2))
            rig_durable(r);
    }
}

static void the_least_checkpoint_is_taken_whatever_the_fleet_was(void **state)
{
    (void)state;
    static const double errors[] = {1e-2, 1.1e-3, 9e-4};
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct coord_config config = rig_config();
        config.grant_leases = 1 + (uint32_t)seed % 16;
        struct rig *r = rig_new(config);
        double error = errors[seed % ARRAY_SIZE(errors)];
        uint64_t job = rig_ask(r, until(1, error)).number;
        assert_int_equal(rig_view(r, job).trials, 0);
        work_somehow(r, job, seed);
        rig_expect_done(r, job, least_checkpoint(error));
        rig_free(r);
    }
}

static void what_is_shown_on_the_way_is_the_prefix(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_ask(r, until(1, 1e-3)).number;
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    rig_report(r, rig_held(r, b), 1);
    rig_settle(r);
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.done, 0);
    assert_int_equal(v.surplus, UNIT);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    v = rig_view(r, job);
    assert_int_equal(v.done, 2 * UNIT);
    assert_int_equal(v.hits, truth(0, 2 * UNIT));
    assert_int_equal(v.surplus, 0);
    rig_free(r);
}

/* ---- a running time ---- */

static struct msg for_time(uint8_t request, int64_t for_ms)
{
    struct msg m = rig_submission(request, STOP_TIME, 0);
    m.request.submit.for_ms = for_ms;
    return m;
}

static void leasing_stops_when_the_time_is_over(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_ask(r, for_time(1, 3000)).number;
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    for (int i = 0; i < 4; i++) {
        rig_report(r, rig_held(r, a), 1);
        rig_settle(r);
    }
    rig_wait(r, 2900);
    size_t grants = rig_grants_of(r, a);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, a), grants + 1);
    rig_wait(r, 200);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, a), grants + 1);     /* no more */
    assert_int_equal(rig_view(r, job).state, JOB_RUNNING); /* worker 2 has one out */
    rig_report(r, rig_held(r, b), 1);
    rig_settle(r);
    rig_wait(r, 100);
    rig_settle(r);
    rig_expect_done(r, job, 7 * UNIT);
    rig_free(r);
}

static void leases_that_are_out_get_ten_seconds(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_ask(r, for_time(1, 1000)).number;
    rig_join(r, 3);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    rig_lost(r, b); /* unit 2; worker 3 keeps unit 0, worker 1 does the others */
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    int64_t start_ms = r->now_ms;
    while (!r->storing && r->now_ms < start_ms + 30000)
        rig_wait(r, 10);
    rig_settle(r);
    assert_in_range(r->now_ms - start_ms, 10500, 11500);
    /* Unit 0 never came, so not one trial is a prefix. */
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.state, JOB_FAILED);
    assert_string_equal(v.reason, "its time was over before a trial was counted");
    rig_free(r);
}

static void the_answer_is_the_prefix_that_is_complete(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_ask(r, for_time(1, 1000)).number;
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1); /* unit 0; then 2 and 3, while 1 stays out */
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    assert_int_equal(rig_held(r, b)->first, UNIT);
    for (int i = 0; i < 130 && !r->storing; i++)
        rig_wait(r, 100);
    rig_settle(r);
    rig_expect_done(r, job, UNIT);
    assert_int_equal(rig_view(r, job).surplus, 2 * UNIT);
    struct msg more = rig_request(REQUEST_EXTEND, job);
    more.request.trials = 9 * UNIT;
    rig_ask(r, more); /* now by a number of trials */
    rig_settle(r);
    rig_work(r);
    rig_expect_done(r, job, 9 * UNIT);
    rig_free(r);
}

static void pauses_and_downtime_are_no_running_time(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_ask(r, for_time(1, 5000)).number;
    rig_wait(r, 20000); /* nobody has come yet */
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_wait(r, 2000);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    assert_in_range(rig_view(r, job).elapsed_ms, 1900, 2100);
    rig_ask(r, rig_request(REQUEST_PAUSE, job));
    rig_wait(r, 60000);
    rig_ask(r, rig_request(REQUEST_RESUME, job));
    rig_settle(r);
    assert_in_range(rig_view(r, job).elapsed_ms, 1900, 2100);
    rig_wait(r, 1000);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    int64_t before_ms = rig_view(r, job).elapsed_ms;
    r->now_ms += 3600000; /* while no coordinator runs */
    rig_restart(r);
    assert_int_equal(rig_view(r, job).elapsed_ms, before_ms);
    a = rig_join(r, 1);
    rig_settle(r);
    int64_t start_ms = r->now_ms;
    while (rig_view(r, job).state != JOB_DONE && r->now_ms < start_ms + 60000) {
        rig_wait(r, 100);
        if (rig_held(r, a)->computing)
            rig_report(r, rig_held(r, a), 1);
        rig_settle(r);
    }
    /* What was left of it, or the ten seconds in which workers may resume. */
    assert_in_range(r->now_ms - start_ms, 10000, 10500);
    assert_int_equal(rig_view(r, job).state, JOB_DONE);
    rig_free(r);
}

/* ---- extend ---- */

static struct msg extension(uint64_t job, uint64_t trials)
{
    struct msg m = rig_request(REQUEST_EXTEND, job);
    m.request.trials = trials;
    return m;
}

static void an_extended_job_computes_nothing_again(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t short_of = 3 * UNIT + 1000, job = rig_job(r, short_of);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_work(r);
    rig_expect_done(r, job, short_of);
    size_t held = r->n_held;
    rig_expect_error(r, extension(job, short_of), ERROR_BAD_REQUEST);
    struct job_view v = rig_ask(r, extension(job, 40 * UNIT));
    assert_int_equal(v.number, job);
    assert_int_equal(v.done, short_of);
    assert_int_equal(rig_ask(r, extension(job, 40 * UNIT)).number, job); /* again */
    rig_expect_error(r, extension(job, 41 * UNIT), ERROR_NOT_POSSIBLE);
    rig_settle(r);
    assert_int_equal(r->held[held].first, short_of);
    assert_int_equal(r->held[held].conn, a);
    rig_work(r);
    rig_expect_done(r, job, 40 * UNIT);
    assert_int_equal(rig_view(r, job).computed_again, 0);
    assert_int_equal(disk_count(&r->disk, RECORD_ANSWER, job), 2);
    rig_restart(r);
    rig_expect_done(r, job, 40 * UNIT);
    rig_free(r);
}

static void surplus_counts_when_a_job_is_extended_over_it(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_ask(r, until(1, 1.2e-3)).number;
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    struct agent_grant first = *rig_held(r, a);
    for (int i = 0; i < 60; i++) {
        rig_report(r, rig_held(r, b), 1);
        rig_settle(r);
    }
    rig_report(r, rig_held_id(r, a, first.grant), 1);
    rig_settle(r);
    uint64_t n = least_checkpoint(1.2e-3);
    rig_expect_done(r, job, n);
    uint64_t surplus = rig_view(r, job).surplus;
    assert_int_equal(surplus, 61 * UNIT - n);
    rig_ask(r, extension(job, 70 * UNIT));
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, 61 * UNIT);
    rig_work(r);
    rig_expect_done(r, job, 70 * UNIT);
    assert_int_equal(rig_view(r, job).surplus, 0);
    rig_free(r);
}

static void an_extension_that_surplus_covers_is_done_at_once(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_ask(r, until(1, 1.2e-3)).number;
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    struct agent_grant first = *rig_held(r, a);
    for (int i = 0; i < 60; i++) {
        rig_report(r, rig_held(r, b), 1);
        rig_settle(r);
    }
    rig_report(r, rig_held_id(r, a, first.grant), 1);
    rig_settle(r);
    rig_ask(r, extension(job, 50 * UNIT));
    rig_settle(r);
    rig_expect_done(r, job, 50 * UNIT);
    assert_int_equal(disk_count(&r->disk, RECORD_ANSWER, job), 2);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_of_any_number_of_trials_counts_each_once),
        cmocka_unit_test(a_job_is_done_only_when_that_is_durable),
        cmocka_unit_test(what_all_trials_do_not_reach_is_refused),
        cmocka_unit_test(the_least_checkpoint_is_taken_whatever_the_fleet_was),
        cmocka_unit_test(what_is_shown_on_the_way_is_the_prefix),
        cmocka_unit_test(leasing_stops_when_the_time_is_over),
        cmocka_unit_test(leases_that_are_out_get_ten_seconds),
        cmocka_unit_test(the_answer_is_the_prefix_that_is_complete),
        cmocka_unit_test(pauses_and_downtime_are_no_running_time),
        cmocka_unit_test(an_extended_job_computes_nothing_again),
        cmocka_unit_test(surplus_counts_when_a_job_is_extended_over_it),
        cmocka_unit_test(an_extension_that_surplus_covers_is_done_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
