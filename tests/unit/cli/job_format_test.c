// SPDX-License-Identifier: MIT
/*
 * Jobs as text: the lines of a finished job, the line of a running job at every width,
 * and progress.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "common/base/base.h"
#include "common/cli/job_format.h"
#include "tests/lib/job_rig.h"

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

/* Each number is another one. */
static void every_line_has_its_own_number(void **state)
{
    (void)state;
    struct job_view j = {.number = 3,
                         .state = JOB_FAILED,
                         .reason = "of a reason",
                         .doubt = "",
                         .seed = 1001,
                         .trials = 1000002,
                         .done = 500003,
                         .hits = 400004,
                         .verified_done = 300005,
                         .verified_hits = 200006,
                         .pi = 3.123456789,
                         .stderr_ = 0.0023,
                         .ci_low = 3.1189,
                         .ci_high = 3.1280,
                         .rate = 77777,
                         .elapsed_ms = 200000};
    char *text = printed(print_job_view, &j);
    assert_string_equal(text, "state          failed: of a reason\n"
                              "pi             3.123456789\n"
                              "hits           400004\n"
                              "trials         500003 of 1000002\n"
                              "verified       300005 trials, 200006 hits\n"
                              "seed           1001\n"
                              "stderr         0.0023\n"
                              "95 % interval  3.1189 to 3.1280\n"
                              "elapsed        3 m 20 s\n"
                              "rate           2.50 k/s\n");
    free(text);
}

static void a_programs_job_says_which_and_what(void **state)
{
    (void)state;
    char line[JOB_LINE_BYTES];
    struct job_view j = job(1000000, 1000000, 785477);
    j.program = "buffon";
    j.arg = "0.5";
    j.scale = 1;
    j.score = true;
    j.pi = 0.785477;
    j.stderr_ = 0.00041;
    j.ci_low = 0.78467;
    j.ci_high = 0.78628;
    char *text = printed(print_job_view, &j);
    assert_true(strncmp(text,
                        "program        buffon 0.5\n"
                        "p              0.785477\n"
                        "hits           785477 (of 65536 a trial)\n",
                        90) == 0);
    free(text);
    j.state = JOB_RUNNING;
    j.scale = 1e9;
    j.pi = 785477000;
    j.ci_low = 784670000;
    j.ci_high = 786280000;
    job_progress_line(line, sizeof(line), &j, 80, JOB_LINE_PLAIN);
    assert_true(strncmp(line, "j-3 running 100.0% x=785477000 pm=805000 done=", 46) ==
                0);
    job_progress_line(line, sizeof(line), &j, 80, JOB_LINE_ASCII);
    assert_true(strncmp(line, "x 785477000 +- 805000  [", 24) == 0);
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
                              "done=125800000000 hits=98803000000 "
                              "trials=200000000000 rate=4120000000 eta=19s");
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

/* Half of a job is half of its bar: each cell once, the rest shaded. */
static void a_bar_is_as_full_as_its_job(void **state)
{
    static const struct {
        uint64_t done;
        const char *bar;
    } cases[] = {
        {0, "░░░░░░░░░░░░░░░"},
        {5000, "███████▌░░░░░░░"},
        {7500, "███████████▎░░░"},
        {9999, "██████████████▉"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char line[JOB_LINE_BYTES];
        struct job_view j = job(10000, cases[i].done, cases[i].done);
        j.pi = j.stderr_ = j.ci_low = j.ci_high = NAN;
        j.rate = 0;
        j.hits = 0;
        job_progress_line(line, sizeof(line), &j, 38, JOB_LINE_UTF8);
        const char *bar = strchr(line, ' ') + strlen(" running  ");
        if (strncmp(bar, cases[i].bar, strlen(cases[i].bar)) != 0)
            fail_msg("\"%s\" has not \"%s\"", line, cases[i].bar);
    }
}

static void what_has_ended_has_no_time_left(void **state)
{
    static const enum job_state ended[] = {JOB_DONE, JOB_CANCELLED, JOB_FAILED};
    struct job_view j = job(1000, 250, 200);
    (void)state;
    j.rate = 250;
    j.state = JOB_RUNNING;
    assert_int_equal(job_view_eta_ms(&j), 3000);
    for (size_t i = 0; i < ARRAY_SIZE(ended); i++) {
        j.state = ended[i];
        assert_int_equal(job_view_eta_ms(&j), -1);
    }
}

static void hits_are_shown_beside_a_bar_that_leaves_room(void **state)
{
    (void)state;
    char line[JOB_LINE_BYTES];
    struct job_view j = job(200000000000, 125800000000, 98803000000);
    job_progress_line(line, sizeof(line), &j, 120, JOB_LINE_ASCII);
    assert_non_null(strstr(line, "   62.9 %  98 803 000 000 hits  4.12 G/s  "));
    assert_int_equal(columns_of(line), 119);
}

/* The first of these that a line lacks, by its mark; each one before it is there. */
static void expect_order(const char *line, bool bar, bool utf8)
{
    const char *const marks[] = {"pi 3.141", " %", utf8 ? "±" : "+-", "/s", "eta "};
    bool missing = false;
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        bool there = strstr(line, marks[i]) != NULL;
        assert_false(there && missing);
        missing = missing || !there;
    }
    assert_false(bar && missing);
}

static void fields_go_one_by_one_and_the_number_never(void **state)
{
    (void)state;
    char line[JOB_LINE_BYTES];
    struct job_view j = job(200000000000, 125800000000, 98803000000);
    for (unsigned width = 10; width <= 120; width++) {
        job_progress_line(line, sizeof(line), &j, width, JOB_LINE_UTF8);
        assert_true(columns_of(line) < width);
        expect_order(line, strstr(line, "█") != NULL, true);
        const char *sign = strstr(line, "±");
        assert_true(!sign || (sign > line + 3 && strncmp(sign, "± 0.", 5) == 0));
        job_progress_line(line, sizeof(line), &j, width, JOB_LINE_ASCII);
        assert_true(columns_of(line) < width);
        expect_order(line, strchr(line, '#') != NULL, false);
    }
    job_progress_line(line, sizeof(line), &j, 40, JOB_LINE_UTF8);
    assert_string_equal(line, "pi 3.141 589 8 ± 0.000 009 1   62.9 %");
    job_progress_line(line, sizeof(line), &j, 20, JOB_LINE_UTF8);
    assert_string_equal(line, "pi 3.141 589 8");
    job_progress_line(line, sizeof(line), &j, 10, JOB_LINE_UTF8);
    assert_string_equal(line, "pi 3.142");
    j.state = JOB_PAUSED;
    job_progress_line(line, sizeof(line), &j, 20, JOB_LINE_UTF8);
    assert_string_equal(line, "pi 3.141 589 8");
    job_progress_line(line, sizeof(line), &j, 30, JOB_LINE_UTF8);
    assert_string_equal(line, "j-3 paused  pi 3.141 589 8");
}

static void the_error_of_one_trial_is_not_known(void **state)
{
    (void)state;
    struct job_view j = job(1, 1, 1);
    char *text = printed(print_job_view, &j);
    assert_non_null(strstr(text, "\nstderr         n/a\n95 % interval  0.8 to 4.0\n"));
    free(text);
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
    j.rate = 1e9; /* 2.7e12 trials */
    assert_true(job_view_eta_ms(&j) > 2600000 && job_view_eta_ms(&j) < 2800000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finished_job_is_eight_aligned_lines),
        cmocka_unit_test(every_line_has_its_own_number),
        cmocka_unit_test(a_programs_job_says_which_and_what),
        cmocka_unit_test(a_job_that_is_not_done_says_how_it_ended),
        cmocka_unit_test(nothing_counted_is_not_known_instead_of_zero),
        cmocka_unit_test(a_plain_line_has_what_a_script_needs),
        cmocka_unit_test(a_bar_fills_the_line_up_to_the_last_column),
        cmocka_unit_test(a_bar_is_as_full_as_its_job),
        cmocka_unit_test(what_has_ended_has_no_time_left),
        cmocka_unit_test(hits_are_shown_beside_a_bar_that_leaves_room),
        cmocka_unit_test(fields_go_one_by_one_and_the_number_never),
        cmocka_unit_test(the_error_of_one_trial_is_not_known),
        cmocka_unit_test(no_line_is_ever_wider_than_its_terminal),
        cmocka_unit_test(a_short_buffer_cuts_a_line_without_splitting_a_character),
        cmocka_unit_test(a_hundred_per_cent_is_kept_for_the_end),
        cmocka_unit_test(each_stop_rule_tells_how_far_it_is),
        cmocka_unit_test(an_end_that_cannot_be_told_has_no_eta),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
