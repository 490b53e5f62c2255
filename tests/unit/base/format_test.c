// SPDX-License-Identifier: MIT
/*
 * Numbers, durations and untrusted bytes as text for people.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "common/base/format.h"
#include "tests/lib/vectors.h"

static char buf[FORMAT_MAX];

static void counts_have_one_decimal_and_a_prefix(void **state)
{
    (void)state;
    static const struct {
        uint64_t count;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7500, "7 500"},
        {9999, "9 999"},
        {10000, "10 k"},
        {65536, "65.5 k"},
        {999949, "999.9 k"},
        {999950, "1.0 M"}, /* never 1000.0 k */
        {1000000, "1 M"},
        {16777216, "16.8 M"},
        {125829120000, "125.8 G"},
        {200000000000, "200 G"},
        {199990000000, "200.0 G"}, /* not quite there: it keeps its decimal */
        {UINT64_C(1) << 62, "4.6 E"},
        {UINT64_MAX, "18.4 E"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(format_count(buf, sizeof(buf), cases[i].count),
                            cases[i].text);
}

static void digits_stand_in_groups_of_three(void **state)
{
    (void)state;
    assert_string_equal(format_grouped(buf, sizeof(buf), 0), "0");
    assert_string_equal(format_grouped(buf, sizeof(buf), 999), "999");
    assert_string_equal(format_grouped(buf, sizeof(buf), 13176411), "13 176 411");
    assert_string_equal(format_grouped(buf, sizeof(buf), UINT64_MAX),
                        "18 446 744 073 709 551 615");
    assert_string_equal(format_grouped(buf, 4, 13176411), "13 ");
}

static void rates_have_three_digits(void **state)
{
    (void)state;
    static const struct {
        double rate;
        const char *text;
    } cases[] = {
        {0, "0 /s"},           {12.34, "12.3 /s"},   {4.12e9, "4.12 G/s"},
        {344e6, "344 M/s"},    {999.4, "999 /s"},    {999.6, "1.00 k/s"},
        {9.999e6, "10.0 M/s"}, {99.99e6, "100 M/s"}, {2.5e21, "2500 E/s"},
        {-1, "n/a"},           {NAN, "n/a"},         {INFINITY, "n/a"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(format_rate(buf, sizeof(buf), cases[i].rate),
                            cases[i].text);
}

static void durations_have_two_units(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {-5, "0 ms"},           {12, "12 ms"},
        {230, "0.2 s"},         {9999, "9.9 s"},
        {41000, "41 s"},        {252000, "4 m 12 s"},
        {3599999, "59 m 59 s"}, {11520000, "3 h 12 m"},
        {190800000, "2 d 5 h"}, {INT64_MAX, "106751991167 d 7 h"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(format_duration(buf, sizeof(buf), cases[i].ms),
                            cases[i].text);
}

/* Against the C library, from leap day to leap day. */
static void times_are_those_of_rfc_3339(void **state)
{
    (void)state;
    assert_string_equal(format_time(buf, sizeof(buf), 0), "1970-01-01T00:00:00.000Z");
    assert_string_equal(format_time(buf, sizeof(buf), FORMAT_TIME_END - 1),
                        "9999-12-31T23:59:59.999Z");
    for (int64_t day = 0; day < FORMAT_TIME_END / 86400000;
         day += day < 60000 ? 1 : 97) {
        char expected[FORMAT_MAX];
        struct tm tm;
        time_t seconds = (time_t)(day * 86400 + day % 86400);
        gmtime_r(&seconds, &tm);
        strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.007Z", &tm);
        assert_string_equal(format_time(buf, sizeof(buf), seconds * 1000 + 7),
                            expected);
    }
}

static void decimals_stand_in_groups_of_three(void **state)
{
    (void)state;
    assert_string_equal(format_decimals(buf, sizeof(buf), 3.1415907, 7), "3.141 590 7");
    assert_string_equal(format_decimals(buf, sizeof(buf), 0.0000091, 7), "0.000 009 1");
    assert_string_equal(format_decimals(buf, sizeof(buf), 3.14159, 6), "3.141 590");
    assert_string_equal(format_decimals(buf, sizeof(buf), 3.14159, 3), "3.142");
    assert_string_equal(format_decimals(buf, sizeof(buf), 3.14159, 0), "3");
    assert_string_equal(format_decimals(buf, sizeof(buf), -1.25, 2), "-1.25");
    assert_string_equal(format_decimals(buf, sizeof(buf), NAN, 2), "n/a");
    assert_string_equal(format_decimals(buf, sizeof(buf), 1e300, 2), "n/a");
    assert_string_equal(format_decimals(buf, sizeof(buf), -999999.25, 15),
                        "-999999.250 000 000 000 000");
}

static void an_interval_shows_two_digits_of_its_half(void **state)
{
    (void)state;
    assert_int_equal(format_decimals_for(0.0000091), 7);
    assert_int_equal(format_decimals_for(0.5), 2);
    assert_int_equal(format_decimals_for(12), 0);
    assert_int_equal(format_decimals_for(1e9), 0);
    assert_int_equal(format_decimals_for(0), 15);
    assert_int_equal(format_decimals_for(INFINITY), 0);
}

static void a_double_reads_back_from_as_few_digits_as_can_be(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},        {4.811, "4.811"},
        {0.1, "0.1"},    {0.1 + 0.2, "0.30000000000000004"},
        {1e-9, "1e-09"}, {-2.5e300, "-2.5e+300"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_string_equal(format_shortest(buf, sizeof(buf), cases[i].value),
                            cases[i].text);
        assert_float_equal(strtod(buf, NULL), cases[i].value, 0);
    }
}

static void an_error_is_a_phrase(void **state)
{
    (void)state;
    assert_string_equal(format_error(buf, sizeof(buf), -ENOSPC),
                        "no space left on device");
    assert_string_equal(format_error(buf, sizeof(buf), -ENOENT),
                        "no such file or directory");
    for (int err = 1; err < 134; err++)
        assert_true(strlen(format_error(buf, sizeof(buf), -err)) < FORMAT_MAX - 1);
}

static void foreign_bytes_become_printable(void **state)
{
    (void)state;
    char out[64];
    assert_string_equal(
        format_escape(out, sizeof(out), "a\0\x1b[m\\\x7f\xc3\xa9 ~", 11),
        "a\\x00\\x1b[m\\\\\\x7f\\xc3\\xa9 ~");
    assert_string_equal(format_escape_str(out, sizeof(out), NULL), "");
    for (int byte = 0; byte < 256; byte++) {
        format_escape(out, sizeof(out), &(unsigned char){(unsigned char)byte}, 1);
        for (const char *c = out; *c; c++)
            assert_true(*c >= ' ' && *c < 0x7f);
    }
}

static void what_does_not_fit_is_cut_at_a_whole_byte(void **state)
{
    (void)state;
    char out[16];
    assert_string_equal(format_escape_str(out, 8, "1234567"), "1234567");
    assert_string_equal(format_escape_str(out, 8, "12345678"), "1234...");
    assert_string_equal(format_escape_str(out, 8, "123456\n"), "1234...");
    assert_string_equal(format_escape_str(out, 8, "12\n\n"), "12...");
    assert_string_equal(format_escape_str(out, 4, "12345"), "...");
    /* Every size, against writing past its end. */
    for (size_t size = 4; size < sizeof(out); size++) {
        memset(out, 'Z', sizeof(out));
        format_escape_str(out, size, "a\n\\b\xff\xff\xff\xff");
        assert_true(strlen(out) < size);
        assert_int_equal(out[size], 'Z');
    }
}

static void values_at_the_ends_of_their_forms(void **state)
{
    (void)state;
    char out[64];
    assert_string_equal(format_decimals(out, sizeof(out), 999999, 1), "999999.0");
    assert_string_equal(format_decimals(out, sizeof(out), 1e6, 1), "n/a");
    assert_string_equal(format_decimals(out, sizeof(out), -1e6, 1), "n/a");
    assert_string_equal(format_duration(out, sizeof(out), -1), "0 ms");
    assert_string_equal(format_duration(out, sizeof(out), 99), "99 ms");
    assert_string_equal(format_duration(out, sizeof(out), 100), "0.1 s");
    assert_string_equal(format_duration(out, sizeof(out), 9999), "9.9 s");
    assert_string_equal(format_duration(out, sizeof(out), 10000), "10 s");
    assert_string_equal(format_duration(out, sizeof(out), 59999), "59 s");
    assert_string_equal(format_duration(out, sizeof(out), 60000), "1 m 0 s");
    assert_string_equal(format_duration(out, sizeof(out), 3599999), "59 m 59 s");
    assert_string_equal(format_duration(out, sizeof(out), 3600000), "1 h 0 m");
    assert_string_equal(format_duration(out, sizeof(out), 86399999), "23 h 59 m");
    assert_string_equal(format_duration(out, sizeof(out), 86400000), "1 d 0 h");
    assert_string_equal(format_count(out, sizeof(out), 9999), "9 999");
    assert_string_equal(format_count(out, sizeof(out), 10000), "10 k");
    assert_string_equal(format_count(out, sizeof(out), 999949), "999.9 k");
    assert_string_equal(format_count(out, sizeof(out), 999950), "1.0 M");
    assert_string_equal(format_count(out, sizeof(out), UINT64_MAX), "18.4 E");
}

static void bytes_become_digits_and_bytes_again(void **state)
{
    (void)state;
    uint8_t bytes[256], back[256];
    char text[2 * sizeof(bytes) + 1];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    assert_string_equal(format_hex(text, bytes + 0x9e, 3), "9e9fa0");
    assert_string_equal(format_hex(text, bytes, 0), "");
    format_hex(text, bytes, sizeof(bytes));
    assert_int_equal(strlen(text), 2 * sizeof(bytes));
    assert_true(format_unhex(back, text, sizeof(back)));
    assert_memory_equal(back, bytes, sizeof(bytes));
}

static void only_lower_case_digits_are_bytes(void **state)
{
    (void)state;
    uint8_t bytes[2];
    static const char *const bad[] = {"",     "a",    "ab",   "abc",  "abCd", "abcg",
                                      "ab/0", "ab:0", "ab`0", "0xab", " abc"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(format_unhex(bytes, bad[i], sizeof(bytes)));
    assert_true(format_unhex(bytes, "abcd and more", sizeof(bytes)));
    assert_int_equal(bytes[0] << 8 | bytes[1], 0xabcd);
}

static void assert_number(char *const *word)
{
    uint64_t number = strtoull(word[0], NULL, 10);
    assert_string_equal(format_grouped(buf, sizeof(buf), number),
                        vectors_spaced(word[1]));
    assert_string_equal(format_count(buf, sizeof(buf), number),
                        vectors_spaced(word[2]));
}

static void assert_duration(char *const *word)
{
    assert_string_equal(format_duration(buf, sizeof(buf), strtoll(word[0], NULL, 10)),
                        vectors_spaced(word[1]));
}

static void assert_digits(char *const *word)
{
    double half = (strtod(word[2], NULL) - strtod(word[1], NULL)) / 2;
    int decimals = format_decimals_for(half);
    assert_int_equal(decimals, atoi(word[3]));
    assert_string_equal(format_decimals(buf, sizeof(buf), half, decimals),
                        vectors_spaced(word[4]));
    assert_string_equal(
        format_decimals(buf, sizeof(buf), strtod(word[0], NULL), decimals),
        vectors_spaced(word[5]));
}

static void numbers_are_those_that_the_page_knows(void **state)
{
    (void)state;
    vectors_each("numbers.txt", 5, 26, assert_number);
    vectors_each("durations.txt", 3, 29, assert_duration);
    vectors_each("digits.txt", 8, 12, assert_digits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_have_one_decimal_and_a_prefix),
        cmocka_unit_test(digits_stand_in_groups_of_three),
        cmocka_unit_test(rates_have_three_digits),
        cmocka_unit_test(durations_have_two_units),
        cmocka_unit_test(times_are_those_of_rfc_3339),
        cmocka_unit_test(decimals_stand_in_groups_of_three),
        cmocka_unit_test(an_interval_shows_two_digits_of_its_half),
        cmocka_unit_test(a_double_reads_back_from_as_few_digits_as_can_be),
        cmocka_unit_test(an_error_is_a_phrase),
        cmocka_unit_test(foreign_bytes_become_printable),
        cmocka_unit_test(what_does_not_fit_is_cut_at_a_whole_byte),
        cmocka_unit_test(values_at_the_ends_of_their_forms),
        cmocka_unit_test(bytes_become_digits_and_bytes_again),
        cmocka_unit_test(only_lower_case_digits_are_bytes),
        cmocka_unit_test(numbers_are_those_that_the_page_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
