// SPDX-License-Identifier: MIT
/* Usable cores: what cgroup files say, and that the answer here is a sane one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/cores.h"

/* In thousandths, since cmocka compares integers best. */
static long milli_cores(const char *text)
{
    return (long)(cores_parse_max(text) * 1000 + 0.5);
}

static void cpu_max_is_quota_over_period(void **state)
{
    (void)state;
    assert_int_equal(milli_cores("200000 100000\n"), 2000);
    assert_int_equal(milli_cores("50000 100000\n"), 500);
    assert_int_equal(milli_cores("150000 50000"), 3000);
}

static void what_sets_no_limit_is_zero(void **state)
{
    (void)state;
    const char *const none[] = {"max 100000\n", "",         "100000", "100000 0",
                                "-1 100000",    "0 100000", "a b"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(milli_cores(none[i]), 0);
}

static void the_group_is_the_line_of_version_2(void **state)
{
    (void)state;
    char only[] = "0::/user.slice/a.scope\n";
    char mixed[] = "4:memory:/x\n1:cpu:/y\n0::/z\n";
    char root[] = "0::/\n", old[] = "4:memory:/x\n10::/q\n", empty[] = "";
    assert_string_equal(cores_parse_group(only), "/user.slice/a.scope");
    assert_string_equal(cores_parse_group(mixed), "/z");
    assert_string_equal(cores_parse_group(root), "/");
    assert_null(cores_parse_group(old));
    assert_null(cores_parse_group(empty));
}

static void this_machine_has_a_usable_core(void **state)
{
    (void)state;
    struct cores c = cores_usable();
    assert_in_range(c.usable, 1, c.mask);
    assert_true(c.limit >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_max_is_quota_over_period),
        cmocka_unit_test(what_sets_no_limit_is_zero),
        cmocka_unit_test(the_group_is_the_line_of_version_2),
        cmocka_unit_test(this_machine_has_a_usable_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
