// SPDX-License-Identifier: MIT
/*
 * Jobs that are removed: only those that have ended, once nothing is due of them, with
 * all that is kept of them but the number.
 */
#include "tests/lib/coord_fleet.h"

/* The first reply, however many transactions it waits for. */
static const struct msg_reply *answer(struct rig *r, struct msg request)
{
    rig_message(r, CONN_LOCAL, request);
    while (!rig_sent(r, CONN_LOCAL, MSG_REPLY))
        rig_durable(r);
    return rig_reply(r);
}

static void remove_job(struct rig *r, uint64_t job)
{
    assert_int_equal(answer(r, rig_request(REQUEST_RM, job))->body, REPLY_DONE);
}

static uint64_t done_job(struct rig *r)
{
    uint64_t job = rig_job(r, UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    rig_expect_done(r, job, UNIT);
    rig_lost(r, a);
    return job;
}

/* Of the job nothing is on the disk, and its number is not used again. */
static void expect_removed(struct rig *r, uint64_t job)
{
    for (size_t i = 0; i < r->disk.n; i++)
        assert_true(r->disk.at[i].job != job || r->disk.at[i].type == RECORD_RM);
    for (int life = 0; life < 2; life++) {
        rig_expect_error(r, rig_request(REQUEST_STATUS, job), ERROR_NO_SUCH_JOB);
        rig_expect_error(r, rig_request(REQUEST_RM, job), ERROR_NO_SUCH_JOB);
        rig_message(r, CONN_LOCAL, rig_request(REQUEST_HISTORY, 0));
        for (size_t i = 0; i < rig_reply(r)->history.n; i++)
            assert_true(rig_reply(r)->history.answers[i].job != job);
        rig_restart(r);
    }
    assert_true(rig_job(r, UNIT) > job);
}

static void a_job_that_has_ended_is_removed_with_its_answers(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t first = done_job(r), job = done_job(r);
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_RM, job));
    assert_null(rig_sent(r, CONN_LOCAL, MSG_REPLY)); /* not before it is durable */
    rig_durable(r);
    assert_int_equal(rig_reply(r)->body, REPLY_DONE);
    assert_int_equal(rig_note(r, EVENT_JOB_REMOVED)->job.number, job);
    expect_removed(r, job);
    remove_job(r, first);
    expect_removed(r, first);
    rig_free(r);
}

static void a_job_that_is_open_is_not_removed(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    rig_expect_error(r, rig_request(REQUEST_RM, job), ERROR_NOT_POSSIBLE);
    assert_string_equal(rig_reply(r)->error.message,
                        "job j-1 is queued: it cannot be removed");
    assert_string_equal(rig_reply(r)->error.hint, "pictl cancel ends it first");
    rig_ask(r, rig_request(REQUEST_CANCEL, job));
    remove_job(r, job);
    expect_removed(r, job);
    rig_free(r);
}

static void what_is_asked_meanwhile_is_answered_afterwards(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = done_job(r);
    struct msg extend = rig_request(REQUEST_EXTEND, job);
    extend.request.trials = 2 * UNIT;
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_RM, job));
    rig_message(r, CONN_LOCAL, extend);
    assert_null(rig_sent(r, CONN_LOCAL, MSG_REPLY));
    rig_durable(r);
    rig_expect_error(r, extend, ERROR_NO_SUCH_JOB);
    job = done_job(r);
    extend.request.job = job;
    rig_message(r, CONN_LOCAL, extend); /* and the other way round */
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_RM, job));
    rig_durable(r);
    assert_int_equal(disk_count(&r->disk, RECORD_JOB, job), 1);
    rig_expect_error(r, rig_request(REQUEST_RM, job), ERROR_NOT_POSSIBLE);
    assert_int_equal(rig_view(r, job).trials, 2 * UNIT);
    rig_free(r);
}

/* Both in one transaction: the first is answered as if it stood alone. */
static void what_was_asked_before_is_answered_with_the_job(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    rig_ask(r, rig_request(REQUEST_CANCEL, job));
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_PAUSE, rig_job(r, UNIT)));
    assert_true(r->storing);
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_CANCEL, job)); /* asked for twice */
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_RM, job));
    rig_durable(r);
    rig_durable(r);
    assert_int_equal(rig_reply(r)->body, REPLY_JOB);
    assert_int_equal(rig_reply(r)->job.number, job);
    assert_int_equal(rig_reply(r)->job.state, JOB_CANCELLED);
    assert_non_null(rig_note(r, EVENT_JOB_REMOVED));
    expect_removed(r, job);
    rig_free(r);
}

static void a_submission_is_made_anew_when_its_job_is_removed(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg m = rig_submission(77, STOP_TRIALS, UNIT);
    uint64_t job = rig_ask(r, m).number;
    rig_ask(r, rig_request(REQUEST_CANCEL, job));
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_PAUSE, rig_job(r, UNIT)));
    assert_true(r->storing); /* so that both are in one transaction */
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_RM, job));
    rig_message(r, CONN_LOCAL, m);
    rig_settle(r);
    uint64_t again = rig_ask(r, m).number;
    assert_true(again > job);
    assert_int_equal(disk_count(&r->disk, RECORD_JOB, job), 0);
    assert_int_equal(disk_count(&r->disk, RECORD_JOB, again), 1);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_has_ended_is_removed_with_its_answers),
        cmocka_unit_test(a_job_that_is_open_is_not_removed),
        cmocka_unit_test(what_is_asked_meanwhile_is_answered_afterwards),
        cmocka_unit_test(what_was_asked_before_is_answered_with_the_job),
        cmocka_unit_test(a_submission_is_made_anew_when_its_job_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
