// SPDX-License-Identifier: MIT
/*
 * The last minute as a page gets it: what is kept, what is written, and that it stays
 * within its bounds however many workers and events there are.
 */
#include "server/view/past.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/base.h"

enum { NOON_MS = 1000000 };

static char *written; /* by the last write_past() */
static size_t written_n;

static const char *write_past(const struct past *p, const struct event_view *events,
                              size_t n)
{
    free(written);
    FILE *out = open_memstream(&written, &written_n);
    assert_non_null(out);
    past_json(p, events, n, out);
    fclose(out);
    assert_true(written_n <= PAST_BYTES);
    return written;
}

static json_t *parsed(const struct past *p, const struct event_view *events, size_t n)
{
    json_t *j = json_loads(write_past(p, events, n), 0, NULL);
    assert_non_null(j);
    return j;
}

static struct worker_view worker(uint64_t id, const char *name, enum worker_state state,
                                 uint64_t trials, double rate)
{
    return (struct worker_view){
        .id = id, .name = name, .state = state, .trials = trials, .rate = rate};
}

static void moment(struct past *p, unsigned second)
{
    past_begin(p, 1000 * (int64_t)second, NOON_MS + 1000 * (int64_t)second);
}

static void see(struct past *p, uint64_t id, const char *name, enum worker_state state,
                uint64_t trials, double rate)
{
    struct worker_view w = worker(id, name, state, trials, rate);
    past_worker(p, &w);
}

static int teardown(void **state)
{
    past_free(*state);
    free(written);
    written = NULL;
    return 0;
}

static int setup(void **state)
{
    *state = past_new();
    return 0;
}

/* ---- what is written ---- */

static void nothing_has_been_at_first(void **state)
{
    assert_string_equal(write_past(*state, NULL, 0),
                        "{\"events\":[],\"time_ms\":\"0\",\"ago_ms\":[],\"workers\":[],"
                        "\"others\":[]}");
}

static void each_worker_has_what_it_counted_at_each_moment(void **state)
{
    struct past *p = *state;
    moment(p, 0);
    see(p, 1, "ada", WORKER_BUSY, 1000, 2.5e9);
    moment(p, 1);
    see(p, 1, "ada", WORKER_BUSY, 4123456789, 2.5e9);
    see(p, 2, "bob", WORKER_IDLE, 0, 0);
    moment(p, 2);
    see(p, 1, "ada", WORKER_LOST, 4123456790, 2.5e9); /* an event says so */
    see(p, 2, "bob", WORKER_DRAINING, 999, 12);
    past_begin(p, 2950, NOON_MS + 2950);
    see(p, 2, "bob", WORKER_SILENT, 1999, 12);
    const struct event_view events[] = {{.what = "worker_joined",
                                         .name = "",
                                         .worker = "bob",
                                         .reason = "",
                                         .program = "",
                                         .threads = 2,
                                         .time_ms = 1001500},
                                        {.what = "worker_lost",
                                         .name = "",
                                         .worker = "ada",
                                         .reason = "silent for 6 s",
                                         .program = "",
                                         .trials = 65536,
                                         .ranges = 1,
                                         .time_ms = 1001800}};
    char expected[1024] = "";
    FILE *file = fopen("tests/vectors/past.json", "r"); /* past.test.js reads it too */
    assert_non_null(file);
    assert_non_null(fgets(expected, sizeof(expected), file));
    fclose(file);
    expected[strcspn(expected, "\n")] = '\0';
    assert_string_equal(write_past(p, events, ARRAY_SIZE(events)), expected);
}

static void a_count_that_begins_again_counts_nothing(void **state)
{
    struct past *p = *state;
    moment(p, 0);
    see(p, 1, "ada", WORKER_BUSY, 1000, 1);
    moment(p, 1);
    see(p, 1, "ada", WORKER_BUSY, 10, 1);
    moment(p, 2);
    see(p, 1, "ada", WORKER_BUSY, 30, INFINITY); /* a worker may claim any */
    assert_non_null(strstr(write_past(p, NULL, 0),
                           "[\"ada\",\"30\",\"bbb\",[0,0,20],[1,1,100e16]]"));
}

static void only_a_minute_is_kept(void **state)
{
    struct past *p = *state;
    for (unsigned s = 0; s < 200; s++) {
        moment(p, s);
        see(p, 1, "ada", WORKER_BUSY, 10 * s, 1);
        if (s < 150)
            see(p, 2, "bob", WORKER_BUSY, 10 * s, 1);
        if (s < 100)
            see(p, 3, "eve", WORKER_BUSY, 10 * s, 1);
    }
    json_t *j = parsed(p, NULL, 0), *ago = json_object_get(j, "ago_ms"),
           *rows = json_object_get(j, "workers");
    assert_int_equal(json_array_size(ago), PAST_MOMENTS);
    assert_int_equal(json_integer_value(json_array_get(ago, 0)), PAST_MS);
    assert_int_equal(json_array_size(rows), 2);
    const char *bob = json_string_value(json_array_get(json_array_get(rows, 1), 2));
    assert_int_equal(strspn(bob, "b"), 11); /* 139 to 149 */
    assert_int_equal(strspn(bob + 11, "-"), 50);
    json_decref(j);
}

static void what_stood_still_is_no_minute(void **state)
{
    struct past *p = *state;
    moment(p, 0);
    moment(p, 100);
    moment(p, 101);
    assert_non_null(strstr(write_past(p, NULL, 0), "\"ago_ms\":[1000,0]"));
}

/* ---- bounds ---- */

static void crowd(struct past *p, unsigned workers, unsigned seconds)
{
    char name[NAME_BYTES + 1];
    for (unsigned s = 0; s < seconds; s++) {
        moment(p, s);
        for (unsigned i = 0; i < workers; i++) {
            snprintf(name, sizeof(name), "lab-%03u", i);
            see(p, i + 1, name, WORKER_BUSY, (uint64_t)s * (i + 1) * 100000007, 1e9);
        }
    }
}

static double sum_of(json_t *rates)
{
    double sum = 0;
    size_t i;
    json_t *rate;
    json_array_foreach(rates, i, rate) sum += json_number_value(rate);
    return sum;
}

static void the_more_workers_the_fewer_moments(void **state)
{
    static const struct {
        unsigned workers, moments;
    } cases[] = {{5, 61}, {20, 61}, {40, 31}, {200, 7}, {256, 7}};
    (void)state;
    for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
        struct past *p = past_new();
        crowd(p, cases[k].workers, PAST_MOMENTS);
        json_t *j = parsed(p, NULL, 0), *rows = json_object_get(j, "workers"),
               *first = json_array_get(rows, 0);
        assert_int_equal(json_array_size(rows), cases[k].workers);
        assert_in_range(json_array_size(json_object_get(j, "ago_ms")), cases[k].moments,
                        PAST_MOMENTS);
        double all =
            60.0 * cases[k].workers * 100000007; /* of the last, who had most */
        assert_true(fabs(sum_of(json_array_get(first, 3)) / all - 1) < 0.01);
        assert_true(sum_of(json_object_get(j, "others")) == 0);
        json_decref(j);
        past_free(p);
    }
}

static void of_too_many_the_sum_is_told(void **state)
{
    struct past *p = *state;
    crowd(p, 1000, 3);
    json_t *j = parsed(p, NULL, 0), *others = json_object_get(j, "others");
    size_t rows = json_array_size(json_object_get(j, "workers"));
    assert_in_range(rows, 1, PAST_WORKERS);
    for (size_t i = 0; i < json_array_size(others); i++) {
        double wanted = 1e9 * (1000.0 - (double)rows);
        double told = json_number_value(json_array_get(others, i));
        assert_true(fabs(told / wanted - 1) < 0.01);
    }
    json_decref(j);
}

static void the_longest_of_everything_stays_within_bounds(void **state)
{
    struct past *p = *state;
    char name[NAME_BYTES + 1], why[TEXT_BYTES + 1] = "";
    struct event_view events[100];
    memset(why, '"', TEXT_BYTES);
    for (unsigned s = 0; s < 2 * PAST_MOMENTS; s++) {
        past_begin(p, INT64_MAX / 2 + 1000 * s, INT64_MAX);
        for (unsigned i = 0; i < 2 * PAST_WORKERS; i++) {
            snprintf(name, sizeof(name), "%032u", i);
            see(p, UINT64_MAX - i, name, WORKER_BUSY, s * (UINT64_MAX / 200), 1e300);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(events); i++)
        events[i] = (struct event_view){.what = "worker_excluded",
                                        .name = name,
                                        .worker = name,
                                        .reason = why,
                                        .program = "",
                                        .job = UINT64_MAX,
                                        .first = UINT64_MAX,
                                        .trials = UINT64_MAX,
                                        .late_ms = UINT64_MAX,
                                        .time_ms = UINT64_MAX,
                                        .ranges = UINT32_MAX,
                                        .threads = UINT32_MAX,
                                        .connections = UINT32_MAX};
    json_t *j = parsed(p, events, ARRAY_SIZE(events));
    assert_in_range(json_array_size(json_object_get(j, "events")), 10, PAST_EVENTS);
    assert_in_range(json_array_size(json_object_get(j, "workers")), 50, PAST_WORKERS);
    json_decref(j);
}

static void a_fleet_of_thousands_is_looked_at_less_often(void **state)
{
    struct past *p = *state;
    assert_true(past_is_due(p, 0));
    crowd(p, PAST_MANY_WORKERS, 1);
    assert_true(past_is_due(p, 1000));
    crowd(p, PAST_MANY_WORKERS + 1, 1);
    assert_false(past_is_due(p, PAST_MANY_MS - 1));
    assert_true(past_is_due(p, PAST_MANY_MS));
}

/* ---- events ---- */

static void events_have_what_they_say_and_the_last_come_last(void **state)
{
    struct event_view events[60];
    for (size_t i = 0; i < ARRAY_SIZE(events); i++)
        events[i] = (struct event_view){.what = "job_started",
                                        .name = i == 59 ? "night" : "",
                                        .worker = "",
                                        .reason = "",
                                        .program = "",
                                        .job = i,
                                        .time_ms = 1000 + i};
    json_t *j = parsed(*state, events, ARRAY_SIZE(events)),
           *told = json_object_get(j, "events");
    assert_int_equal(json_array_size(told), PAST_EVENTS);
    char *first = json_dumps(json_array_get(told, 0), JSON_COMPACT),
         *last = json_dumps(json_array_get(told, PAST_EVENTS - 1), JSON_COMPACT);
    assert_string_equal(
        first, "{\"what\":\"job_started\",\"job\":\"j-10\",\"time_ms\":\"1010\"}");
    assert_string_equal(last, "{\"what\":\"job_started\",\"job\":\"j-59\","
                              "\"name\":\"night\",\"time_ms\":\"1059\"}");
    free(first);
    free(last);
    json_decref(j);
}

#define PAST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAST(nothing_has_been_at_first),
        PAST(each_worker_has_what_it_counted_at_each_moment),
        PAST(a_count_that_begins_again_counts_nothing),
        PAST(only_a_minute_is_kept),
        PAST(what_stood_still_is_no_minute),
        PAST(the_more_workers_the_fewer_moments),
        PAST(of_too_many_the_sum_is_told),
        PAST(the_longest_of_everything_stays_within_bounds),
        PAST(a_fleet_of_thousands_is_looked_at_less_often),
        PAST(events_have_what_they_say_and_the_last_come_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
