// SPDX-License-Identifier: MIT
/*
 * The pure parts of pictl: how a job is put into words, tables, what a sample proves,
 * recounting; and every help text against the size of a small terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/estimate.h"
#include "common/jobtext.h"
#include "common/json.h"
#include "common/kernel/kernel.h"
#include "ctl/proof.h"
#include "ctl/recount.h"
#include "ctl/replies.h"
#include "ctl/subcommands.h"
#include "ctl/table.h"

static struct job_view job(uint64_t trials, uint64_t done, uint64_t hits)
{
    struct estimate e = estimate_from(hits, done);
    return (struct job_view){
        .number = 3,
        .name = "",
        .state = done == trials ? JOB_DONE : JOB_RUNNING,
        .reason = "",
        .seed = 42,
        .trials = trials,
        .done = done,
        .hits = hits,
        .verified_done = done,
        .verified_hits = hits,
        .pi = e.known ? e.pi : NAN,
        .stderr_ = e.known ? e.stderr_ : NAN,
        .ci_low = e.known ? e.ci_low : NAN,
        .ci_high = e.known ? e.ci_high : NAN,
        .rate = done == trials ? 0 : 4.12e9,
        .weight = 1,
        .elapsed_ms = 252000,
    };
}

/* What `print` writes, terminated; freed by the caller. */
static char *printed(void (*print)(FILE *, const void *), const void *what)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    print(out, what);
    fclose(out);
    return text;
}

static void print_job_view(FILE *out, const void *what)
{
    job_print(out, what);
}

/* ---- a job in words ---- */

static void a_finished_job_is_eight_aligned_lines(void **state)
{
    (void)state;
    struct job_view j = job(1000000, 1000000, 785477);
    char *text = printed(print_job_view, &j);
    assert_string_equal(text, "pi             3.141908000\n"
                              "hits           785477\n"
                              "trials         1000000\n"
                              "seed           42\n"
                              "stderr         0.0016\n"
                              "95 % interval  3.1387 to 3.1451\n"
                              "elapsed        4 m 12 s\n"
                              "rate           3.97 k/s\n");
    free(text);
}

static void a_job_that_is_not_done_says_how_it_ended(void **state)
{
    (void)state;
    struct job_view j = job(1000000, 65536, 51470);
    j.state = JOB_CANCELLED;
    j.reason = "by an operator";
    char *text = printed(print_job_view, &j);
    assert_true(strncmp(text, "state          cancelled: by an operator\n", 41) == 0);
    assert_non_null(strstr(text, "trials         65536 of 1000000\n"));
    free(text);
}

static void nothing_counted_is_not_known_instead_of_zero(void **state)
{
    (void)state;
    struct job_view j = job(1000, 0, 0);
    j.state = JOB_FAILED;
    j.elapsed_ms = 0;
    char *text = printed(print_job_view, &j);
    assert_non_null(strstr(text, "pi             n/a\n"));
    assert_non_null(strstr(text, "stderr         n/a\n95 % interval  n/a\n"));
    assert_non_null(strstr(text, "rate           n/a\n"));
    free(text);
}

static void a_plain_line_has_what_a_script_needs(void **state)
{
    (void)state;
    char line[JOB_LINE_BYTES];
    struct job_view j = job(200000000000, 125800000000, 98803000000);
    job_progress_line(line, sizeof(line), &j, 0, JOB_LINE_PLAIN);
    assert_string_equal(line, "j-3 running 62.9% pi=3.1415898 pm=0.0000091 "
                              "done=125800000000 trials=200000000000 rate=4120000000 "
                              "eta=19s");
    j.reason = "a \"quoted\" reason";
    j.rate = 0;
    job_progress_line(line, sizeof(line), &j, 0, JOB_LINE_PLAIN);
    assert_non_null(strstr(line, "rate=0 reason=\"a 'quoted' reason\""));
}

static size_t columns_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void a_bar_fills_the_line_up_to_the_last_column(void **state)
{
    (void)state;
    char line[JOB_LINE_BYTES];
    struct job_view j = job(200000000000, 125800000000, 98803000000);
    job_progress_line(line, sizeof(line), &j, 80, JOB_LINE_ASCII);
    assert_string_equal(line, "pi 3.141 589 8 +- 0.000 009 1  [##########-------]  "
                              " 62.9 %  4.12 G/s  eta 18 s");
    assert_int_equal(columns_of(line), 79);
    job_progress_line(line, sizeof(line), &j, 80, JOB_LINE_UTF8);
    assert_non_null(strstr(line, "± 0.000 009 1  ██"));
    assert_int_equal(columns_of(line), 79);
}

static void no_line_is_ever_wider_than_its_terminal(void **state)
{
    (void)state;
    char line[JOB_LINE_BYTES];
    struct job_view views[] = {job(1000000, 0, 0), job(1000000, 1000, 785),
                               job(1000000, 1000000, 785477), job(0, 5000, 3925)};
    views[0].state = JOB_QUEUED;
    views[0].reason =
        "no workers attached, 3 refused: they speak protocol 2, this is 1";
    views[3].rule = STOP_STDERR;
    views[3].until_stderr = 1e-6;
    for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
        for (unsigned width = 1; width < 200; width++) {
            job_progress_line(line, sizeof(line), &views[i], width, JOB_LINE_UTF8);
            assert_true(columns_of(line) < width);
            job_progress_line(line, sizeof(line), &views[i], width, JOB_LINE_ASCII);
            assert_true(columns_of(line) < width);
        }
    }
}

static void a_short_buffer_cuts_a_line_without_splitting_a_character(void **state)
{
    (void)state;
    char line[JOB_LINE_BYTES];
    struct job_view j = job(200000000000, 125800000000, 98803000000);
    for (size_t n = 1; n < 300; n++) {
        memset(line, 'x', sizeof(line));
        job_progress_line(line, n, &j, 100, JOB_LINE_UTF8);
        assert_true(strlen(line) < n);
        size_t length = strlen(line);
        if (length > 0 && (unsigned char)line[length - 1] >= 0x80)
            assert_true(((unsigned char)line[length - 2] & 0x80) != 0);
        assert_int_equal(line[n], 'x');
    }
}

static void a_hundred_per_cent_is_kept_for_the_end(void **state)
{
    (void)state;
    assert_float_equal(job_view_percent(0.629), 62.9, 1e-9);
    assert_float_equal(job_view_percent(0.99999), 99.9, 1e-9);
    assert_float_equal(job_view_percent(1), 100, 1e-9);
    assert_float_equal(job_view_percent(0), 0, 1e-9);
}

static void each_stop_rule_tells_how_far_it_is(void **state)
{
    (void)state;
    struct job_view j = job(1000, 250, 200);
    assert_float_equal(job_view_fraction(&j), 0.25, 1e-12);
    j = job(0, 1000000, 785477);
    j.state = JOB_RUNNING;
    j.rule = STOP_STDERR;
    j.until_stderr = j.stderr_ / 2; /* half of it takes four times the trials */
    assert_float_equal(job_view_fraction(&j), 0.25, 1e-9);
    j.rate = 1e6;
    assert_int_equal(job_view_eta_ms(&j), 3000);
    j.rule = STOP_TIME;
    j.for_ms = 4 * j.elapsed_ms;
    assert_float_equal(job_view_fraction(&j), 0.25, 1e-12);
    assert_int_equal(job_view_eta_ms(&j), 3 * j.elapsed_ms);
    j.state = JOB_PAUSED;
    assert_int_equal(job_view_eta_ms(&j), -1);
}

static void an_end_that_cannot_be_told_has_no_eta(void **state)
{
    (void)state;
    struct job_view j = job(1000, 250, 200);
    j.rate = 0;
    assert_int_equal(job_view_eta_ms(&j), -1);
    j.rate = 100;
    assert_int_equal(job_view_eta_ms(&j), 7500);
    j.reason = "no workers attached"; /* the rate is of late */
    assert_int_equal(job_view_eta_ms(&j), -1);
    j = job(TRIALS_MAX, 1, 1);
    j.rate = 1; /* longer than can be said */
    assert_int_equal(job_view_eta_ms(&j), -1);
    j = job(0, 0, 0);
    j.state = JOB_RUNNING;
    j.rule = STOP_STDERR;
    j.until_stderr = 1e-6;
    assert_int_equal(job_view_eta_ms(&j), -1);
    assert_float_equal(job_view_fraction(&j), 0, 0);
}

/* ---- tables ---- */

static void print_colourless(FILE *out, const void *what)
{
    table_print(what, out, false);
}

static void a_table_is_as_wide_as_it_needs_to_be(void **state)
{
    (void)state;
    static const struct column columns[] = {
        {"NAME", false}, {"N", true}, {"NOTE", false}};
    struct table t;
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
    b.first[4] = UINT64_MAX;
    assert_false(proof_adds_up(&b.view, why));
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
    assert_int_equal(recount_run(&r, hits), 0);
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
        assert_int_equal(hits[i],
                         kernel_reference_hits(42, ranges[i].first, ranges[i].count));
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
    assert_int_equal(recount_run(&r, &hits), 0);
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
    assert_int_equal(recount_run(&r, &hits), -ECANCELED);
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

    replies_init(&replies);
    assert_int_equal(replies_add(&replies, &one), 0);
    share.name = "lab-02";
    assert_int_equal(replies_add(&replies, &two), 0);
    memset(b.hits, 0, sizeof(b.hits)); /* a copy was kept */
    assert_int_equal(replies.ledger.n_cells, CELLS);
    assert_int_equal(replies.ledger.hits[0], kernel_reference_hits(42, 0, 1000));
    assert_int_equal(replies.ledger.n_shares, 2);
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
    assert_true(opt_help_lines(&ctl_command, &columns) <= OPT_HELP_LINES);
    assert_true(columns <= OPT_HELP_COLUMNS);
    for (size_t i = 0; i < ctl_n_subcommands; i++) {
        assert_true(opt_help_lines(ctl_subcommands[i]->command, &columns) <=
                    OPT_HELP_LINES);
        assert_true(columns <= OPT_HELP_COLUMNS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finished_job_is_eight_aligned_lines),
        cmocka_unit_test(a_job_that_is_not_done_says_how_it_ended),
        cmocka_unit_test(nothing_counted_is_not_known_instead_of_zero),
        cmocka_unit_test(a_plain_line_has_what_a_script_needs),
        cmocka_unit_test(a_bar_fills_the_line_up_to_the_last_column),
        cmocka_unit_test(no_line_is_ever_wider_than_its_terminal),
        cmocka_unit_test(a_short_buffer_cuts_a_line_without_splitting_a_character),
        cmocka_unit_test(a_hundred_per_cent_is_kept_for_the_end),
        cmocka_unit_test(each_stop_rule_tells_how_far_it_is),
        cmocka_unit_test(an_end_that_cannot_be_told_has_no_eta),
        cmocka_unit_test(a_table_is_as_wide_as_it_needs_to_be),
        cmocka_unit_test(a_ledger_adds_up_or_says_why_not),
        cmocka_unit_test(a_done_job_must_have_all_its_trials),
        cmocka_unit_test(a_sample_holds_each_complete_cell_alike_and_no_other),
        cmocka_unit_test(a_sample_is_repeated_by_its_seed_and_never_too_large),
        cmocka_unit_test(eight_right_cells_exclude_a_third_of_wrong_ones),
        cmocka_unit_test(recounting_finds_what_the_rule_says),
        cmocka_unit_test(recounting_splits_a_long_range_and_tells_how_far_it_is),
        cmocka_unit_test(recounting_stops_when_told),
        cmocka_unit_test(a_ledger_in_two_frames_is_one),
        cmocka_unit_test(replies_of_two_kinds_are_refused_but_for_an_error),
        cmocka_unit_test(every_help_text_fits_a_small_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
