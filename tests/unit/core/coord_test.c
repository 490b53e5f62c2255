// SPDX-License-Identifier: MIT
/*
 * Results and their answers: only durable results are answered COUNTED; duplicate
 * results; and workers that report wrong ones.
 */
#include "tests/lib/coord_fleet.h"

/* ---- the four answers ---- */

static void a_result_is_counted_only_when_it_is_durable(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant h = *rig_held(r, a);
    rig_report(r, rig_held_id(r, a, h.grant), 1);
    assert_null(rig_sent(r, a, MSG_ANSWERS));
    assert_int_equal(rig_view(r, job).done, 0);
    assert_null(rig_sent(r, a, MSG_ANSWERS));
    rig_durable(r);
    rig_expect_verdict(r, &h, 1, 0, 0, 0);
    struct job_view v = rig_view(r, job);
    assert_int_equal(v.done, UNIT);
    assert_int_equal(v.hits, truth(0, UNIT));
    assert_int_equal(disk_row_at(&r->disk, job, 0)->hits, truth(0, UNIT));
    rig_free(r);
}

static void results_wait_while_a_transaction_is_under_way(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    struct agent_grant one = *rig_held(r, a), two = *rig_held(r, b);
    rig_report(r, rig_held_id(r, a, one.grant), 1);
    assert_true(r->storing);
    uint64_t first = r->store_id;
    rig_report(r, rig_held_id(r, b, two.grant), 1); /* fails if a second began */
    assert_int_equal(r->store_id, first);
    rig_durable(r);
    rig_expect_verdict(r, &one, 1, 0, 0, 0);
    rig_expect_verdict(r, &two, 0, 0, 0, 0);
    assert_true(r->storing); /* the next went at once */
    assert_true(r->store_id > first);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_durable(r);
    rig_expect_verdict(r, &two, 1, 0, 0, 0);
    rig_free(r);
}

/* The answer was lost with the connection: the worker asks again. */
static void a_result_that_is_durable_already_is_covered(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    rig_report(r, &mine, 1);
    rig_lost(r, a);
    rig_durable(r);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_rejoin(r, 1, list, 1);
    rig_report(r, &mine, 1);
    rig_expect_verdict(r, &mine, 0, 1, 0, 0);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_free(r);
}

static void a_result_of_a_transaction_under_way_is_answered_after_it(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    rig_report(r, &mine, 1);
    rig_lost(r, a);
    rig_rejoin(r, 1, list, 1);
    rig_report(r, &mine, 1);
    rig_expect_verdict(r, &mine, 0, 0, 0, 0);
    rig_durable(r);
    struct verdict v = rig_answered(r, mine.conn, mine.grant);
    assert_int_equal(v.counted | v.covered, 1);
    assert_int_equal(v.dropped | v.stale, 0);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, UNIT);
    rig_free(r);
}

/* Leases of two units, whose beginning somebody counts meanwhile in leases of one. */
static void a_result_that_overlaps_in_part_is_dropped(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.lease_log2 = 17;
    config.grant_leases = 64;
    struct rig *r = rig_new(config);
    uint64_t job = rig_job(r, 66 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), UINT64_MAX); /* [0, 64) in leases of one unit */
    rig_settle(r);
    struct agent_grant mine = *rig_held(r, a), *list[] = {&mine};
    assert_int_equal(mine.first, 64 * UNIT);
    assert_int_equal(mine.count, 2 * UNIT);
    assert_int_equal(mine.log2, 17);
    rig_lost(r, a);
    r->config.lease_log2 = 16;
    r->config.grant_leases = 1;
    rig_restart(r);
    conn_id b = rig_join(r, 2);
    rig_settle(r);
    assert_int_equal(rig_held(r, b)->first, 64 * UNIT);
    assert_int_equal(rig_held(r, b)->count, UNIT);
    rig_report(r, rig_held(r, b), 1);
    rig_settle(r);
    mine.unanswered = 1;
    mine.computing = 0;
    rig_rejoin(r, 1, list, 1);
    rig_report(r, &mine, 1);
    rig_expect_verdict(r, &mine, 0, 0, 1, 0);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, 65 * UNIT);
    rig_free(r);
}

static void a_result_of_a_grant_that_is_not_the_workers_is_stale(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1), b = rig_join(r, 2);
    rig_settle(r);
    struct agent_grant theirs = *rig_held(r, a), unknown = theirs,
                       beyond = *rig_held(r, b);
    theirs.conn = unknown.conn = b;
    unknown.grant = 12345;
    rig_report(r, &theirs, 1);
    rig_expect_verdict(r, &theirs, 0, 0, 0, 1);
    rig_report(r, &unknown, 1);
    rig_expect_verdict(r, &unknown, 0, 0, 0, 1);
    rig_report(r, &beyond, 2); /* it has no such lease */
    rig_expect_verdict(r, &beyond, 0, 0, 0, 2);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, 0);
    rig_free(r);
}

static void results_of_a_job_that_has_ended_are_stale(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    struct agent_grant *h = rig_held(r, a);
    rig_message(r, CONN_LOCAL, rig_request(REQUEST_CANCEL, job));
    assert_non_null(rig_sent(r, a, MSG_CANCEL));
    assert_int_equal(h->computing, 0);
    rig_settle(r);
    rig_report(r, h, 1);
    rig_expect_verdict(r, h, 0, 0, 0, 1);
    assert_int_equal(rig_view(r, job).done, 0);
    rig_free(r);
}

/* The group after an unknown one must not be read with its hits. */
static void an_unknown_grant_does_not_shift_the_hits_of_the_next(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grant_leases = 4;
    struct rig *r = rig_new(config);
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    uint64_t grant[2] = {999, rig_held(r, a)->grant}, leases[2] = {5, 2};
    uint64_t rate[2] = {0}, hits[3] = {1, 2, truth(UNIT, UNIT)};
    uint64_t pieces[3] = {1, 2, truth(UNIT, UNIT)};
    uint32_t group_pieces[2] = {2, 1};
    struct msg m = {.type = MSG_RESULTS};
    m.results =
        (struct msg_results){2, grant, leases, rate, 3, hits, 3, pieces, group_pieces};
    rig_message(r, a, m);
    assert_int_equal(rig_answered(r, a, 999).stale, 5);
    rig_durable(r);
    assert_int_equal(rig_answered(r, a, grant[1]).counted, 2);
    assert_int_equal(rig_view(r, job).hits, truth(UNIT, UNIT));
    rig_free(r);
}

/* ---- what cannot be ---- */

static void send_hits(struct rig *r, const struct agent_grant *h, uint64_t hits,
                      const uint64_t *pieces, uint32_t n)
{
    uint64_t leases = 1, rate = 0;
    struct msg m = {.type = MSG_RESULTS};
    m.results =
        (struct msg_results){1, &h->grant, &leases, &rate, 1, &hits, n, pieces, &n};
    rig_message(r, h->conn, m);
}

/* A worker that somebody has written wrong is told so, and may come again. */
static void pieces_that_are_miscut_are_malformed_and_no_lie(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 3; n += 2) { /* none; one too many */
        struct coord_config config = rig_config();
        config.bare = false;
        struct rig *r = rig_new(config);
        rig_job(r, 10 * UNIT);
        conn_id a = rig_join(r, 1);
        rig_settle(r);
        send_hits(r, rig_held(r, a), 5, (uint64_t[]){5, 0}, n);
        assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_MALFORMED);
        assert_true(rig_closed(r, a));
        assert_null(rig_note(r, EVENT_WORKER_BANNED));
        assert_non_null(
            rig_note(r, EVENT_WORKER_LOST)); /* its leases are free at once */
        conn_id b = rig_connect(r);
        rig_message(r, b, rig_hello(ROLE_WORKER, "lab", 1, 1));
        assert_non_null(rig_sent(r, b, MSG_WELCOME));
        rig_free(r);
    }
}

/* Each of these excludes its author, and all that it has contributed goes. */
static void hits_that_cannot_be_exclude_their_author(void **state)
{
    (void)state;
    static const struct {
        uint64_t hits, pieces[2];
        uint32_t n;
    } cases[] = {
        {UNIT + 1, {0}, 0},       /* more than trials */
        {5, {6, 0}, 1},           /* not the sum */
        {UNIT, {UNIT + 1, 0}, 1}, /* a piece has more than its trials */
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct rig *r = rig_new(rig_config());
        uint64_t job = rig_job(r, 10 * UNIT);
        conn_id a = rig_join(r, 1);
        rig_settle(r);
        rig_report(r, rig_held(r, a), 1);
        rig_settle(r);
        assert_int_equal(rig_view(r, job).done, UNIT);
        send_hits(r, rig_held(r, a), cases[i].hits, cases[i].pieces, cases[i].n);
        assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_BANNED);
        assert_true(rig_closed(r, a));
        assert_string_equal(rig_note(r, EVENT_WORKER_BANNED)->departure.worker, "lab");
        rig_durable(r);
        assert_int_equal(rig_effect(r, EFFECT_REVOKE)->revoke.trials, UNIT);
        assert_int_equal(rig_view(r, job).done, 0);
        assert_int_equal(disk_count(&r->disk, RECORD_ROW, job), 0);
        assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
        rig_free(r);
    }
}

static void the_right_pieces_are_taken(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 10 * UNIT), five = 5;
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    send_hits(r, rig_held(r, a), 5, &five, 1);
    rig_settle(r);
    assert_int_equal(rig_view(r, job).hits, 5);
    rig_free(r);
}

/* What was in the transaction to come goes as well as what is on the disk. */
static void an_exclusion_takes_what_is_pending(void **state)
{
    (void)state;
    struct coord_config config = rig_config();
    config.grant_leases = 4;
    struct rig *r = rig_new(config);
    uint64_t job = rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report(r, rig_held(r, a), 1);
    assert_true(r->storing);
    rig_report(r, rig_held(r, a), 2); /* waits for the first */
    rig_report_as(r, rig_held(r, a), 4, UNIT, 0);
    assert_true(rig_closed(r, a));
    rig_settle(r);
    assert_int_equal(rig_view(r, job).done, 0);
    rig_join(r, 2);
    rig_work(r);
    rig_expect_done(r, job, 10 * UNIT);
    rig_free(r);
}

static void who_is_excluded_stays_so_after_a_restart(void **state)
{
    (void)state;
    struct rig *r = rig_new(rig_config());
    rig_job(r, 10 * UNIT);
    conn_id a = rig_join(r, 1);
    rig_settle(r);
    rig_report_as(r, rig_held(r, a), 1, UNIT, 0);
    rig_settle(r);
    rig_restart(r);
    a = rig_connect(r);
    rig_message(r, a, rig_hello(ROLE_WORKER, "lab", 1, 1));
    assert_int_equal(rig_sent(r, a, MSG_REFUSAL)->refusal.code, REFUSAL_BANNED);
    assert_true(rig_closed(r, a));
    rig_free(r);
}

/* ---- disputes ---- */

/*
 * Worker 1 has unit 0, which is late, so worker 2 gets it as well; worker 3 keeps unit
 * 2 to itself, so that the job goes on.  Workers 1 and 2 report unit 0, first or
 * second, with what is added to the truth; their connections are in conn[].
 */
static void disagree_in(struct rig *r, uint64_t lie_1, uint64_t lie_2, conn_id conn[4])
{
    for (uint64_t id = 1; id <= 3; id++)
        conn[id] = rig_join(r, id);
    rig_settle(r);
    rig_report(r, rig_held(r, conn[2]), 1);
    rig_settle(r);
    rig_wait(r, 300);
    assert_int_equal(rig_held(r, conn[2])->first, 0);
    rig_report_as(r, rig_held(r, conn[1]), 1, lie_1, 0);
    rig_settle(r);
    rig_report_as(r, rig_held(r, conn[2]), 1, lie_2, 0);
    rig_expect_verdict(r, rig_held(r, conn[2]), 0, 1, 0, 0);
}

static struct rig *disagree(uint64_t lie_1, uint64_t lie_2, conn_id conn[4])
{
    struct rig *r = rig_new(rig_config());
    rig_job(r, 3 * UNIT);
    disagree_in(r, lie_1, lie_2, conn);
    return r;
}

static void equal_hits_for_equal_ranges_are_no_dispute(void **state)
{
    (void)state;
    conn_id conn[4];
    struct rig *r = disagree(0, 0, conn);
    assert_int_equal(r->recompute_id, 0);
    rig_free(r);
}

static void recomputation_excludes_whoever_was_wrong(void **state)
{
    (void)state;
    for (int liar = 1; liar <= 2; liar++) {
        conn_id conn[4];
        struct rig *r = disagree(liar == 1 ? 7 : 0, liar == 2 ? 7 : 0, conn);
        assert_int_not_equal(r->recompute_id, 0);
        assert_int_equal(r->recompute_first, 0);
        assert_int_equal(r->recompute_count, UNIT);
        /* All is counted, but the job is not done while there is a doubt. */
        rig_report(r, rig_held(r, conn[3]), 1);
        rig_settle(r);
        assert_int_equal(rig_view(r, 1).done, 3 * UNIT);
        assert_int_equal(rig_view(r, 1).state, JOB_RUNNING);
        rig_recomputed(r);
        assert_true(rig_closed(r, conn[liar]));
        assert_false(rig_closed(r, conn[3 - liar]));
        r->beats[conn[liar]] = false;
        rig_settle(r);
        rig_work(r); /* what was revoked is leased again */
        rig_expect_done(r, 1, 3 * UNIT);
        rig_free(r);
    }
}

static void both_authors_may_be_wrong(void **state)
{
    (void)state;
    conn_id conn[4];
    struct rig *r = disagree(3, 4, conn);
    rig_recomputed(r);
    assert_true(rig_closed(r, conn[1]));
    assert_true(rig_closed(r, conn[2]));
    r->beats[conn[1]] = r->beats[conn[2]] = false;
    rig_settle(r);
    rig_work(r);
    rig_expect_done(r, 1, 3 * UNIT);
    rig_free(r);
}

static void a_dispute_keeps_a_job_open_for_a_minute(void **state)
{
    (void)state;
    conn_id conn[4];
    struct rig *r = disagree(0, 7, conn);
    rig_report(r, rig_held(r, conn[3]), 1);
    rig_settle(r);
    rig_wait(r, 58000);
    rig_settle(r);
    assert_int_equal(rig_view(r, 1).state, JOB_RUNNING);
    rig_wait(r, 4000);
    rig_settle(r);
    rig_expect_done(r, 1, 3 * UNIT);
    rig_recomputed(r); /* it goes on, and finds out who was wrong */
    assert_true(rig_closed(r, conn[2]));
    rig_settle(r);
    rig_expect_done(r, 1, 3 * UNIT);
    rig_free(r);
}

/* A long audit of somebody has used up the budget. */
static void a_dispute_waits_for_the_budget(void **state)
{
    (void)state;
    conn_id conn[4];
    struct rig *r = rig_new(rig_config());
    uint64_t job = rig_job(r, 3 * UNIT);
    struct record giant = {
        .type = RECORD_AUDIT,
        .job = job,
        .audit = {
            .id = 1, .worker = 9, .count = UINT64_C(1) << 44, .hits = 1, .results = 1}};
    disk_apply(&r->disk, &giant);
    rig_restart(r);
    while (r->n_slices) /* each takes much more than was estimated */
        rig_slice_counted(r, 400000);
    int64_t spent_ms = r->now_ms;
    disagree_in(r, 0, 7, conn);
    assert_true(r->now_ms < spent_ms + 1000);
    assert_int_equal(r->n_slices, 0);
    rig_wait(r, 4000);
    assert_true(r->n_slices > 0);
    bool first = rig_slice_counted(r, 0).first == 0; /* one of the first two */
    assert_true(rig_slice_counted(r, 0).first == 0 || first);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 0);
    rig_settle(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_counted_only_when_it_is_durable),
        cmocka_unit_test(results_wait_while_a_transaction_is_under_way),
        cmocka_unit_test(a_result_that_is_durable_already_is_covered),
        cmocka_unit_test(a_result_of_a_transaction_under_way_is_answered_after_it),
        cmocka_unit_test(a_result_that_overlaps_in_part_is_dropped),
        cmocka_unit_test(a_result_of_a_grant_that_is_not_the_workers_is_stale),
        cmocka_unit_test(results_of_a_job_that_has_ended_are_stale),
        cmocka_unit_test(an_unknown_grant_does_not_shift_the_hits_of_the_next),
        cmocka_unit_test(pieces_that_are_miscut_are_malformed_and_no_lie),
        cmocka_unit_test(hits_that_cannot_be_exclude_their_author),
        cmocka_unit_test(the_right_pieces_are_taken),
        cmocka_unit_test(an_exclusion_takes_what_is_pending),
        cmocka_unit_test(who_is_excluded_stays_so_after_a_restart),
        cmocka_unit_test(equal_hits_for_equal_ranges_are_no_dispute),
        cmocka_unit_test(recomputation_excludes_whoever_was_wrong),
        cmocka_unit_test(both_authors_may_be_wrong),
        cmocka_unit_test(a_dispute_keeps_a_job_open_for_a_minute),
        cmocka_unit_test(a_dispute_waits_for_the_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
