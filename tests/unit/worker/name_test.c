// SPDX-License-Identifier: MIT
/* What workers are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "worker/name.h"

static struct error why;
static char name[NAME_BYTES + 1];

static void is_called(const char *pattern, const char *host, const char *expected,
                      bool expect_changed)
{
    bool changed;
    if (name_make("--name", pattern, host, name, &changed, &why) != 0)
        fail_msg("%s: %s", pattern, why.what);
    assert_string_equal(name, expected);
    assert_int_equal(changed, expect_changed);
}

static void is_refused(const char *pattern, const char *what)
{
    bool changed;
    assert_true(name_make("--name", pattern, "lab-01", name, &changed, &why) != 0);
    assert_string_equal(why.what, what);
    assert_true(why.hint[0]);
}

static void letters_stand_for_host_process_and_rank(void **state)
{
    char expected[NAME_BYTES + 1];
    (void)state;
    is_called(NULL, "lab-01", "lab-01", false);
    is_called("ada", "lab-01", "ada", false);
    is_called("x.%h", "lab-01", "x.lab-01", false);
    snprintf(expected, sizeof(expected), "lab-01_%d", (int)getpid());
    is_called("%h_%p", "lab-01", expected, false);
}

static void the_rank_is_that_of_the_batch_system(void **state)
{
    static const char *const variables[] = {"JOB_COMPLETION_INDEX", "PMIX_RANK",
                                            "PMI_RANK", "OMPI_COMM_WORLD_RANK",
                                            "SLURM_PROCID"};
    char rank[8], expected[16];
    (void)state;
    is_refused("w%r",
               "--name: there is no rank for %r; looked for SLURM_PROCID, "
               "OMPI_COMM_WORLD_RANK, PMI_RANK, PMIX_RANK, JOB_COMPLETION_INDEX");
    for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
        snprintf(rank, sizeof(rank), "%zu", i);
        snprintf(expected, sizeof(expected), "w%zu", i);
        setenv(variables[i], rank, 1);
        is_called("w%r", "lab-01", expected,
                  false); /* it goes before the earlier ones */
    }
    setenv("SLURM_PROCID", "", 1); /* set and empty: not there */
    is_called("w%r", "lab-01", "w3", false);
    setenv("SLURM_PROCID", "a/b", 1);
    is_refused("w%r", "--name 'w%r' is no name");
    for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
        unsetenv(variables[i]);
}

static void what_no_name_has_is_replaced_in_a_host_and_refused_otherwise(void **state)
{
    (void)state;
    is_called(NULL, "m\xc3\xbcller-laptop", "m-ller-laptop", true);
    is_called("%h.2", "a b", "a-b.2", true);
    is_called(NULL, "0123456789012345678901234567890123",
              "01234567890123456789012345678901", true);
    is_called("%h_12345", "01234567890123456789012345678901",
              "01234567890123456789012345_12345", true);
    is_called("%h%h", "0123456789012345678901", "01234567890123450123456789012345",
              true);
    is_called("01234567890123456789012345678901", "lab-01",
              "01234567890123456789012345678901", false); /* the longest */
    is_refused("m\xc3\xbcller", "--name 'm\\xc3\\xbcller' is no name");
    is_refused("a/b", "--name 'a/b' is no name");
    is_refused("012345678901234567890123456789012",
               "--name '012345678901234567890123456789012' is no name");
    is_refused("%", "--name: '%' stands before none of h, p and r");
    is_refused("a%x", "--name: '%' stands before none of h, p and r");
}

static void no_name_reads_like_an_id(void **state)
{
    (void)state;
    is_called(NULL, "0123456789abcdef", "0123456789ab-host", true);
    is_refused("0123456789abcdef",
               "--name '0123456789abcdef' reads like the id of a worker");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_stand_for_host_process_and_rank),
        cmocka_unit_test(the_rank_is_that_of_the_batch_system),
        cmocka_unit_test(what_no_name_has_is_replaced_in_a_host_and_refused_otherwise),
        cmocka_unit_test(no_name_reads_like_an_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
