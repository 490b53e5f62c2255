// SPDX-License-Identifier: MIT
/* Each reason for a stalled job, and the sentence that status prints for it. */
#include <errno.h>

#include "tests/lib/coord_fleet.h"

#define UNIT (UINT64_C(1) << 16)

static void expect_reason(struct rig *r, uint64_t job, const char *reason)
{
    assert_string_equal(rig_view(r, job).reason, reason);
}

static void nobody_is_there(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    expect_reason(r, job, "no workers attached");
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    expect_reason(r, job, "");
    rig_lost(r, a);
    expect_reason(r, job, "no workers attached");
    rig_free(r);
}

static void an_operator_has_paused_it(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    rig_ask(r, rig_request(REQUEST_PAUSE, job));
    expect_reason(r, job, "paused by an operator");
    rig_ask(r, rig_request(REQUEST_CANCEL, job));
    expect_reason(r, job, "cancelled by an operator");
    rig_free(r);
}

static void other_jobs_have_all_threads(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t first = rig_job(r, 100 * UNIT);
    rig_join(r, 1);
    rig_settle(r);
    uint64_t second = rig_job(r, 100 * UNIT);
    expect_reason(r, first, "");
    expect_reason(r, second, "other jobs come first");
    rig_free(r);
}

static void its_time_is_over(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    struct msg m = rig_submission(9, STOP_TIME, 0);
    m.request.submit.for_ms = 1000;
    uint64_t job = rig_ask(r, m).number;
    rig_join(r, 1);
    rig_settle(r);
    rig_wait(r, 1500);
    expect_reason(r, job, "its time is over, waiting for the leases that are out");
    rig_free(r);
}

/* Worker 1's unit is late, worker 2 gets it as well, and they do not agree. */
static void two_workers_disagree(void **state)
{
    (void)state;
    conn_id conn[4];
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 3 * UNIT);
    for (uint64_t id = 1; id <= 3; id++)
        conn[id] = rig_join(r, id);
    rig_settle(r);
    rig_report(r, rig_held(r, conn[2]), 1);
    rig_settle(r);
    rig_wait(r, 300);
    rig_report_as(r, rig_held(r, conn[1]), 1, 7, 0);
    rig_settle(r);
    rig_report(r, rig_held(r, conn[2]), 1);
    rig_report(r, rig_held(r, conn[3]), 1);
    rig_settle(r);
    expect_reason(r, job, "recomputing a range on which two workers disagree");
    rig_free(r);
}

/* Three have the last lease, the first of them for more than a second; the fourth is
 * idle. */
static void the_first_has_the_last_lease(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, UNIT);
    for (uint64_t id = 1; id <= 4; id++)
        rig_join(r, id);
    rig_wait(r, 900);
    expect_reason(r, job, "");
    rig_wait(r, 200);
    expect_reason(r, job, "waiting for leases of lab");
    rig_free(r);
}

static void all_are_leaving(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 100 * UNIT);
    rig_join(r, 1);
    rig_settle(r);
    struct msg drain = rig_request(REQUEST_DRAIN, 0);
    drain.request.all = true;
    rig_message(r, CONN_LOCAL, drain);
    rig_work(r);
    expect_reason(r, job, "all workers are leaving");
    rig_free(r);
}

/* After a restart: all that is left was granted before it, so it is granted anew. */
static void a_restart_is_no_reason(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 3 * UNIT);
    rig_join(r, 1);
    rig_settle(r);
    rig_restart(r);
    expect_reason(r, job, "no workers attached");
    rig_join(r, 4);
    rig_settle(r);
    expect_reason(r, job, "");
    rig_free(r);
}

static void it_stops(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 100 * UNIT);
    rig_join(r, 1);
    rig_settle(r);
    rig_stop(r, true);
    expect_reason(r, job, "the coordinator is stopping");
    rig_free(r);
}

static void nothing_can_be_saved(void **state)
{
    static const struct {
        int status;
        const char *reason;
    } cases[] = {
        {-ENOSPC, "disk full, nothing is acknowledged"},
        {-ENOMEM, "out of memory, nothing is acknowledged"},
        {-EBUSY, "another program holds the state file, nothing is acknowledged"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig *r = rig_new(rig_config());
        uint64_t job = rig_job(r, 100 * UNIT);
        conn_id a = rig_join(r, 1);
        rig_settle(r);
        rig_report(r, rig_held(r, a), 1);
        rig_refuse(r, cases[i].status);
        expect_reason(r, job, cases[i].reason);
        rig_free(r);
    }
}

static void there_is_no_job(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_join(r, 1);
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_STATUS, 0));
    assert_string_equal(rig_reply(r)->status.reason, "no job to work on");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_there),
        cmocka_unit_test(an_operator_has_paused_it),
        cmocka_unit_test(other_jobs_have_all_threads),
        cmocka_unit_test(its_time_is_over),
        cmocka_unit_test(two_workers_disagree),
        cmocka_unit_test(the_first_has_the_last_lease),
        cmocka_unit_test(all_are_leaving),
        cmocka_unit_test(a_restart_is_no_reason),
        cmocka_unit_test(it_stops),
        cmocka_unit_test(nothing_can_be_saved),
        cmocka_unit_test(there_is_no_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
