// SPDX-License-Identifier: MIT
/*
 * How large grants are: by measured rate, at the tail of a job, within a cell.
 */
#include "server/core/rate.h"
#include "tests/lib/coord_fleet.h"

enum { RATE = 1 << 28 };

static void grants_grow_to_the_target_time_and_no_further(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config_usual());
    rig_job(r, UINT64_C(1) << 50);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, a), 2); /* two in hand */
    assert_int_equal(rig_held(r, a)->count, 1 << 20);
    uint64_t last = 1 << 20;
    for (int i = 0; i < 20; i++) {
        rig_works(r, a, RATE, RATE);
        uint64_t now = rig_held(r, a)->count;
        assert_in_range(now, 1, 4 * last);
        last = now;
    }
    /* One second's work, in leases of a quarter of a second. */
    assert_in_range(last, RATE / 2, RATE);
    assert_in_range(rig_held(r, a)->log2, 24, 26);
    /* Who comes late begins small as well, though the cells are wide by now. */
    conn_id b = rig_join(r, 2);
    assert_int_equal(rig_held(r, b)->count, 1 << 20);
    rig_works(r, b, RATE, RATE);
    assert_in_range(rig_held(r, b)->count, 1 << 21, 1 << 22);
    rig_free(r);
}

static void so_does_a_grant_of_one_lease(void **state)
{
    (void)state;
    struct coord_config config = rig_config_usual();
    config.grant_leases = 1;
    struct rig *r = rig_new(config);
    rig_job(r, UINT64_C(1) << 50);
    conn_id a = rig_join(r, 1);
    for (int i = 0; i < 200; i++) /* as wide as its cell, 32 times in each octave */
        rig_works(r, a, RATE, RATE);
    assert_int_equal(rig_held(r, a)->count, 1 << 21);
    rig_free(r);
}

static void grants_shrink_at_the_tail(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config_usual());
    uint64_t trials = UINT64_C(8) * RATE, job = rig_job(r, trials), last = 0, end = 0;
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    while (rig_oldest(r, a)) {
        rig_works(r, a, RATE, RATE);
        const struct agent_grant *newest = rig_held(r, a);
        end = newest->first + newest->count;
        last = newest->count;
    }
    assert_int_equal(end, trials);
    assert_in_range(last, 1, RATE / 16); /* no thread ends long after the others */
    rig_expect_done(r, job, trials);
    rig_free(r);
}

static void a_prediction_does_not_wrap(void **state)
{
    (void)state;
    uint64_t most = UINT64_C(1) << 62;
    assert_int_equal(rate_predict_ms(most, most), 1001);
    assert_int_equal(rate_predict_ms(most / 2 + 1, most / 2), 1000);
    assert_int_equal(rate_predict_ms(1000, 5000), 5001);
    int64_t longest = rate_predict_ms(1, most);
    assert_true(longest > 0 && longest <= INT64_MAX >> 20);
    assert_int_equal(rate_scale(most, most, 1), most);
}

/* Of the only worker, in trials/s, as operators see it. */
static double rate_shown(struct rig *r)
{
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_WORKERS, 0));
    assert_int_equal(rig_reply(r)->workers.n, 1);
    return rig_reply(r)->workers.workers[0].rate;
}

/* Whoever claims to be faster than anybody gets no more of the end for it, and the
 * others no less. */
static void a_rate_is_believed_as_far_as_it_is_seen(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config_usual());
    uint64_t trials = UINT64_C(1) << 40, job = rig_job(r, trials);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant *h = rig_oldest(r, a);
    rig_wait(r, 100);
    rig_report_as(r, h, h->computing, 0, UINT64_C(1) << 62);
    assert_true(rate_shown(r) > 1 && rate_shown(r) <= 4 * (1 << 20) * 10);
    rig_settle(r); /* the fleet does not reach the job's end within ten seconds */
    assert_in_range(disk_job(&r->disk, job)->job_.frontier, UNIT, trials / 2);
    h = rig_oldest(r, a);
    rig_wait(r, 100);
    rig_report_as(r, h, h->computing, 0, RATE / 100); /* less is believed at once */
    assert_true(rate_shown(r) == RATE / 100);
    rig_free(r);
}

static void a_tail_grant_is_not_smaller_than_is_worth_it(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config_usual());
    rig_job(r, UINT64_C(8) * RATE);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    size_t small = 0;
    while (rig_oldest(r, a)) {
        rig_works(r, a, RATE, RATE);
        small += rig_held(r, a)->count < RATE / 200; /* 5 ms */
    }
    assert_in_range(small, 0, 4); /* the first ones, and the last */
    rig_free(r);
}

static void no_lease_steps_over_a_checkpoint(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config_usual());
    rig_job(r, UINT64_C(1) << 40);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    for (int i = 0; i < 40; i++) {
        struct agent_grant *h = rig_oldest(r, a);
        for (uint32_t k = 0; k < grant_leases(h->first, h->count, h->log2); k++) {
            struct range x = grant_lease(h->first, h->count, h->log2, k);
            assert_int_equal(x.first % UNIT, 0);
            assert_int_equal(cell_of(x.first), cell_of(x.first + x.count - 1));
        }
        rig_report_as(r, h, h->computing, 0, RATE);
        rig_settle(r);
    }
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grants_grow_to_the_target_time_and_no_further),
        cmocka_unit_test(so_does_a_grant_of_one_lease),
        cmocka_unit_test(grants_shrink_at_the_tail),
        cmocka_unit_test(a_prediction_does_not_wrap),
        cmocka_unit_test(a_rate_is_believed_as_far_as_it_is_seen),
        cmocka_unit_test(a_tail_grant_is_not_smaller_than_is_worth_it),
        cmocka_unit_test(no_lease_steps_over_a_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
