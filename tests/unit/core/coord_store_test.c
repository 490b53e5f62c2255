// SPDX-License-Identifier: MIT
/*
 * The coordinator and its store: a full disk, stopping, and memory that does not grow.
 */
#include <errno.h>
#include <malloc.h>

#include "tests/lib/coord_fleet.h"

/* ---- a full disk ---- */

static void a_full_disk_stops_answers_and_leases_until_there_is_space(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant h = *rig_held(r, a);
    rig_report(r, rig_held(r, a), 1);
    size_t grants = rig_grants_of(r, a);
    rig_full(r);
    assert_non_null(rig_note(r, EVENT_STORE_FULL));
    assert_null(rig_sent(r, a, MSG_ANSWERS));
    assert_string_equal(rig_view(r, job).reason, "disk full, nothing is acknowledged");
    assert_int_equal(rig_reply(r)->status.state, COORD_DEGRADED);
    rig_report(r, rig_held(r, a), 1); /* what is out may still come in */
    assert_int_equal(rig_grants_of(r, a), grants);
    assert_false(r->storing);
    rig_wait(r, 1000);
    assert_true(r->storing); /* tried again */
    rig_full(r);
    assert_null(rig_note(r, EVENT_STORE_FULL)); /* said once */
    rig_wait(r, 1000);
    rig_durable(r);
    assert_non_null(rig_note(r, EVENT_STORE_RECOVERED));
    rig_expect_verdict(r, &h, 1, 0, 0, 0);
    rig_settle(r);
    assert_true(rig_grants_of(r, a) > grants);
    rig_work(r);
    rig_expect_done(r, job, 10 * UNIT);
    rig_free(r);
}

/* The first of a grant's two leases is in a transaction; the other keeps the grant. */
static struct rig *half_reported(struct agent_grant *ret)
{
    struct coord_config config = rig_config();
    config.grant_leases = 2;
    struct rig *r = rig_new(config);
    rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    *ret = *rig_held(r, a);
    rig_report(r, ret, 1);
    return r;
}

/* However often it is sent: while its transaction is out it is kept once.  Under a
 * sanitizer mallinfo2() sees nothing, and this shows less. */
static void a_result_that_is_sent_again_waits_once(void **state)
{
    (void)state;
    struct agent_grant h;
    struct rig *r = half_reported(&h);
    assert_true(r->storing);
    rig_report(r, &h, 1);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < 1000; i++)
        rig_report(r, &h, 1);
    assert_int_equal(mallinfo2().uordblks, before);
    rig_durable(r);
    rig_expect_verdict(r, &h, 1, 1, 0, 0); /* counted, and covered once more */
    rig_report(r, &h, 1);
    rig_expect_verdict(r, &h, 0, 1, 0, 0);
    rig_free(r);
}

/* More than that would be memory that a worker takes while a disk stalls. */
static void of_each_worker_so_many_results_wait_and_no_more(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grant_leases = 5;
    config.waiting_results = 2;
    struct rig *r = rig_new(config);
    rig_job(r, 40 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant h = *rig_held(r, a);
    rig_report(r, &h, 0x7);
    rig_report(r, &h, 0x7);
    rig_expect_verdict(r, &h, 0, 0, 0x4, 0); /* the third one need not be kept */
    rig_durable(r);
    rig_expect_verdict(r, &h, 0x7, 0x3, 0, 0); /* and is counted all the same */
    rig_report(r, &h, 0x8);
    rig_report(r, &h, 0x8); /* there is room again */
    rig_expect_verdict(r, &h, 0, 0, 0, 0);
    rig_durable(r);
    rig_expect_verdict(r, &h, 0x8, 0x8, 0, 0);
    rig_free(r);
}

/* And a connection that ends takes what waits along: the next one hears of what was in
 * the transaction, and of nothing else. */
static void what_waits_goes_with_the_connection(void **state)
{
    (void)state;
    struct agent_grant h;
    struct rig *r = half_reported(&h);
    rig_report(r, &h, 1);
    rig_lost(r, h.conn);
    struct agent_grant *list[] = {&h};
    rig_rejoin(r, 1, list, 1);
    rig_durable(r);
    rig_expect_verdict(r, &h, 1, 0, 0, 0);
    rig_settle(r);
    rig_free(r);
}

static void every_refusal_has_its_reason(void **state)
{
    static const struct {
        int status;
        const char *reason;
    } refusals[] = {
        {-ENOSPC, "disk full, nothing is acknowledged"},
        {-ENOMEM, "out of memory, nothing is acknowledged"},
        {-EBUSY, "another program holds the state file, nothing is acknowledged"},
    };
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        rig_refuse(r, refusals[i].status);
        assert_string_equal(rig_view(r, job).reason, refusals[i].reason);
        assert_string_equal(rig_reply(r)->status.reason, refusals[i].reason);
        rig_message(r, CONN_LOCAL, rig_submission(99, STOP_TRIALS, 1));
        assert_int_equal(rig_reply(r)->error.code, ERROR_STORAGE);
        assert_non_null(strstr(rig_reply(r)->error.message, refusals[i].reason));
        rig_wait(r, 1000);
    }
    rig_free(r);
}

/* Fails in rig_step(), if a second attempt begins before the first has returned. */
static void a_slow_attempt_is_waited_for(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    rig_full(r);
    rig_wait(r, 1000);
    assert_true(r->storing);
    rig_wait(r, 5000);
    assert_string_equal(rig_view(r, job).reason, "disk full, nothing is acknowledged");
    rig_durable(r);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_free(r);
}

static void nothing_spins_while_the_disk_is_full(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 2 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_join(r, 2);
    conn_id idle = rig_join(r, 3);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, idle), 0);
    rig_report(r, rig_held(r, a), 1);
    rig_full(r);
    unsigned ticks = 0;
    int64_t end_ms = r->now_ms + 900;
    while (r->did.deadline_ms < end_ms) {
        rig_tick(r, r->did.deadline_ms);
        ticks++;
    }
    assert_in_range(ticks, 0, 20);
    rig_free(r);
}

static void a_job_cannot_be_changed_while_the_disk_is_full(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    rig_full(r);
    rig_expect_error(r, rig_submission(9, STOP_TRIALS, UNIT), ERROR_STORAGE);
    rig_expect_error(r, rig_request(REQUEST_PAUSE, job), ERROR_STORAGE);
    rig_free(r);
}

/* ---- stopping ---- */

static void stopping_commits_and_answers_what_has_come(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    struct agent_grant one = *rig_held(r, a), two = *rig_held(r, b);
    rig_report(r, rig_held(r, a), 1);
    rig_report(r, rig_held(r, b), 1);
    size_t grants = r->n_held;
    rig_stop(r, false);
    assert_false(r->stopped);
    rig_durable(r);
    rig_expect_verdict(r, &one, 1, 0, 0, 0);
    assert_false(r->stopped);
    rig_durable(r);
    rig_expect_verdict(r, &two, 1, 0, 0, 0);
    assert_true(r->stopped);
    assert_non_null(rig_sent(r, a, MSG_BYE));
    assert_int_equal(r->n_held, grants); /* no lease since */
    rig_free(r);
}

static void stopping_with_nothing_to_write_is_immediate(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_stop(r, false);
    assert_true(r->stopped);
    conn_id a = rig_connect(r);
    rig_message(r, a, rig_hello(ROLE_WORKER, "lab", 1, 1));
    assert_non_null(rig_sent(r, a, MSG_REFUSAL));
    rig_free(r);
}

static void stopping_may_wait_for_the_leases_that_are_out(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    rig_stop(r, true);
    assert_false(r->stopped);
    rig_report(r, rig_held(r, a), 1);
    rig_settle(r);
    assert_int_equal(rig_grants_of(r, a), 1);
    assert_false(r->stopped);
    rig_lost(r, b); /* its lease is out no longer */
    assert_true(r->stopped);
    rig_free(r);
}

static void a_second_stop_does_not_wait_for_leases(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 10 * UNIT);
    rig_join(r, 1);
    rig_settle(r);
    rig_stop(r, true);
    assert_false(r->stopped);
    rig_stop(r, false);
    assert_true(r->stopped);
    rig_free(r);
}

/* ---- memory ---- */

/* Results by the grant, each committed; the store and the worker forget them at once.
 */
static void work(struct rig *r, unsigned grants)
{
    for (unsigned i = 0; i < grants; i++) {
        rig_report(r, &r->held[r->n_held - 1], UINT64_MAX);
        rig_settle(r);
        r->held[0] = r->held[r->n_held - 1];
        r->n_held = 1;
        disk_release(&r->disk);
    }
}

/* Under a sanitizer mallinfo2() sees nothing, and this shows nothing. */
static void results_leave_no_memory_behind(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grant_leases = GRANT_LEASES;
    struct rig *r = rig_new(config);
    uint64_t job = rig_job(r, UINT64_C(1) << 40);
    rig_join(r, 1);
    rig_settle(r);
    work(r, 10000 / GRANT_LEASES);
    uint64_t done = rig_view(r, job).done;
    size_t before = mallinfo2().uordblks;
    work(r, 10000 / GRANT_LEASES);
    assert_int_equal(mallinfo2().uordblks, before);
    assert_int_equal(rig_view(r, job).done, 2 * done);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_stops_answers_and_leases_until_there_is_space),
        cmocka_unit_test(a_result_that_is_sent_again_waits_once),
        cmocka_unit_test(of_each_worker_so_many_results_wait_and_no_more),
        cmocka_unit_test(what_waits_goes_with_the_connection),
        cmocka_unit_test(every_refusal_has_its_reason),
        cmocka_unit_test(a_slow_attempt_is_waited_for),
        cmocka_unit_test(nothing_spins_while_the_disk_is_full),
        cmocka_unit_test(a_job_cannot_be_changed_while_the_disk_is_full),
        cmocka_unit_test(stopping_commits_and_answers_what_has_come),
        cmocka_unit_test(stopping_with_nothing_to_write_is_immediate),
        cmocka_unit_test(stopping_may_wait_for_the_leases_that_are_out),
        cmocka_unit_test(a_second_stop_does_not_wait_for_leases),
        cmocka_unit_test(results_leave_no_memory_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
