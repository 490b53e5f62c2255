// SPDX-License-Identifier: MIT
/* Slices of audits that trusted workers recompute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/audit_rig.h"

enum { SUSPECT = 8, HELPER = 5 };

static void trust(struct rig *r, const char *id)
{
    struct msg m = rig_request(REQUEST_TRUST, 0);
    m.request.worker = id;
    rig_message(r, CONN_LOCAL, m);
    rig_settle(r);
}

/* The budget is spent on somebody's giant audit in a job that is paused.  Of a job of
 * two units the suspect has the first, and a helper, who is trusted, has reported the
 * second and is idle. */
static struct rig *behind(conn_id *ret_suspect, conn_id *ret_helper)
{
    struct rig *r = audited_rig(0);
    uint64_t other = audited_job(r, 4, AUDIT_ADAPTIVE);
    add_audit(r, other, 1, 7, (struct range){0, GIANT}, 0);
    rig_restart(r);
    rig_wait(r, 11000); /* nobody resumes any more */
    rig_ask(r, rig_request(REQUEST_PAUSE, other));
    audited_job(r, 2, AUDIT_ADAPTIVE);
    *ret_suspect = rig_join(r, SUSPECT);
    *ret_helper = rig_join(r, HELPER);
    trust(r, "0000000000000005");
    audited_say(r, *ret_helper);
    while (r->n_slices)
        rig_slice_counted(r, 400000);
    return r;
}

static void an_idle_trusted_worker_recomputes_what_would_wait(void **state)
{
    (void)state;
    conn_id suspect, helper;
    struct rig *r = behind(&suspect, &helper);
    audited_say(r, suspect);
    assert_int_equal(r->n_slices, 0);
    assert_int_equal(rig_grants_of(r, helper), 2);
    assert_int_equal(rig_held(r, helper)->first, 0);
    assert_int_equal(rig_view(r, 2).verified_done, UNIT);
    uint64_t grant = rig_held(r, helper)->grant;
    audited_say(r, helper);
    rig_expect_done(r, 2, 2 * UNIT);
    assert_int_equal(rig_held_id(r, helper, grant)->unanswered, 0);
    assert_int_equal(disk_count(&r->disk, RECORD_AUDIT, 2), 0);
    assert_int_equal(r->n_slices, 0);
    rig_free(r);
}

static void nobody_recomputes_his_own_results(void **state)
{
    (void)state;
    conn_id suspect, helper;
    struct rig *r = behind(&suspect, &helper);
    rig_lost(r, helper);
    audited_say(r, suspect);
    trust(r, "0000000000000008");
    rig_tick(r, r->now_ms + 1);
    assert_int_equal(rig_grants_of(r, suspect), 1);
    rig_free(r);
}

static void a_lent_slice_that_is_lost_is_recomputed_here(void **state)
{
    (void)state;
    conn_id suspect, helper;
    struct rig *r = behind(&suspect, &helper);
    audited_say(r, suspect);
    assert_int_equal(rig_grants_of(r, helper), 2);
    rig_lost(r, helper);
    r->beats[helper] = false;
    for (int i = 0; i < 8 && rig_view(r, 2).verified_done < 2 * UNIT; i++) {
        rig_wait(r, 2000);
        while (r->n_slices)
            rig_slice_counted(r, 1000);
        rig_settle(r);
    }
    rig_expect_done(r, 2, 2 * UNIT);
    rig_free(r);
}

/* The helper is wrong; picoord looks itself before it excludes anybody, and finds out.
 */
static void nobody_is_excluded_by_the_word_of_a_helper(void **state)
{
    (void)state;
    conn_id suspect, helper;
    struct rig *r = behind(&suspect, &helper);
    audited_say(r, suspect);
    audited_say_as(r, helper, 1);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 0);
    for (int i = 0; i < 8 && disk_count(&r->disk, RECORD_BAN, 0) == 0; i++) {
        rig_wait(r, 2000);
        while (r->n_slices)
            rig_slice_counted(r, 1000);
        rig_settle(r);
    }
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
    r->beats[helper] = false;
    assert_int_equal(rig_view(r, 2).done, UNIT); /* the helper's row was revoked */
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_trusted_worker_recomputes_what_would_wait),
        cmocka_unit_test(nobody_recomputes_his_own_results),
        cmocka_unit_test(a_lent_slice_that_is_lost_is_recomputed_here),
        cmocka_unit_test(nobody_is_excluded_by_the_word_of_a_helper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
