// SPDX-License-Identifier: MIT
/*
 * The ledger in hand-written cases: leases, fates, the end of a job.
 * ledger_slots_test.c has who gets what, ledger_authors_test.c whose rows they are,
 * ledger_model_test.c random cases.
 */
#include <errno.h>

#include "server/core/ledger_revoke.h"
#include "server/core/rows.h"
#include "tests/lib/ledger_bench.h"

/* Its cells are made as they are reached, and there are 1,313 of them. */
static void the_last_cell_may_be_reached_in_a_bound(void **state)
{
    (void)state;
    struct bench b = bench_new(TRIALS_MAX - UNIT);
    bench_fill(&b, cell_first(1000), cell_first(1000) + UNIT);
    bench_fill(&b, cell_first(CELLS_MAX - 1), cell_first(CELLS_MAX - 1) + UNIT);
    ledger_hold(&b.l, true);
    ledger_hold(&b.l, false);
    bench_commit(&b); /* looks at all cells */
    assert_int_equal(b.l.n_cells, CELLS_MAX);
    bench_free(&b);
}

static void leases_take_the_lowest_gap(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    expect_taken(bench_take(&b, 1, 0, 4 * UNIT, 16), 0, 4 * UNIT, 16);
    expect_taken(bench_take(&b, 2, 0, UNIT, 16), 4 * UNIT, UNIT, 16);
    assert_int_equal(ledger_give_back(&b.l, 1, 0, 4 * UNIT, KEPT(16)), 4 * UNIT);
    struct taken t = bench_take(&b, 3, 0, 2 * UNIT, 16);
    expect_taken(t, 0, 2 * UNIT, 16);
    assert_int_equal(t.again, t.count);
    t = bench_take(&b, 4, 0, 64 * UNIT, 16);
    expect_taken(t, 2 * UNIT, 2 * UNIT, 16); /* up to the next that is leased */
    t = bench_take(&b, 5, 0, UNIT, 16);
    expect_taken(t, 5 * UNIT, UNIT, 16);
    assert_int_equal(t.again, 0);
    bench_free(&b);
}

static void a_lease_is_cut_to_what_the_cell_allows(void **state)
{
    (void)state;
    struct bench b = bench_new(1024 * UNIT);
    /* In the first cell a lease is one unit whatever is asked for. */
    expect_taken(bench_take(&b, 1, 0, UNIT << 10, 24), 0, 64 * UNIT, 16);
    /* From 64 units on they may be two wide. */
    expect_taken(bench_take(&b, 2, 0, 8 * UNIT, 24), 64 * UNIT, 8 * UNIT, 17);
    expect_taken(bench_take(&b, 3, 0, 8 * UNIT, 16), 72 * UNIT, 8 * UNIT, 16);
    bench_free(&b);
}

static void at_least_one_lease_is_taken_and_at_most_the_number_asked_for(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT + 5);
    expect_taken(bench_take(&b, 1, 0, 0, 16), 0, UNIT, 16);
    expect_taken(bench_take(&b, 1, 0, 2 * UNIT - 1, 16), UNIT, UNIT, 16);
    struct wanted w = {.trials = 50 * UNIT, .log2 = 16, .leases = 3, .grant = 2};
    struct taken t;
    assert_true(ledger_take(&b.l, &w, &t));
    expect_taken(t, 2 * UNIT, 3 * UNIT, 16);
    expect_taken(bench_take(&b, 1, 99 * UNIT, 64 * UNIT, 16), 99 * UNIT, UNIT + 5, 16);
    bench_free(&b);
}

static void leases_start_where_they_are_asked_to_if_anything_is_left_there(void **state)
{
    (void)state;
    struct bench b = bench_new(20 * UNIT);
    expect_taken(bench_take(&b, 1, 10 * UNIT, UNIT, 16), 10 * UNIT, UNIT, 16);
    expect_taken(bench_take(&b, 1, 10 * UNIT, 64 * UNIT, 16), 11 * UNIT, 9 * UNIT, 16);
    /* Nothing is left above, so what lies below goes. */
    expect_taken(bench_take(&b, 1, 10 * UNIT, 64 * UNIT, 16), 0, 10 * UNIT, 16);
    struct wanted w = {.trials = UNIT, .log2 = 16, .leases = 1, .grant = 1};
    struct taken t;
    assert_false(ledger_take(&b.l, &w, &t));
    bench_free(&b);
}

static void a_range_that_comes_back_keeps_its_bounds(void **state)
{
    (void)state;
    struct bench b = bench_new(256 * UNIT);
    struct taken t = bench_take(&b, 1, 128 * UNIT, 16 * UNIT, 18);
    expect_taken(t, 128 * UNIT, 16 * UNIT, 18);
    /* Leases 0, 1 and 3 come back: larger leases are wanted, but not given. */
    ledger_give_back(&b.l, 1, 128 * UNIT, 136 * UNIT, KEPT(18));
    ledger_give_back(&b.l, 1, 140 * UNIT, 144 * UNIT, KEPT(18));
    b.now_ms = 9999;
    t = bench_take(&b, 2, 128 * UNIT, UNIT, 19);
    expect_taken(t, 128 * UNIT, 4 * UNIT, 18);
    assert_int_equal(t.again, 4 * UNIT);
    /* Who wants less gets a part, whose bounds lie within the old ones. */
    t = bench_take(&b, 2, 128 * UNIT, 3 * UNIT, 16);
    expect_taken(t, 132 * UNIT, 3 * UNIT, 16);
    t = bench_take(&b, 2, 128 * UNIT, 64 * UNIT, 20);
    expect_taken(t, 135 * UNIT, UNIT, 18);
    t = bench_take(&b, 2, 128 * UNIT, 64 * UNIT, 20);
    expect_taken(t, 140 * UNIT, 4 * UNIT, 18);
    bench_free(&b);
}

static void bounds_are_kept_for_a_while_only(void **state)
{
    (void)state;
    struct bench b = bench_new(4096 * UNIT);
    bench_take(&b, 1, 2048 * UNIT, 16 * UNIT, 18);
    bench_take(&b, 2, 2048 * UNIT, 4 * UNIT, 17);
    ledger_give_back(&b.l, 1, 2048 * UNIT, 2064 * UNIT, KEPT(18));
    ledger_give_back(&b.l, 2, 2064 * UNIT, 2066 * UNIT, KEPT(17));
    b.now_ms = 11000;
    /* Both gaps, in leases of one's own. */
    struct taken t = bench_take(&b, 3, 2048 * UNIT, 32 * UNIT, 16);
    expect_taken(t, 2048 * UNIT, 18 * UNIT, 16);
    assert_int_equal(t.again, 18 * UNIT);
    /* With what was never leased, and in wider ones. */
    ledger_give_back(&b.l, 2, 2066 * UNIT, 2068 * UNIT, KEPT(17));
    t = bench_take(&b, 4, 2048 * UNIT, 64 * UNIT, 20);
    expect_taken(t, 2066 * UNIT, 62 * UNIT, 20);
    assert_int_equal(t.again, 2 * UNIT);
    bench_free(&b);
}

/* Two grants of equal cut meet in the middle of what would be one lease. */
static void ranges_that_come_back_meet_only_where_a_lease_ends(void **state)
{
    (void)state;
    for (int right_first = 0; right_first < 2; right_first++) {
        struct bench b = bench_new(256 * UNIT);
        assert_true(ledger_adopt(&b.l, 9, 128 * UNIT, 129 * UNIT));
        expect_taken(bench_take(&b, 1, 129 * UNIT, 4 * UNIT, 17), 129 * UNIT, 3 * UNIT,
                     17);
        ledger_give_back(&b.l, 9, 128 * UNIT, 129 * UNIT, KEPT(0));
        expect_taken(bench_take(&b, 2, 128 * UNIT, 4 * UNIT, 17), 128 * UNIT, UNIT, 17);
        if (right_first)
            ledger_give_back(&b.l, 1, 129 * UNIT, 130 * UNIT, KEPT(17));
        ledger_give_back(&b.l, 2, 128 * UNIT, 129 * UNIT, KEPT(17));
        if (!right_first)
            ledger_give_back(&b.l, 1, 129 * UNIT, 130 * UNIT, KEPT(17));
        expect_taken(bench_take(&b, 3, 128 * UNIT, 64 * UNIT, 17), 128 * UNIT, UNIT,
                     17);
        expect_taken(bench_take(&b, 3, 128 * UNIT, 64 * UNIT, 17), 129 * UNIT, UNIT,
                     17);
        bench_free(&b);
    }
}

static void only_the_owner_can_give_back(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    bench_take(&b, 1, 0, 4 * UNIT, 16);
    bench_take(&b, 2, 0, 4 * UNIT, 16);
    assert_int_equal(ledger_give_back(&b.l, 3, 0, 8 * UNIT, KEPT(16)), 0);
    assert_int_equal(ledger_give_back(&b.l, 1, 2 * UNIT, 8 * UNIT, KEPT(16)), 2 * UNIT);
    assert_int_equal(b.l.leased.total, 6 * UNIT);
    assert_int_equal(ledger_owned(&b.l, 1, 0), 2 * UNIT);
    assert_int_equal(ledger_owned(&b.l, 1, 2 * UNIT), 2 * UNIT);
    assert_int_equal(ledger_owned(&b.l, 2, 4 * UNIT), 8 * UNIT);
    bench_free(&b);
}

static void only_what_is_wholly_free_is_adopted(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    bench_take(&b, 1, 0, 4 * UNIT, 16);
    assert_false(ledger_adopt(&b.l, 2, 3 * UNIT, 5 * UNIT));
    assert_int_equal(b.l.leased.total, 4 * UNIT);
    assert_true(ledger_adopt(&b.l, 2, 4 * UNIT, 6 * UNIT));
    ledger_give_back(&b.l, 1, 0, 4 * UNIT, KEPT(16));
    /* Several free ranges with bounds of their own become one lease. */
    assert_true(ledger_adopt(&b.l, 3, 2 * UNIT, 4 * UNIT));
    assert_int_equal(ledger_owned(&b.l, 3, 2 * UNIT), 4 * UNIT);
    ledger_check(&b.l);
    bench_free(&b);
}

static void a_result_has_one_of_four_fates(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    bench_take(&b, 1, 0, 4 * UNIT, 16);
    assert_int_equal(ledger_fate(&b.l, 1, 0, UNIT), FATE_GAP);
    assert_int_equal(ledger_fate(&b.l, 2, 0, UNIT), FATE_GAP); /* another's */
    assert_int_equal(ledger_fate(&b.l, 2, 3 * UNIT, 6 * UNIT), FATE_GAP); /* and free */
    bench_count(&b, 1, 0, UNIT);
    assert_int_equal(ledger_fate(&b.l, 2, 0, UNIT), FATE_WAIT); /* pending */
    bench_flush(&b);
    assert_int_equal(ledger_fate(&b.l, 2, 0, UNIT), FATE_WAIT); /* in flight */
    assert_int_equal(ledger_fate(&b.l, 2, 0, 2 * UNIT), FATE_WAIT);
    ledger_durable(&b.l);
    assert_int_equal(ledger_fate(&b.l, 2, 0, UNIT), FATE_COVERED);
    assert_int_equal(ledger_fate(&b.l, 2, UNIT / 2, UNIT), FATE_COVERED);
    assert_int_equal(ledger_fate(&b.l, 2, 0, 2 * UNIT), FATE_PARTIAL);
    bench_free(&b);
}

static void adjacent_rows_of_one_author_and_cell_merge(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    bench_fill(&b, 0, UNIT);
    bench_fill(&b, 2 * UNIT, 3 * UNIT);
    assert_int_equal(b.l.rows.n, 2);
    bench_fill(&b, UNIT, 2 * UNIT);
    assert_int_equal(b.l.rows.n, 1);
    b.share = ledger_share(&b.l, 2, "two");
    bench_fill(&b, 3 * UNIT, 4 * UNIT);
    assert_int_equal(b.l.rows.n, 2);
    bench_fill(&b, 32 * UNIT, 33 * UNIT); /* another cell */
    bench_fill(&b, 31 * UNIT, 32 * UNIT);
    assert_int_equal(b.l.rows.n, 4);
    bench_free(&b);
}

static void rows_beyond_the_limit_are_surplus(void **state)
{
    (void)state;
    struct bench b = bench_new(TRIALS_MAX);
    bench_fill(&b, 0, 3 * UNIT);
    bench_fill(&b, 4 * UNIT, 8 * UNIT);
    ledger_set_limit(&b.l, 3 * UNIT, &b.out);
    disk_take(&b.d, &b.out);
    ledger_check(&b.l);
    assert_true(ledger_complete(&b.l));
    assert_int_equal(ledger_surplus(&b.l), 4 * UNIT);
    assert_int_equal(b.l.total.done, 3 * UNIT);
    /* A new limit that cuts a surplus row removes it: hits cannot be divided. */
    ledger_set_limit(&b.l, 6 * UNIT, &b.out);
    disk_take(&b.d, &b.out);
    ledger_settle(&b.l, &b.out);
    disk_take(&b.d, &b.out);
    ledger_check(&b.l);
    compare_disk(&b.l, &b.d);
    assert_int_equal(ledger_surplus(&b.l), 0);
    assert_int_equal(b.l.free.total, 3 * UNIT);
    bench_free(&b);
}

static void no_row_grows_over_the_limit(void **state)
{
    (void)state;
    struct bench b = bench_new(TRIALS_MAX);
    bench_fill(&b, 0, UNIT);
    bench_fill(&b, 4 * UNIT, 8 * UNIT);
    ledger_set_limit(&b.l, UNIT, &b.out);
    disk_take(&b.d, &b.out);
    ledger_set_limit(&b.l, 4 * UNIT, &b.out);
    disk_take(&b.d, &b.out);
    bench_fill(&b, UNIT,
               4 * UNIT); /* its right neighbour is surplus of the same author */
    assert_true(ledger_complete(&b.l));
    assert_int_equal(b.l.total.done, 4 * UNIT);
    assert_int_equal(ledger_surplus(&b.l), 4 * UNIT);
    bench_free(&b);
}

static void rows_that_cannot_be_are_not_restored(void **state)
{
    (void)state;
    static const struct row_record bad[] = {
        {.first = 0, .count = 0, .hits = 0},
        {.first = 0, .count = UNIT, .hits = UNIT + 1},
        {.first = 31 * UNIT, .count = 2 * UNIT}, /* over a checkpoint */
        {.first = UINT64_MAX, .count = 2},
        {.first = TRIALS_MAX, .count = 1},
        {.first = 4 * UNIT, .count = 2 * UNIT},  /* overlaps */
        {.first = 19 * UNIT, .count = 2 * UNIT}, /* over the limit */
    };
    struct bench b = bench_new(20 * UNIT);
    struct row_record good = {.first = 5 * UNIT, .count = 2 * UNIT, .hits = 3};
    assert_int_equal(ledger_restore_row(&b.l, &good), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(ledger_restore_row(&b.l, &bad[i]), -EBADMSG);
    ledger_restored(&b.l);
    ledger_check(&b.l);
    assert_int_equal(b.l.total.done, 2 * UNIT);
    bench_free(&b);
}

static void many_shares_are_restored(void **state)
{
    (void)state;
    struct bench b = bench_new(20 * UNIT);
    for (uint64_t i = 1; i < 1000; i++)
        ledger_restore_share(&b.l, &(struct share_record){i, 10 * i, i, "name"});
    for (size_t i = 1; i < 1000; i++) {
        size_t share = ledger_share(&b.l, i, "other");
        assert_int_equal(b.l.shares[share].trials, 10 * i);
        assert_string_equal(b.l.shares[share].name, "name");
    }
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_cell_may_be_reached_in_a_bound),
        cmocka_unit_test(leases_take_the_lowest_gap),
        cmocka_unit_test(a_lease_is_cut_to_what_the_cell_allows),
        cmocka_unit_test(at_least_one_lease_is_taken_and_at_most_the_number_asked_for),
        cmocka_unit_test(
            leases_start_where_they_are_asked_to_if_anything_is_left_there),
        cmocka_unit_test(a_range_that_comes_back_keeps_its_bounds),
        cmocka_unit_test(bounds_are_kept_for_a_while_only),
        cmocka_unit_test(ranges_that_come_back_meet_only_where_a_lease_ends),
        cmocka_unit_test(only_the_owner_can_give_back),
        cmocka_unit_test(only_what_is_wholly_free_is_adopted),
        cmocka_unit_test(a_result_has_one_of_four_fates),
        cmocka_unit_test(adjacent_rows_of_one_author_and_cell_merge),
        cmocka_unit_test(rows_beyond_the_limit_are_surplus),
        cmocka_unit_test(no_row_grows_over_the_limit),
        cmocka_unit_test(rows_that_cannot_be_are_not_restored),
        cmocka_unit_test(many_shares_are_restored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
