// SPDX-License-Identifier: MIT
/*
 * Every report, whole: text, JSON, metrics and pages, of a core that has a value of its
 * own in every member.
 */
#include "tests/lib/report_rig.h"

#include <math.h>

#include "server/view/console.h"
#include "server/view/page.h"
#include "tests/lib/golden.h"

static bool print_joins(void *ctx, FILE *out)
{
    (void)ctx;
    fputs("PI_JOIN=pi1.x piworker\nPI_JOIN=pi1.y piworker\n", out);
    return true;
}

static void count_viewers(void *ctx, struct viewer_stats *ret)
{
    (void)ctx;
    *ret = (struct viewer_stats){
        .requests = 70, .viewers = 71, .streams = 72, .sockets = 73};
}

static struct report report_of(struct core *c)
{
    struct report s = {.ask = core_ask,
                       .join = print_joins,
                       .stats = count_viewers,
                       .ctx = c,
                       .addresses = true};
    for (size_t i = 0; i < EVENT_TYPES; i++)
        s.events[i] = 100 + i;
    return s;
}

static bool join_json(struct report *s, FILE *out)
{
    report_join_json(s, out);
    return true;
}

static const struct {
    const char *file;
    bool (*write)(struct report *s, FILE *out);
} reports[] = {
    {"view-status.txt", report_status_text},    {"view-jobs.txt", report_jobs_text},
    {"view-workers.txt", report_workers_text},  {"view-metrics.txt", report_metrics},
    {"view-status.json", report_status_json},   {"view-jobs.json", report_jobs_json},
    {"view-workers.json", report_workers_json}, {"view-join.json", join_json},
    {"view-status.html", page_status},
};

static void reports_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
        struct core c = core_of_own_values();
        struct report s = report_of(&c);
        assert_true(reports[i].write(&s, golden_begin()));
        golden_end(reports[i].file);
    }
}

static void a_job_that_runs_has_an_end_in_sight(void **state)
{
    (void)state;
    struct core c = core_of_own_values();
    struct report s = report_of(&c);
    c.job.state = JOB_RUNNING;
    c.job.reason = "";
    FILE *out = golden_begin();
    assert_true(report_status_text(&s, out));
    assert_true(report_jobs_text(&s, out));
    assert_true(page_status(&s, out));
    golden_end("view-running.txt");
}

static void a_job_of_a_program_is_told_as_one(void **state)
{
    (void)state;
    struct core c = core_of_own_program();
    struct report s = report_of(&c);
    c.job.state = JOB_RUNNING;
    FILE *out = golden_begin();
    for (size_t i = 0; i < ARRAY_SIZE(reports); i++)
        if (reports[i].write != join_json)
            assert_true(reports[i].write(&s, out));
    c.job.score = false;
    c.job.scale = 1;
    c.job.arg = "";
    c.job.test_known = false;
    c.job.hits = 988258;
    c.job.pi = 0.7853970;
    c.job.stderr_ = 3.7e-4;
    c.job.ci_low = 0.7846791;
    c.job.ci_high = 0.7861133;
    assert_true(report_status_text(&s, out));
    assert_true(report_jobs_text(&s, out));
    assert_true(report_status_json(&s, out));
    golden_end("view-program.txt");
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    struct core c = core_of_own_values();
    struct report s = report_of(&c);
    c.job.trials = c.job.done = c.job.hits = 0;
    c.job.pi = c.job.stderr_ = c.job.ci_low = c.job.ci_high = c.job.any_low =
        c.job.any_high = NAN;
    c.job.doubt = c.job.reason = c.status.audits.help = "";
    s.addresses = false;
    FILE *out = golden_begin();
    assert_true(report_status_text(&s, out));
    assert_true(report_status_json(&s, out));
    assert_true(report_metrics(&s, out));
    assert_true(page_status(&s, out));
    assert_true(report_workers_json(&s, out));
    golden_end("view-nothing-yet.txt");
}

static void every_command_is_answered_whole(void **state)
{
    static const char *const commands[] = {"status", "jobs",   "workers", "metrics",
                                           "join",   "help",   "watch",   "stats",
                                           "statu",  "STATUS", ""};
    (void)state;
    FILE *out = golden_begin();
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        struct core c = core_of_own_values();
        struct report s = report_of(&c);
        fprintf(out, "> %s\n", commands[i]);
        fprintf(out, "= %d\n", console_answer(&s, commands[i], out));
        c.stopped = true;
        (void)!console_answer(&s, commands[i], out);
        s.join = NULL;
        if (i > 3)
            (void)!console_answer(&s, commands[i], out);
    }
    golden_end("view-commands.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_are_whole),
        cmocka_unit_test(a_job_that_runs_has_an_end_in_sight),
        cmocka_unit_test(a_job_of_a_program_is_told_as_one),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(every_command_is_answered_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
