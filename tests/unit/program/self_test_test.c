// SPDX-License-Identifier: MIT
/*
 * The self-test tells programs that break the rule of docs/PROGRAMS.md, and versions of
 * programs, apart; and it takes the time of slow ones into account.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/program/self_test.h"

#define EACH_REQUEST(does) "k=0; while read -r c seed f n t; do " does "; done"
#define EVENS EACH_REQUEST("echo $f $(((f + n + 1) / 2 - (f + 1) / 2))")

static struct program_failure why;

static int run_within(int64_t most_ms, const char *command, struct self_test *ret)
{
    const struct program_config config = {.name = "x", .command = command};
    signal(SIGPIPE, SIG_IGN);
    memset(&why, 0, sizeof(why));
    return self_test(&config, -1, most_ms, ret, &why);
}

static int run(const char *command, struct self_test *ret)
{
    return run_within(600000, command, ret); /* however busy the machine is */
}

static void a_good_program_passes(void **state)
{
    (void)state;
    struct self_test test;
    assert_int_equal(run(EVENS, &test), 0);
    assert_int_equal(test.test, program_test((uint64_t[]){1, 0, 1, 0}));
    assert_true(test.rate > 0 && test.start_s > 0 && test.call_s > 0);
    assert_false(test.scores);
    assert_true(test.trials >= PROGRAM_TEST_TRIALS);
}

static void another_version_has_another_test(void **state)
{
    (void)state;
    struct self_test evens, odds, scores;
    assert_int_equal(run(EVENS, &evens), 0);
    assert_int_equal(run(EACH_REQUEST("echo $f $(((f + n) / 2 - f / 2))"), &odds), 0);
    assert_int_equal(run(EACH_REQUEST("echo $f $((9 * n))"), &scores), 0);
    assert_int_not_equal(evens.test, odds.test);
    assert_int_not_equal(evens.test, scores.test);
    assert_true(scores.scores);
}

static void what_breaks_the_rule_fails(void **state)
{
    (void)state;
    static const struct {
        const char *command, *why;
    } bad[] = {
        {EACH_REQUEST("echo $f $((n / 2))"),
         "does not add up: [0, 4) is 2, its parts have 1"},
        {EACH_REQUEST("k=$((k + 1)); echo $f $((k % (n + 1)))"),
         "counts [0, 4) differently each time: 0, 3"},
        /* Right below 64, and far away wrong: */
        {EACH_REQUEST("echo $f $((f > 99 ? (n + 1) / 16 : 0))"),
         "does not add up: [1099511627776, 1099511627792) is 1, its parts have 0"},
        {EACH_REQUEST("echo $f 0; echo $f 0"),
         "answered \"0 0\" when the answer for trial 1 was due|"
         "answered \"0 0\" without being asked"},
        {"read -r r; exit 3", "exited with 3"},
        {EACH_REQUEST("k=$((k + 1)); test $k -gt 9 && exit 5; echo $f 0"),
         "exited with 5"},
    };
    struct self_test test;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        int err = run(bad[i].command, &test);
        if (err != -EPROTO || !*why.why || !strstr(bad[i].why, why.why))
            fail_msg("%s\n%d %s", bad[i].command, err, why.why);
    }
}

/* What may take no time at all is counted as often as it must be. */
static void a_slow_program_counts_few_trials(void **state)
{
    (void)state;
    struct self_test test;
    const char *command = EACH_REQUEST("test $n = 1 || exit 9; echo $f 0");
    assert_int_equal(run_within(0, command, &test), 0);
    assert_int_equal(test.trials, PROGRAM_TEST_TRIALS);
    assert_false(test.checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_program_passes),
        cmocka_unit_test(another_version_has_another_test),
        cmocka_unit_test(what_breaks_the_rule_fails),
        cmocka_unit_test(a_slow_program_counts_few_trials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
