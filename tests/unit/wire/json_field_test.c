// SPDX-License-Identifier: MIT
/* One field of a status, by its name: of its job, or else of the coordinator. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "common/wire/json.h"

/* Each value is another one. */
static const struct job_view job = {.number = 3,
                                    .name = "demo",
                                    .state = JOB_RUNNING,
                                    .reason = "of the job",
                                    .doubt = "",
                                    .seed = UINT64_MAX,
                                    .trials = 1001,
                                    .done = 502,
                                    .hits = 403,
                                    .pi = 3.25,
                                    .stderr_ = NAN,
                                    .ci_low = 3.125,
                                    .ci_high = 3.375,
                                    .rate = 2.5,
                                    .weight = 7,
                                    .elapsed_ms = 8009,
                                    .ended_ms = 8016};

static const struct status_view status = {.version = "0.1.0",
                                          .protocol = 1,
                                          .uptime_ms = 90010,
                                          .state = COORD_READY,
                                          .reason = "of the coordinator",
                                          .workers = 11,
                                          .threads = 12,
                                          .jobs_active = 13,
                                          .rate = 14.5,
                                          .host = {15, 16, 17, 18},
                                          .audits = {.help = ""}};

static void expect_field(const struct job_view *of, const char *name, const char *value)
{
    struct status_view s = status;
    char *text = NULL;
    size_t bytes = 0;
    s.job = of;
    assert_true(json_status_has_field(name));
    FILE *out = open_memstream(&text, &bytes);
    json_status_field(out, &s, name);
    fclose(out);
    assert_string_equal(text, value);
    free(text);
}

static void a_name_of_both_is_the_jobs(void **state)
{
    (void)state;
    expect_field(&job, "state", "running\n");
    expect_field(&job, "job.state", "running\n");
    expect_field(&job, "coordinator.state", "ready\n");
    expect_field(&job, "reason", "of the job\n");
    expect_field(&job, "coordinator.reason", "of the coordinator\n");
    expect_field(&job, "rate", "2.5\n");
    expect_field(&job, "coordinator.rate", "14.5\n");
}

static void each_kind_of_value_is_plain(void **state)
{
    (void)state;
    expect_field(&job, "time_ms", "15\n");
    expect_field(&job, "time", "1970-01-01T00:00:00.015Z\n");
    expect_field(&job, "coordinator.time", "1970-01-01T00:00:00.015Z\n");
    expect_field(&job, "ended_ms", "8016\n");
    expect_field(&job, "job.ended", "1970-01-01T00:00:08.016Z\n");
    expect_field(&job, "started", "null\n");
    expect_field(NULL, "ended", "null\n");
    expect_field(&job, "seed", "18446744073709551615\n");
    expect_field(&job, "trials", "1001\n");
    expect_field(&job, "done", "502\n");
    expect_field(&job, "hits", "403\n");
    expect_field(&job, "pi", "3.25\n");
    expect_field(&job, "stderr", "null\n");
    expect_field(&job, "ci_low", "3.125\n");
    expect_field(&job, "ci_high", "3.375\n");
    expect_field(&job, "weight", "7\n");
    expect_field(&job, "elapsed_ms", "8009\n");
    expect_field(&job, "id", "j-3\n");
    expect_field(&job, "name", "demo\n");
    expect_field(&job, "uptime_ms", "90010\n");
    expect_field(&job, "workers", "11\n");
    expect_field(&job, "threads", "12\n");
    expect_field(&job, "jobs_active", "13\n");
    expect_field(&job, "time_ms", "15\n");
    expect_field(&job, "connections", "16\n");
    expect_field(&job, "fds_used", "17\n");
    expect_field(&job, "fds_limit", "18\n");
    expect_field(&job, "version", "0.1.0\n");
}

static void without_a_job_its_fields_are_null(void **state)
{
    (void)state;
    expect_field(NULL, "state", "null\n");
    expect_field(NULL, "seed", "null\n");
    expect_field(NULL, "coordinator.state", "ready\n");
    expect_field(NULL, "workers", "11\n");
}

static void what_is_no_field_is_none(void **state)
{
    static const char *const names[] = {
        "",      "nothing",  "job",          "coordinator",     "job.workers",
        "job.",  "job.job",  "coordinator.", "coordinator.job", "coordinator.seed",
        "State", "jobstate",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_false(json_status_has_field(names[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_of_both_is_the_jobs),
        cmocka_unit_test(each_kind_of_value_is_plain),
        cmocka_unit_test(without_a_job_its_fields_are_null),
        cmocka_unit_test(what_is_no_field_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
