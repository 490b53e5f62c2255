// SPDX-License-Identifier: MIT
/*
 * Whose rows the ledger's are: authors that are kept and forgotten, rows that are
 * revoked or in doubt.
 */
#include "server/core/ledger_revoke.h"
#include "server/core/rows.h"
#include "tests/lib/ledger_bench.h"

/* The worker's rows are revoked.  Returns the number of units. */
static uint64_t revoke(struct bench *b, uint64_t worker)
{
    struct tally sum = {0};
    ledger_revoke(&b->l, worker, &b->out, &sum);
    disk_take(&b->d, &b->out);
    bench_commit(b);
    return sum.done / UNIT;
}

/* The first cell, by workers 1 and 2 in turn. */
static void fill_by_two(struct bench *b)
{
    for (uint64_t i = 0; i < 32; i++) {
        b->share = ledger_share(&b->l, 1 + i % 2, "w");
        bench_fill(b, i * UNIT, (i + 1) * UNIT);
    }
    b->share = 1;
}

/* The job ends, and workers 1 and 2 are trusted. */
static void end_trusted(struct bench *b)
{
    b->l.shares[ledger_share(&b->l, 1, "")].trusted = true;
    b->l.shares[ledger_share(&b->l, 2, "")].trusted = true;
    ledger_close(&b->l);
    bench_commit(b);
}

static void a_complete_cell_keeps_its_authors(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    for (uint64_t i = 0; i < 32; i++) {
        b.share = ledger_share(&b.l, 1 + i % 2, "w");
        bench_fill(&b, i * UNIT, (i + 1) * UNIT);
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
        bench_fill(&b, i * UNIT, (i + 1) * UNIT);
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
    bench_fill(&b, 32 * UNIT, 33 * UNIT);
    b.share = ledger_share(&b.l, 1, "one");
    bench_fill(&b, 33 * UNIT, 34 * UNIT);
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
    bench_fill(&b, 33 * UNIT, 34 * UNIT);
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
        bench_count(&b, 77, first * UNIT, end * UNIT);
    }
    bench_flush(&b);
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
        bench_count(&b, 77, first * UNIT, end * UNIT);
    }
    bench_commit(&b);
    assert_int_equal(b.l.rows.n, 128);
    bench_free(&b);
}

static uint64_t doubt(struct bench *b, uint64_t worker)
{
    uint64_t trials = ledger_doubt(&b->l, worker, &b->out);
    disk_take(&b->d, &b->out);
    bench_commit(b);
    return trials / UNIT;
}

static void what_has_ended_keeps_its_rows_and_doubts_them(void **state)
{
    (void)state;
    struct bench b = bench_new(6 * UNIT);
    bench_fill(&b, 0, 2 * UNIT);
    b.share = ledger_share(&b.l, 2, "two");
    bench_fill(&b, 2 * UNIT, 5 * UNIT);
    b.share = ledger_share(&b.l, 1, "one");
    bench_fill(&b, 5 * UNIT, 6 * UNIT);
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
    bench_commit(&b);
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
    bench_fill(&b, 32 * UNIT, 33 * UNIT);
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
    bench_fill(&b, 32 * UNIT, 33 * UNIT);
    fill_by_two(&b);
    assert_false(ledger_complete(&b.l));
    end_trusted(&b);
    assert_int_equal(disk_row_at(&b.d, THE_JOB, 0)->author, 1);
    ledger_hold(&b.l, false);
    assert_true(ledger_complete(&b.l));
    bench_commit(&b);
    assert_int_equal(disk_row_at(&b.d, THE_JOB, 0)->author, 0);
    bench_free(&b);
}

static void revoking_frees_the_rows_of_one_author(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    size_t one = b.share, two = ledger_share(&b.l, 2, "two");
    bench_fill(&b, 0, 2 * UNIT);
    b.share = two;
    bench_fill(&b, 2 * UNIT, 3 * UNIT);
    b.share = one;
    bench_fill(&b, 5 * UNIT, 6 * UNIT);
    struct tally sum = {0};
    ledger_revoke(&b.l, 1, &b.out, &sum);
    disk_take(&b.d, &b.out);
    assert_int_equal(sum.done, 3 * UNIT);
    assert_int_equal(sum.hits, hits_of(0, 2 * UNIT) + hits_of(5 * UNIT, 6 * UNIT));
    assert_int_equal(b.l.total.done, UNIT);
    assert_int_equal(b.l.shares[one].trials, 0);
    assert_int_equal(b.l.prefix, 0);
    bench_commit(&b);
    assert_int_equal(disk_count(&b.d, RECORD_ROW, THE_JOB), 1);
    bench_free(&b);
}

static void what_is_pending_of_a_worker_can_be_forgotten(void **state)
{
    (void)state;
    struct bench b = bench_new(100 * UNIT);
    bench_take(&b, 1, 0, 4 * UNIT, 16);
    bench_count(&b, 1, 0, UNIT);
    b.share = ledger_share(&b.l, 2, "two");
    bench_count(&b, 1, UNIT, 2 * UNIT);
    b.share = ledger_share(&b.l, 1, "one");
    bench_count(&b, 1, 2 * UNIT, 3 * UNIT);
    assert_int_equal(ledger_forget_pending(&b.l, 1), 2 * UNIT);
    assert_int_equal(ledger_forget_pending(&b.l, 99), 0);
    ledger_check(&b.l);
    bench_commit(&b);
    assert_int_equal(b.l.total.done, UNIT);
    assert_int_equal(ledger_fate(&b.l, 5, 0, UNIT), FATE_GAP);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
