// SPDX-License-Identifier: MIT
/* Self-tests beside a loop: how they end, and that a loop can end meanwhile. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/program/offer.h"
#include "common/program/self_test.h"
#include "worker/retest.h"

static char told[3][PROGRAM_WHY_BYTES]; /* by program */

static void on_done(void *ctx, uint32_t program, const struct self_test *test,
                    const struct program_failure *why)
{
    (void)ctx;
    snprintf(told[program], sizeof(told[program]), "%s",
             why              ? why->why
             : test->rate > 0 ? "passed"
                              : "");
}

static void good_and_bad_ones_are_told_apart(void **state)
{
    (void)state;
    const struct program_offer good = {"good",
                                       "while read -r c s f n; do echo $f 0; done"};
    const struct program_offer bad = {"bad", "read -r r; exit 3"};
    struct retests r;
    uv_loop_t loop;
    signal(SIGPIPE, SIG_IGN);
    memset(told, 0, sizeof(told));
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(retests_open(&r, &loop, on_done, NULL), 0);
    retests_begin(&r, 1, &good);
    retests_begin(&r, 2, &bad);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_string_equal(told[1], "passed");
    assert_string_equal(told[2], "exited with 3");
    retests_close(&r);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void one_that_hangs_ends_with_the_loop(void **state)
{
    (void)state;
    const struct program_offer hangs = {"hangs", "exec sleep 1000"};
    struct retests r;
    uv_loop_t loop;
    memset(told, 0, sizeof(told));
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(retests_open(&r, &loop, on_done, NULL), 0);
    retests_begin(&r, 1, &hangs);
    retests_close(&r);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_string_equal(told[1], "");
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_and_bad_ones_are_told_apart),
        cmocka_unit_test(one_that_hangs_ends_with_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
