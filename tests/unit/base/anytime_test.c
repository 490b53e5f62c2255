// SPDX-License-Identifier: MIT
/*
 * The interval that holds at all moments: against values worked out beforehand, at its
 * edges, and whether it holds: by adding up all courses of a job that ever leave it,
 * and by drawing some.  ANYTIME_RUNS draws so many (`make long`).
 */
#include "common/base/anytime.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "common/base/estimate.h"
#include "tests/lib/seeded.h"
#include "tests/lib/vectors.h"

enum { RUNS = 300, TRIALS = 1000, UNIT = 65536, EXACT_TRIALS = 4096 };

#define QUARTER_PI 0.78539816339744830962

/* ---- its ends ---- */

static void assert_end(double got, const char *expected, bool low)
{
    double wanted = strtod(expected, NULL);
    if (!(fabs(got - wanted) <= 1e-12 * wanted))
        fail_msg("%.17g instead of %s", got, expected);
    if (low ? got > wanted : got < wanted)
        fail_msg("%.17g is inside of %s", got, expected);
}

static void assert_anytime(char *const *word)
{
    uint64_t hits = strtoull(word[0], NULL, 10), most = strtoull(word[1], NULL, 10),
             n = strtoull(word[2], NULL, 10);
    struct anytime a = anytime_scaled(hits, most, n, 1);
    assert_end(a.low, word[3], true);
    assert_end(a.high, word[4], false);
}

static void the_ends_are_those_worked_out_beforehand(void **state)
{
    (void)state;
    vectors_each("anytime.txt", 5, 40, assert_anytime);
}

static void
it_has_a_scale_and_contains_the_estimate_and_the_other_interval(void **state)
{
    (void)state;
    for (unsigned bits = 4; bits <= 62; bits++) {
        uint64_t n = UINT64_C(1) << bits;
        const uint64_t hits[] = {0, 1, n / 2, n - n / 5, n - 1, n};
        for (size_t i = 0; i < ARRAY_SIZE(hits); i++) {
            struct anytime one = anytime_scaled(hits[i], n, n, 1),
                           four = anytime_scaled(hits[i], n, n, 4);
            struct estimate e = estimate_from(hits[i], n);
            assert_true(four.low == 4 * one.low && four.high == 4 * one.high);
            assert_true(four.low >= 0 && four.high <= 4);
            assert_true(four.low <= e.ci_low && e.ci_high <= four.high);
        }
    }
}

static void trials_that_are_all_alike_leave_the_exact_end(void **state)
{
    (void)state;
    assert_true(anytime_scaled(0, 7, 7, 0.1).low == 0);
    assert_true(anytime_scaled(7, 7, 7, 0.1).high == 0.1);
    assert_true(anytime_scaled(0, 7, 7, 1).high < 1);
    assert_true(anytime_scaled(7, 7, 7, 1).low > 0);
}

/* ---- all courses of a job, added up ---- */

typedef bool inside_fn(uint64_t hits, uint64_t n, double p);

static bool inside_anytime(uint64_t hits, uint64_t n, double p)
{
    struct anytime a = anytime_scaled(hits, n, n, 1);
    return a.low <= p && p <= a.high;
}

static bool inside_moment(uint64_t hits, uint64_t n, double p)
{
    struct estimate e = estimate_scaled(hits, n, n, 1);
    return e.ci_low <= p && p <= e.ci_high;
}

/* The probability that p is ever outside while there are `trials` trials or fewer: of
 * those that never were, so many have h hits; who is outside is taken away. */
static double ever_outside(double p, uint64_t trials, inside_fn *inside)
{
    double *share = calloc(trials + 2, sizeof(*share)), gone = 0;
    assert_non_null(share);
    uint64_t least = 0, most = 0; /* h of those that are left */
    share[0] = 1;
    for (uint64_t n = 1; n <= trials; n++) {
        for (uint64_t h = ++most; h > least; h--)
            share[h] = share[h] * (1 - p) + share[h - 1] * p;
        share[least] *= 1 - p;
        for (; least <= most && !inside(least, n, p); least++) {
            gone += share[least];
            share[least] = 0;
        }
        for (; most > least && !inside(most, n, p); most--) {
            gone += share[most];
            share[most] = 0;
        }
    }
    free(share);
    return gone;
}

static void it_is_left_by_at_most_one_course_in_twenty(void **state)
{
    (void)state;
    static const double rates[] = {QUARTER_PI, 0.5, 0.1, 0.999};
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        double gone = ever_outside(rates[i], EXACT_TRIALS, inside_anytime);
        if (!(0.003 < gone && gone <= 0.05))
            fail_msg("p = %g: outside with a probability of %g", rates[i], gone);
    }
}

static void the_interval_at_one_moment_is_left_by_most(void **state)
{
    (void)state;
    double gone = ever_outside(QUARTER_PI, EXACT_TRIALS, inside_moment);
    if (!(gone > 0.5))
        fail_msg("outside with a probability of %g only", gone);
}

/* ---- some courses, drawn ---- */

typedef uint64_t drawer(struct rng *r);

static uint64_t draw_hit(struct rng *r)
{
    return rng_below(r, 1000) < 785 ? UNIT : 0;
}

static uint64_t draw_any(struct rng *r) /* mean (UNIT - 1) / 2 */
{
    return rng_below(r, UNIT);
}

static uint64_t draw_of_three(struct rng *r)
{
    return rng_below(r, 3) * UNIT / 2;
}

/* How many of `runs` are ever outside. */
static unsigned drawn_outside(drawer *draw, double p, unsigned runs, uint64_t trials)
{
    unsigned outside = 0;
    for (unsigned run = 0; run < runs; run++) {
        struct rng r = seeded(run + 1);
        uint64_t hits = 0;
        bool in = true;
        for (uint64_t n = 1; n <= trials && in; n++) {
            hits += draw(&r);
            struct anytime a = anytime_scaled(hits, n * UNIT, n, 1);
            in = a.low <= p && p <= a.high;
        }
        outside += !in;
    }
    return outside;
}

/* 5 %, and four standard errors of what so many runs say of it. */
static void assert_few_outside(drawer *draw, double p)
{
    const char *asked = getenv("ANYTIME_RUNS");
    unsigned runs = asked ? (unsigned)atoi(asked) : RUNS;
    double least = 0.05 * runs + 4 * sqrt(runs * 0.05 * 0.95);
    unsigned outside = drawn_outside(draw, p, runs, asked ? 10 * TRIALS : TRIALS);
    if (!(outside <= least))
        fail_msg("%u of %u runs were outside", outside, runs);
}

static void few_of_the_runs_of_a_job_of_hits_are_ever_outside(void **state)
{
    (void)state;
    assert_few_outside(draw_hit, 0.785);
}

static void few_of_the_runs_of_a_job_of_scores_are_ever_outside(void **state)
{
    (void)state;
    assert_few_outside(draw_any, (UNIT - 1) / 2.0 / UNIT);
    assert_few_outside(draw_of_three, 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ends_are_those_worked_out_beforehand),
        cmocka_unit_test(
            it_has_a_scale_and_contains_the_estimate_and_the_other_interval),
        cmocka_unit_test(trials_that_are_all_alike_leave_the_exact_end),
        cmocka_unit_test(it_is_left_by_at_most_one_course_in_twenty),
        cmocka_unit_test(the_interval_at_one_moment_is_left_by_most),
        cmocka_unit_test(few_of_the_runs_of_a_job_of_hits_are_ever_outside),
        cmocka_unit_test(few_of_the_runs_of_a_job_of_scores_are_ever_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
