// SPDX-License-Identifier: MIT
/* Draws: how often, where, and what is recomputed without one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/rng.h"
#include "server/core/draw.h"
#include "tests/lib/coord_fleet.h"

enum { HONEST = 7, LIAR = 60, ALL_PIECES = LEASE_PIECES };

#define ONE (UINT64_C(1) << DRAW_ONE_LOG2)

/* ---- the functions ---- */

static double in_draws(uint64_t x)
{
    return (double)x / (double)ONE;
}

static void a_gap_is_exponential(void **state)
{
    (void)state;
    uint64_t state_of[4] = {1, 2, 3, 4};
    struct rng rng;
    uint8_t seed[32];
    memcpy(seed, state_of, sizeof(seed));
    rng_init(&rng, seed);
    double sum = 0, longer_than_two = 0;
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = rng_next(&rng), gap = draw_gap(bits);
        assert_true(fabs(in_draws(gap) + log(ldexp((double)(bits | 1), -64))) < 1e-8);
        sum += in_draws(gap);
        longer_than_two += in_draws(gap) > 2;
    }
    assert_true(fabs(sum / 1e5 - 1) < 0.02);
    assert_true(fabs(longer_than_two / 1e5 - exp(-2)) < 0.006);
    assert_true(draw_gap(UINT64_MAX) >= 1);
    assert_true(fabs(in_draws(draw_gap(0)) - 64 * log(2)) < 1e-8);
    assert_true(fabs(in_draws(draw_gap(UINT64_C(1) << 63)) - log(2)) < 1e-8);
}

static void expect_rate(double x, uint64_t n, uint64_t trials, uint64_t end,
                        uint32_t exclusions)
{
    double rate = in_draws(draw_rate(n, trials, end, exclusions));
    assert_true(rate >= x);
    assert_true(rate < x * (1 + 1e-6));
}

static void the_rate_is_the_largest_of_three(void **state)
{
    (void)state;
    uint64_t far = UINT64_C(1) << 62;
    expect_rate(1 / 11., 11, UNIT, far, 0);
    expect_rate(1 / 49., 49, UNIT, far, 0);
    expect_rate(0.02, 51, UNIT, far, 0);
    expect_rate(0.02, UINT64_MAX, UNIT, far, 0);
    expect_rate(1, 1000, 1000, 100000, 0);
    expect_rate(0.05, 1000, 50, 100000, 0);
    expect_rate(100, 11, UNIT, UNIT, 0);
    expect_rate(50, 11, far / 2, far, 0);
    expect_rate(4, 1000, 1000, 100000, 1);
    expect_rate(0.32, 1000, UNIT, far, 2);
}

static void pieces_are_those_of_the_lease(void **state)
{
    (void)state;
    struct range r = {3 * UNIT, 100 * UNIT}; /* in pieces of two units */
    assert_int_equal(draw_piece(r, 0, 50).first, 3 * UNIT);
    assert_int_equal(draw_piece(r, 49, 50).first, 101 * UNIT);
    assert_int_equal(draw_piece(r, 49, 50).count, 2 * UNIT);
    r.count += UNIT;
    assert_int_equal(draw_piece(r, 50, 51).count, UNIT);
    assert_int_equal(draw_piece(r, 0, 1).count, 101 * UNIT);
}

/* ---- what a coordinator does ---- */

static struct rig *drawing_rig(uint32_t lease_log2)
{
    struct coord_config config = rig_config();
    config.bare = false;
    config.lease_log2 = lease_log2;
    return rig_new(config);
}

static uint64_t submit(struct rig *r, uint64_t units)
{
    return rig_ask(r, rig_submission(++r->requests, STOP_TRIALS, units * UNIT)).number;
}

/* Reports the oldest grant, of one lease; sub-count `wrong`, or each, is `lie` too
 * many. Returns the range. */
static struct range say(struct rig *r, conn_id conn, size_t wrong, uint64_t lie)
{
    struct agent_grant *h = rig_oldest(r, conn);
    struct range x = {h->first, h->count};
    uint64_t pieces[LEASE_PIECES];
    uint32_t n = lease_pieces(x.count);
    for (uint32_t i = 0; i < n; i++) {
        struct range piece = draw_piece(x, i, n);
        pieces[i] = truth(piece.first, piece.count) +
                    (wrong == i || wrong == ALL_PIECES ? lie : 0);
    }
    rig_report_pieces(r, h, pieces, n);
    return x;
}

/* Ranges that the last step has asked to be recomputed. */
static size_t recomputes(const struct rig *r, struct range *ret_last)
{
    size_t n = 0;
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == EFFECT_RECOMPUTE) {
            n++;
            *ret_last = (struct range){r->did.effects[i].recompute.first,
                                       r->did.effects[i].recompute.count};
        }
    return n;
}

static bool whole_due(const struct rig *r, struct range x)
{
    for (size_t i = 0; i < r->disk.n; i++) {
        const struct record *a = &r->disk.at[i];
        if (a->type == RECORD_AUDIT && a->audit.first == x.first &&
            a->audit.count == x.count)
            return a->audit.whole;
    }
    return false;
}

/* The audit that is due and that the slice is of; or NULL. */
static const struct audit_record *audit_of(const struct rig *r,
                                           const struct rig_slice *s)
{
    for (size_t i = 0; i < r->disk.n; i++) {
        const struct audit_record *a = &r->disk.at[i].audit;
        if (r->disk.at[i].type == RECORD_AUDIT && a->first <= s->first &&
            s->first + s->count <= a->first + a->count)
            return a;
    }
    return NULL;
}

static bool any_due(const struct rig *r, uint64_t spared)
{
    for (size_t i = 0; i < r->disk.n; i++)
        if (r->disk.at[i].type == RECORD_AUDIT && r->disk.at[i].audit.worker != spared)
            return true;
    return false;
}

/* Recomputes all that is due, but of `spared` (0: nobody).  blind: whatever was said is
 * right. */
static void audit_but(struct rig *r, uint64_t spared, bool blind)
{
    for (int idle = 0; idle < 1000;) {
        const struct audit_record *a = NULL;
        size_t i = 0;
        rig_settle(r);
        while (i < r->n_slices && (a = audit_of(r, &r->slices[i])) &&
               a->worker == spared)
            i++;
        if (i == r->n_slices) {
            if (!any_due(r, spared))
                break;
            rig_wait(r, 50);
            idle++;
            continue;
        }
        struct rig_slice s = r->slices[i];
        memmove(&r->slices[i], &r->slices[i + 1],
                (--r->n_slices - i) * sizeof(r->slices[0]));
        struct input in = {.type = INPUT_RECOMPUTED};
        in.recompute.id = s.id;
        in.recompute.hits = truth(s.first, s.count);
        if (blind && a && a->first + a->count == s.first + s.count) /* its last one */
            in.recompute.hits += a->hits - truth(a->first, a->count);
        rig_step(r, in);
    }
    assert_false(any_due(r, spared));
    r->recompute_id = 0;
}

static void audit_all(struct rig *r)
{
    audit_but(r, 0, false);
}

static void work(struct rig *r, conn_id conn, int results)
{
    for (int i = 0; i < results; i++) {
        say(r, conn, 0, 0);
        audit_all(r);
    }
}

static void a_draw_names_a_sub_count(void **state)
{
    (void)state;
    struct rig *r = drawing_rig(22);
    submit(r, 1 << 14);
    conn_id w = rig_join(r, HONEST);
    work(r, w, 360); /* up to 2^29, from where a result has 0.8 draws and fewer */
    uint64_t where = 0, drawn = 0;
    for (int i = 0; i < 50; i++) {
        struct range part = {0, 0}, x = say(r, w, 0, 0);
        assert_int_equal(x.count, 64 * UNIT);
        if (recomputes(r, &part) > 0) {
            assert_int_equal(part.count, UNIT);
            assert_true(part.first >= x.first && part.first < x.first + x.count);
            where |= UINT64_C(1) << ((part.first - x.first) / UNIT);
            drawn++;
        }
        audit_all(r);
    }
    assert_true(drawn > 5);
    assert_true(__builtin_popcountll(where) > 5); /* all over the result */
    rig_free(r);
}

static void a_sub_count_far_from_chance_is_recomputed(void **state)
{
    (void)state;
    struct rig *r = drawing_rig(22);
    submit(r, 1 << 14);
    conn_id w = rig_join(r, HONEST);
    work(r, w, 200);
    struct range part = {0, 0}, x = say(r, w, 17, 600); /* sigma is 105 */
    assert_true(recomputes(r, &part) > 0);
    bool found = false;
    for (size_t i = 0; i < r->did.n; i++)
        found |= r->did.effects[i].type == EFFECT_RECOMPUTE &&
                 r->did.effects[i].recompute.first == x.first + 17 * UNIT;
    assert_true(found);
    audit_all(r);
    rig_settle(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
    rig_free(r);
}

/* No sub-count is unlikely, their sum is; nothing of the kind is said of another job.
 */
static void all_is_recomputed_while_the_sum_of_the_job_is_far_off(void **state)
{
    (void)state;
    struct rig *r = drawing_rig(22);
    uint64_t job = submit(r, 1 << 14);
    conn_id w = rig_join(r, HONEST);
    work(r, w, 100);
    for (int i = 0; i < 12; i++) {
        struct range x = say(r, w, ALL_PIECES, 400);
        rig_settle(r);
        if (i >= 8) /* far beyond four sigma, which is 6,800 */
            assert_true(whole_due(r, x));
    }
    rig_ask(r, rig_request(REQUEST_CANCEL, job));
    submit(r, 1 << 12);
    for (int i = 0; i < 40; i++) {
        struct range x = say(r, w, 0, 0);
        rig_settle(r);
        if (!whole_due(r, x)) {
            rig_free(r);
            return;
        }
        audit_all(r);
    }
    fail_msg("it is held against it in another job");
}

/* ---- after exclusions ---- */

/* Passes its probation, then says what no sub-count is. */
static void lie_after_probation(struct rig *r, uint64_t id)
{
    size_t bans = disk_count(&r->disk, RECORD_BAN, 0);
    conn_id w = rig_join(r, id);
    work(r, w, 10);
    say(r, w, 0, UNIT / 8);
    audit_but(r, HONEST, false);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), bans + 1);
    rig_lost(r, w);
    rig_settle(r);
}

static uint32_t exclusions(const struct rig *r, uint64_t job)
{
    return disk_job(&r->disk, job)->job_.exclusions;
}

static size_t due_of(const struct rig *r, uint64_t worker, uint64_t *ret_trials)
{
    size_t n = 0;
    *ret_trials = 0;
    for (size_t i = 0; i < r->disk.n; i++)
        if (r->disk.at[i].type == RECORD_AUDIT &&
            r->disk.at[i].audit.worker == worker) {
            *ret_trials += r->disk.at[i].audit.count;
            n++;
        }
    return n;
}

static void who_was_on_probation_escalates_nothing(void **state)
{
    (void)state;
    struct rig *r = drawing_rig(16);
    uint64_t job = submit(r, 100);
    conn_id w = rig_join(r, LIAR);
    work(r, w, 9);
    say(r, w, 0, 1);
    audit_all(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
    assert_int_equal(exclusions(r, job), 0);
    rig_free(r);
}

/* 20 results of a worker that nothing was found wrong with, three of others that were.
 */
static struct rig *thrice_lied_to(uint64_t lie, uint64_t *ret_job, conn_id *ret_honest)
{
    struct rig *r = drawing_rig(16);
    *ret_job = submit(r, 40);
    *ret_honest = rig_join(r, HONEST);
    for (int i = 0; i < 15; i++) {
        say(r, *ret_honest, 0, i == 12 ? lie : 0);
        audit_but(r, 0, true);
    }
    for (uint32_t i = 0; i < EXCLUSIONS_WHOLE; i++) {
        uint64_t due;
        assert_int_equal(exclusions(r, *ret_job), i);
        assert_int_equal(due_of(r, HONEST, &due), 0);
        lie_after_probation(r, LIAR + i);
    }
    assert_int_equal(exclusions(r, *ret_job), EXCLUSIONS_WHOLE);
    return r;
}

static void after_three_exclusions_all_is_recomputed(void **state)
{
    (void)state;
    uint64_t job, due;
    conn_id w;
    struct rig *r = thrice_lied_to(0, &job, &w);
    assert_int_equal(rig_view(r, job).verified_done, 15 * UNIT);
    due_of(r, HONEST, &due);
    assert_int_equal(due, 15 * UNIT); /* its past, */
    w = rig_rejoin(r, HONEST, NULL, 0);
    for (int i = 0; i < 25; i++)
        say(r, w, 0, 0);
    rig_settle(r);
    due_of(r, HONEST, &due);
    assert_int_equal(due, 40 * UNIT); /* and what comes */
    audit_all(r);
    rig_expect_done(r, job, 40 * UNIT);
    rig_free(r);
}

static void a_job_waits_for_what_is_due_of_its_past(void **state)
{
    (void)state;
    uint64_t job, due;
    conn_id w;
    struct rig *r = thrice_lied_to(0, &job, &w);
    rig_lost(r, w);
    conn_id other = rig_join(r, HONEST + 1);
    for (int i = 0; i < 25; i++) {
        say(r, other, 0, 0);
        audit_but(r, HONEST, false);
    }
    assert_int_equal(rig_view(r, job).verified_done, 40 * UNIT);
    assert_int_equal(rig_view(r, job).state, JOB_RUNNING);
    rig_restart(r);
    due_of(r, HONEST, &due);
    assert_int_equal(due, 15 * UNIT);
    audit_all(r);
    rig_expect_done(r, job, 40 * UNIT);
    rig_free(r);
}

static void exclusions_survive_a_restart(void **state)
{
    (void)state;
    struct rig *r = drawing_rig(16);
    uint64_t job = submit(r, 40);
    lie_after_probation(r, LIAR);
    rig_restart(r);
    lie_after_probation(r, LIAR + 1);
    assert_int_equal(exclusions(r, job), 2);
    rig_free(r);
}

static void a_lie_of_the_past_is_found(void **state)
{
    (void)state;
    uint64_t job;
    conn_id w;
    struct rig *r = thrice_lied_to(1, &job, &w);
    audit_all(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), EXCLUSIONS_WHOLE + 1);
    assert_int_equal(rig_view(r, job).done, 0);
    rig_free(r);
}

/* Its worker was named by an operator in the meantime, and the row is verified. */
static void an_audit_of_what_is_verified_excludes(void **state)
{
    (void)state;
    struct rig *r = drawing_rig(22);
    uint64_t job = submit(r, 1 << 14);
    conn_id w = rig_join(r, LIAR);
    work(r, w, 200);
    struct range x = say(r, w, 0, UNIT / 8); /* one of many sub-counts, a cell */
    rig_settle(r);
    assert_false(disk_row_at(&r->disk, job, x.first)->verified);
    struct msg trust = rig_request(REQUEST_TRUST, 0);
    trust.request.worker = "lab";
    rig_message(r, CONN_LOCAL, trust);
    rig_settle(r);
    assert_true(disk_row_at(&r->disk, job, x.first)->verified);
    audit_all(r);
    assert_int_equal(disk_count(&r->disk, RECORD_BAN, 0), 1);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_is_exponential),
        cmocka_unit_test(the_rate_is_the_largest_of_three),
        cmocka_unit_test(pieces_are_those_of_the_lease),
        cmocka_unit_test(a_draw_names_a_sub_count),
        cmocka_unit_test(a_sub_count_far_from_chance_is_recomputed),
        cmocka_unit_test(all_is_recomputed_while_the_sum_of_the_job_is_far_off),
        cmocka_unit_test(who_was_on_probation_escalates_nothing),
        cmocka_unit_test(after_three_exclusions_all_is_recomputed),
        cmocka_unit_test(a_job_waits_for_what_is_due_of_its_past),
        cmocka_unit_test(exclusions_survive_a_restart),
        cmocka_unit_test(a_lie_of_the_past_is_found),
        cmocka_unit_test(an_audit_of_what_is_verified_excludes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
