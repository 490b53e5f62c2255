// SPDX-License-Identifier: MIT
/*
 * The scheduler: lost ranges first, fair shares of several jobs, leases that expire,
 * and speculative execution (two workers with one lease).
 */
#include "tests/lib/coord_fleet.h"

enum { REPORTED_LEAST = 40, HELD_AT_MOST = 64 }; /* of one thread */

/* ---- order ---- */

static void grants_take_the_lowest_gap(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 100 * UNIT);
    for (uint64_t i = 0; i < 20; i++) {
        conn_id conn = rig_join(r, 1 + i);
        rig_settle(r);
        assert_int_equal(rig_held(r, conn)->first, i * UNIT);
        assert_int_equal(rig_held(r, conn)->seed, 42);
    }
    rig_free(r);
}

static void what_a_lost_worker_held_is_granted_first(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grant_leases = 4;
    struct rig *r = rig_new(config);
    uint64_t job = rig_job(r, 100 * UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    assert_int_equal(rig_held(r, a)->first, 0);
    rig_report(r, rig_held(r, a), 2); /* its second lease */
    rig_settle(r);
    rig_lost(r, a);
    assert_int_equal(rig_note(r, EVENT_WORKER_LOST)->departure.trials, 3 * UNIT);
    rig_work(r);
    for (size_t i = 0; rig_held(r, b)->first > 4 * UNIT && i < 3; i++)
        rig_work(r);
    rig_settle(r);
    bool lower[4] = {false};
    for (size_t i = 0; i < r->n_held; i++)
        if (r->held[i].conn == b && r->held[i].first < 4 * UNIT)
            for (uint64_t u = 0; u < r->held[i].count / UNIT; u++)
                lower[r->held[i].first / UNIT + u] = true;
    assert_true(lower[0] && !lower[1] && lower[2] && lower[3]);
    /* And they were its first ones after the loss. */
    size_t seen = 0;
    for (size_t i = 0; i < r->n_held; i++)
        if (r->held[i].conn == b)
            assert_true(seen++ == 0 || seen > 3 || r->held[i].first < 4 * UNIT);
    rig_expect_done(r, job, 100 * UNIT);
    assert_int_equal(rig_view(r, job).computed_again, 3 * UNIT);
    rig_free(r);
}

static void an_idle_thread_gets_what_was_lost_in_the_same_step(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, b), 0);
    rig_lost(r, a);
    assert_non_null(rig_sent(r, b, MSG_GRANTS));
    assert_int_equal(rig_held(r, b)->first, 0);
    const struct event *n = rig_note(r, EVENT_LEASED_AGAIN);
    assert_int_equal(n->lease.first, 0);
    assert_int_equal(n->lease.trials, UNIT);
    rig_free(r);
}

/* A worker holds its grants until they are answered, and the store may be slow. */
static void grants_wait_for_answers_that_wait_for_the_store(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 1000 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    size_t first = rig_grants_of(r, a), reported = 0;
    for (size_t i = 0; i < r->n_held; i++, reported++)
        rig_report(r, &r->held[i], r->held[i].computing);
    assert_int_equal(rig_grants_of(r, a), reported);
    assert_in_range(reported, REPORTED_LEAST, HELD_AT_MOST);
    assert_true(r->storing); /* nothing has come back yet */
    rig_lost(r, a);          /* a new connection does not change that */
    struct agent_grant *list[HELD_AT_MOST];
    for (size_t i = 0; i < reported; i++)
        list[i] = &r->held[i];
    a = rig_rejoin(r, 1, list, reported);
    for (size_t i = 0; i < reported; i++)
        rig_report(r, &r->held[i], r->held[i].unanswered);
    assert_int_equal(rig_grants_of(r, a), reported);
    rig_settle(r);
    assert_true(rig_grants_of(r, a) >= reported + first);
    rig_work(r);
    rig_expect_done(r, job, 1000 * UNIT);
    rig_free(r);
}

/* A thread without work is served before one that has a grant in hand. */
static void empty_hands_are_filled_first(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grants_in_hand = 2;
    struct rig *r = rig_new(config);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_job(r, 3 * UNIT);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, a), 2);
    assert_int_equal(rig_grants_of(r, b), 1);
    assert_int_equal(r->held[1].conn, b); /* second of all */
    rig_free(r);
}

static void every_thread_gets_grants_of_its_own(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grants_in_hand = 2;
    struct rig *r = rig_new(config);
    rig_job(r, 1000 * UNIT);
    conn_id a = rig_join_wide(r, 1, 100);
    rig_settle(r);
    uint32_t in_hand[100] = {0};
    for (size_t i = 0; i < r->n_held; i++)
        in_hand[r->held[i].thread]++;
    for (size_t t = 0; t < 100; t++)
        assert_int_equal(in_hand[t], 2);
    assert_int_equal(rig_grants_of(r, a), 200);
    rig_free(r);
}

/* ---- several jobs ---- */

static void jobs_share_the_fleet_by_weight(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg heavy = rig_submission(77, STOP_TRIALS, 100000 * UNIT);
    heavy.request.submit.weight = 3;
    uint64_t light = rig_job(r, 100000 * UNIT);
    uint64_t weighty = rig_ask(r, heavy).number;
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    for (int i = 0; i < 400; i++) {
        rig_wait(r, 66);
        rig_report(r, rig_held(r, a), 1);
        rig_settle(r);
    }
    uint64_t one = rig_view(r, light).done, three = rig_view(r, weighty).done;
    assert_int_equal(one + three, 400 * UNIT);
    assert_in_range(three / UNIT, 298, 302);
    rig_free(r);
}

/* It does not make up for the time before it came. */
static void a_new_job_does_not_starve_an_old_one(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t old = rig_job(r, 100000 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    for (int i = 0; i < 200; i++) {
        rig_report(r, rig_held(r, a), 1);
        rig_settle(r);
    }
    uint64_t before = rig_view(r, old).done, young = rig_job(r, 100000 * UNIT);
    for (int i = 0; i < 40; i++) {
        rig_report(r, rig_held(r, a), 1);
        rig_settle(r);
    }
    assert_in_range(rig_view(r, old).done - before, 18 * UNIT, 22 * UNIT);
    assert_in_range(rig_view(r, young).done, 18 * UNIT, 22 * UNIT);
    rig_free(r);
}

/* ---- deadlines ---- */

/* 65,536 trials at the rate that is assumed take 66 ms: ten times that, and 10 s. */
static void a_lease_expires_though_its_worker_is_alive(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 100 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a);
    int64_t start_ms = r->now_ms;
    do
        rig_wait(r, 1);
    while (rig_view(r, job).leased && r->now_ms < start_ms + 20000);
    assert_in_range(r->now_ms - start_ms, 10600, 10700);
    assert_int_equal(rig_grants_of(r, a), 1); /* it is busy, so it gets no more */
    conn_id b = rig_join(r, 2);
    assert_int_equal(rig_held(r, b)->first, 0);
    /* The late result is welcome where it still fills a gap. */
    rig_report(r, rig_held_id(r, a, mine.grant), 1);
    assert_int_equal(rig_sent(r, b, MSG_CANCEL)->leases.leases[0], 1);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_work(r);
    rig_expect_done(r, job, 100 * UNIT);
    rig_free(r);
}

static void a_thread_that_reports_keeps_its_leases(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grant_leases = 64;
    struct rig *r = rig_new(config);
    uint64_t job = rig_job(r, 64 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    for (unsigned i = 0; i < 60; i++) {
        rig_wait(r, 700); /* ten times slower than predicted, and not stuck */
        rig_report(r, rig_held(r, a), UINT64_C(1) << i);
        rig_settle(r);
    }
    assert_int_equal(rig_view(r, job).done, 60 * UNIT);
    assert_int_equal(rig_view(r, job).computed_again, 0);
    rig_free(r);
}

/* ---- stragglers ---- */

/* Worker 1 is late with unit 0, so worker 2, who is idle, has it as well. */
static struct rig *speculated(conn_id *a, conn_id *b)
{
    struct rig *r = rig_new(rig_config());
    rig_job(r, 2 * UNIT);
    *a = rig_join(r, 1);
    *b = rig_join(r, 2);
    rig_settle(r);
    rig_report(r, rig_held(r, *b), 1);
    rig_settle(r);
    int64_t start_ms = r->now_ms;
    while (rig_grants_of(r, *b) == 1 && r->now_ms < start_ms + 5000)
        rig_wait(r, 1);
    assert_in_range(r->now_ms - start_ms, 100, 250); /* twice the prediction */
    assert_int_equal(rig_held(r, *b)->first, 0);
    assert_int_equal(rig_held(r, *b)->count, UNIT);
    return r;
}

static void the_second_worker_may_come_first(void **state)
{
    (void)state;
    conn_id a, b;
    struct rig *r = speculated(&a, &b);
    rig_report(r, rig_held(r, b), 1);
    const struct msg *m = rig_sent(r, a, MSG_CANCEL);
    assert_non_null(m);
    assert_int_equal(m->leases.grant[0], rig_held(r, a)->grant);
    assert_int_equal(m->leases.leases[0], 1);
    rig_settle(r);
    rig_expect_done(r, 1, 2 * UNIT);
    rig_free(r);
}

static void the_first_worker_may_come_first_after_all(void **state)
{
    (void)state;
    conn_id a, b;
    struct rig *r = speculated(&a, &b);
    rig_report(r, rig_held(r, a), 1);
    assert_non_null(rig_sent(r, b, MSG_CANCEL)); /* the job is done */
    rig_settle(r);
    rig_expect_done(r, 1, 2 * UNIT);
    rig_report(r, rig_held(r, b), 1);
    rig_expect_verdict(r, rig_held(r, b), 0, 0, 0, 1);
    rig_expect_done(r, 1, 2 * UNIT);
    rig_free(r);
}

/* A third worker has it once the second is late as well, and no worker has it twice. */
static void a_lease_is_out_three_times_at_most(void **state)
{
    (void)state;
    conn_id a, b;
    struct rig *r = speculated(&a, &b);
    conn_id c = rig_join_wide(r, 3, 4), d = rig_join(r, 4);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, c) + rig_grants_of(r, d), 0);
    rig_wait(r, 400);
    assert_int_equal(rig_grants_of(r, c) + rig_grants_of(r, d), 1);
    rig_wait(r, 8000);
    assert_int_equal(rig_grants_of(r, c) + rig_grants_of(r, d), 1);
    assert_int_equal(rig_grants_of(r, a), 1);
    assert_int_equal(rig_grants_of(r, b), 2);
    assert_int_equal(rig_view(r, 1).computed_again, 2 * UNIT);
    /* Who had it second is gone: another may have it. */
    rig_lost(r, b);
    rig_wait(r, 1000);
    assert_int_equal(rig_grants_of(r, c) + rig_grants_of(r, d), 2);
    rig_report(r, rig_held(r, d), 1);
    rig_settle(r);
    rig_expect_done(r, 1, 2 * UNIT);
    rig_free(r);
}

static void nothing_is_doubled_while_there_is_a_gap(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 1000 * UNIT);
    rig_join(r, 1);
    conn_id b = rig_join(r, 2);
    rig_settle(r);
    for (int i = 0; i < 20; i++) {
        rig_wait(r, 100);
        rig_report(r, rig_held(r, b), 1);
        rig_settle(r);
        assert_int_not_equal(rig_held(r, b)->first, 0);
    }
    assert_int_equal(rig_view(r, 1).computed_again, 0);
    rig_free(r);
}

/* Worker 1 keeps unit 0, worker 2 does the rest; both vanish; all comes out the same.
 */
static void any_fleet_gives_the_same_hits(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct rng rng = seeded(seed);
        struct coord_config config = rig_config();
        config.grant_leases = 1 + (uint32_t)rng_below(&rng, 8);
        config.grants_in_hand = 1 + (uint32_t)rng_below(&rng, 3);
        struct rig *r = rig_new(config);
        uint64_t trials = 1 + rng_below(&rng, 150 * UNIT), job = rig_job(r, trials);
        conn_id conn[5] = {0};
        uint64_t next_id = 1;
        for (step_now = 1; step_now < 3000; step_now++) {
            size_t i = (size_t)rng_below(&rng, ARRAY_SIZE(conn));
            struct agent_grant *h = conn[i] ? rig_oldest(r, conn[i]) : NULL;
            if (!conn[i]) {
                conn[i] = rig_join(r, next_id++);
            } else if (rng_below(&rng, 30) == 0) {
                rig_lost(r, conn[i]);
                conn[i] = 0;
            } else if (h) {
                rig_report(r, h, h->computing & (rng_next(&rng) | 1));
            } else {
                rig_wait(r, 50);
            }
            if (r->storing && rng_below(&rng, 2))
                rig_durable(r);
            if (rig_view(r, job).state == JOB_DONE)
                break;
        }
        HOLDS(rig_view(r, job).state == JOB_DONE);
        rig_expect_done(r, job, trials);
        rig_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grants_take_the_lowest_gap),
        cmocka_unit_test(what_a_lost_worker_held_is_granted_first),
        cmocka_unit_test(an_idle_thread_gets_what_was_lost_in_the_same_step),
        cmocka_unit_test(grants_wait_for_answers_that_wait_for_the_store),
        cmocka_unit_test(empty_hands_are_filled_first),
        cmocka_unit_test(every_thread_gets_grants_of_its_own),
        cmocka_unit_test(jobs_share_the_fleet_by_weight),
        cmocka_unit_test(a_new_job_does_not_starve_an_old_one),
        cmocka_unit_test(a_lease_expires_though_its_worker_is_alive),
        cmocka_unit_test(a_thread_that_reports_keeps_its_leases),
        cmocka_unit_test(the_second_worker_may_come_first),
        cmocka_unit_test(the_first_worker_may_come_first_after_all),
        cmocka_unit_test(a_lease_is_out_three_times_at_most),
        cmocka_unit_test(nothing_is_doubled_while_there_is_a_gap),
        cmocka_unit_test(any_fleet_gives_the_same_hits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
