// SPDX-License-Identifier: MIT
/* Recomputations: slices, turns, the budget, and who owes too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/core/slices.h"
#include "tests/lib/audit_rig.h"

enum {
    SPEED = 1000,         /* of the recomputing threads, trials a microsecond */
    SLICE_MOST_US = 50000 /* the longest slice, */
};

/* The oldest slice is done, at SPEED; time stands still. */
static struct rig_slice count_one(struct rig *r)
{
    return rig_slice_counted(r, r->slices[0].count / SPEED);
}

/* A thread works on slices, while there are any, for so long.  Returns the time that it
 * was busy, in microseconds. */
static uint64_t work_for(struct rig *r, int64_t ms, uint32_t threads)
{
    int64_t end_ms = r->now_ms + ms;
    uint64_t busy_us = 0, part_us = 0;
    while (r->now_ms < end_ms) {
        if (r->n_slices == 0) {
            rig_tick(r, r->did.deadline_ms < end_ms ? r->did.deadline_ms : end_ms);
            continue;
        }
        uint64_t us = r->slices[0].count / SPEED;
        assert_in_range(us, 0, SLICE_MOST_US);
        part_us += us;
        busy_us += us;
        r->now_ms += (int64_t)(part_us / threads / 1000);
        part_us %= (uint64_t)threads * 1000;
        count_one(r);
    }
    return busy_us;
}

/* The first slices are short, since the speed is not known yet. */
static void measure_speed(struct rig *r)
{
    for (int i = 0; i < 40; i++) {
        r->now_ms += 1000;
        count_one(r);
    }
}

static void slices_are_short_and_add_up(void **state)
{
    (void)state;
    for (uint64_t lie = 0; lie <= 1; lie++) {
        struct rig *r = audited_rig(100);
        uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
        struct range odd = {12345, (UINT64_C(1) << 31) + 777};
        add_audit(r, job, 1, 7, odd, lie);
        rig_restart(r);
        uint64_t at = odd.first, slices = 0;
        while (at < odd.first + odd.count) {
            assert_int_equal(disk_count(&r->disk, RECORD_AUDIT, job), 1);
            assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 0);
            r->now_ms += 100;
            struct rig_slice s = count_one(r);
            assert_int_equal(s.first, at);
            at += s.count;
            slices++;
            assert_true(at == odd.first + odd.count || at % UNIT == 0);
            rig_settle(r);
        }
        assert_int_equal(at, odd.first + odd.count);
        assert_in_range(slices, odd.count / SPEED / SLICE_MOST_US, 400);
        assert_int_equal(r->n_slices, 0);
        assert_int_equal(disk_count(&r->disk, RECORD_AUDIT, job), 0);
        assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), lie);
        rig_free(r);
    }
}

static void after_a_restart_it_begins_anew(void **state)
{
    (void)state;
    struct rig *r = audited_rig(100);
    uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
    add_audit(r, job, 1, 7, (struct range){0, GIANT}, 0);
    rig_restart(r);
    measure_speed(r);
    assert_true(r->slices[0].first > 0);
    rig_restart(r);
    assert_int_equal(r->slices[0].first, 0);
    rig_free(r);
}

static void a_giant_delays_a_small_audit_by_a_slice_or_two(void **state)
{
    (void)state;
    struct rig *r = audited_rig(0);
    uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
    add_audit(r, job, 1, 7, (struct range){0, GIANT}, 0);
    rig_restart(r);
    measure_speed(r);
    while (r->n_slices) /* what was saved is spent */
        count_one(r);
    audited_say(r, rig_join(r, 8));
    work_for(r, 3 * 20 * SLICE_MOST_US / 1000, 1); /* three slices, a twentieth each */
    rig_settle(r);
    assert_int_equal(rig_view(r, job).verified_done, UNIT);
    rig_free(r);
}

static bool nothing(const struct recomputation *r, struct range x)
{
    (void)r;
    (void)x;
    return false;
}

/* What may not be lent costs its author no turn. */
static void workers_take_turns(void **state)
{
    (void)state;
    struct rig *r = audited_rig(100);
    uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE), slices[4] = {0};
    for (uint64_t i = 0; i < 4; i++)
        add_audit(r, job, i + 1, 7 + i, (struct range){i * GIANT, GIANT}, 0);
    rig_restart(r);
    measure_speed(r);
    for (int i = 0; i < 400; i++) {
        r->now_ms += 50;
        for (int j = 0; j < i % 3; j++)
            assert_null(slices_lend(r->coord, NULL, UINT64_MAX, nothing));
        slices[count_one(r).first / GIANT]++;
    }
    for (size_t i = 0; i < 4; i++)
        assert_in_range(slices[i], 99, 101);
    rig_free(r);
}

static void of_one_worker_the_oldest_is_first(void **state)
{
    (void)state;
    struct rig *r = audited_rig(100);
    uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
    for (uint64_t i = 0; i < 4; i++)
        add_audit(r, job, i + 1, 7, (struct range){i << 28, UINT64_C(1) << 28}, 0);
    rig_restart(r);
    for (uint64_t at = 0; at < UINT64_C(4) << 28;) {
        r->now_ms += 100;
        struct rig_slice s = count_one(r);
        assert_int_equal(s.first, at);
        at += s.count;
        rig_settle(r);
    }
    rig_free(r);
}

static void the_budget_is_kept_in_the_long_run(void **state)
{
    (void)state;
    static const struct {
        uint32_t percent, threads;
    } budgets[] = {{0, 1}, {5, 1}, {20, 1}, {100, 1}, {250, 3}};
    for (size_t i = 0; i < ARRAY_SIZE(budgets); i++) {
        struct rig *r = audited_rig(budgets[i].percent);
        uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
        add_audit(r, job, 1, 7, (struct range){0, GIANT}, 0);
        rig_restart(r);
        measure_speed(r);
        uint64_t percent = budgets[i].percent ? budgets[i].percent : 5;
        work_for(r, 20000, budgets[i].threads); /* what was saved is spent */
        assert_true(r->n_slices <= (size_t)4 * budgets[i].threads);
        uint64_t us = work_for(r, 100000, budgets[i].threads);
        assert_in_range(us, percent * 1000000 * 9 / 10, percent * 1000000 + 200000);
        rig_free(r);
    }
}

static void each_thread_has_its_next_slice_at_hand(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 4; threads++) {
        struct rig *r = audited_rig(100 * threads);
        uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
        add_audit(r, job, 1, 7, (struct range){0, GIANT}, 0);
        rig_restart(r);
        measure_speed(r);
        assert_in_range(r->n_slices, 2 * threads, 4 * threads);
        rig_free(r);
    }
}

static void no_more_than_a_second_is_saved_up(void **state)
{
    (void)state;
    struct rig *r = audited_rig(5);
    uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
    add_audit(r, job, 1, 7, (struct range){0, GIANT}, 0);
    rig_restart(r);
    measure_speed(r);
    while (r->n_slices)
        count_one(r);
    int64_t until_ms = r->now_ms + 600000;
    uint64_t us = 0;
    while (r->now_ms < until_ms) /* nobody is there to recompute */
        rig_tick(r, r->did.deadline_ms);
    while (r->n_slices) {
        us += r->slices[0].count / SPEED;
        count_one(r);
    }
    assert_in_range(us, 900000, 1200000); /* and what was handed out before */
    rig_free(r);
}

/* What has taken two seconds instead of a fraction of one costs others two slices. */
static void an_overdraft_is_small(void **state)
{
    (void)state;
    struct rig *r = audited_rig(5);
    uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
    add_audit(r, job, 1, 7, (struct range){0, GIANT}, 0);
    rig_restart(r);
    while (r->n_slices)
        rig_slice_counted(r, 20000000);
    int64_t begun_ms = r->now_ms;
    while (r->n_slices == 0)
        rig_tick(r, r->did.deadline_ms);
    assert_in_range(r->now_ms - begun_ms, 1900, 2100);
    rig_free(r);
}

/* Samples do not wait for all of a job of which all is recomputed, nor the reverse. */
static void what_is_exempt_and_what_is_not_take_turns(void **state)
{
    (void)state;
    struct rig *r = audited_rig(50);
    uint64_t all = audited_job(r, 4, AUDIT_ALL),
             some = audited_job(r, 4, AUDIT_ADAPTIVE);
    uint64_t us[2] = {0};
    add_audit(r, all, 1, 7, (struct range){0, GIANT}, 0);
    add_audit(r, some, 2, 7, (struct range){GIANT, GIANT}, 0);
    rig_restart(r);
    measure_speed(r);
    while (us[0] + us[1] < 100000000) {
        uint64_t took = r->slices[0].count / SPEED;
        r->now_ms += (int64_t)(took / 1000);
        us[count_one(r).first >= GIANT] += took;
        assert_true(r->n_slices > 0); /* the thread always has something to do */
    }
    assert_in_range(us[1], 45000000, 55000000);
    rig_free(r);
}

static void who_owes_too_much_gets_no_work_and_others_do(void **state)
{
    (void)state;
    struct rig *r = audited_rig(100);
    uint64_t job = audited_job(r, 100, AUDIT_ADAPTIVE);
    add_audit(r, job, 1, 7, (struct range){0, UINT64_C(1) << 31}, 0);
    rig_restart(r);
    conn_id debtor = rig_join(r, 7), other = rig_join(r, 8);
    assert_int_equal(rig_grants_of(r, debtor), 0);
    assert_int_equal(rig_grants_of(r, other), 1);
    audited_say(r, other);
    assert_int_equal(rig_grants_of(r, other), 2);
    int slices = 0;
    for (; rig_grants_of(r, debtor) == 0 && slices < 400; slices++) {
        r->now_ms += 50;
        rig_beat(r, debtor);
        rig_beat(r, other);
        count_one(r);
        rig_settle(r);
    }
    assert_int_equal(rig_grants_of(r, debtor), 1);
    assert_int_equal(disk_count(&r->disk, RECORD_AUDIT, job), 1); /* it still owes */
    rig_free(r);
}

static void who_is_excluded_has_no_slices_left(void **state)
{
    (void)state;
    struct rig *r = audited_rig(100);
    uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
    add_audit(r, job, 1, 7, (struct range){0, UNIT}, 1);
    add_audit(r, job, 2, 7, (struct range){0, GIANT}, 0);
    rig_restart(r);
    assert_true(r->n_slices > 1);
    count_one(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 0); /* not durable yet */
    rig_settle(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
    while (r->n_slices)
        count_one(r); /* they come too late, and no more are asked for */
    rig_tick(r, r->now_ms + 100);
    assert_int_equal(r->n_slices, 0);
    rig_free(r);
}

static void keep_status(void *ctx, const struct msg_reply *reply)
{
    assert_int_equal(reply->body, REPLY_STATUS);
    *(struct status_view *)ctx = reply->status;
}

/* What the status says is yet to be recomputed. */
static struct audits_view look(struct rig *r, struct arena *memory)
{
    struct status_view s = {0};
    struct msg m = rig_request(REQUEST_STATUS, 0);
    arena_reset(memory);
    assert_true(coord_query(r->coord, r->now_ms, &m.request, memory, keep_status, &s));
    return s.audits;
}

static void the_status_says_how_long_and_what_helps(void **state)
{
    (void)state;
    static const struct {
        uint32_t percent, most;
        const char *help;
    } helps[] = {{0, 200, "picoord --audit-cpu 20, or pictl trust lab"},
                 {100, 200, "picoord --audit-cpu 200, or pictl trust lab"},
                 {100, 100, "more threads, or pictl trust lab"}};
    struct arena memory;
    arena_init(&memory, 0);
    for (size_t i = 0; i < ARRAY_SIZE(helps); i++) {
        struct rig *r = audited_rig(helps[i].percent);
        r->config.audit_percent_most = helps[i].most;
        uint64_t job = audited_job(r, 1, AUDIT_ADAPTIVE), trials = UINT64_C(1) << 40;
        assert_int_equal(look(r, &memory).due, 0);
        assert_string_equal(look(r, &memory).help, "");
        add_audit(r, job, 1, 7, (struct range){0, trials}, 0);
        rig_restart(r);
        rig_join(r, 7);
        measure_speed(r);
        struct audits_view a = look(r, &memory);
        assert_int_equal(a.due, 1);
        assert_in_range(a.trials, trials * 9 / 10, trials);
        uint64_t percent = helps[i].percent ? helps[i].percent : 5;
        uint64_t ms = a.trials / SPEED / 10 / percent;
        assert_in_range(a.wait_ms, ms * 9 / 10, ms * 11 / 10);
        assert_string_equal(a.help, helps[i].help);
        rig_free(r);
    }
    arena_release(&memory);
}

/* Each is the widest that there is; together they are beyond 2^64. */
static void any_number_of_any_width_may_be_due(void **state)
{
    (void)state;
    struct arena memory;
    arena_init(&memory, 0);
    struct rig *r = audited_rig(1);
    uint64_t job = audited_job(r, 4, AUDIT_ADAPTIVE);
    for (uint64_t i = 0; i < 100; i++)
        add_audit(r, job, i + 1, 7, (struct range){0, TRIALS_MAX}, 0);
    rig_restart(r);
    struct audits_view a = look(r, &memory);
    assert_int_equal(a.due, 100);
    assert_int_equal(a.trials, UINT64_MAX);
    assert_int_equal(a.wait_ms, INT64_C(1) << 53);
    while (r->n_slices)
        count_one(r);
    arena_release(&memory);
    rig_free(r);
}

static void a_job_that_waits_says_so_too(void **state)
{
    (void)state;
    struct rig *r = audited_rig(0);
    r->config.audit_percent_most = 100;
    uint64_t job = audited_job(r, 1, AUDIT_ADAPTIVE);
    add_audit(r, job, 1, 9, (struct range){0, GIANT}, 0);
    rig_restart(r);
    measure_speed(r);
    while (r->n_slices) /* what was saved is spent */
        count_one(r);
    audited_say(r, rig_join(r, 8));
    const char *reason = rig_view(r, job).reason;
    assert_non_null(
        strstr(reason, "waiting for audits of what untrusted workers have computed: "));
    assert_non_null(strstr(reason, " trials, "));
    assert_non_null(strstr(reason, "; what helps: picoord --audit-cpu 20"));
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_short_and_add_up),
        cmocka_unit_test(after_a_restart_it_begins_anew),
        cmocka_unit_test(a_giant_delays_a_small_audit_by_a_slice_or_two),
        cmocka_unit_test(workers_take_turns),
        cmocka_unit_test(of_one_worker_the_oldest_is_first),
        cmocka_unit_test(the_budget_is_kept_in_the_long_run),
        cmocka_unit_test(each_thread_has_its_next_slice_at_hand),
        cmocka_unit_test(no_more_than_a_second_is_saved_up),
        cmocka_unit_test(an_overdraft_is_small),
        cmocka_unit_test(what_is_exempt_and_what_is_not_take_turns),
        cmocka_unit_test(who_owes_too_much_gets_no_work_and_others_do),
        cmocka_unit_test(who_is_excluded_has_no_slices_left),
        cmocka_unit_test(the_status_says_how_long_and_what_helps),
        cmocka_unit_test(any_number_of_any_width_may_be_due),
        cmocka_unit_test(a_job_that_waits_says_so_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
