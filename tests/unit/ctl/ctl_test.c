// SPDX-License-Identifier: MIT
/*
 * The pure parts of pictl: tables, the statistics of samples, recounting; and every
 * help text fits a small terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kernel/kernel.h"
#include "common/program/self_test.h"
#include "ctl/command_table.h"
#include "ctl/lib/ledger_proof.h"
#include "ctl/lib/recount.h"
#include "ctl/lib/replies.h"
#include "ctl/lib/table.h"
#include "tests/lib/job_rig.h"

/* ---- tables ---- */

static void print_colourless(FILE *out, const void *what)
{
    table_print(what, out, false, 0);
}

static void a_table_is_as_wide_as_it_needs_to_be(void **state)
{
    (void)state;
    static const struct column columns[] = {
        {"NAME", false, 0}, {"N", true, 0}, {"NOTE", false, 0}};
    struct ctl_table t;
    table_init(&t, columns, ARRAY_SIZE(columns));
    table_cell(&t, "● busy");
    table_cell(&t, "%d", 12);
    table_cell_coloured(&t, "\033[31m", "red");
    table_cell(&t, "x");
    table_cell(&t, "%d", 7);
    table_cell(&t, "%s", "");
    char *text = printed(print_colourless, &t);
    assert_string_equal(text, "NAME     N  NOTE\n"
                              "● busy  12  red\n"
                              "x        7\n");
    free(text);
    table_release(&t);
}

static unsigned terminal;

static void print_narrow(FILE *out, const void *what)
{
    table_print(what, out, false, terminal);
}

static void columns_leave_in_their_order(void **state)
{
    (void)state;
    static const struct column columns[] = {{"NAME", false, 0},
                                            {"ADDRESS", false, 1},
                                            {"STATE", false, 0},
                                            {"KERNEL", true, 2}};
    static const struct {
        unsigned width;
        const char *text;
    } rows[] = {
        {30, "NAME  ADDRESS    STATE  KERNEL\nada   127.0.0.1  busy     avx2\n"},
        {29, "NAME  STATE  KERNEL\nada   busy     avx2\n"},
        {19, "NAME  STATE  KERNEL\nada   busy     avx2\n"},
        {18, "NAME  STATE\nada   busy\n"},
        {5, "NAME  STATE\nada   busy\n"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ctl_table t;
        table_init(&t, columns, ARRAY_SIZE(columns));
        table_cell(&t, "ada");
        table_cell(&t, "127.0.0.1");
        table_cell(&t, "busy");
        table_cell(&t, "avx2");
        terminal = rows[i].width;
        char *text = printed(print_narrow, &t);
        assert_string_equal(text, rows[i].text);
        free(text);
        table_release(&t);
    }
}

/* ---- the ledger ---- */

enum { CELLS = 5 };

struct book {
    struct job_view job;
    uint64_t first[CELLS], count[CELLS], done[CELLS], hits[CELLS];
    struct ledger_view view;
};

/* Five cells of 1000 trials, all done, with their true hits. */
static void book_init(struct book *b)
{
    uint64_t hits = 0;
    for (size_t i = 0; i < CELLS; i++) {
        b->first[i] = 1000 * i;
        b->count[i] = b->done[i] = 1000;
        b->hits[i] = kernel_reference_hits(42, b->first[i], 1000);
        hits += b->hits[i];
    }
    b->job = job(1000 * CELLS, 1000 * CELLS, hits);
    b->view = (struct ledger_view){.job = &b->job,
                                   .n_cells = CELLS,
                                   .first = b->first,
                                   .count = b->count,
                                   .done = b->done,
                                   .hits = b->hits};
}

static void a_ledger_adds_up_or_says_why_not(void **state)
{
    (void)state;
    char why[PROOF_TEXT];
    struct book b;
    book_init(&b);
    assert_true(proof_adds_up(&b.view, why));

    b.hits[2]++;
    assert_false(proof_adds_up(&b.view, why));
    assert_non_null(strstr(why, "do not add up"));
    b.job.hits++;
    assert_true(proof_adds_up(&b.view, why));
    book_init(&b);
    b.first[1] = 999;
    assert_false(proof_adds_up(&b.view, why));
    assert_non_null(strstr(why, "at 999 overlaps"));
    book_init(&b);
    b.job.trials = 4999;
    assert_false(proof_adds_up(&b.view, why));
    assert_non_null(strstr(why, "beyond the job"));
    book_init(&b);
    b.done[3] = 1001;
    assert_false(proof_adds_up(&b.view, why));
    book_init(&b);
    b.hits[3] = 1001;
    assert_false(proof_adds_up(&b.view, why));
    book_init(&b);
    b.done[3] = 900; /* and as many hits as it has trials */
    b.hits[3] = 901;
    assert_false(proof_adds_up(&b.view, why));
    assert_non_null(strstr(why, "more hits than trials"));
    book_init(&b);
    b.count[4] = b.done[4] = 1001;
    assert_false(proof_adds_up(&b.view, why));
    assert_non_null(strstr(why, "beyond the job"));
    book_init(&b);
    b.first[4] = UINT64_MAX;
    assert_false(proof_adds_up(&b.view, why));
}

/* Of a program there are fewer trials; where it scores, each may count 65,536. */
static void a_programs_ledger_has_other_bounds(void **state)
{
    (void)state;
    char why[PROOF_TEXT];
    struct book b;
    book_init(&b);
    b.job.program = "x";
    b.job.score = true;
    b.job.hits += 65536000 - b.hits[3];
    b.hits[3] = 65536000;
    assert_true(proof_adds_up(&b.view, why));
    b.hits[3]++;
    assert_false(proof_adds_up(&b.view, why));
    assert_string_equal(why, "the cell at 3000 has more hits than trials");
    book_init(&b);
    b.job.trials = PROGRAM_TRIALS_MAX + 1;
    assert_true(proof_adds_up(&b.view, why) || strstr(why, "missing"));
    b.job.program = "x";
    assert_false(proof_adds_up(&b.view, why));
    assert_non_null(strstr(why, "more than 2^46 trials"));
}

static void a_done_job_must_have_all_its_trials(void **state)
{
    (void)state;
    char why[PROOF_TEXT];
    struct book b;
    book_init(&b);
    b.view.n_cells--;
    b.job.done -= 1000;
    b.job.hits -= b.hits[CELLS - 1];
    assert_false(proof_adds_up(&b.view, why));
    assert_non_null(strstr(why, "trials are missing"));
    b.job.state = JOB_RUNNING;
    assert_true(proof_adds_up(&b.view, why));
}

static void a_sample_holds_each_complete_cell_alike_and_no_other(void **state)
{
    (void)state;
    struct book b;
    size_t cells[CELLS], drawn[CELLS] = {0};
    enum { SEEDS = 2000, K = 2 };
    book_init(&b);
    b.done[1] = 999;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        assert_int_equal(proof_sample(&b.view, seed, K, cells), K);
        assert_true(cells[0] < cells[1]);
        drawn[cells[0]]++;
        drawn[cells[1]]++;
    }
    assert_int_equal(drawn[1], 0);
    for (size_t i = 0; i < CELLS; i++) /* 1000 +- 22; 6 sigma */
        assert_true(i == 1 || (drawn[i] > 860 && drawn[i] < 1140));
}

static void a_sample_is_repeated_by_its_seed_and_never_too_large(void **state)
{
    (void)state;
    struct book b;
    size_t one[CELLS], two[CELLS];
    book_init(&b);
    assert_int_equal(proof_sample(&b.view, 7, 3, one), 3);
    assert_int_equal(proof_sample(&b.view, 7, 3, two), 3);
    assert_memory_equal(one, two, 3 * sizeof(*one));
    assert_int_equal(proof_sample(&b.view, 7, 8, one), CELLS);
    static const size_t drawn[] = {0, 2, 4}; /* on every machine, for ever */
    assert_int_equal(proof_sample(&b.view, 123456789, 3, one), 3);
    assert_memory_equal(one, drawn, sizeof(drawn));
    b.view.n_cells = 0;
    assert_int_equal(proof_sample(&b.view, 7, 8, one), 0);
}

static void eight_right_cells_exclude_a_third_of_wrong_ones(void **state)
{
    (void)state;
    char text[PROOF_TEXT];
    assert_float_equal(proof_bound(8), 0.3123, 1e-4);
    assert_float_equal(pow(1 - proof_bound(59), 59), 0.05, 1e-12);
    assert_string_equal(proof_sentence(text, 8, 100, true),
                        "8 of 8 identical. Had more than 31 % of the cells been wrong, "
                        "this would have shown it with 95 % confidence.");
    assert_non_null(strstr(proof_sentence(text, 5, 5, true), "so the count is right"));
    assert_non_null(strstr(proof_sentence(text, 5, 5, false), "every complete cell"));
}

/* ---- recounting ---- */

static void recounting_finds_what_the_rule_says(void **state)
{
    (void)state;
    struct range ranges[] = {{0, 1000}, {12345, 1}, {(UINT64_C(1) << 34) - 500, 1000}};
    uint64_t hits[ARRAY_SIZE(ranges)];
    struct recount r = {.seed = 42, .ranges = ranges, .n = ARRAY_SIZE(ranges)};
    assert_int_equal(kernel_choose("scalar", &r.kernel), 0);
    assert_int_equal(recount_run(&r, hits, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
        assert_int_equal(hits[i],
                         kernel_reference_hits(42, ranges[i].first, ranges[i].count));
}

static void ranges_that_end_within_a_part_change_nothing_for_the_next(void **state)
{
    (void)state;
    struct range ranges[] = {{5, (1 << 24) + 9}, {1 << 26, (1 << 24) + 3}, {9, 77}};
    uint64_t hits[ARRAY_SIZE(ranges)], whole;
    struct recount r = {.seed = 3, .ranges = ranges, .n = ARRAY_SIZE(ranges)};
    assert_int_equal(kernel_choose("auto", &r.kernel), 0);
    assert_int_equal(recount_run(&r, hits, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        assert_int_equal(kernel_count(r.kernel, 3, ranges[i].first, ranges[i].count, 0,
                                      NULL, NULL, &whole),
                         0);
        assert_int_equal(hits[i], whole);
    }
}

static void count_progress(void *ctx, uint64_t done)
{
    uint64_t *last = ctx;
    assert_true(done >= *last);
    *last = done;
}

static void recounting_splits_a_long_range_and_tells_how_far_it_is(void **state)
{
    (void)state;
    struct range range = {7, (UINT64_C(1) << 25) + 5}; /* three parts */
    uint64_t hits, whole, last = 0;
    struct recount r = {.seed = 1,
                        .ranges = &range,
                        .n = 1,
                        .on_progress = count_progress,
                        .ctx = &last};
    assert_int_equal(kernel_choose("auto", &r.kernel), 0);
    assert_int_equal(recount_run(&r, &hits, NULL), 0);
    assert_int_equal(
        kernel_count(r.kernel, 1, range.first, range.count, 0, NULL, NULL, &whole), 0);
    assert_int_equal(hits, whole);
    assert_int_equal(last, range.count);
}

static void recounting_stops_when_told(void **state)
{
    (void)state;
    atomic_bool cancel = true;
    struct range range = {0, TRIALS_MAX};
    uint64_t hits;
    struct recount r = {.ranges = &range, .n = 1, .cancel = &cancel};
    assert_int_equal(kernel_choose("auto", &r.kernel), 0);
    assert_int_equal(recount_run(&r, &hits, NULL), -ECANCELED);
}

static void recounting_asks_a_program(void **state)
{
    (void)state;
    const struct program_offer text = {
        "text", "while read -r c s f n t; do echo $f $((n * (${#t} + s))); done"};
    const struct program_offer bad = {"bad", "read -r r; exit 3"};
    const struct self_test slow = {.rate = 1}; /* of one trial a part */
    struct range ranges[] = {{0, 7}, {PROGRAM_TRIALS_MAX - 1, 1}};
    uint64_t hits[2];
    struct program_failure why;
    struct recount r = {.offer = &text,
                        .test = &slow,
                        .arg = "abc",
                        .score = true,
                        .seed = 2,
                        .ranges = ranges,
                        .n = 2,
                        .cancel_fd = -1};
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(recount_run(&r, hits, &why), 0);
    assert_int_equal(hits[0], 7 * 5);
    assert_int_equal(hits[1], 5);
    r.offer = &bad;
    assert_int_equal(recount_run(&r, hits, &why), -EPROTO);
    assert_string_equal(why.why, "exited with 3");
}

/* ---- replies ---- */

static void a_ledger_in_two_frames_is_one(void **state)
{
    (void)state;
    struct book b;
    struct share_view share = {.worker = 1, .name = "lab-01", .trials = 5, .hits = 4};
    struct msg_reply one = {.body = REPLY_LEDGER}, two = one;
    struct replies replies;
    book_init(&b);
    one.ledger = b.view;
    one.ledger.n_shares = two.ledger.n_shares = 1;
    one.ledger.shares = two.ledger.shares = &share;
    uint64_t first[2] = {65536, 0}, count[2] = {131072, 65536};
    one.ledger.n_doubts = two.ledger.n_doubts = 1;
    one.ledger.doubt_first = first;
    one.ledger.doubt_count = count;
    two.ledger.doubt_first = first + 1;
    two.ledger.doubt_count = count + 1;

    replies_init(&replies);
    assert_int_equal(replies_add(&replies, &one), 0);
    share.name = "lab-02";
    assert_int_equal(replies_add(&replies, &two), 0);
    assert_memory_equal(replies.ledger.hits, b.hits, sizeof(b.hits));
    memset(b.hits, 0, sizeof(b.hits)); /* a copy was kept */
    assert_int_equal(replies.ledger.n_cells, CELLS);
    assert_int_equal(replies.ledger.hits[0], kernel_reference_hits(42, 0, 1000));
    assert_int_equal(replies.ledger.n_shares, 2);
    assert_int_equal(replies.ledger.n_doubts, 2);
    assert_int_equal(replies.ledger.doubt_count[0], 131072);
    assert_int_equal(replies.ledger.doubt_first[1], 0);
    assert_string_equal(replies.ledger.shares[0].name, "lab-01");
    assert_string_equal(replies.ledger.shares[1].name, "lab-02");
    assert_int_equal(replies.ledger.job->number, 3);
    replies_release(&replies);
}

static void replies_of_two_kinds_are_refused_but_for_an_error(void **state)
{
    (void)state;
    struct msg_reply jobs = {.body = REPLY_JOBS}, done = {.body = REPLY_DONE};
    struct msg_reply error = {.body = REPLY_ERROR};
    struct replies replies;
    error.error.code = ERROR_STORAGE;
    error.error.message = error.error.hint = "";
    replies_init(&replies);
    assert_int_equal(replies_add(&replies, &jobs), 0);
    assert_int_equal(replies_add(&replies, &done), -EBADMSG);
    assert_int_equal(replies_add(&replies, &error), 0);
    assert_int_equal(replies.body, REPLY_ERROR);
    replies_release(&replies);
}

/* ---- the command line ---- */

static void every_help_text_fits_a_small_terminal(void **state)
{
    (void)state;
    int columns;
    assert_true(opt_help_lines(command_table.command, &columns) <= OPT_HELP_LINES);
    assert_true(columns <= OPT_HELP_COLUMNS);
    for (size_t i = 0; i < command_table.n; i++) {
        assert_true(opt_help_lines(command_table.items[i]->command, &columns) <=
                    OPT_HELP_LINES);
        assert_true(columns <= OPT_HELP_COLUMNS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_as_wide_as_it_needs_to_be),
        cmocka_unit_test(columns_leave_in_their_order),
        cmocka_unit_test(a_ledger_adds_up_or_says_why_not),
        cmocka_unit_test(a_programs_ledger_has_other_bounds),
        cmocka_unit_test(a_done_job_must_have_all_its_trials),
        cmocka_unit_test(a_sample_holds_each_complete_cell_alike_and_no_other),
        cmocka_unit_test(a_sample_is_repeated_by_its_seed_and_never_too_large),
        cmocka_unit_test(eight_right_cells_exclude_a_third_of_wrong_ones),
        cmocka_unit_test(recounting_finds_what_the_rule_says),
        cmocka_unit_test(ranges_that_end_within_a_part_change_nothing_for_the_next),
        cmocka_unit_test(recounting_splits_a_long_range_and_tells_how_far_it_is),
        cmocka_unit_test(recounting_stops_when_told),
        cmocka_unit_test(recounting_asks_a_program),
        cmocka_unit_test(a_ledger_in_two_frames_is_one),
        cmocka_unit_test(replies_of_two_kinds_are_refused_but_for_an_error),
        cmocka_unit_test(every_help_text_fits_a_small_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
