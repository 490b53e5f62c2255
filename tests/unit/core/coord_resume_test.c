// SPDX-License-Identifier: MIT
/*
 * A worker reconnects with its leases, to the same coordinator or to one that was
 * restarted: Resume, tokens, the frontier; and databases that a coordinator refuses.
 */
#include <errno.h>

#include "tests/lib/coord_fleet.h"

static struct coord_config wide(void)
{
    struct coord_config config = rig_config();
    config.grant_leases = 4;
    return config;
}

/* ---- the same coordinator ---- */

static void what_resume_does_not_list_is_free(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    uint64_t job = rig_job(r, 8 * UNIT);
    conn_id a = rig_welcomed(r, 1, 2);
    rig_resume(r, a, NULL, 0);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).leased, 8 * UNIT);
    struct agent_grant kept = r->held[0], *list[] = {&kept};
    kept.computing = 3; /* of four */
    conn_id b = rig_welcomed(r, 1, 2);
    assert_int_equal(rig_view(r, job).leased, 8 * UNIT);
    size_t before = r->n_held;
    rig_resume(r, b, list, 1);
    assert_int_equal(rig_note(r, EVENT_WORKER_RESUMED)->arrival.ranges, 1);
    /* The rest went to its idle thread in the same step. */
    assert_true(r->n_held > before);
    assert_int_equal(r->held[before].first, 2 * UNIT);
    assert_int_not_equal(r->held[before].thread, kept.thread);
    rig_free(r);
}

static void a_lease_that_was_counted_meanwhile_is_cancelled(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    uint64_t job = rig_job(r, 8 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    rig_lost(r, a);
    conn_id b = rig_join(r, 2);
    assert_int_equal(rig_held(r, b)->first, 0);
    rig_report(r, rig_held(r, b), 1); /* lease 0 is counted, the others are leased */
    rig_settle(r);
    a = rig_rejoin(r, 1, list, 1);
    assert_int_equal(mine.conn, a);
    const struct msg *m = rig_sent(r, a, MSG_CANCEL);
    assert_int_equal(m->leases.grant[0], mine.grant);
    assert_int_equal(m->leases.leases[0], 15);
    rig_work(r);
    rig_expect_done(r, job, 8 * UNIT);
    rig_free(r);
}

static void what_nobody_else_has_taken_goes_on(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    uint64_t job = rig_job(r, 4 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    rig_lost(r, a);
    assert_int_equal(rig_view(r, job).leased, 0);
    rig_rejoin(r, 1, list, 1);
    assert_int_equal(rig_view(r, job).leased, 4 * UNIT);
    rig_report(r, &mine, 15);
    rig_settle(r);
    rig_expect_done(r, job, 4 * UNIT);
    rig_free(r);
}

static void a_lease_that_had_expired_and_is_resumed_may_expire_again(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grant_leases = 1;
    config.grants_in_hand = 1;
    struct rig *r = rig_new(config);
    uint64_t job = rig_job(r, UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    while (rig_view(r, job).leased)
        rig_wait(r, 1000);
    r->beats[a] = false; /* the coordinator has yet to learn that this one is dead */
    a = rig_rejoin(r, 1, list, 1);
    assert_int_equal(rig_view(r, job).leased, UNIT);
    int64_t start_ms = r->now_ms;
    while (rig_view(r, job).leased && r->now_ms < start_ms + 60000)
        rig_wait(r, 1000);
    assert_int_equal(rig_view(r, job).leased, 0);
    assert_in_range(r->now_ms - start_ms, 10000, 20000);
    rig_free(r);
}

static void resume_comes_once(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    conn_id a = rig_join(r, 1);
    rig_resume(r, a, NULL, 0);
    assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_MALFORMED);
    assert_true(rig_closed(r, a));
    rig_free(r);
}

static void a_thread_that_is_not_there_is_refused(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    rig_job(r, 4 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    rig_lost(r, a);
    mine.thread = 1;
    a = rig_rejoin(r, 1, list, 1);
    assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_MALFORMED);
    rig_free(r);
}

static void a_worker_may_come_back_with_other_threads(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    uint64_t job = rig_job(r, 12 * UNIT);
    rig_join(r, 1);
    rig_settle(r);
    conn_id b = rig_welcomed(r, 1, 3);
    assert_int_equal(rig_view(r, job).leased, 0);
    rig_resume(r, b, NULL, 0);
    assert_int_equal(rig_grants_of(r, b), 3);
    rig_work(r);
    rig_expect_done(r, job, 12 * UNIT);
    rig_free(r);
}

/* ---- tokens ---- */

/* A grant that was never the worker's is not taken up, whatever is wrong with it. */
static void a_forged_grant_is_cancelled_and_its_results_are_stale(void **state)
{
    (void)state;
    for (int what = 0; what < 6; what++) {
        struct rig *r = rig_new(wide());
        uint64_t job = rig_job(r, 8 * UNIT);
        conn_id a = rig_join(r, 1);
        rig_settle(r);
        struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
        rig_lost(r, a);
        uint64_t id = 1;
        mine.token[0] ^= what == 0;
        mine.first += what == 1 ? UNIT : 0;
        mine.count -= what == 2 ? UNIT : 0;
        mine.job[3] ^= what == 3;
        mine.log2 += what == 4; /* wider than the cell allows */
        id += what == 5;        /* another worker */
        a = rig_rejoin(r, id, list, 1);
        assert_int_equal(rig_sent(r, a, MSG_CANCEL)->leases.grant[0], mine.grant);
        rig_report(r, &mine, 1);
        rig_expect_verdict(r, &mine, 0, 0, 0, 1);
        rig_settle(r);
        assert_int_equal(rig_view(r, job).done, 0);
        rig_work(r);
        rig_expect_done(r, job, 8 * UNIT);
        rig_free(r);
    }
}

/* A result that was on its way when the coordinator died is never taken for one of the
 * range that has the same number now. */
static void numbers_of_new_grants_begin_after_those_that_were_listed(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    uint64_t job = rig_job(r, 40 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant old = *rig_held(r, a), *list[] = {&old};
    rig_restart(r);
    old.grant = 77;
    old.token[0] ^= 1; /* not taken up: its number is free */
    a = rig_rejoin(r, 1, list, 1);
    rig_wait(r, 11000);
    assert_true(rig_held(r, a)->grant > 77);
    old.unanswered = 15;
    rig_report(r, &old, 15);
    rig_expect_verdict(r, &old, 0, 0, 0, 15);
    rig_work(r);
    rig_expect_done(r, job, 40 * UNIT);
    rig_free(r);
}

/* Grants are numbered; a worker that takes numbers yet to come must not harm others. */
static void a_grant_may_have_any_number(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    uint64_t job = rig_job(r, 40 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    rig_lost(r, a);
    mine.grant++; /* the next to be given out */
    rig_rejoin(r, 1, list, 1);
    conn_id b = rig_join(r, 2);
    assert_true(rig_held(r, b)->grant != mine.grant);
    rig_report(r, &mine, 15);
    rig_settle(r);
    rig_work(r);
    rig_expect_done(r, job, 40 * UNIT);
    rig_free(r);
}

/* One token, and ids as many as there are: a thread has no more than it may hold. */
static void a_thread_takes_up_no_more_grants_than_it_may_hold(void **state)
{
    (void)state;
    enum { LISTED = THREAD_GRANTS_MAX + 9 };
    struct rig *r = rig_new(wide());
    rig_job(r, 40 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine[LISTED], *list[LISTED];
    for (uint64_t i = 0; i < LISTED; i++) {
        mine[i] = *rig_held(r, a);
        mine[i].grant = 1000 + i;
        mine[i].unanswered = 15;
        mine[i].computing = 0;
        list[i] = &mine[i];
    }
    rig_lost(r, a);
    a = rig_rejoin(r, 1, list, LISTED);
    assert_int_equal(rig_note(r, EVENT_WORKER_RESUMED)->arrival.ranges,
                     THREAD_GRANTS_MAX);
    rig_free(r);
}

/* ---- the next coordinator ---- */

static void a_restart_keeps_what_was_answered_and_takes_up_grants(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    uint64_t job = rig_job(r, 20 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    rig_report(r, &mine, 1);
    rig_durable(r);
    mine.unanswered &= ~UINT64_C(1); /* it was told */
    rig_report(r, &mine, 2);         /* is lost with the process */
    rig_restart(r);
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.done, UNIT);
    assert_int_equal(v.hits, truth(0, UNIT));
    rig_rejoin(r, 1, list, 1);
    rig_settle(r);
    assert_int_equal(mine.computing, 12); /* nothing was cancelled */
    rig_report(r, &mine, 2);
    rig_settle(r);
    rig_report(r, &mine, 12);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, 4 * UNIT);
    assert_int_equal(rig_view(r, job).computed_again, 0);
    rig_wait(r, 11000);
    rig_work(r);
    rig_expect_done(r, job, 20 * UNIT);
    rig_free(r);
}

/* Somebody else came by its secret meanwhile: what that was granted delays nobody. */
static void a_lease_is_due_after_what_was_listed_before_it(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grant_leases = GRANT_LEASES;
    struct rig *r = rig_new(config);
    rig_job(r, 1000 * UNIT);
    struct agent_grant *mine = rig_held(r, rig_join(r, 1));
    rig_settle(r);
    rig_restart(r);
    mine->grant += 1000; /* the numbers of the other's grants begin anew */
    rig_join(r, 1);
    assert_int_equal(rig_held(r, r->conns)->count, GRANT_LEASES * UNIT);
    rig_rejoin(r, 1, &mine, 1);
    rig_settle(r);
    rig_wait(r, 10500);
    assert_int_equal(mine->computing, UINT64_MAX);
    rig_wait(r, 300); /* 65,536 trials: ten times 66 ms, and ten seconds */
    assert_int_equal(mine->computing, 1); /* the others are cancelled */
    rig_free(r);
}

/* Ten seconds' work beyond what was granted: what lies below may be with workers. */
static void new_grants_start_at_the_frontier_for_ten_seconds(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    rig_job(r, 10000 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report_as(r, rig_held(r, a), 15, 0, 10 * UNIT + 77); /* trials a second */
    rig_settle(r);
    rig_report_as(r, rig_held(r, a), 15, 0, 10 * UNIT + 77);
    rig_settle(r);
    uint64_t frontier = disk_job(&r->disk, 1)->job_.frontier;
    uint64_t granted = rig_held(r, a)->first; /* and its end, at some earlier commit */
    assert_in_range(frontier, granted + 100 * UNIT, granted + 110 * UNIT);
    rig_restart(r);
    a = rig_join(r, 1);
    rig_settle(r);
    assert_int_equal(rig_held(r, a)->first, frontier);
    assert_int_equal(rig_held(r, a)->first % UNIT, 0);
    rig_wait(r, 9000);
    rig_report(r, rig_held(r, a), 15);
    rig_settle(r);
    assert_int_equal(rig_held(r, a)->first, frontier + 4 * UNIT);
    rig_wait(r, 1100);
    rig_report(r, rig_held(r, a), 15);
    rig_settle(r);
    assert_int_equal(rig_held(r, a)->first, granted);
    rig_free(r);
}

static void where_nothing_is_left_above_the_frontier_the_rest_is_granted(void **state)
{
    (void)state;
    struct rig *r = rig_new(wide());
    uint64_t job = rig_job(r, 8 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report_as(r, rig_held(r, a), 1, 0, 100 * UNIT);
    rig_settle(r);
    rig_restart(r);
    int64_t start_ms = r->now_ms;
    rig_join(r, 1);
    rig_settle(r);
    rig_work(r);
    rig_expect_done(r, job, 8 * UNIT);
    assert_int_equal(r->now_ms, start_ms);
    rig_free(r);
}

static void restarting_again_and_again_loses_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rng rng = seeded(seed);
        struct rig *r = rig_new(wide());
        uint64_t trials = 1 + rng_below(&rng, 60 * UNIT), job = rig_job(r, trials);
        uint64_t told = 0; /* trials that a worker was told are counted */
        for (step_now = 0; step_now < 400; step_now++) {
            conn_id a = rig_join(r, 1 + rng_below(&rng, 3));
            rig_settle(r);
            for (uint64_t i = rng_below(&rng, 4); i > 0 && rig_grants_of(r, a); i--) {
                struct agent_grant *h = rig_held(r, a);
                rig_report(r, h, h->computing & rng_next(&rng));
                if (r->storing && rng_below(&rng, 2))
                    rig_durable(r);
            }
            told = rig_view(r, job).done;
            r->n_held = 0;
            rig_restart(r);
            HOLDS(rig_view(r, job).done == told);
            if (rig_view(r, job).state == JOB_DONE)
                break;
            if (rng_below(&rng, 2))
                rig_wait(r, 11000);
        }
        rig_expect_done(r, job, trials);
        rig_free(r);
    }
}

/* ---- states that cannot be ---- */

static void restore(const struct record *records, size_t n, const char *expect)
{
    struct coord_config config = rig_config();
    struct coord *c = coord_new(&config);
    const char *why = NULL;
    int result = coord_restore(c, records, n, &why);
    assert_int_equal(result, expect ? -EBADMSG : 0);
    if (expect)
        assert_string_equal(why, expect);
    coord_free(c);
}

static struct record job_record(uint64_t number)
{
    return (struct record){
        .type = RECORD_JOB,
        .job = number,
        .job_ = {.state = JOB_RUNNING, .trials = 10 * UNIT, .weight = 1}};
}

static struct record row_record(uint64_t first, uint64_t count, uint64_t hits)
{
    return (struct record){.type = RECORD_ROW,
                           .job = 1,
                           .row = {.first = first,
                                   .count = count,
                                   .hits = hits,
                                   .author = 5,
                                   .verified = true}};
}

static void a_state_that_cannot_be_is_refused_with_a_sentence(void **state)
{
    (void)state;
    const char *bad_job = "a job's record cannot be true";
    const char *bad_row =
        "a row overlaps another, leaves its cell or has more hits than trials";
    struct record r[3] = {job_record(1), row_record(0, UNIT, 5),
                          row_record(UNIT, 9, 9)};
    restore(r, 3, NULL);
    restore(r + 1, 1, "a record names a job that is not there");
    r[2] = row_record(UNIT - 1, 5, 0);
    restore(r, 3, bad_row);
    r[2] = row_record(UNIT, 5, 6);
    restore(r, 3, bad_row);
    r[2] = row_record(10 * UNIT - 1, 5, 0);
    restore(r, 3, bad_row);
    r[2] = (struct record){.type = RECORD_CLEAR, .job = 1, .clear = {0, 5}};
    restore(r, 3, "a record of a type that a store does not hold");
    r[0].job_.state = JOB_DONE;
    restore(r, 2, "a job is done, but its rows do not cover it");
    r[0] = job_record(2);
    restore(r, 1, "a job is missing");
    r[1] = (struct record){.type = RECORD_RM, .job = 1}; /* for a good reason */
    restore(r, 2, NULL);
    r[1] = job_record(1); /* not in the order of numbers */
    restore(r, 2, bad_job);
    r[0] = job_record(1);
    r[0].job_.weight = 0;
    restore(r, 1, bad_job);
    r[0] = job_record(1);
    r[0].job_.trials = 0; /* of a job whose rule is a number of trials */
    restore(r, 1, bad_job);
    r[0] = job_record(1);
    r[0].job_.trials = TRIALS_MAX + 1;
    restore(r, 1, bad_job);
    r[0] = job_record(1);
    r[0].job_.state = 77;
    restore(r, 1, bad_job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_resume_does_not_list_is_free),
        cmocka_unit_test(a_lease_that_was_counted_meanwhile_is_cancelled),
        cmocka_unit_test(what_nobody_else_has_taken_goes_on),
        cmocka_unit_test(a_lease_that_had_expired_and_is_resumed_may_expire_again),
        cmocka_unit_test(resume_comes_once),
        cmocka_unit_test(a_thread_that_is_not_there_is_refused),
        cmocka_unit_test(a_worker_may_come_back_with_other_threads),
        cmocka_unit_test(a_forged_grant_is_cancelled_and_its_results_are_stale),
        cmocka_unit_test(a_grant_may_have_any_number),
        cmocka_unit_test(a_thread_takes_up_no_more_grants_than_it_may_hold),
        cmocka_unit_test(numbers_of_new_grants_begin_after_those_that_were_listed),
        cmocka_unit_test(a_restart_keeps_what_was_answered_and_takes_up_grants),
        cmocka_unit_test(a_lease_is_due_after_what_was_listed_before_it),
        cmocka_unit_test(new_grants_start_at_the_frontier_for_ten_seconds),
        cmocka_unit_test(where_nothing_is_left_above_the_frontier_the_rest_is_granted),
        cmocka_unit_test(restarting_again_and_again_loses_nothing),
        cmocka_unit_test(a_state_that_cannot_be_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
