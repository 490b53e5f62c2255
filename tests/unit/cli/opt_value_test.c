// SPDX-License-Identifier: MIT
/*
 * Option values as people type them: the exact meaning, and the error message of each
 * wrong one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/cli/opt_value.h"
#include "common/wire/msg.h"

static void numbers_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t number;
    } good[] = {
        {"0", 0},
        {"200000", 200000},
        {"2e5", 200000},
        {"2E+5", 200000},
        {"200k", 200000},
        {"200M", 200000000},
        {"200G", 200000000000},
        {"200T", 200000000000000},
        {"1.5e9", 1500000000},
        {"2.5k", 2500},
        {"1.000k", 1000},
        {"1.0", 1},
        {"100e-2", 1},
        {"0.00001e6", 10},
        {"0e999999999999", 0},
        {"000123", 123},
        {"10020", 10020},
        {"0.0001T", 100000000},
        {"1000000000000000000000000e-22", 100},
        {"4611686018427387904", UINT64_C(1) << 62},
        {"4611686018427387.904k", UINT64_C(1) << 62},
        {"9007199254740993", UINT64_C(9007199254740993)}, /* no double holds it */
        {"4.611686018427387903e18", (UINT64_C(1) << 62) - 1},
        {"200K", 200000},
        {"200m", 200000000},
        {"10g", UINT64_C(10000000000)},
        {"200 G", 200000000000},
        {"1million", 1000000},
        {"2.5 Million", 2500000},
        {"3 thousand", 3000},
        {"1_000_000", 1000000},
        {"9_007_199_254_740_993", UINT64_C(9007199254740993)},
        {"1_000.5k", 1000500},
        {"1,000,000", 1000000},
        {"12,345,678,901", UINT64_C(12345678901)},
        {"2^62", UINT64_C(1) << 62},
        {"10^9", 1000000000},
        {"7^0", 1},
        {"1^99999999999999999999", 1},
        {"0^5", 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        uint64_t number = 77;
        enum opt_error error =
            opt_number_within(good[i].text, 0, OPT_NUMBER_MAX, &number);
        if (error || number != good[i].number)
            fail_msg("%s: error %d, %llu", good[i].text, error,
                     (unsigned long long)number);
    }
}

static void bad_numbers_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum opt_error error;
    } bad[] = {
        {"", OPT_EMPTY},
        {"12x", OPT_NOT_A_NUMBER},
        {"x", OPT_NOT_A_NUMBER},
        {"k", OPT_NOT_A_NUMBER},
        {"-", OPT_NOT_A_NUMBER},
        {"-x", OPT_NOT_A_NUMBER},
        {".5k", OPT_NOT_A_NUMBER},
        {"5.", OPT_NOT_A_NUMBER},
        {"1e", OPT_NOT_A_NUMBER},
        {"1e+", OPT_NOT_A_NUMBER},
        {"1.2.3", OPT_NOT_A_NUMBER},
        {"1,000", OPT_TWO_READINGS},
        {"1,5G", OPT_TWO_READINGS},
        {"1,00,000", OPT_TWO_READINGS},
        {"1000,000,000", OPT_TWO_READINGS},
        {"1,000,000,00", OPT_TWO_READINGS},
        {"1,x", OPT_NOT_A_NUMBER},
        {"1__0", OPT_NOT_A_NUMBER},
        {"_1", OPT_NOT_A_NUMBER},
        {"1_", OPT_NOT_A_NUMBER},
        {"2 billion", OPT_TWO_READINGS},
        {"2B", OPT_TWO_READINGS},
        {"10GB", OPT_BYTES},
        {"10 kB", OPT_BYTES},
        {"10GiB", OPT_BYTES},
        {"10Gi", OPT_BYTES},
        {"2^", OPT_NOT_A_NUMBER},
        {"^2", OPT_NOT_A_NUMBER},
        {"2^3^4", OPT_NOT_A_NUMBER},
        {"2^-1", OPT_NOT_A_NUMBER},
        {"1.5^2", OPT_NOT_A_NUMBER},
        {"200kk", OPT_NOT_A_NUMBER},
        {"nan", OPT_NOT_A_NUMBER},
        {"inf", OPT_NOT_A_NUMBER},
        {"+5", OPT_PLUS},
        {" 5", OPT_SPACE},
        {"5 ", OPT_SPACE},
        {"10 000", OPT_SPACE},
        {"5 \t", OPT_SPACE},
        {"5\n", OPT_SPACE},
        {"0x10", OPT_HEX},
        {"-5", OPT_NEGATIVE},
        {"-0", OPT_NEGATIVE},
        {"1e-3", OPT_NOT_WHOLE},
        {"1.5", OPT_NOT_WHOLE},
        {"1.0001k", OPT_NOT_WHOLE},
        {"0.5", OPT_NOT_WHOLE},
        {"123456789012345678901234.5", OPT_NOT_WHOLE},
        {"1e-999999999999", OPT_NOT_WHOLE},
        {"1e30", OPT_TOO_LARGE},
        {"1e18446744073709551617", OPT_TOO_LARGE}, /* nor the exponent to 1 */
        {"20000000000000000001", OPT_TOO_LARGE},   /* mod 2^64 it is below 2^62 */
        {"4611686018427387905", OPT_TOO_LARGE},
        {"2^63", OPT_TOO_LARGE},
        {"2^64", OPT_TOO_LARGE}, /* must not wrap to 0 */
        {"3^99999999999999999999", OPT_TOO_LARGE},
        {"99999999999999999999999^1", OPT_TOO_LARGE},
        {"18446744073709551616", OPT_TOO_LARGE}, /* 2^64 must not wrap to 0 */
        {"18446744073709551617", OPT_TOO_LARGE},
        {"36893488147419103233", OPT_TOO_LARGE},
        {"99999999999999999999.5k", OPT_TOO_LARGE},
        {"5000000T", OPT_TOO_LARGE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        uint64_t number = 77;
        enum opt_error error =
            opt_number_within(bad[i].text, 0, OPT_NUMBER_MAX, &number);
        if (error != bad[i].error)
            fail_msg("'%s': %s", bad[i].text, opt_error_text(error));
        assert_int_equal(number, 77);
    }
}

static void every_error_has_its_own_sentence(void **state)
{
    (void)state;
    for (enum opt_error a = OPT_OK; a <= OPT_NO_SUCH_WORD; a++)
        for (enum opt_error b = OPT_OK; b < a; b++)
            assert_string_not_equal(opt_error_text(a), opt_error_text(b));
}

static void a_range_has_both_its_ends(void **state)
{
    (void)state;
    uint64_t n;
    assert_int_equal(opt_number_within("0", 1, 9, &n), OPT_ZERO);
    assert_int_equal(opt_number_within("1", 1, 9, &n), OPT_OK);
    assert_int_equal(opt_number_within("9", 1, 9, &n), OPT_OK);
    assert_int_equal(opt_number_within("10", 1, 9, &n), OPT_TOO_LARGE);
    assert_int_equal(opt_number_within("1", 2, 9, &n), OPT_TOO_SMALL);
    assert_int_equal(opt_number_within("18446744073709551615", 0, UINT64_MAX, &n),
                     OPT_OK);
    assert_true(n == UINT64_MAX);
}

static void durations_are_whole_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum opt_error error;
        int64_t ms;
    } cases[] = {
        {"500ms", OPT_OK, 500},
        {"30s", OPT_OK, 30000},
        {"2h", OPT_OK, 7200000},
        {"1.5m", OPT_OK, 90000},
        {"0.25s", OPT_OK, 250},
        {"0s", OPT_OK, 0},
        {"30", OPT_NO_UNIT, 0},
        {"", OPT_EMPTY, 0},
        {"s", OPT_NOT_A_NUMBER, 0},
        {"-1s", OPT_NEGATIVE, 0},
        {"0.5ms", OPT_NOT_WHOLE, 0},
        {"3d", OPT_OK, 259200000},
        {"1h30m", OPT_OK, 5400000},
        {"1e30h", OPT_TOO_LARGE, 0},
        {"100000h", OPT_TOO_LARGE, 0},
        {"5min", OPT_OK, 300000},
        {"90 s", OPT_OK, 90000},
        {"1h 30m 5s", OPT_OK, 5405000},
        {"2 Hours", OPT_OK, 7200000},
        {"1m30s500ms", OPT_OK, 90500},
        {"1h2h", OPT_BAD_UNIT, 0},
        {"30m1h", OPT_BAD_UNIT, 0},
        {"1h30", OPT_NO_UNIT, 0},
        {"3w", OPT_BAD_UNIT, 0},
        {"3 fortnights", OPT_BAD_UNIT, 0},
        {"30s ", OPT_SPACE, 0},
        {"30 ", OPT_SPACE, 0},
        {" 30s", OPT_SPACE, 0},
        {"1h,30m", OPT_BAD_UNIT, 0},
        {"1,5h", OPT_TWO_READINGS, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t ms = 77;
        enum opt_error error =
            opt_duration_within(cases[i].text, 0, OPT_DURATION_MAX, &ms);
        if (error != cases[i].error)
            fail_msg("'%s': %s", cases[i].text, opt_error_text(error));
        assert_int_equal(ms, error ? 77 : cases[i].ms);
    }
}

static enum opt_error stderr_of(const char *text, double *ret)
{
    return opt_real(text, UNTIL_STDERR_MIN, UNTIL_STDERR_MAX, ret);
}

static void a_duration_has_both_its_ends(void **state)
{
    int64_t ms = 0;
    (void)state;
    assert_int_equal(opt_duration_within("1499ms", 1500, 2000, &ms), OPT_TOO_SMALL);
    assert_int_equal(opt_duration_within("0s", 1500, 2000, &ms), OPT_ZERO);
    assert_int_equal(ms, 0);
    assert_int_equal(opt_duration_within("1500ms", 1500, 2000, &ms), OPT_OK);
    assert_int_equal(ms, 1500);
    assert_int_equal(opt_duration_within("2s", 1500, 2000, &ms), OPT_OK);
    assert_int_equal(ms, 2000);
    assert_int_equal(opt_duration_within("2001ms", 1500, 2000, &ms), OPT_TOO_LARGE);
    assert_int_equal(ms, 2000);
}

static void every_unit_has_its_length(void **state)
{
    static const struct {
        const char *words;
        int64_t ms;
    } units[] = {
        {"ms", 1},
        {"s sec secs second seconds", 1000},
        {"m min mins minute minutes", 60000},
        {"h hr hour hours", 3600000},
        {"d day days", 86400000},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        char words[64], *rest = NULL;
        snprintf(words, sizeof(words), "%s", units[i].words);
        for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
            char text[32];
            int64_t ms = -1;
            snprintf(text, sizeof(text), "3%s", w);
            assert_int_equal(opt_duration_within(text, 0, OPT_DURATION_MAX, &ms), 0);
            assert_int_equal(ms, 3 * units[i].ms);
        }
    }
}

static void standard_errors_lie_between_1e_minus_12_and_1(void **state)
{
    (void)state;
    double e = 0;
    assert_int_equal(stderr_of("1e-6", &e), OPT_OK);
    assert_true(e == 1e-6);
    assert_int_equal(stderr_of("0.001", &e), OPT_OK);
    assert_true(e == 0.001);
    assert_int_equal(stderr_of("1", &e), OPT_OK);
    assert_int_equal(stderr_of("1e-12", &e), OPT_OK);
    assert_int_equal(stderr_of("9e-13", &e), OPT_TOO_SMALL);
    assert_int_equal(stderr_of("1e-400", &e), OPT_TOO_SMALL);
    assert_int_equal(stderr_of("1.01", &e), OPT_TOO_LARGE);
    assert_int_equal(stderr_of("1e400", &e), OPT_TOO_LARGE);
    assert_int_equal(stderr_of("0", &e), OPT_ZERO);
    assert_int_equal(stderr_of("-1", &e), OPT_NEGATIVE);
    assert_int_equal(stderr_of("nan", &e), OPT_NOT_A_NUMBER);
    assert_int_equal(stderr_of("0x1p-3", &e), OPT_HEX);
    assert_int_equal(stderr_of("1k", &e), OPT_NOT_A_NUMBER);
    assert_true(e == 1e-12);
}

static void a_choice_is_the_place_of_its_word(void **state)
{
    (void)state;
    int place = 77;
    assert_int_equal(opt_choice("text", "text|json", &place), OPT_OK);
    assert_int_equal(place, 0);
    assert_int_equal(opt_choice("json", "text|json", &place), OPT_OK);
    assert_int_equal(place, 1);
    assert_int_equal(opt_choice("jso", "text|json", &place), OPT_NO_SUCH_WORD);
    assert_int_equal(opt_choice("jsonl", "text|json", &place), OPT_NO_SUCH_WORD);
    assert_int_equal(opt_choice("text|json", "text|json", &place), OPT_NO_SUCH_WORD);
    assert_int_equal(place, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_exactly),
        cmocka_unit_test(bad_numbers_are_told_apart),
        cmocka_unit_test(every_error_has_its_own_sentence),
        cmocka_unit_test(a_range_has_both_its_ends),
        cmocka_unit_test(durations_are_whole_milliseconds),
        cmocka_unit_test(a_duration_has_both_its_ends),
        cmocka_unit_test(every_unit_has_its_length),
        cmocka_unit_test(standard_errors_lie_between_1e_minus_12_and_1),
        cmocka_unit_test(a_choice_is_the_place_of_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
