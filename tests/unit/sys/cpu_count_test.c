// SPDX-License-Identifier: MIT
/* Usable cores, by cgroup files and by affinity mask; the count on this machine is
 * sane.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/cpu_count.h"

/* In thousandths, since cmocka compares integers best. */
static long milli_cores(const char *text)
{
    return (long)(cpu_count_parse_max(text) * 1000 + 0.5);
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
    assert_string_equal(cpu_count_parse_group(only), "/user.slice/a.scope");
    assert_string_equal(cpu_count_parse_group(mixed), "/z");
    assert_string_equal(cpu_count_parse_group(root), "/");
    assert_null(cpu_count_parse_group(old));
    assert_null(cpu_count_parse_group(empty));
}

static void write_max(const char *root, const char *group, const char *max)
{
    char path[256];
    snprintf(path, sizeof(path), "%s%s/cpu.max", root, group);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(max, file);
    fclose(file);
}

static long milli_limit(const char *root, const char *group)
{
    char text[64];
    snprintf(text, sizeof(text), "%s", group);
    return (long)(cpu_count_group_limit(root, text) * 1000 + 0.5);
}

/* A quota holds for all below it, so the least one on the way up counts. */
static void the_least_quota_on_the_way_up_counts(void **state)
{
    (void)state;
    char root[] = "/tmp/cores-test-XXXXXX", path[256];
    static const char *const groups[] = {"/a", "/a/b", "/c"};
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", root, groups[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    write_max(root, "/a", "150000 100000\n");
    write_max(root, "/a/b", "max 100000\n");
    write_max(root, "/c", "max 100000\n");
    assert_int_equal(milli_limit(root, "/a/b"), 1500);
    assert_int_equal(milli_limit(root, "/c"), 0);
    write_max(root, "/a/b", "50000 100000\n");
    assert_int_equal(milli_limit(root, "/a/b"), 500);
    assert_int_equal(milli_limit(root, "/a"), 1500);
    assert_int_equal(milli_limit(root, "/none"), 0);
    for (size_t i = 3; i-- > 0;) {
        snprintf(path, sizeof(path), "%s%s/cpu.max", root, groups[i]);
        unlink(path);
        snprintf(path, sizeof(path), "%s%s", root, groups[i]);
        assert_int_equal(rmdir(path), 0);
    }
    assert_int_equal(rmdir(root), 0);
}

static void an_affinity_mask_of_one_core_leaves_one(void **state)
{
    (void)state;
    cpu_set_t before, one;
    size_t cpu = 0;
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    while (!CPU_ISSET(cpu, &before))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    struct cpu_count c = cpu_count_usable();
    assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
    assert_int_equal(c.mask, 1);
    assert_int_equal(c.usable, 1);
}

static void this_machine_has_a_usable_core(void **state)
{
    (void)state;
    struct cpu_count c = cpu_count_usable();
    assert_in_range(c.usable, 1, c.mask);
    assert_true(c.limit >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_max_is_quota_over_period),
        cmocka_unit_test(what_sets_no_limit_is_zero),
        cmocka_unit_test(the_group_is_the_line_of_version_2),
        cmocka_unit_test(the_least_quota_on_the_way_up_counts),
        cmocka_unit_test(an_affinity_mask_of_one_core_leaves_one),
        cmocka_unit_test(this_machine_has_a_usable_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
