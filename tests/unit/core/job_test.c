// SPDX-License-Identifier: MIT
/*
 * Operations on jobs: submit, pause, resume, cancel.
 */
#include "tests/lib/coord_fleet.h"

/* ---- requests ---- */

static void a_request_that_is_repeated_returns_the_first_job(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg once = rig_submission(8, STOP_TRIALS, 3 * UNIT);
    rig_message(r, CONN_LOCAL, once);
    rig_message(r, CONN_LOCAL, once); /* before the first is durable */
    rig_settle(r);
    struct job_view v = rig_ask(r, once);
    assert_int_equal(v.number, 1);
    assert_int_equal(rig_ask(r, rig_submission(9, STOP_TRIALS, 3 * UNIT)).number, 2);
    rig_restart(r);
    assert_int_equal(rig_ask(r, once).number, 1);
    rig_expect_error(r, rig_request(REQUEST_PAUSE, 3), ERROR_NO_SUCH_JOB);
    rig_free(r);
}

static void a_job_is_replied_only_when_it_is_durable(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    conn_id a = rig_join(r, 1);
    rig_message(r, CONN_LOCAL, rig_submission(8, STOP_TRIALS, UNIT));
    assert_null(rig_sent(r, CONN_LOCAL, MSG_REPLY));
    assert_int_equal(rig_grants_of(r, a), 0);
    rig_expect_error(r, rig_request(REQUEST_WATCH, 1), ERROR_NO_SUCH_JOB);
    rig_durable(r);
    assert_int_equal(rig_reply(r)->job.number, 1);
    assert_non_null(rig_note(r, EVENT_JOB_SUBMITTED));
    assert_int_equal(rig_grants_of(r, a), 1);
    rig_free(r);
}

static void a_seed_is_drawn_where_none_is_given(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg m = rig_submission(1, STOP_TRIALS, UNIT);
    m.request.submit.seed_given = false;
    uint64_t one = rig_ask(r, m).seed;
    m.request.submit.request[0] = 2;
    struct job_view two = rig_ask(r, m);
    assert_true(one != two.seed && one != 0);
    conn_id a = rig_join(r, 1);
    assert_int_equal(rig_held(r, a)->seed, one);
    rig_free(r);
}

/* ---- pause, resume, cancel ---- */

static void a_pause_lets_leases_finish_and_count(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 5 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    assert_int_equal(rig_ask(r, rig_request(REQUEST_PAUSE, job)).state, JOB_PAUSED);
    assert_string_equal(rig_view(r, job).reason, "paused by an operator");
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, UNIT);
    assert_int_equal(rig_grants_of(r, a), 1);
    rig_restart(r);
    a = rig_join(r, 1);
    rig_wait(r, 20000);
    assert_int_equal(rig_grants_of(r, a), 0);
    rig_ask(r, rig_request(REQUEST_RESUME, job));
    rig_settle(r);
    rig_work(r);
    rig_expect_done(r, job, 5 * UNIT);
    rig_free(r);
}

/* Its leases go on being counted, so it runs, and so does its clock. */
static void a_job_resumed_with_leases_out_runs(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 5 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_ask(r, rig_request(REQUEST_PAUSE, job));
    assert_int_equal(rig_ask(r, rig_request(REQUEST_RESUME, job)).state, JOB_RUNNING);
    int64_t elapsed_ms = rig_view(r, job).elapsed_ms;
    rig_wait(r, 3000);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    assert_in_range(rig_view(r, job).elapsed_ms, elapsed_ms + 2000, elapsed_ms + 3000);
    rig_free(r);
}

static void a_pause_is_shown_when_it_is_durable(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 5 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_PAUSE, job));
    rig_durable(r); /* of the result */
    assert_int_equal(rig_view(r, job).state, JOB_RUNNING);
    rig_durable(r);
    assert_int_equal(rig_view(r, job).state, JOB_PAUSED);
    rig_free(r);
}

static void a_paused_job_may_end_by_its_last_lease(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_ask(r, rig_request(REQUEST_PAUSE, job));
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    rig_expect_done(r, job, UNIT);
    rig_free(r);
}

/* The process may die before that is durable, and the job goes on after all. */
static void that_a_job_has_ended_refuses_nothing_before_it_is_durable(void **state)
{
    (void)state;
    static const enum request_verb verbs[] = {REQUEST_PAUSE, REQUEST_RESUME,
                                              REQUEST_CANCEL};
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        struct rig *r = rig_new(rig_config());
        uint64_t job = rig_job(r, UNIT);
        conn_id a = rig_join(r, 1);
        rig_settle(r);
        rig_report(r, rig_held(r, a), 1);
        rig_message(r, CONN_LOCAL, rig_request(verbs[i], 0));
        assert_null(rig_sent(r, CONN_LOCAL, MSG_REPLY));
        rig_durable(r);
        assert_int_equal(rig_reply(r)->body, REPLY_ERROR);
        assert_int_equal(rig_reply(r)->error.code, ERROR_NOT_POSSIBLE);
        assert_false(r->storing);
        rig_expect_done(r, job, UNIT);
        rig_free(r);
    }
}

/* Cancelled while an earlier transaction is under way: it takes two. */
static void a_request_waits_as_long_as_it_takes(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 5 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    struct msg resume = rig_request(REQUEST_RESUME, job);
    resume.request.id = 99;
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_CANCEL, job));
    rig_message(r, CONN_LOCAL, resume);
    rig_durable(r);
    assert_null(rig_sent(r, CONN_LOCAL, MSG_REPLY));
    rig_durable(r);
    assert_int_equal(rig_reply(r)->body, REPLY_JOB);
    const struct msg_reply *last = &r->did.effects[r->did.n - 1].send.message.reply;
    assert_int_equal(last->id, 99);
    assert_int_equal(last->body, REPLY_ERROR);
    rig_free(r);
}

static void a_cancelled_job_stays_so(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 5 * UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_CANCEL, job));
    assert_int_equal(rig_sent(r, b, MSG_CANCEL)->leases.leases[0], 1);
    rig_settle(r);
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.state, JOB_CANCELLED);
    assert_string_equal(v.reason, "cancelled by an operator");
    assert_int_equal(v.done, UNIT); /* what had come before */
    assert_int_equal(rig_ask(r, rig_request(REQUEST_CANCEL, job)).number, job);
    rig_expect_error(r, rig_request(REQUEST_PAUSE, job), ERROR_NOT_POSSIBLE);
    rig_expect_error(r, rig_request(REQUEST_RESUME, job), ERROR_NOT_POSSIBLE);
    rig_restart(r);
    assert_int_equal(rig_view(r, job).state, JOB_CANCELLED);
    assert_int_equal(rig_grants_of(r, rig_join(r, 1)), 0);
    rig_free(r);
}

/* Job 0 is the newest that has not ended, else the newest. */
static void without_a_number_the_current_job_is_meant(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_expect_error(r, rig_request(REQUEST_CANCEL, 0), ERROR_NO_SUCH_JOB);
    rig_job(r, UNIT);
    rig_job(r, UNIT);
    rig_job(r, UNIT);
    assert_int_equal(rig_ask(r, rig_request(REQUEST_CANCEL, 0)).number, 3);
    assert_int_equal(rig_ask(r, rig_request(REQUEST_PAUSE, 0)).number, 2);
    rig_ask(r, rig_request(REQUEST_CANCEL, 2));
    rig_ask(r, rig_request(REQUEST_CANCEL, 1));
    assert_int_equal(rig_ask(r, rig_request(REQUEST_CANCEL, 0)).number, 3);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_is_repeated_returns_the_first_job),
        cmocka_unit_test(a_job_is_replied_only_when_it_is_durable),
        cmocka_unit_test(a_seed_is_drawn_where_none_is_given),
        cmocka_unit_test(a_pause_lets_leases_finish_and_count),
        cmocka_unit_test(a_job_resumed_with_leases_out_runs),
        cmocka_unit_test(a_pause_is_shown_when_it_is_durable),
        cmocka_unit_test(a_paused_job_may_end_by_its_last_lease),
        cmocka_unit_test(that_a_job_has_ended_refuses_nothing_before_it_is_durable),
        cmocka_unit_test(a_request_waits_as_long_as_it_takes),
        cmocka_unit_test(a_cancelled_job_stays_so),
        cmocka_unit_test(without_a_number_the_current_job_is_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
