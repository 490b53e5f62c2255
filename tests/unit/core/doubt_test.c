// SPDX-License-Identifier: MIT
/*
 * Doubt: what is found wrong after it was counted as settled.  While the job runs it is
 * computed again; the answer of a job that has ended stays, and says so.
 */
#include <string.h>

#include "server/core/cell.h"
#include "tests/lib/coord_fleet.h"

enum { HONEST = 7, LIAR = 66 };

/* A job whose units are HONEST's and LIAR's, in one cell; then LIAR is excluded. */
static struct rig *answer_of_a_liar(uint64_t *ret_job)
{
    struct coord_config config = rig_config();
    config.grants_in_hand = 1;
    struct rig *r = rig_new(config);
    *ret_job = rig_job(r, 4 * UNIT);
    conn_id honest = rig_join(r, HONEST), liar = rig_join(r, LIAR);
    rig_settle(r);
    while (rig_view(r, *ret_job).state != JOB_DONE) {
        rig_report(r, rig_held(r, honest), 1);
        rig_report(r, rig_held(r, liar), 1);
        rig_settle(r);
    }
    uint64_t other = rig_job(r, 100 * UNIT);
    assert_string_equal(rig_view(r, *ret_job).doubt, "");
    rig_report_as(r, rig_held(r, liar), 1, UNIT, 0); /* impossible hits */
    r->beats[liar] = false;
    assert_true(rig_closed(r, liar));
    assert_string_equal(rig_view(r, *ret_job).doubt, ""); /* not durable yet */
    assert_int_equal(rig_view(r, other).doubtful, 0);
    return r;
}

static uint64_t doubtful_on_disk(const struct rig *r, uint64_t job)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < r->disk.n; i++)
        if (r->disk.at[i].type == RECORD_ROW && r->disk.at[i].job == job)
            sum += r->disk.at[i].row.doubtful ? r->disk.at[i].row.count : 0;
    return sum;
}

static void an_answer_that_rests_on_a_liar_stays_and_is_in_doubt(void **state)
{
    (void)state;
    uint64_t job;
    struct rig *r = answer_of_a_liar(&job);
    struct job_view before = rig_view(r, job);
    while (!rig_note(r, EVENT_DOUBT))
        rig_durable(r);
    assert_int_equal(rig_note(r, EVENT_DOUBT)->doubt.number, job);
    uint64_t trials = rig_note(r, EVENT_DOUBT)->doubt.trials;
    rig_settle(r);
    for (int life = 0; life < 2; life++) {
        struct job_view now = rig_view(r, job);
        assert_int_equal(now.state, JOB_DONE);
        assert_int_equal(now.hits, before.hits);
        assert_int_equal(now.verified_done, 4 * UNIT);
        assert_int_equal(now.doubtful, trials);
        assert_non_null(strstr(now.doubt, "pictl extend j-1 replaces them, submit "
                                          "--seed 42 computes anew, verify j-1 --all "
                                          "proves"));
        assert_int_equal(doubtful_on_disk(r, job), trials);
        rig_restart(r);
    }
    rig_free(r);
}

static void an_extension_computes_again_what_is_in_doubt(void **state)
{
    (void)state;
    uint64_t job;
    struct rig *r = answer_of_a_liar(&job);
    rig_settle(r);
    uint64_t trials = rig_view(r, job).doubtful;
    assert_true(trials >= UNIT);
    struct msg extend = rig_request(REQUEST_EXTEND, job);
    extend.request.trials = 5 * UNIT;
    rig_message(r, CONN_LOCAL, extend);
    rig_durable(r);
    assert_int_equal(rig_effect(r, EFFECT_REVOKE)->revoke.trials, trials);
    assert_int_equal(rig_effect(r, EFFECT_REVOKE)->revoke.author, 0);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).doubtful, 0);
    assert_int_equal(rig_view(r, job).done, 4 * UNIT - trials);
    rig_work(r);
    rig_expect_done(r, job, 5 * UNIT);
    assert_string_equal(rig_view(r, job).doubt, "");
    assert_int_equal(disk_count(&r->disk, RECORD_ANSWER, job), 2);
    rig_free(r);
}

static void a_cancelled_job_may_be_in_doubt_and_cannot_be_extended(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 100 * UNIT), other = rig_job(r, 100 * UNIT);
    conn_id liar = rig_join(r, LIAR);
    rig_settle(r);
    rig_report(r, rig_held(r, liar), 1);
    rig_settle(r);
    rig_ask(r, rig_request(REQUEST_CANCEL, job));
    rig_report(r, rig_held(r, liar), 1);
    rig_settle(r);
    rig_report_as(r, rig_held(r, liar), 1, UNIT, 0);
    r->beats[liar] = false;
    rig_settle(r);
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.state, JOB_CANCELLED);
    assert_int_equal(v.doubtful, v.done);
    assert_null(strstr(v.doubt, "extend"));
    assert_non_null(strstr(v.doubt, "pictl submit --seed 42 computes anew"));
    assert_int_equal(rig_view(r, other).done, 0); /* that one goes on */
    rig_free(r);
}

/*
 * A row without an author, as files of earlier versions have them, is wrong, and HONEST
 * comes back with another result for that range.
 */
static struct rig *wrong_row_of_nobody(void)
{
    struct rig *r = rig_new(rig_config());
    rig_job(r, 3 * UNIT);
    conn_id honest = rig_join(r, HONEST), liar = rig_join(r, LIAR);
    rig_settle(r);
    struct agent_grant *mine = rig_held(r, honest);
    assert_int_equal(mine->first, 0);
    r->beats[honest] = false;
    rig_lost(r, honest);
    assert_int_equal(rig_held(r, liar)->first, 0);
    rig_report_as(r, rig_held(r, liar), 1, 7, 0);
    rig_settle(r);
    for (size_t i = 0; i < r->disk.n; i++) {
        struct record *x = &r->disk.at[i];
        if (x->type == RECORD_ROW && x->row.first == 0) {
            assert_int_equal(x->row.count, UNIT);
            x->row.author = 0;
        }
    }
    rig_restart(r);
    mine->computing = 0;
    mine->unanswered = 1; /* it had finished while it was away */
    rig_rejoin(r, HONEST, &mine, 1);
    rig_report(r, mine, 1);
    assert_int_equal(r->recompute_count, UNIT);
    rig_settle(r);
    return r;
}

static void a_wrong_row_of_nobody_is_computed_again(void **state)
{
    (void)state;
    struct rig *r = wrong_row_of_nobody();
    uint64_t done = rig_view(r, 1).done;
    rig_recomputed(r);
    assert_null(rig_note(r, EVENT_WORKER_BANNED));
    rig_durable(r);
    assert_int_equal(rig_effect(r, EFFECT_REVOKE)->revoke.trials, UNIT);
    rig_settle(r);
    assert_int_equal(rig_view(r, 1).done, done - UNIT);
    rig_wait(r, 11000);
    rig_work(r);
    rig_expect_done(r, 1, 3 * UNIT);
    rig_free(r);
}

static void a_right_row_of_nobody_stays(void **state)
{
    (void)state;
    struct rig *r = wrong_row_of_nobody();
    struct input right = {.type = INPUT_RECOMPUTED};
    right.recompute.id = r->recompute_id;
    right.recompute.hits = truth(0, UNIT) + 7; /* then HONEST was wrong */
    rig_step(r, right);
    assert_non_null(rig_note(r, EVENT_WORKER_BANNED));
    rig_settle(r);
    assert_non_null(disk_row_at(&r->disk, 1, 0));
    assert_int_equal(disk_row_at(&r->disk, 1, 0)->author, 0);
    rig_free(r);
}

static void a_wrong_row_of_nobody_in_a_job_that_has_ended_is_in_doubt(void **state)
{
    (void)state;
    struct rig *r = wrong_row_of_nobody();
    rig_ask(r, rig_request(REQUEST_CANCEL, 1));
    rig_recomputed(r);
    rig_settle(r);
    assert_int_equal(rig_view(r, 1).doubtful, UNIT);
    assert_int_equal(doubtful_on_disk(r, 1), UNIT);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_rests_on_a_liar_stays_and_is_in_doubt),
        cmocka_unit_test(an_extension_computes_again_what_is_in_doubt),
        cmocka_unit_test(a_cancelled_job_may_be_in_doubt_and_cannot_be_extended),
        cmocka_unit_test(a_wrong_row_of_nobody_is_computed_again),
        cmocka_unit_test(a_right_row_of_nobody_stays),
        cmocka_unit_test(a_wrong_row_of_nobody_in_a_job_that_has_ended_is_in_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
