// SPDX-License-Identifier: MIT
/*
 * What of a flood is logged, by a clock that is handed in: the first line, counts, and
 * no more bytes in a day than fit anywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/rng.h"
#include "common/sys/log.h"
#include "server/view/log_limit.h"

enum { DAY_MS = 24 * 3600 * 1000, DAY_BYTES = 10000000 };

static struct log_limit limit;

static int begin(void **state)
{
    (void)state;
    limit = (struct log_limit){0};
    return 0;
}

static bool said(int64_t now_ms, enum log_class class, uint64_t kind, uint64_t origin)
{
    const struct limited_line line = {.class = class,
                                      .kind = kind,
                                      .origin = origin,
                                      .number = 5,
                                      .about = "10.0.0.7:1"};
    return log_limit_take(&limit, now_ms, &line);
}

/* The count that is due; 0: none. */
static uint64_t due(int64_t now_ms)
{
    struct limited_line line;
    uint64_t more;
    if (!log_limit_due(&limit, now_ms, &line, &more))
        return 0;
    assert_int_equal(line.number, 5);
    assert_string_equal(line.about, "10.0.0.7:1");
    return more;
}

static void the_first_is_said_and_then_their_number(void **state)
{
    (void)state;
    assert_true(said(0, LOG_STRANGERS, 1, 1));
    for (int i = 0; i < 7; i++)
        assert_false(said(100 + i, LOG_STRANGERS, 1, 1));
    assert_true(said(200, LOG_STRANGERS, 2, 1)); /* another kind */
    assert_true(said(200, LOG_STRANGERS, 1, 2)); /* another origin */
    assert_int_equal(due(LOG_LIMIT_WINDOW_MS - 1), 0);
    assert_int_equal(due(LOG_LIMIT_WINDOW_MS), 7);
    assert_int_equal(due(LOG_LIMIT_WINDOW_MS), 0);
    assert_false(said(LOG_LIMIT_WINDOW_MS + 1, LOG_STRANGERS, 1, 1));
    assert_int_equal(due(2 * LOG_LIMIT_WINDOW_MS), 1);
    assert_int_equal(due(3 * LOG_LIMIT_WINDOW_MS), 0);
    assert_true(said(3 * LOG_LIMIT_WINDOW_MS, LOG_STRANGERS, 1, 1)); /* was quiet */
    assert_false(said(4 * LOG_LIMIT_WINDOW_MS - 1, LOG_STRANGERS, 1, 1));
}

static void many_origins_have_one_budget_and_a_class_of_its_own(void **state)
{
    (void)state;
    unsigned n = 0;
    for (uint64_t origin = 1; origin <= 1000; origin++)
        n += said(0, LOG_STRANGERS, 1, origin);
    assert_int_equal(n, LOG_LIMIT_KINDS - 1); /* the others are only counted */
    for (uint64_t kind = 2; kind <= 1000; kind++)
        n += said(LOG_LIMIT_WINDOW_MS + (int64_t)kind * LOG_LIMIT_WINDOW_MS / 50,
                  LOG_STRANGERS, kind, 1);
    assert_in_range(n, LOG_LIMIT_BURST, LOG_LIMIT_BURST + 4);
    assert_true(said(0, LOG_WORKERS, 1, 1));
    assert_true(said(0, LOG_FAULTS, 1, 1));
}

/* Lines without a budget are not lost: the count comes when it can be paid. */
static void nothing_is_left_uncounted(void **state)
{
    (void)state;
    struct rng r;
    uint64_t lines = 0, counted = 0, more;
    struct limited_line line;
    rng_init(&r, (const uint8_t[32]){1});
    for (int64_t now_ms = 0; now_ms < 3600 * 1000; now_ms += 250) {
        for (int i = 0; i < 10; i++, lines++)
            counted += said(now_ms, LOG_WORKERS, rng_below(&r, 5), rng_below(&r, 100));
        while (log_limit_due(&limit, now_ms, &line, &more))
            counted += more;
    }
    for (int64_t now_ms = 3600 * 1000; now_ms < 2 * 3600 * 1000; now_ms += 1000)
        while (log_limit_due(&limit, now_ms, &line, &more))
            counted += more;
    assert_int_equal(counted, lines);
}

/* The longest line that a stranger can cause, in the longer format. */
static size_t longest_line(void)
{
    char reason[201], line[LOG_LINE_MAX];
    memset(reason, '"', sizeof(reason) - 1); /* takes two bytes, escaped */
    reason[sizeof(reason) - 1] = '\0';
    const struct log_field fields[] = {
        log_str("addr", "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
        log_str("reason", reason)};
    const struct log_event event = {
        LOG_LEVEL_WARN, 0, "worker lost, others take over its ranges", fields, 2};
    return log_line(line, LOG_FORMAT_JSON, false, &event);
}

static void the_worst_day_has_less_than_ten_megabytes(void **state)
{
    (void)state;
    struct rng r;
    uint64_t lines = 0, more;
    struct limited_line line;
    rng_init(&r, (const uint8_t[32]){2});
    for (int64_t now_ms = 0; now_ms < DAY_MS; now_ms += 500) {
        for (int i = 0; i < 12; i++)
            lines += said(now_ms, (enum log_class)(i % LOG_CLASSES), rng_next(&r),
                          rng_next(&r));
        while (log_limit_due(&limit, now_ms, &line, &more))
            lines++;
    }
    print_message("the worst day: %llu lines, %llu bytes at most\n",
                  (unsigned long long)lines,
                  (unsigned long long)(lines * longest_line()));
    assert_in_range(lines * longest_line(), 1, DAY_BYTES);
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_is_said_and_then_their_number),
        TEST(many_origins_have_one_budget_and_a_class_of_its_own),
        TEST(nothing_is_left_uncounted),
        TEST(the_worst_day_has_less_than_ten_megabytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
