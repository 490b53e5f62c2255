// SPDX-License-Identifier: MIT
/* Reports: the same numbers in every format; the text commands; the metrics, checked by
 * a strict parser. */
#include "tests/lib/report_rig.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "server/view/console.h"
#include "server/view/page.h"

static char *shown(bool (*report)(struct report *, FILE *), struct report *s)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    assert_true(report(s, out));
    fclose(out);
    return text;
}

static char *answer(struct report *s, const char *command)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    assert_true(console_answer(s, command, out));
    fclose(out);
    return text;
}

static struct report show_of(struct core *c)
{
    return (struct report){.ask = core_ask, .ctx = c, .addresses = true};
}

/* ---- text ---- */

static void status_is_a_key_and_a_value_a_line(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    char *text = answer(&s, "status");
    assert_string_equal(text, "state: running\njob: j-7\npercent: 62.9\n"
                              "pi: 3.1415906\npm95: 0.0000091\n"
                              "trials: 125829120000\nof: 200000000000\n"
                              "hits: 98825898295\nseed: 42\nrate: 4120000000\n"
                              "eta_s: 19\nworkers: 2\nthreads: 3\n"
                              "trials_waiting: 74170880000\nthreads_wanted: 4\n"
                              "coordinator: ready\nuptime_s: 61\nversion: 0.1.0\n");
    free(text);
}

static void doubt_is_shown_wherever_the_job_is(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    c.job.doubt = "5 trials are wrong";
    c.job.doubtful = 5;
    char *text = answer(&s, "status");
    assert_non_null(strstr(text, "\ndoubt: 5 trials are wrong\n"));
    free(text);
    text = shown(page_status, &s);
    assert_non_null(strstr(text, "5 trials are wrong"));
    free(text);
    text = shown(report_metrics, &s);
    assert_non_null(strstr(text, "\npicoord_job_trials_doubtful{id=\"j-7\"} 5\n"));
    free(text);
}

static void a_status_without_a_job_says_why_nothing_moves(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    c.no_job = true;
    c.status.reason = "no workers attached";
    c.status.workers = c.status.threads = 0;
    char *text = answer(&s, "status");
    assert_string_equal(text, "state: ready\nreason: no workers attached\nworkers: 0\n"
                              "threads: 0\ntrials_waiting: 74170880000\n"
                              "threads_wanted: 4\ncoordinator: ready\nuptime_s: 61\n"
                              "version: 0.1.0\n");
    free(text);
}

static void workers_and_jobs_are_a_line_each(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    char *text = answer(&s, "workers");
    assert_string_equal(
        text, "lab-03 busy threads=2 trials=1099511627776 rate=2000000000 kernel=avx2 "
              "version=0.1.0 seen=\"0 ms\" addr=10.0.0.7:51544\n"
              "lab-04 lost threads=1 trials=0 rate=0 kernel=scalar version=0.1.0 "
              "seen=\"0 ms\" addr=10.0.0.8:51544\n");
    free(text);
    text = answer(&s, "jobs");
    assert_non_null(strstr(text, "j-7 running 62.9% pi=3.1415906 pm=0.0000091 "));
    free(text);
}

static void where_addresses_are_not_shown_there_is_none(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    s.addresses = false;
    char *text = answer(&s, "workers"), *json = shown(report_workers_json, &s);
    assert_null(strstr(text, "10.0.0"));
    assert_null(strstr(json, "10.0.0"));
    assert_non_null(strstr(json, "\"address\":\"\""));
    free(text);
    free(json);
}

static void an_unknown_command_is_told_those_that_there_are(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    char *text = answer(&s, "stats");
    assert_string_equal(text, "ERR unknown command 'stats'; try: status jobs workers "
                              "version metrics watch help\n");
    free(text);
    text = answer(&s, "\x1b[2J");
    assert_null(strchr(text, 0x1b));
    free(text);
}

static void the_version_is_told(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    char *text = answer(&s, "version"), expected[64];
    snprintf(expected, sizeof(expected), "picoord %s protocol %d\n", PI_VERSION,
             PROTOCOL_MAX);
    assert_string_equal(text, expected);
    free(text);
}

static bool print_join(void *ctx, FILE *out)
{
    (void)ctx;
    fputs("PI_JOIN=pi1.x piworker\n", out);
    return true;
}

static bool print_fetch(void *ctx, FILE *out)
{
    (void)ctx;
    fputs("curl x\n", out);
    return true;
}

static bool print_no_join(void *ctx, FILE *out)
{
    (void)ctx;
    (void)out;
    return false;
}

static void join_is_a_command_only_where_it_is_shown(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    char *text = answer(&s, "join");
    assert_memory_equal(text, "ERR", 3);
    free(text);
    s.join = print_join;
    text = answer(&s, "join");
    assert_string_equal(text, "PI_JOIN=pi1.x piworker\n");
    free(text);
    s.fetch = print_fetch;
    text = answer(&s, "join");
    assert_string_equal(text, "PI_JOIN=pi1.x piworker\ncurl x\n");
    free(text);
    s.join = print_no_join;
    text = answer(&s, "join");
    assert_memory_equal(text, "no line yet: ", 13);
    assert_null(strstr(text, "curl"));
    free(text);
}

static bool join_json(struct report *s, FILE *out)
{
    report_join_json(s, out);
    return true;
}

static bool fetch_json(struct report *s, FILE *out)
{
    report_fetch_json(s, out);
    return true;
}

static bool print_joins(void *ctx, FILE *out)
{
    (void)ctx;
    fputs("PI_JOIN=pi1.x piworker\nPI_JOIN=pi1.y piworker\n", out);
    return true;
}

static void joins_are_an_array(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    char *text = shown(join_json, &s);
    assert_string_equal(text, "[]");
    free(text);
    s.join = print_joins;
    text = shown(join_json, &s);
    assert_string_equal(text,
                        "[\"PI_JOIN=pi1.x piworker\",\"PI_JOIN=pi1.y piworker\"]");
    free(text);
    text = shown(fetch_json, &s);
    assert_string_equal(text, "[]");
    free(text);
    s.fetch = print_fetch;
    text = shown(fetch_json, &s);
    assert_string_equal(text, "[\"curl x\"]");
    free(text);
}

static void one_that_stops_says_so(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    c.stopped = true;
    char *text = answer(&s, "status");
    assert_string_equal(text, "ERR the coordinator is stopping\n");
    free(text);
}

/* ---- the same numbers ---- */

static void every_form_has_the_same_numbers(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    c.status.audits = (struct audits_view){3, 5000000, 61500, "more threads"};
    char *text = shown(report_status_text, &s), *json = shown(report_status_json, &s);
    char *metrics = shown(report_metrics, &s), *page = shown(page_status, &s);
    assert_non_null(strstr(text, "hits: 98825898295\n"));
    assert_non_null(strstr(json, "\"hits\":\"98825898295\""));
    assert_non_null(strstr(metrics, "picoord_job_hits{id=\"j-7\"} 98825898295\n"));
    assert_non_null(strstr(page, "98 825 898 295"));
    assert_non_null(
        strstr(metrics, "picoord_job_trials_done{id=\"j-7\"} 125829120000\n"));
    assert_non_null(strstr(metrics, "picoord_job_pi{id=\"j-7\"} 3.1415906\n"));
    assert_non_null(strstr(metrics, "picoord_trials_per_second 4120000000\n"));
    assert_non_null(strstr(text, "audit_wait_s: 61\naudit_help: more threads\n"));
    assert_non_null(strstr(json, "\"audit_wait_ms\":\"61500\""));
    assert_non_null(strstr(metrics, "picoord_audits_due 3\n"));
    assert_non_null(strstr(metrics, "picoord_audit_wait_seconds 61.5\n"));
    assert_non_null(strstr(page, "behind by</th><td>1 m 1 s<"));
    free(text);
    free(json);
    free(metrics);
    free(page);
}

static void a_programs_job_is_told_as_such(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    c.job.program = "buffon";
    c.job.arg = "0.5";
    c.job.scale = 1;
    char *text = shown(report_status_text, &s), *metrics = shown(report_metrics, &s);
    char *page = shown(page_status, &s);
    assert_non_null(strstr(text, "program: buffon 0.5\n"));
    assert_non_null(strstr(text, "\np: 3.14"));
    assert_non_null(
        strstr(metrics, "picoord_job_pi{id=\"j-7\",program=\"buffon\"} 3.1415906\n"));
    assert_non_null(strstr(page, "program</th><td>buffon 0.5<"));
    assert_non_null(strstr(page, "p</th><td>3.141"));
    free(text);
    free(metrics);
    free(page);
}

/* ---- the format of metrics, 0.0.4 ---- */

static const char *read_name(const char *at)
{
    assert_true(isalpha((unsigned char)*at) || *at == '_');
    while (isalnum((unsigned char)*at) || *at == '_' || *at == ':')
        at++;
    return at;
}

static const char *read_labels(const char *at)
{
    if (*at != '{')
        return at;
    do {
        at = read_name(at + 1);
        assert_memory_equal(at, "=\"", 2);
        for (at += 2; *at != '"'; at++)
            assert_true(*at >= 0x20 && *at != '\\' && *at != '\n');
        at++;
    } while (*at == ',');
    assert_int_equal(*at, '}');
    return at + 1;
}

/* The name of a sample, in a histogram with what it is there. */
static const char *read_sample(const char *at, const char *name, bool histogram)
{
    static const char *const parts[] = {"_bucket", "_sum", "_count"};
    const char *end = read_name(at);
    size_t n = strlen(name);
    assert_memory_equal(at, name, n);
    for (size_t i = 0; histogram && i < ARRAY_SIZE(parts); i++)
        if ((size_t)(end - at) == n + strlen(parts[i]) &&
            !memcmp(at + n, parts[i], strlen(parts[i])))
            return end;
    assert_false(histogram);
    assert_int_equal(end - at, n);
    return end;
}

/* A family: HELP, TYPE, then its samples and no other's. */
static const char *read_family(const char *at, char names[][64], size_t *n)
{
    char name[64], word[16];
    int length = 0;
    assert_int_equal(sscanf(at, "# HELP %63s %n", name, &length), 1);
    assert_true(at[length] != '\n' && length > 0);
    assert_true(!memcmp(name, "picoord_", 8) || !memcmp(name, "process_", 8));
    for (size_t i = 0; i < *n; i++)
        assert_string_not_equal(names[i], name); /* once */
    strcpy(names[(*n)++], name);
    at = strchr(at, '\n') + 1;
    char type_line[128];
    snprintf(type_line, sizeof(type_line), "# TYPE %s ", name);
    assert_memory_equal(at, type_line, strlen(type_line));
    at += strlen(type_line);
    assert_int_equal(sscanf(at, "%15s", word), 1);
    bool counter = !strcmp(word, "counter"), histogram = !strcmp(word, "histogram");
    assert_true(counter || histogram || !strcmp(word, "gauge"));
    size_t total = strlen(name) > 6 ? strlen(name) - 6 : 0;
    assert_int_equal(counter, !strcmp(name + total, "_total"));
    at = strchr(at, '\n') + 1;
    while (*at && *at != '#') {
        const char *end = read_labels(read_sample(at, name, histogram));
        char *after;
        assert_int_equal(*end, ' ');
        assert_true(isdigit((unsigned char)end[1]) || end[1] == '-');
        (void)strtod(end + 1, &after);
        assert_int_equal(*after, '\n');
        at = after + 1;
    }
    return at;
}

static void the_metrics_are_well_formed(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    for (int round = 0; round < 4; round++) {
        char names[99][64];
        size_t n = 0;
        c.no_job = round == 1;
        if (round == 2)
            c.job.pi = c.job.stderr_ = c.job.ci_low = c.job.ci_high = c.job.any_low =
                c.job.any_high = NAN;
        if (round == 3)
            c.job.trials = 0;
        char *text = shown(report_metrics, &s);
        for (const char *at = text; *at;)
            at = read_family(at, names, &n);
        assert_true(n > 10);
        assert_null(strstr(text, "nan"));
        free(text);
    }
}

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

static void expect_in(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("no %s in %s", line, text);
}

/* Of many jobs those that are open, with the lowest numbers, at most 64; the label is
 * not `job`, which is Prometheus' own. */
static void every_open_job_has_its_metrics(void **state)
{
    enum { JOBS = 80 };
    struct job_view jobs[JOBS];
    char *text = NULL;
    size_t n;
    (void)state;
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = core_with_job().job;
        jobs[i].number = i + 1;
        jobs[i].state = i % 8 == 7 ? JOB_DONE : JOB_RUNNING;
    }
    jobs[1].stalled = "turn";
    jobs[7].doubt = "why";
    for (int round = 0; round < 2; round++) {
        FILE *out = open_memstream(&text, &n);
        metrics_jobs(out, jobs, JOBS);
        fclose(out);
        assert_null(strstr(text, "job=\""));
        if (round == 0) {
            assert_int_equal(count(text, "picoord_job_hits{"), 64);
            assert_null(strstr(text, "{id=\"j-8\"}"));
            assert_null(strstr(text, "{id=\"j-74\"}"));
            expect_in(text, "\npicoord_job_hits{id=\"j-73\"} 98825898295\n");
            expect_in(text, "\npicoord_job_stalled{id=\"j-2\",reason=\"turn\"} 1\n");
            assert_int_equal(count(text, "picoord_job_stalled{"), 1);
            expect_in(text, "\npicoord_jobs{state=\"running\"} 70\n");
            expect_in(text, "\npicoord_jobs{state=\"done\"} 10\n");
            expect_in(text, "\npicoord_jobs_doubtful 1\n");
        } else { /* while there is none, the newest */
            assert_int_equal(count(text, "picoord_job_hits{"), 1);
            expect_in(text, "\npicoord_job_hits{id=\"j-80\"} 98825898295\n");
        }
        free(text);
        for (size_t i = 0; i < JOBS; i++)
            jobs[i].state = JOB_DONE;
    }
}

static void workers_are_counted_by_state_and_trust(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    c.workers[1] = c.workers[0];
    c.workers[1].trust = c.workers[0].trust = TRUST_SAMPLED;
    char *text = shown(report_metrics, &s);
    expect_in(text, "\npicoord_workers{state=\"busy\",trust=\"sampled\"} 2\n");
    expect_in(text, "\npicoord_workers{state=\"left\",trust=\"full\"} 0\n");
    assert_int_equal(count(text, "picoord_workers{"), 18);
    free(text);
}

static void measure(void *ctx, struct meters *ret)
{
    (void)ctx;
    histogram_add(&ret->commits, 100);
    histogram_add(&ret->commits, 101);
    histogram_add(&ret->commits, 20000000);
    ret->commit_age_ms = 1500;
    ret->refused[REFUSAL_FULL] = 3;
    ret->n_programs = 3;
    ret->programs[0] = (struct coord_counted){"", UINT64_C(1) << 60, 5};
    ret->programs[1] = (struct coord_counted){"walk", 7, 0};
    ret->programs[2] = (struct coord_counted){"never", 0, 0};
    ret->started_ms = INT64_C(1800000000250);
    ret->cpu_us = 2500000;
    ret->resident_bytes = 4096;
}

static void what_is_measured_is_told(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    struct effect refused = {.type = EFFECT_EVENT,
                             .event = {.type = EVENT_PEER_REFUSED}};
    (void)state;
    refused.event.refused.code = REFUSAL_FULL;
    report_effect(&s, &refused);
    refused.event.refused.code = REFUSAL_TOKEN;
    report_effect(&s, &refused);
    s.measure = measure;
    char *text = shown(report_metrics, &s);
    expect_in(text, "\npicoord_commit_seconds_bucket{le=\"0.0001\"} 1\n"
                    "picoord_commit_seconds_bucket{le=\"0.00025\"} 2\n");
    expect_in(text, "\npicoord_commit_seconds_bucket{le=\"10\"} 2\n"
                    "picoord_commit_seconds_bucket{le=\"+Inf\"} 3\n"
                    "picoord_commit_seconds_sum 20.000201\n"
                    "picoord_commit_seconds_count 3\n");
    expect_in(text, "\npicoord_turn_seconds_count 0\n");
    expect_in(text, "\npicoord_commit_age_seconds 1.5\n");
    expect_in(text, "\npicoord_refused_total{kind=\"full\"} 4\n");
    expect_in(text, "\npicoord_refused_total{kind=\"token\"} 1\n");
    expect_in(text, "\npicoord_trials_total 1152921504606846976\n"
                    "picoord_trials_total{program=\"walk\"} 7\n#");
    expect_in(text, "\nprocess_start_time_seconds 1800000000.25\n");
    expect_in(text, "\nprocess_cpu_seconds_total 2.5\n");
    expect_in(text, "\nprocess_resident_memory_bytes 4096\n");
    free(text);
}

static void what_happens_is_counted(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    struct effect lost = {.type = EFFECT_EVENT, .event = {.type = EVENT_WORKER_LOST}};
    struct effect revoke = {.type = EFFECT_REVOKE};
    struct effect send = {.type = EFFECT_SEND};
    (void)state;
    report_effect(&s, &lost);
    report_effect(&s, &lost);
    report_effect(&s, &revoke);
    report_effect(&s, &send);
    char *text = shown(report_metrics, &s);
    assert_non_null(strstr(text, "{event=\"worker_lost\"} 2\n"));
    assert_non_null(strstr(text, "{event=\"results_revoked\"} 1\n"));
    assert_non_null(strstr(text, "{event=\"job_done\"} 0\n"));
    free(text);
}

static void readiness_has_a_reason(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    const char *why;
    (void)state;
    assert_true(report_ready(&s, &why));
    c.status.state = COORD_DEGRADED;
    c.status.reason = "disk full, nothing is acknowledged";
    assert_false(report_ready(&s, &why));
    assert_string_equal(why, "disk full, nothing is acknowledged");
    c.stopped = true;
    assert_false(report_ready(&s, &why));
    assert_string_equal(why, "the coordinator is stopping");
}

static void the_page_has_no_script_and_loads_nothing_from_elsewhere(void **state)
{
    struct core c = core_with_job();
    struct report s = show_of(&c);
    (void)state;
    c.job.reason = "a < b & c";
    char *text = shown(page_status, &s);
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "//"));
    assert_null(strstr(text, "style="));
    assert_non_null(strstr(text, "a &lt; b &amp; c"));
    free(text);
    assert_non_null(page_asset("status.css"));
    assert_null(page_asset("../Makefile"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_is_a_key_and_a_value_a_line),
        cmocka_unit_test(doubt_is_shown_wherever_the_job_is),
        cmocka_unit_test(a_status_without_a_job_says_why_nothing_moves),
        cmocka_unit_test(workers_and_jobs_are_a_line_each),
        cmocka_unit_test(where_addresses_are_not_shown_there_is_none),
        cmocka_unit_test(an_unknown_command_is_told_those_that_there_are),
        cmocka_unit_test(the_version_is_told),
        cmocka_unit_test(join_is_a_command_only_where_it_is_shown),
        cmocka_unit_test(joins_are_an_array),
        cmocka_unit_test(one_that_stops_says_so),
        cmocka_unit_test(every_form_has_the_same_numbers),
        cmocka_unit_test(a_programs_job_is_told_as_such),
        cmocka_unit_test(the_metrics_are_well_formed),
        cmocka_unit_test(every_open_job_has_its_metrics),
        cmocka_unit_test(workers_are_counted_by_state_and_trust),
        cmocka_unit_test(what_is_measured_is_told),
        cmocka_unit_test(what_happens_is_counted),
        cmocka_unit_test(readiness_has_a_reason),
        cmocka_unit_test(the_page_has_no_script_and_loads_nothing_from_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
