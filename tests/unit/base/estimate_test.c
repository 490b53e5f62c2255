// SPDX-License-Identifier: MIT
/*
 * The estimate against values worked out beforehand with 40 decimal digits, and at its
 * edges.
 */
#include "common/base/estimate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "tests/lib/vectors.h"

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-14 * fabs(expected)))
        fail_msg("%.17g instead of %.17g", got, expected);
}

static void the_least_that_can_be_reached_takes_all_trials(void **state)
{
    (void)state;
    double all = ldexp(1, 62);
    assert_true(estimate_trials_needed(ESTIMATE_STDERR_LEAST) <= all);
    assert_true(estimate_trials_needed(7.6e-10) > all);
    assert_true(estimate_stderr_reached(3621958021867217280, 1ull << 62,
                                        ESTIMATE_STDERR_LEAST));
    assert_true(fabs(estimate_trials_needed(1e-6) / 2.7e12 - 1) < 0.01);
}

static void digits_are_settled_when_half_a_unit_is_left(void **state)
{
    (void)state;
    for (int digits = 1; digits <= ESTIMATE_DIGITS_MAX; digits++) {
        double half = 1.959963984540054 * estimate_stderr_settling(digits);
        assert_near(half, 0.5 * pow(10, 1 - digits));
        assert_true(estimate_stderr_settling(digits) >= ESTIMATE_STDERR_LEAST);
    }
    assert_true(estimate_stderr_settling(ESTIMATE_DIGITS_MAX) / 10 <
                ESTIMATE_STDERR_LEAST);
}

static void assert_estimate(char *const *word)
{
    struct estimate e =
        estimate_from(strtoull(word[0], NULL, 10), strtoull(word[1], NULL, 10));
    assert_true(e.known);
    assert_near(e.pi, strtod(word[2], NULL));
    assert_near(e.stderr_, strtod(word[3], NULL));
    assert_near(e.ci_low, strtod(word[4], NULL));
    assert_near(e.ci_high, strtod(word[5], NULL));
}

static void the_values_are_those_worked_out_beforehand(void **state)
{
    (void)state;
    vectors_each("estimates.txt", 6, 11, assert_estimate);
}

static void nothing_is_known_without_trials(void **state)
{
    (void)state;
    struct estimate e = estimate_from(0, 0);
    assert_false(e.known);
    assert_false(estimate_stderr_reached(0, 0, 1));
}

static void no_hits_leave_zero_as_the_exact_low_end(void **state)
{
    (void)state;
    struct estimate e = estimate_from(0, 10);
    assert_true(e.known);
    assert_true(e.pi == 0 && e.stderr_ == 0 && e.ci_low == 0);
    assert_near(e.ci_high, 1.1101311994515570);
}

static void only_hits_leave_four_as_the_exact_high_end(void **state)
{
    (void)state;
    struct estimate e = estimate_from(10, 10);
    assert_true(e.known);
    assert_true(e.pi == 4 && e.stderr_ == 0 && e.ci_high == 4);
    assert_near(e.ci_low, 2.8898688005484430);
    assert_near(estimate_from(1, 1).ci_low, 0.82619725750894955);
}

static void an_interval_contains_its_estimate_and_stays_in_range(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 62; bits++) {
        uint64_t n = UINT64_C(1) << bits;
        const uint64_t hits[] = {0, 1, n / 2, n - n / 5, n - 1, n};
        for (size_t i = 0; i < ARRAY_SIZE(hits); i++) {
            struct estimate e = estimate_from(hits[i], n);
            assert_true(e.ci_low >= 0 && e.ci_high <= 4);
            assert_true(e.ci_low <= e.pi && e.pi <= e.ci_high);
            if (hits[i] == n - n / 5)
                assert_true(e.ci_low < e.ci_high);
        }
    }
}

static void the_stop_rule_is_met_at_its_limit_and_not_below_it(void **state)
{
    (void)state;
    double reached = estimate_from(785477, 1000000).stderr_;
    assert_true(estimate_stderr_reached(785477, 1000000, reached));
    assert_false(estimate_stderr_reached(785477, 1000000, nextafter(reached, 0)));
    assert_true(estimate_stderr_reached(785477, 1000000, 0.01));
    assert_false(estimate_stderr_reached(785477, 1000000, 0.001));
}

static void the_stop_rule_is_the_formula_in_binary64(void **state)
{
    (void)state;
    /* Each operation rounded on its own, in the order in which the rule states it. */
    for (uint64_t n = UINT64_C(1) << 21; n < UINT64_C(1) << 40; n += n / 32) {
        volatile double p = (double)(n - n / 5) / (double)n;
        volatile double q = 1 - p;
        volatile double product = p * q;
        volatile double quotient = product / (double)n;
        volatile double se = 4 * sqrt(quotient);
        assert_true(estimate_stderr_reached(n - n / 5, n, se));
        assert_false(estimate_stderr_reached(n - n / 5, n, nextafter(se, 0)));
    }
}

static void a_scale_takes_the_place_of_four(void **state)
{
    (void)state;
    struct estimate pi = estimate_from(785477, 1000000);
    struct estimate x = estimate_scaled(785477, 1000000, 1000000, 0.5);
    assert_near(8 * x.pi, pi.pi);
    assert_near(8 * x.stderr_, pi.stderr_);
    assert_near(8 * x.ci_low, pi.ci_low);
    assert_near(8 * x.ci_high, pi.ci_high);
    x = estimate_scaled(10, 10, 10, 0.1); /* ends are exact */
    assert_true(x.ci_high == 0.1 && estimate_scaled(0, 10, 10, 0.1).ci_low == 0);
    assert_false(estimate_scaled(0, 0, 0, 1).known);
}

static void a_score_is_a_mean_of_parts(void **state)
{
    (void)state;
    struct estimate x = estimate_scaled(3 << 15, 4 << 16, 4, 1); /* 1.5 of 4 */
    assert_true(x.pi == 0.375);
    assert_near(x.stderr_, sqrt(0.375 * 0.625 / 4));
}

static void few_trials_that_are_all_alike_prove_nothing(void **state)
{
    (void)state;
    assert_true(estimate_stderr_reached(0, 32, 0.01)); /* of pi nobody asks so early */
    assert_false(estimate_scaled_reached(0, 32, 32, 1, 0.01));
    assert_false(estimate_scaled_reached(32, 32, 32, 1, 0.01));
    assert_true(estimate_scaled_reached(0, 1000, 1000, 1, 0.01));
    double reached = estimate_scaled(785477, 1000000, 1000000, 2).stderr_;
    assert_false(
        estimate_scaled_reached(785477, 1000000, 1000000, 2, nextafter(reached, 0)));
    assert_true(estimate_scaled_reached(785477, 1000000, 1000000, 2, reached * 1.001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_that_can_be_reached_takes_all_trials),
        cmocka_unit_test(digits_are_settled_when_half_a_unit_is_left),
        cmocka_unit_test(the_values_are_those_worked_out_beforehand),
        cmocka_unit_test(nothing_is_known_without_trials),
        cmocka_unit_test(no_hits_leave_zero_as_the_exact_low_end),
        cmocka_unit_test(only_hits_leave_four_as_the_exact_high_end),
        cmocka_unit_test(an_interval_contains_its_estimate_and_stays_in_range),
        cmocka_unit_test(the_stop_rule_is_met_at_its_limit_and_not_below_it),
        cmocka_unit_test(the_stop_rule_is_the_formula_in_binary64),
        cmocka_unit_test(a_scale_takes_the_place_of_four),
        cmocka_unit_test(a_score_is_a_mean_of_parts),
        cmocka_unit_test(few_trials_that_are_all_alike_prove_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
