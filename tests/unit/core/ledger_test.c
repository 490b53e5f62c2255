// SPDX-License-Identifier: MIT
/*
 * The ledger in hand-written cases: leases, fates, transactions.  ledger_model_test.c
 * has the random ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/ledger_commit.h"
#include "server/core/ledger_revoke.h"
#include "server/core/rows.h"
#include "tests/lib/ledger_model.h"

struct bench {
    struct ledger l;
    struct disk d;
    struct record_list out;
    size_t share; /* of worker 1 */
    int64_t now_ms;
};

/* Bounds of ranges that come back at 0 ms. */
#define KEPT(log2) ((struct bounds){log2, 10000})

static struct bench bench_new(uint64_t trials)
{
    struct bench b = {0};
    seeded(0);
    ledger_init(&b.l, THE_JOB, trials, NULL);
    b.share = ledger_share(&b.l, 1, "one");
    return b;
}

static void bench_free(struct bench *b)
{
    ledger_release(&b->l);
    disk_release(&b->d);
    free(b->out.items);
}

static struct taken take(struct bench *b, uint64_t grant, uint64_t from,
                         uint64_t trials, uint32_t log2)
{
    struct wanted w = {.from = from,
                       .trials = trials,
                       .log2 = log2,
                       .leases = GRANT_LEASES,
                       .grant = grant,
                       .worker = grant,
                       .now_ms = b->now_ms};
    struct taken t;
    assert_true(ledger_take(&b->l, &w, &t));
    ledger_check(&b->l);
    return t;
}

static void expect_taken(struct taken t, uint64_t first, uint64_t count, uint32_t log2)
{
    assert_int_equal(t.first, first);
    assert_int_equal(t.count, count);
    assert_int_equal(t.log2, log2);
}

static void flush(struct bench *b)
{
    ledger_flush(&b->l, &b->out);
    disk_take(&b->d, &b->out);
    ledger_settle(&b->l, &b->out);
    disk_take(&b->d, &b->out);
    ledger_check(&b->l);
    compare_disk(&b->l, &b->d);
}

static void commit(struct bench *b)
{
    flush(b);
    ledger_durable(&b->l);
    ledger_check(&b->l);
}

static uint64_t hits_of(uint64_t first, uint64_t end)
{
    uint64_t sum = 0;
    for (uint64_t t = first; t < end; t += UNIT)
        sum += unit_hits(t / UNIT);
    return sum;
}

static void count(struct bench *b, uint64_t grant, uint64_t first, uint64_t end)
{
    ledger_count(&b->l, grant, first, end, hits_of(first, end), b->share, true);
    ledger_check(&b->l);
}

/* Takes, counts and commits [first, end), which lies in one cell. */
static void fill(struct bench *b, uint64_t first, uint64_t end)
{
    assert_true(ledger_adopt(&b->l, 77, first, end));
    count(b, 77, first, end);
    commit(b);
}

/* Its cells are made as they are reached, and there are 1,313 of them. */
static void the_last_cell_may_be_reached_in_a_bound(void **state)
{
    (void)state;
    struct bench b = bench_new(TRIALS_MAX - UNIT);
    fill(&b, cell_first(1000), cell_first(1000) + UNIT);
    fill(&b, cell_first(CELLS_MAX - 1), cell_first(CELLS_MAX - 1) + UNIT);
    ledger_hold(&b.l, true);
    ledger_hold(&b.l, false);
    commit(&b); /* looks at all cells */
    assert_int_equal(b.l.n_cells, CELLS_MAX);
    bench_free(&b);
}

static void leases_take_the_lowest_gap(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    expect_taken(take(&b, 1, 0, 4 * UNIT, 16), 0, 4 * UNIT, 16);
    expect_taken(take(&b, 2, 0, UNIT, 16), 4 * UNIT, UNIT, 16);
    assert_int_equal(ledger_give_back(&b.l, 1, 0, 4 * UNIT, KEPT(16)), 4 * UNIT);
    struct taken t = take(&b, 3, 0, 2 * UNIT, 16);
    expect_taken(t, 0, 2 * UNIT, 16);
    assert_int_equal(t.again, t.count);
    t = take(&b, 4, 0, 64 * UNIT, 16);
    expect_taken(t, 2 * UNIT, 2 * UNIT, 16); /* up to the next that is leased */
    t = take(&b, 5, 0, UNIT, 16);
    expect_taken(t, 5 * UNIT, UNIT, 16);
    assert_int_equal(t.again, 0);
    bench_free(&b);
}

static void a_lease_is_cut_to_what_the_cell_allows(void **state)
{
    (void)state;
    struct bench b = bench_new(1024 * UNIT);
    /* In the first cell a lease is one unit whatever is asked for. */
    expect_taken(take(&b, 1, 0, UNIT << 10, 24), 0, 64 * UNIT, 16);
    /* From 64 units on they may be two wide. */
    expect_taken(take(&b, 2, 0, 8 * UNIT, 24), 64 * UNIT, 8 * UNIT, 17);
    expect_taken(take(&b, 3, 0, 8 * UNIT, 16), 72 * UNIT, 8 * UNIT, 16);
    bench_free(&b);
}

static void at_least_one_lease_is_taken_and_at_most_the_number_asked_for(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT + 5);
    expect_taken(take(&b, 1, 0, 0, 16), 0, UNIT, 16);
    expect_taken(take(&b, 1, 0, 2 * UNIT - 1, 16), UNIT, UNIT, 16);
    struct wanted w = {.trials = 50 * UNIT, .log2 = 16, .leases = 3, .grant = 2};
    struct taken t;
    assert_true(ledger_take(&b.l, &w, &t));
    expect_taken(t, 2 * UNIT, 3 * UNIT, 16);
    expect_taken(take(&b, 1, 99 * UNIT, 64 * UNIT, 16), 99 * UNIT, UNIT + 5, 16);
    bench_free(&b);
}

static void leases_start_where_they_are_asked_to_if_anything_is_left_there(void **state)
{
    (void)state;
    struct bench b = bench_new(20 * UNIT);
    expect_taken(take(&b, 1, 10 * UNIT, UNIT, 16), 10 * UNIT, UNIT, 16);
    expect_taken(take(&b, 1, 10 * UNIT, 64 * UNIT, 16), 11 * UNIT, 9 * UNIT, 16);
    /* Nothing is left above, so what lies below goes. */
    expect_taken(take(&b, 1, 10 * UNIT, 64 * UNIT, 16), 0, 10 * UNIT, 16);
    struct wanted w = {.trials = UNIT, .log2 = 16, .leases = 1, .grant = 1};
    struct taken t;
    assert_false(ledger_take(&b.l, &w, &t));
    bench_free(&b);
}

static void a_range_that_comes_back_keeps_its_bounds(void **state)
{
    (void)state;
    struct bench b = bench_new(256 * UNIT);
    struct taken t = take(&b, 1, 128 * UNIT, 16 * UNIT, 18);
    expect_taken(t, 128 * UNIT, 16 * UNIT, 18);
    /* Leases 0, 1 and 3 come back: larger leases are wanted, but not given. */
    ledger_give_back(&b.l, 1, 128 * UNIT, 136 * UNIT, KEPT(18));
    ledger_give_back(&b.l, 1, 140 * UNIT, 144 * UNIT, KEPT(18));
    b.now_ms = 9999;
    t = take(&b, 2, 128 * UNIT, UNIT, 19);
    expect_taken(t, 128 * UNIT, 4 * UNIT, 18);
    assert_int_equal(t.again, 4 * UNIT);
    /* Who wants less gets a part, whose bounds lie within the old ones. */
    t = take(&b, 2, 128 * UNIT, 3 * UNIT, 16);
    expect_taken(t, 132 * UNIT, 3 * UNIT, 16);
    t = take(&b, 2, 128 * UNIT, 64 * UNIT, 20);
    expect_taken(t, 135 * UNIT, UNIT, 18);
    t = take(&b, 2, 128 * UNIT, 64 * UNIT, 20);
    expect_taken(t, 140 * UNIT, 4 * UNIT, 18);
    bench_free(&b);
}

static void bounds_are_kept_for_a_while_only(void **state)
{
    (void)state;
    struct bench b = bench_new(4096 * UNIT);
    take(&b, 1, 2048 * UNIT, 16 * UNIT, 18);
    take(&b, 2, 2048 * UNIT, 4 * UNIT, 17);
    ledger_give_back(&b.l, 1, 2048 * UNIT, 2064 * UNIT, KEPT(18));
    ledger_give_back(&b.l, 2, 2064 * UNIT, 2066 * UNIT, KEPT(17));
    b.now_ms = 11000;
    /* Both gaps, in leases of one's own. */
    struct taken t = take(&b, 3, 2048 * UNIT, 32 * UNIT, 16);
    expect_taken(t, 2048 * UNIT, 18 * UNIT, 16);
    assert_int_equal(t.again, 18 * UNIT);
    /* With what was never leased, and in wider ones. */
    ledger_give_back(&b.l, 2, 2066 * UNIT, 2068 * UNIT, KEPT(17));
    t = take(&b, 4, 2048 * UNIT, 64 * UNIT, 20);
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
        expect_taken(take(&b, 1, 129 * UNIT, 4 * UNIT, 17), 129 * UNIT, 3 * UNIT, 17);
        ledger_give_back(&b.l, 9, 128 * UNIT, 129 * UNIT, KEPT(0));
        expect_taken(take(&b, 2, 128 * UNIT, 4 * UNIT, 17), 128 * UNIT, UNIT, 17);
        if (right_first)
            ledger_give_back(&b.l, 1, 129 * UNIT, 130 * UNIT, KEPT(17));
        ledger_give_back(&b.l, 2, 128 * UNIT, 129 * UNIT, KEPT(17));
        if (!right_first)
            ledger_give_back(&b.l, 1, 129 * UNIT, 130 * UNIT, KEPT(17));
        expect_taken(take(&b, 3, 128 * UNIT, 64 * UNIT, 17), 128 * UNIT, UNIT, 17);
        expect_taken(take(&b, 3, 128 * UNIT, 64 * UNIT, 17), 129 * UNIT, UNIT, 17);
        bench_free(&b);
    }
}

enum { SLOT = 8 };              /* units of a slot, */
#define FAR (UINT64_C(1) << 14) /* from this unit on */

/* A job whose units below FAR are with somebody else. */
static struct bench bench_far(uint64_t trials)
{
    struct bench b = bench_new(trials);
    assert_true(ledger_adopt(&b.l, 99, 0, FAR * UNIT));
    return b;
}

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
    count(&b, 7, (FAR + 3) * UNIT, (FAR + 9) * UNIT);
    expect_at(take_for(&b, 1, 8), 1, 2);
    expect_at(take_for(&b, 1, 8), 9, 8);
    bench_free(&b);
}

static void only_the_owner_can_give_back(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    take(&b, 1, 0, 4 * UNIT, 16);
    take(&b, 2, 0, 4 * UNIT, 16);
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
    take(&b, 1, 0, 4 * UNIT, 16);
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
    take(&b, 1, 0, 4 * UNIT, 16);
    assert_int_equal(ledger_fate(&b.l, 1, 0, UNIT), FATE_GAP);
    assert_int_equal(ledger_fate(&b.l, 2, 0, UNIT), FATE_GAP); /* another's */
    assert_int_equal(ledger_fate(&b.l, 2, 3 * UNIT, 6 * UNIT), FATE_GAP); /* and free */
    count(&b, 1, 0, UNIT);
    assert_int_equal(ledger_fate(&b.l, 2, 0, UNIT), FATE_WAIT); /* pending */
    flush(&b);
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
    fill(&b, 0, UNIT);
    fill(&b, 2 * UNIT, 3 * UNIT);
    assert_int_equal(b.l.rows.n, 2);
    fill(&b, UNIT, 2 * UNIT);
    assert_int_equal(b.l.rows.n, 1);
    b.share = ledger_share(&b.l, 2, "two");
    fill(&b, 3 * UNIT, 4 * UNIT);
    assert_int_equal(b.l.rows.n, 2);
    fill(&b, 32 * UNIT, 33 * UNIT); /* another cell */
    fill(&b, 31 * UNIT, 32 * UNIT);
    assert_int_equal(b.l.rows.n, 4);
    bench_free(&b);
}

/* The worker's rows are revoked.  Returns the number of units. */
static uint64_t revoke(struct bench *b, uint64_t worker)
{
    struct tally sum = {0};
    ledger_revoke(&b->l, worker, &b->out, &sum);
    disk_take(&b->d, &b->out);
    commit(b);
    return sum.done / UNIT;
}

/* The first cell, by workers 1 and 2 in turn. */
static void fill_by_two(struct bench *b)
{
    for (uint64_t i = 0; i < 32; i++) {
        b->share = ledger_share(&b->l, 1 + i % 2, "w");
        fill(b, i * UNIT, (i + 1) * UNIT);
    }
    b->share = 1;
}

/* The job ends, and workers 1 and 2 are trusted. */
static void end_trusted(struct bench *b)
{
    b->l.shares[ledger_share(&b->l, 1, "")].trusted = true;
    b->l.shares[ledger_share(&b->l, 2, "")].trusted = true;
    ledger_close(&b->l);
    commit(b);
}

static void a_complete_cell_keeps_its_authors(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    for (uint64_t i = 0; i < 32; i++) {
        b.share = ledger_share(&b.l, 1 + i % 2, "w");
        fill(&b, i * UNIT, (i + 1) * UNIT);
    }
    assert_int_equal(b.l.rows.n, 32);
    assert_int_equal(revoke(&b, 1), 16);
    assert_int_equal(b.l.total.verified_done, 16 * UNIT);
    assert_int_equal(b.l.shares[1].trials, 0);
    assert_int_equal(b.l.shares[2].trials, 16 * UNIT);
    bench_free(&b);
}

static void the_cell_of_a_trusted_author_is_one_row_at_the_end(void **state)
{
    (void)state;
    struct bench b = bench_new(64 * UNIT);
    fill_by_two(&b);
    for (uint64_t i = 32; i < 64; i++) {
        b.share = ledger_share(&b.l, 1 + i % 3, "w");
        fill(&b, i * UNIT, (i + 1) * UNIT);
    }
    end_trusted(&b);
    const struct row_record *r = disk_row_at(&b.d, THE_JOB, 0);
    assert_int_equal(r->count, 32 * UNIT);
    assert_int_equal(r->author, 0);
    assert_true(r->verified);
    assert_int_equal(r->hits, hits_of(0, 32 * UNIT));
    assert_int_equal(disk_row_at(&b.d, THE_JOB, 32 * UNIT)->author, 3);
    bench_free(&b);
}

static void rows_without_an_author_go_with_whoever_may_have_a_part_in_them(void **state)
{
    (void)state;
    struct bench b = bench_new(40 * UNIT);
    fill_by_two(&b);
    end_trusted(&b);
    ledger_set_limit(&b.l, 60 * UNIT, &b.out);
    b.share = ledger_share(&b.l, 3, "three");
    fill(&b, 32 * UNIT, 33 * UNIT);
    b.share = ledger_share(&b.l, 1, "one");
    fill(&b, 33 * UNIT, 34 * UNIT);
    assert_int_equal(revoke(&b, 3), 1); /* all that it has done is known */
    assert_int_equal(b.l.shares[1].trials, 17 * UNIT);
    assert_int_equal(revoke(&b, 1), 33);
    assert_int_equal(b.l.shares[1].trials, 0);
    assert_int_equal(b.l.shares[2].trials, 0); /* nobody knows which were its */
    assert_int_equal(b.l.total.done, 0);
    bench_free(&b);
}

static void rows_without_an_author_can_be_revoked_alone(void **state)
{
    (void)state;
    struct bench b = bench_new(40 * UNIT);
    fill_by_two(&b);
    end_trusted(&b);
    ledger_set_limit(&b.l, 60 * UNIT, &b.out);
    fill(&b, 33 * UNIT, 34 * UNIT);
    assert_int_equal(revoke(&b, 0), 32);
    assert_int_equal(b.l.shares[1].trials, UNIT); /* what its rows hold */
    assert_int_equal(revoke(&b, 0), 0);
    bench_free(&b);
}

/* A cell of 512 units, whose rows change authors at each unit. */
static void a_crowded_cell_forgets_the_authors_of_narrow_rows(void **state)
{
    (void)state;
    struct bench b = bench_far((FAR + 1024) * UNIT);
    for (uint64_t i = 0; i < 512; i += i < 256 ? 64 : 1) {
        uint64_t first = FAR + i, end = first + (i < 256 ? 64 : 1);
        b.share = ledger_share(&b.l, 1 + i % 7, "w");
        assert_true(ledger_adopt(&b.l, 77, first * UNIT, end * UNIT));
        count(&b, 77, first * UNIT, end * UNIT);
    }
    flush(&b);
    assert_int_equal(b.l.rows.n, 4 + 1); /* the wide ones keep theirs */
    assert_int_equal(disk_row_at(&b.d, THE_JOB, FAR * UNIT)->author, 1);
    const struct row_record *r = disk_row_at(&b.d, THE_JOB, (FAR + 256) * UNIT);
    assert_int_equal(r->count, 256 * UNIT);
    assert_int_equal(r->author, 0);
    assert_int_equal(r->hits, hits_of((FAR + 256) * UNIT, (FAR + 512) * UNIT));
    ledger_durable(&b.l);
    assert_int_equal(revoke(&b, 8), 0);
    assert_int_equal(b.l.rows.n, 5);
    assert_true(revoke(&b, 7) >= 256); /* has a part in it */
    bench_free(&b);
}

static void a_cell_of_128_rows_is_not_crowded(void **state)
{
    (void)state;
    struct bench b = bench_far((FAR + 1024) * UNIT);
    for (uint64_t i = 0; i < 128; i++) {
        uint64_t first = FAR + 4 * i, end = first + 4;
        b.share = ledger_share(&b.l, 1 + i % 2, "w");
        assert_true(ledger_adopt(&b.l, 77, first * UNIT, end * UNIT));
        count(&b, 77, first * UNIT, end * UNIT);
    }
    commit(&b);
    assert_int_equal(b.l.rows.n, 128);
    bench_free(&b);
}

static uint64_t doubt(struct bench *b, uint64_t worker)
{
    uint64_t trials = ledger_doubt(&b->l, worker, &b->out);
    disk_take(&b->d, &b->out);
    commit(b);
    return trials / UNIT;
}

static void what_has_ended_keeps_its_rows_and_doubts_them(void **state)
{
    (void)state;
    struct bench b = bench_new(6 * UNIT);
    fill(&b, 0, 2 * UNIT);
    b.share = ledger_share(&b.l, 2, "two");
    fill(&b, 2 * UNIT, 5 * UNIT);
    b.share = ledger_share(&b.l, 1, "one");
    fill(&b, 5 * UNIT, 6 * UNIT);
    ledger_close(&b.l);
    assert_int_equal(doubt(&b, 1), 3);
    assert_int_equal(doubt(&b, 1), 0); /* known already */
    assert_int_equal(doubt(&b, 9), 0);
    assert_int_equal(b.l.total.doubtful, 3 * UNIT);
    assert_true(ledger_complete(&b.l));
    assert_true(disk_row_at(&b.d, THE_JOB, 0)->doubtful);
    assert_false(disk_row_at(&b.d, THE_JOB, 2 * UNIT)->doubtful);
    struct tally sum = {0};
    ledger_revoke_doubtful(&b.l, &b.out, &sum);
    ledger_set_limit(&b.l, 8 * UNIT, &b.out);
    disk_take(&b.d, &b.out);
    commit(&b);
    assert_int_equal(sum.done, 3 * UNIT);
    assert_int_equal(b.l.total.doubtful, 0);
    assert_int_equal(b.l.free.total, 5 * UNIT);
    assert_int_equal(b.l.shares[1].trials, 0);
    bench_free(&b);
}

static void rows_of_nobody_are_in_doubt_together(void **state)
{
    (void)state;
    struct bench b = bench_new(33 * UNIT);
    fill_by_two(&b);
    fill(&b, 32 * UNIT, 33 * UNIT);
    end_trusted(&b);
    assert_int_equal(doubt(&b, 0), 32);
    struct tally sum = {0};
    ledger_revoke_doubtful(&b.l, &b.out, &sum);
    assert_int_equal(sum.done, 32 * UNIT);
    assert_int_equal(b.l.shares[1].trials, UNIT);
    bench_free(&b);
}

static void no_author_is_forgotten_while_it_holds(void **state)
{
    (void)state;
    struct bench b = bench_new(33 * UNIT);
    ledger_hold(&b.l, true);
    fill(&b, 32 * UNIT, 33 * UNIT);
    fill_by_two(&b);
    assert_false(ledger_complete(&b.l));
    end_trusted(&b);
    assert_int_equal(disk_row_at(&b.d, THE_JOB, 0)->author, 1);
    ledger_hold(&b.l, false);
    assert_true(ledger_complete(&b.l));
    commit(&b);
    assert_int_equal(disk_row_at(&b.d, THE_JOB, 0)->author, 0);
    bench_free(&b);
}

static void revoking_frees_the_rows_of_one_author(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    size_t one = b.share, two = ledger_share(&b.l, 2, "two");
    fill(&b, 0, 2 * UNIT);
    b.share = two;
    fill(&b, 2 * UNIT, 3 * UNIT);
    b.share = one;
    fill(&b, 5 * UNIT, 6 * UNIT);
    struct tally sum = {0};
    ledger_revoke(&b.l, 1, &b.out, &sum);
    disk_take(&b.d, &b.out);
    assert_int_equal(sum.done, 3 * UNIT);
    assert_int_equal(sum.hits, hits_of(0, 2 * UNIT) + hits_of(5 * UNIT, 6 * UNIT));
    assert_int_equal(b.l.total.done, UNIT);
    assert_int_equal(b.l.shares[one].trials, 0);
    assert_int_equal(b.l.prefix, 0);
    commit(&b);
    assert_int_equal(disk_count(&b.d, RECORD_ROW, THE_JOB), 1);
    bench_free(&b);
}

static void what_is_pending_of_a_worker_can_be_forgotten(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    take(&b, 1, 0, 4 * UNIT, 16);
    count(&b, 1, 0, UNIT);
    b.share = ledger_share(&b.l, 2, "two");
    count(&b, 1, UNIT, 2 * UNIT);
    b.share = ledger_share(&b.l, 1, "one");
    count(&b, 1, 2 * UNIT, 3 * UNIT);
    assert_int_equal(ledger_forget_pending(&b.l, 1), 2 * UNIT);
    assert_int_equal(ledger_forget_pending(&b.l, 99), 0);
    ledger_check(&b.l);
    commit(&b);
    assert_int_equal(b.l.total.done, UNIT);
    assert_int_equal(ledger_fate(&b.l, 5, 0, UNIT), FATE_GAP);
    bench_free(&b);
}

static void rows_beyond_the_limit_are_surplus(void **state)
{
    (void)state;
    struct bench b = bench_new(TRIALS_MAX);
    fill(&b, 0, 3 * UNIT);
    fill(&b, 4 * UNIT, 8 * UNIT);
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
    fill(&b, 0, UNIT);
    fill(&b, 4 * UNIT, 8 * UNIT);
    ledger_set_limit(&b.l, UNIT, &b.out);
    disk_take(&b.d, &b.out);
    ledger_set_limit(&b.l, 4 * UNIT, &b.out);
    disk_take(&b.d, &b.out);
    fill(&b, UNIT, 4 * UNIT); /* its right neighbour is surplus of the same author */
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
        cmocka_unit_test(the_rest_of_a_slot_is_for_who_has_begun_it),
        cmocka_unit_test(who_leaves_gives_its_slot_back),
        cmocka_unit_test(what_was_lost_goes_before_the_rest_of_a_slot),
        cmocka_unit_test(the_end_waits_for_nobodys_slot),
        cmocka_unit_test(without_a_known_end_nobody_works_far_ahead),
        cmocka_unit_test(near_its_time_the_lowest_goes_first),
        cmocka_unit_test(a_result_may_fill_the_rest_of_a_slot),
        cmocka_unit_test(only_the_owner_can_give_back),
        cmocka_unit_test(only_what_is_wholly_free_is_adopted),
        cmocka_unit_test(a_result_has_one_of_four_fates),
        cmocka_unit_test(adjacent_rows_of_one_author_and_cell_merge),
        cmocka_unit_test(a_complete_cell_keeps_its_authors),
        cmocka_unit_test(the_cell_of_a_trusted_author_is_one_row_at_the_end),
        cmocka_unit_test(
            rows_without_an_author_go_with_whoever_may_have_a_part_in_them),
        cmocka_unit_test(rows_without_an_author_can_be_revoked_alone),
        cmocka_unit_test(a_crowded_cell_forgets_the_authors_of_narrow_rows),
        cmocka_unit_test(a_cell_of_128_rows_is_not_crowded),
        cmocka_unit_test(what_has_ended_keeps_its_rows_and_doubts_them),
        cmocka_unit_test(rows_of_nobody_are_in_doubt_together),
        cmocka_unit_test(no_author_is_forgotten_while_it_holds),
        cmocka_unit_test(revoking_frees_the_rows_of_one_author),
        cmocka_unit_test(what_is_pending_of_a_worker_can_be_forgotten),
        cmocka_unit_test(rows_beyond_the_limit_are_surplus),
        cmocka_unit_test(no_row_grows_over_the_limit),
        cmocka_unit_test(rows_that_cannot_be_are_not_restored),
        cmocka_unit_test(many_shares_are_restored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
