// SPDX-License-Identifier: MIT
/* Audits: provisional results, recomputation, and a worker that reports wrong hits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/core/cell.h"
#include "tests/lib/coord_fleet.h"

enum { LIAR = 66, HONEST = 7 };

static struct rig *audited_rig(void)
{
    struct coord_config config = rig_config();
    config.bare = false;
    return rig_new(config);
}

static uint64_t submit(struct rig *r, uint64_t units, enum audit_policy audit)
{
    struct msg m = rig_submission(++r->requests, STOP_TRIALS, units * UNIT);
    m.request.submit.audit = audit;
    return rig_ask(r, m).number;
}

/* What it has yet to compute, the oldest first; each grant is one lease. */
static struct agent_grant *next_of(struct rig *r, conn_id conn)
{
    for (size_t i = 0; i < r->n_held; i++)
        if (r->held[i].conn == conn && r->held[i].computing)
            return &r->held[i];
    fail_msg("it holds nothing");
    return NULL;
}

/* The result of the worker's next lease: one sub-count, of all of it. */
static void say(struct rig *r, conn_id conn, uint64_t lie)
{
    struct agent_grant *h = next_of(r, conn);
    uint64_t hits = truth(h->first, h->count) + lie;
    rig_report_pieces(r, h, &hits, 1);
}

/* It tells the truth, and whatever is recomputed is right.  Whether anything was. */
static bool work(struct rig *r, conn_id conn)
{
    say(r, conn, 0);
    bool drawn = r->recompute_id != 0;
    while (r->recompute_id || r->storing) {
        if (r->recompute_id)
            rig_recomputed(r);
        rig_settle(r);
    }
    return drawn;
}

static size_t due(const struct rig *r, uint64_t job)
{
    return disk_count(&r->disk, RECORD_AUDIT, job);
}

/* All leases of a grant, with their sub-counts, and what the worker says of its rate.
 */
static void say_all(struct rig *r, struct agent_grant *h, uint64_t rate)
{
    static uint64_t hits[GRANT_LEASES], pieces[GRANT_LEASES * LEASE_PIECES];
    uint64_t leases = h->computing;
    uint32_t n = 0, n_pieces = 0;
    for (; n < grant_leases(h->first, h->count, h->log2); n++) {
        struct range x = grant_lease(h->first, h->count, h->log2, n);
        uint64_t unit = lease_piece(x.count), end = x.first + x.count;
        for (uint64_t at = x.first; at < end; at += unit)
            pieces[n_pieces++] = truth(at, end - at < unit ? end - at : unit);
        hits[n] = truth(x.first, x.count);
    }
    h->computing = 0;
    struct msg m = {.type = MSG_RESULTS,
                    .results = {.n = 1,
                                .grant = &h->grant,
                                .leases = &leases,
                                .rate = &rate,
                                .n_hits = n,
                                .hits = hits,
                                .n_pieces = n_pieces,
                                .pieces = pieces,
                                .group_pieces = &n_pieces}};
    rig_message(r, h->conn, m);
}

/* As long as it is on probation, whatever it is seen to do; and nobody else is. */
static void leases_are_narrow_on_probation(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.bare = false;
    config.lease_log2 = config.grant_leases = config.grants_in_hand = 0;
    struct rig *r = rig_new(config);
    submit(r, UINT64_C(1) << 30, AUDIT_ADAPTIVE);
    conn_id a = rig_join(r, HONEST), b = rig_join(r, HONEST + 1);
    struct msg trust = rig_request(REQUEST_TRUST, 0);
    trust.request.worker = "lab-2";
    rig_message(r, CONN_LOCAL, trust);
    rig_settle(r);
    uint32_t widest[2] = {0, 0};
    for (int i = 0; i < 40; i++) {
        bool trusted = i % 2 || i > 8; /* more audits due would stop the other */
        conn_id conn = trusted ? b : a;
        struct agent_grant *h = next_of(r, conn);
        rig_wait(r, 10);
        say_all(r, h, UINT64_C(1) << 40);
        rig_settle(r);
        h = rig_held(r, conn);
        widest[trusted] = h->log2 > widest[trusted] ? h->log2 : widest[trusted];
    }
    assert_int_equal(widest[0], 20);
    assert_true(widest[1] > 22);
    rig_free(r);
}

static void the_first_ten_results_are_recomputed_one_by_one(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t job = submit(r, 40, AUDIT_ADAPTIVE);
    conn_id w = rig_join(r, HONEST);
    for (uint64_t i = 0; i < 10; i++) {
        struct agent_grant h = *next_of(r, w);
        say(r, w, 0);
        assert_int_equal(r->recompute_first, h.first);
        assert_int_equal(r->recompute_count, h.count);
        rig_settle(r);
        assert_int_equal(rig_view(r, job).done, (i + 1) * UNIT);
        assert_int_equal(rig_view(r, job).verified_done, i * UNIT);
        assert_int_equal(due(r, job), 1);
        rig_recomputed(r);
        rig_settle(r);
        assert_int_equal(rig_view(r, job).verified_done, (i + 1) * UNIT);
        assert_int_equal(due(r, job), 0);
    }
    rig_free(r);
}

static void after_them_a_sample_is(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t job = submit(r, 1000, AUDIT_ADAPTIVE), drawn = 0;
    conn_id w = rig_join(r, HONEST);
    for (uint64_t i = 0; i < 1000; i++) {
        drawn += work(r, w);
    }
    /* 10, and 1 - e^-x of the k-th, x = max(1/k, 0.02, 100/k): 277, give or take 12 */
    assert_in_range(drawn, 229, 325);
    rig_expect_done(r, job, 1000 * UNIT);
    rig_free(r);
}

/* After a hundred honest ones a result is drawn with 2 %; each of these five is. */
static void hits_far_from_chance_are_always_recomputed(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    submit(r, 200, AUDIT_ADAPTIVE);
    conn_id w = rig_join(r, HONEST);
    for (uint64_t i = 0; i < 100; i++)
        work(r, w);
    for (uint64_t i = 0; i < 5; i++) {
        r->recompute_id = 0;
        say(r, w, i ? 0 : UNIT / 8); /* over seven standard deviations */
        rig_settle(r);
        assert_int_not_equal(r->recompute_id, 0);
    }
    rig_free(r);
}

static void a_lie_takes_all_that_is_not_settled_along(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t job = submit(r, 12, AUDIT_ADAPTIVE);
    conn_id w = rig_join(r, LIAR);
    work(r, w);
    work(r, w);
    assert_int_equal(rig_view(r, job).verified_done, 2 * UNIT);
    say(r, w, 1);
    rig_recomputed(r);
    assert_true(rig_closed(r, w));
    assert_non_null(rig_note(r, EVENT_WORKER_BANNED));
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, 0);
    assert_int_equal(rig_view(r, job).verified_done, 0);
    assert_int_equal(due(r, job), 0);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
    rig_lost(r, w);
    conn_id honest = rig_join(r, HONEST);
    for (int i = 0; i < 12; i++)
        work(r, honest);
    rig_expect_done(r, job, 12 * UNIT);
    rig_free(r);
}

static void where_all_is_audited_each_range_waits_for_its_own(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t job = submit(r, 30, AUDIT_ALL);
    conn_id w = rig_join(r, HONEST);
    for (uint64_t i = 0; i < 30; i++) {
        say(r, w, 0);
        assert_int_not_equal(r->recompute_id, 0);
        rig_settle(r);
        assert_int_equal(rig_view(r, job).verified_done, i * UNIT);
        rig_recomputed(r);
        rig_settle(r);
    }
    rig_expect_done(r, job, 30 * UNIT);
    rig_free(r);
}

/* Nothing of the job's five leases is recomputed. */
static void expect_believed(struct rig *r, uint64_t job, conn_id w)
{
    for (int i = 0; i < 5; i++) {
        say(r, w, 0);
        assert_int_equal(r->recompute_id, 0);
        rig_settle(r);
    }
    rig_expect_done(r, job, 5 * UNIT);
}

static void nothing_is_audited_where_the_room_is_trusted(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t job = submit(r, 5, AUDIT_NONE);
    conn_id w = rig_join(r, HONEST);
    expect_believed(r, job, w);
    rig_free(r);
}

static void the_word_of_a_trusted_worker_is_enough(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t job = submit(r, 5, AUDIT_ADAPTIVE);
    conn_id w = rig_join(r, HONEST);
    struct msg trust = rig_request(REQUEST_TRUST, 0);
    trust.request.worker = "lab";
    rig_message(r, CONN_LOCAL, trust);
    rig_settle(r);
    assert_int_equal(disk_count(&r->disk, RECORD_STANDING, 0), 1);
    expect_believed(r, job, w);
    rig_free(r);
}

static void audits_that_are_due_survive_a_restart(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t job = submit(r, 5, AUDIT_ADAPTIVE);
    conn_id w = rig_join(r, LIAR);
    say(r, w, 1);
    rig_settle(r);
    r->recompute_id = 0;
    rig_restart(r);
    assert_int_equal(r->recompute_count, UNIT);
    assert_int_not_equal(r->recompute_id, 0);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_recomputed(r);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, 0);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
    rig_restart(r); /* and so does the ban */
    conn_id again = rig_connect(r);
    rig_message(r, again, rig_hello(ROLE_WORKER, "lab", LIAR, 1));
    assert_int_equal(rig_sent(r, again, MSG_REFUSAL)->refusal.code, REFUSAL_BANNED);
    rig_free(r);
}

/* Rows of the worker in other jobs hang on it. */
static void a_job_is_removed_when_nothing_of_it_is_being_recomputed(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t job = submit(r, 5, AUDIT_ADAPTIVE);
    conn_id w = rig_join(r, HONEST);
    say(r, w, 0);
    rig_settle(r);
    rig_ask(r, rig_request(REQUEST_CANCEL, job));
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_RM, job));
    rig_settle(r);
    assert_int_equal(disk_count(&r->disk, RECORD_JOB, job), 1);
    rig_recomputed(r);
    rig_settle(r);
    assert_int_equal(disk_count(&r->disk, RECORD_JOB, job), 0);
    assert_int_equal(disk_count(&r->disk, RECORD_ROW, job), 0);
    assert_int_equal(disk_count(&r->disk, RECORD_RM, job), 1);
    rig_free(r);
}

/* The end of a job by its standard error is known before all below it is verified. */
static void a_restart_shows_no_more_than_what_may_be_the_answer(void **state)
{
    (void)state;
    static const enum request_verb verbs[] = {REQUEST_PAUSE, REQUEST_CANCEL};
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        struct rig *r = audited_rig();
        struct msg m = rig_submission(++r->requests, STOP_STDERR, 0);
        m.request.submit.until_stderr = 0.0012; /* the first checkpoint does */
        uint64_t job = rig_ask(r, m).number, end = cell_first(1);
        conn_id w = rig_join_wide(r, HONEST, 8);
        for (uint64_t k = 0; k < 34; k++)
            say(r, w, 0);
        rig_settle(r);
        rig_ask(r, rig_request(verbs[i], job));
        assert_int_equal(rig_view(r, job).done, end);
        assert_int_equal(rig_view(r, job).hits, truth(0, end));
        assert_int_equal(rig_view(r, job).verified_done, 0);
        rig_restart(r);
        assert_int_equal(rig_view(r, job).done, end);
        assert_int_equal(rig_view(r, job).hits, truth(0, end));
        assert_int_equal(rig_view(r, job).surplus, 2 * UNIT);
        rig_free(r);
    }
}

static void who_was_removed_may_still_be_found_out(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t job = submit(r, 5, AUDIT_ADAPTIVE);
    conn_id w = rig_join(r, LIAR);
    say(r, w, 1);
    struct msg kick = rig_request(REQUEST_KICK, 0);
    kick.request.worker = "lab";
    rig_message(r, CONN_LOCAL, kick);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_recomputed(r);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, 0);
    rig_free(r);
}

/* The one under way has taken two seconds. */
static void recomputed_slowly(struct rig *r)
{
    struct input slow = {.type = INPUT_RECOMPUTED};
    slow.recompute.id = r->recompute_id;
    slow.recompute.hits = truth(r->recompute_first, r->recompute_count);
    slow.recompute.micros = 2000000;
    r->recompute_id = 0;
    rig_step(r, slow);
    rig_settle(r);
}

static void what_was_asked_for_is_not_charged_to_the_samples(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    uint64_t all = submit(r, 1, AUDIT_ALL);
    conn_id w = rig_join(r, HONEST);
    say(r, w, 0);
    recomputed_slowly(r);
    rig_expect_done(r, all, UNIT);
    submit(r, 20, AUDIT_ADAPTIVE);
    say(r, w, 0);
    assert_int_not_equal(r->recompute_id, 0);
    rig_free(r);
}

static void who_has_many_audits_due_waits_for_them(void **state)
{
    (void)state;
    struct rig *r = audited_rig();
    submit(r, 200, AUDIT_ALL);
    conn_id w = rig_join(r, HONEST);
    size_t before, reported = 0;
    do {
        before = r->n_held;
        say(r, w, 0);
        reported++;
        rig_settle(r);
    } while (r->n_held > before);
    assert_in_range(reported, 60, 70);
    while (r->recompute_id && r->n_held == before) {
        rig_recomputed(r);
        rig_settle(r);
    }
    assert_true(r->n_held > before);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leases_are_narrow_on_probation),
        cmocka_unit_test(the_first_ten_results_are_recomputed_one_by_one),
        cmocka_unit_test(after_them_a_sample_is),
        cmocka_unit_test(hits_far_from_chance_are_always_recomputed),
        cmocka_unit_test(a_lie_takes_all_that_is_not_settled_along),
        cmocka_unit_test(where_all_is_audited_each_range_waits_for_its_own),
        cmocka_unit_test(nothing_is_audited_where_the_room_is_trusted),
        cmocka_unit_test(the_word_of_a_trusted_worker_is_enough),
        cmocka_unit_test(audits_that_are_due_survive_a_restart),
        cmocka_unit_test(a_job_is_removed_when_nothing_of_it_is_being_recomputed),
        cmocka_unit_test(a_restart_shows_no_more_than_what_may_be_the_answer),
        cmocka_unit_test(who_was_removed_may_still_be_found_out),
        cmocka_unit_test(what_was_asked_for_is_not_charged_to_the_samples),
        cmocka_unit_test(who_has_many_audits_due_waits_for_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
