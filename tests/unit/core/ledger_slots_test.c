// SPDX-License-Identifier: MIT
/*
 * Which free range of the ledger is for which worker: slots, what was lost, and the
 * lowest range near the end.
 */
#include "tests/lib/ledger_bench.h"

enum { SLOT = 8 }; /* units of a slot from FAR on */

static struct taken take_for(struct bench *b, uint64_t worker, uint64_t units)
{
    struct wanted w = {.trials = units * UNIT,
                       .log2 = 16,
                       .leases = GRANT_LEASES,
                       .grant = worker,
                       .worker = worker};
    struct taken t;
    assert_true(ledger_take(&b->l, &w, &t));
    ledger_check(&b->l);
    return t;
}

static void expect_at(struct taken t, uint64_t unit, uint64_t units)
{
    assert_int_equal(t.first / UNIT, FAR + unit);
    assert_int_equal(t.count / UNIT, units);
}

static void the_rest_of_a_slot_is_for_who_has_begun_it(void **state)
{
    (void)state;
    struct bench b = bench_far((FAR + 512) * UNIT);
    expect_at(take_for(&b, 1, 3), 0, 3);
    expect_at(take_for(&b, 2, 3), SLOT, 3);
    expect_at(take_for(&b, 1, 3), 3, 3);
    expect_at(take_for(&b, 1, 3), 6, 2); /* no further than its slot */
    expect_at(take_for(&b, 1, 2 * SLOT + 1), 2 * SLOT, 2 * SLOT + 1);
    expect_at(take_for(&b, 2, 64), SLOT + 3, 5);
    expect_at(take_for(&b, 1, 64), 4 * SLOT + 1, 7);
    bench_free(&b);
}

static void who_leaves_gives_its_slot_back(void **state)
{
    (void)state;
    struct bench b = bench_far((FAR + 512) * UNIT);
    assert_true(take_for(&b, 1, 3).deals);
    assert_false(take_for(&b, 1, 3).deals);
    ledger_leave(&b.l, 2); /* has none */
    ledger_leave(&b.l, 1);
    ledger_check(&b.l);
    expect_at(take_for(&b, 2, 1), 6, 1);
    expect_at(take_for(&b, 1, 1), SLOT, 1);
    expect_at(take_for(&b, 2, 8), 7, 1);
    bench_free(&b);
}

static void what_was_lost_goes_before_the_rest_of_a_slot(void **state)
{
    (void)state;
    struct bench b = bench_far((FAR + 512) * UNIT);
    take_for(&b, 1, 3);
    take_for(&b, 2, 3);
    ledger_give_back(&b.l, 1, FAR * UNIT, (FAR + 2) * UNIT, KEPT(16));
    struct taken t = take_for(&b, 2, 2);
    expect_at(t, 0, 2);
    assert_true(t.again);
    expect_at(take_for(&b, 2, 2), SLOT + 3, 2);
    bench_free(&b);
}

static void the_end_waits_for_nobodys_slot(void **state)
{
    (void)state;
    struct bench b = bench_far((FAR + 2 * SLOT) * UNIT);
    expect_at(take_for(&b, 1, 1), 0, 1);
    expect_at(take_for(&b, 2, 1), SLOT, 1);
    expect_at(take_for(&b, 3, 2), 1, 2);
    expect_at(take_for(&b, 1, 2), 3, 2);
    expect_at(take_for(&b, 3, 8), 5, 3);
    expect_at(take_for(&b, 1, 8), SLOT + 1, 7);
    assert_int_equal(ledger_left(&b.l), 0);
    bench_free(&b);
}

static void without_a_known_end_nobody_works_far_ahead(void **state)
{
    (void)state;
    struct bench b = bench_far(TRIALS_MAX);
    uint64_t worker = 1;
    for (; worker <= 65; worker++)
        expect_at(take_for(&b, worker, 1), (worker - 1) * SLOT, 1);
    expect_at(take_for(&b, worker, 1), 1, 1); /* a cell ahead: the lowest slot */
    expect_at(take_for(&b, 64, 1), 63 * SLOT + 1, 1);
    bench_free(&b);
}

static void near_its_time_the_lowest_goes_first(void **state)
{
    (void)state;
    struct bench b = bench_far(TRIALS_MAX);
    take_for(&b, 1, 1);
    take_for(&b, 2, 1);
    struct wanted w = {.trials = UNIT,
                       .log2 = 16,
                       .leases = 1,
                       .grant = 2,
                       .worker = 2,
                       .lowest = true};
    struct taken t;
    assert_true(ledger_take(&b.l, &w, &t));
    expect_at(t, 1, 1);
    ledger_check(&b.l);
    bench_free(&b);
}

static void a_result_may_fill_the_rest_of_a_slot(void **state)
{
    (void)state;
    struct bench b = bench_far((FAR + 512) * UNIT);
    take_for(&b, 1, 1);
    assert_int_equal(ledger_fate(&b.l, 7, (FAR + 3) * UNIT, (FAR + 9) * UNIT),
                     FATE_GAP);
    bench_count(&b, 7, (FAR + 3) * UNIT, (FAR + 9) * UNIT);
    expect_at(take_for(&b, 1, 8), 1, 2);
    expect_at(take_for(&b, 1, 8), 9, 8);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rest_of_a_slot_is_for_who_has_begun_it),
        cmocka_unit_test(who_leaves_gives_its_slot_back),
        cmocka_unit_test(what_was_lost_goes_before_the_rest_of_a_slot),
        cmocka_unit_test(the_end_waits_for_nobodys_slot),
        cmocka_unit_test(without_a_known_end_nobody_works_far_ahead),
        cmocka_unit_test(near_its_time_the_lowest_goes_first),
        cmocka_unit_test(a_result_may_fill_the_rest_of_a_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
