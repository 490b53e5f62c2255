// SPDX-License-Identifier: MIT
/*
 * What a worker says of itself decides nothing that others pay for: sizes of grants,
 * deadlines and the patience with stragglers follow what is seen of it.
 */
#include "tests/lib/coord_fleet.h"

enum { RATE = 1 << 28, CLAIMED = 1900 };

/* ---- sizes ---- */

static void who_claims_too_much_gets_what_it_is_seen_to_do(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config_usual());
    rig_job(r, UINT64_C(1) << 60);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    for (int i = 0; i < 30; i++) {
        rig_works(r, a, RATE, UINT64_C(1) << 60);
        assert_in_range(rig_held(r, a)->count, 1, 2 * RATE);
    }
    rig_free(r);
}

/* It gets less, and takes nothing from others: not the time that they get, not their
 * share of the end, and no job waits for it. */
static void who_says_too_little_has_the_damage_alone(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config_usual());
    uint64_t trials = UINT64_C(40) * RATE, job = rig_job(r, trials);
    conn_id sloth = rig_join(r, 1), a = rig_join(r, 2);
    rig_settle(r);
    while (rig_oldest(r, sloth)->first < UNIT << 5) /* its first grants */
        rig_works(r, sloth, RATE, 1);
    assert_int_equal(rig_held(r, sloth)->count, UNIT);
    int64_t start_ms = r->now_ms;
    uint64_t widest = 0;
    while (rig_view(r, job).state != JOB_DONE && r->now_ms < start_ms + 60000) {
        if (rig_oldest(r, a)) {
            widest = rig_held(r, a)->count > widest ? rig_held(r, a)->count : widest;
            rig_works(r, a, RATE, RATE);
        } else {
            rig_wait(r, 100);
        }
    }
    assert_in_range(widest, RATE / 2, RATE);
    rig_expect_done(r, job, trials);
    assert_in_range(r->now_ms - start_ms, 35000, 45000);
    rig_free(r);
}

static void a_claimed_thread_that_delivers_nothing_changes_nothing(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config_usual());
    rig_job(r, UINT64_C(1) << 60);
    conn_id a = rig_join(r, 1);
    for (int i = 0; i < 30; i++)
        rig_works(r, a, RATE, RATE);
    uint64_t before = rig_held(r, a)->count;
    rig_join_wide(r, 2, CLAIMED);
    for (int i = 0; i < 5; i++)
        rig_works(r, a, RATE, RATE);
    assert_in_range(rig_held(r, a)->count, before / 2, RATE);
    rig_free(r);
}

/* ---- what comes back ---- */

/* The lost worker held grants of seconds at 2^28 trials a second; a new one begins
 * small all the same. */
static void a_wide_range_that_comes_back_is_cut_for_who_gets_it(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct rig *r = rig_new(rig_config_usual());
        rig_job(r, UINT64_C(1) << 60);
        conn_id a = rig_join(r, 1);
        for (int i = 0; i < 30; i++)
            rig_works(r, a, RATE, RATE);
        struct agent_grant wide = *rig_oldest(r, a);
        assert_true(wide.log2 > 22);
        rig_lost(r, a);
        rig_wait(r, late ? 12000 : 100);
        conn_id b = rig_join(r, 2);
        rig_settle(r);
        assert_int_equal(rig_oldest(r, b)->first, wide.first);
        assert_true(rig_held(r, b)->count <= 1 << 20);
        /* What nobody has is still the first one's, if it comes in time. */
        struct agent_grant *list[1] = {rig_held_id(r, a, wide.grant)};
        a = rig_rejoin(r, 1, list, 1);
        rig_report(r, rig_held_id(r, a, wide.grant), UINT64_C(1) << 2);
        rig_settle(r);
        rig_expect_verdict(r, rig_held_id(r, a, wide.grant), 4, 0, 0, 0);
        rig_free(r);
    }
}

/* ---- deadlines ---- */

/* A thread becomes slower and slower, each time within its deadline, until ten times
 * what is predicted would be hours. */
static void a_lease_lasts_ten_minutes_at_most_unless_its_thread_goes_on(void **state)
{
    static const int64_t reports_ms[][2] = {
        {6000, 5000}, {59000, 50000}, {505000, 495000}};
    (void)state;
    for (int goes_on = 0; goes_on < 2; goes_on++) {
        struct coord_config config = rig_config();
        config.grant_leases = 2;
        struct rig *r = rig_new(config);
        uint64_t job = rig_job(r, 100 * UNIT);
        conn_id a = rig_join(r, 1);
        rig_settle(r);
        for (unsigned i = 0; i < 6; i++) {
            rig_wait(r, reports_ms[i / 2][i % 2]);
            rig_report(r, rig_oldest(r, a), UINT64_C(1) << i % 2);
            rig_settle(r);
        }
        assert_int_equal(rig_view(r, job).done, 6 * UNIT);
        assert_int_equal(rig_view(r, job).computed_again, 0);
        int64_t start_ms = r->now_ms;
        if (goes_on) {
            rig_wait(r, 500000);
            rig_report(r, rig_oldest(r, a), 1);
            rig_settle(r);
        }
        while (rig_view(r, job).leased && r->now_ms < start_ms + 2000000)
            rig_wait(r, 1000);
        int64_t most = goes_on ? 1100000 : 600000;
        assert_in_range(r->now_ms - start_ms, most, most + 1000);
        rig_free(r);
    }
}

/* A stop that waits for leases does not wait for a worker that only says that it
 * lives. */
static void a_stop_does_not_wait_for_who_only_lives(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 100 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report_as(r, rig_held(r, a), 1, 0, 1); /* it says: one trial a second */
    rig_settle(r);
    int64_t start_ms = r->now_ms;
    rig_stop(r, true);
    rig_wait(r, 9000);
    assert_false(r->stopped);
    while (!r->stopped && r->now_ms < start_ms + 600000)
        rig_wait(r, 100);
    assert_in_range(r->now_ms - start_ms, 10000, 12000);
    rig_free(r);
}

/* ---- stragglers ---- */

/* Worker 1 was seen to make 655 trials a second, so 65,536 take it 100 s by its own
 * measure.  Who is idle, and needs 66 ms, does not wait for that. */
static void the_idle_wait_by_what_they_need_themselves(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 4 * UNIT);
    conn_id slow = rig_join(r, 1);
    rig_settle(r);
    rig_wait(r, 10000);
    rig_report(r, rig_held(r, slow), 1);
    rig_settle(r);
    conn_id a = rig_join(r, 2);
    for (int i = 0; i < 2; i++) {
        rig_wait(r, 66);
        rig_report(r, rig_held(r, a), 1);
        rig_settle(r);
    }
    int64_t start_ms = r->now_ms;
    struct job_view v = rig_view(r, job);
    assert_string_equal(v.reason, "");
    while (rig_grants_of(r, a) == 2 && r->now_ms < start_ms + 5000) {
        rig_wait(r, 1);
        if (r->now_ms == start_ms + 980)
            assert_int_equal(rig_grants_of(r, a), 2);
    }
    assert_in_range(r->now_ms - start_ms, 500,
                    1100); /* a second since it was granted */
    assert_int_equal(rig_held(r, a)->first, UNIT);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    rig_expect_done(r, job, 4 * UNIT);
    rig_free(r);
}

/* A lease that would take the idle thread 17 s goes to it in parts of a second at most;
 * when one has come, the rest is cut anew. */
static void what_is_too_much_for_the_idle_goes_in_parts(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    uint64_t wide = UINT64_C(1) << 24, from = wide << 5, trials = from + 2 * wide;
    config.lease_log2 = 24;
    struct rig *r = rig_new(config);
    uint64_t job = rig_job(r, trials);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    while (rig_held(r, a)->first < from) { /* in no time: nothing is seen of it */
        rig_report(r, rig_held(r, a), 1);
        rig_settle(r);
    }
    conn_id slow = rig_join(r, 2);
    rig_settle(r);
    assert_int_equal(rig_held(r, slow)->count, wide);
    rig_wait(r, 16777); /* a million trials a second */
    rig_report(r, rig_held(r, slow), 1);
    rig_settle(r);
    assert_null(rig_oldest(r, slow));
    rig_wait(r, 16000);
    assert_null(rig_oldest(r, slow));
    rig_wait(r, 2000); /* twice what was predicted for the lease */
    struct agent_grant *part = rig_oldest(r, slow);
    assert_non_null(part);
    assert_int_equal(part->first, from);
    assert_in_range(part->count, UNIT, 1000000);
    rig_report(r, part, 1);
    assert_non_null(rig_sent(r, a, MSG_CANCEL));
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, from + wide + part->count);
    rig_work(r);
    rig_expect_done(r, job, trials);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_claims_too_much_gets_what_it_is_seen_to_do),
        cmocka_unit_test(who_says_too_little_has_the_damage_alone),
        cmocka_unit_test(a_claimed_thread_that_delivers_nothing_changes_nothing),
        cmocka_unit_test(a_wide_range_that_comes_back_is_cut_for_who_gets_it),
        cmocka_unit_test(a_lease_lasts_ten_minutes_at_most_unless_its_thread_goes_on),
        cmocka_unit_test(a_stop_does_not_wait_for_who_only_lives),
        cmocka_unit_test(the_idle_wait_by_what_they_need_themselves),
        cmocka_unit_test(what_is_too_much_for_the_idle_goes_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
