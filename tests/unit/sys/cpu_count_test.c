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
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "common/sys/cpu_count.h"
#include "tests/lib/scratch.h"

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

/* ---- a made-up tree ---- */

static void put(const char *path, const char *text)
{
    char at[512], *slash;
    snprintf(at, sizeof(at), "%s%s", scratch_folder, path);
    for (slash = at + strlen(scratch_folder); (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        (void)!mkdir(at, 0700);
        *slash = '/';
    }
    scratch_write(at, text, 0600);
}

static void put_v1(const char *group, const char *quota, const char *period)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", group);
    put(path, quota);
    snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", group);
    put(path, period);
}

static long milli_limit(void)
{
    return (long)(cpu_count_group_limit(scratch_folder) * 1000 + 0.5);
}

#define V2_MOUNT                                                                       \
    "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw\n"

/* A quota holds for all below it, so the least one on the way up counts. */
static void the_least_quota_on_the_way_up_counts(void **state)
{
    (void)state;
    put("/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" V2_MOUNT);
    put("/proc/self/cgroup", "0::/a/b\n");
    assert_int_equal(milli_limit(), 0);
    put("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    assert_int_equal(milli_limit(), 1500);
    put("/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
    assert_int_equal(milli_limit(), 500);
    put("/proc/self/cgroup", "0::/a\n");
    assert_int_equal(milli_limit(), 1500);
    put("/proc/self/cgroup", "0::/none\n");
    assert_int_equal(milli_limit(), 0);
    put("/sys/fs/cgroup/cpu.max", "400000 100000\n"); /* of a container: its own */
    put("/proc/self/cgroup", "0::/\n");
    assert_int_equal(milli_limit(), 4000);
}

/* The hierarchy of CPUs among others, wherever it is mounted; the one of version 2
 * beside it counts too. */
static void quotas_of_version_1_count(void **state)
{
    (void)state;
    put("/proc/self/mountinfo",
        "32 31 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
        "33 31 0:30 / /cg/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    put("/proc/self/cgroup", "5:cpuset:/x\n4:cpuacct,cpu:/outer/inner\n0::/z\n");
    put_v1("/cg/cpu,cpuacct", "-1\n", "100000\n");
    put_v1("/cg/cpu,cpuacct/outer", "300000\n", "100000\n");
    put_v1("/cg/cpu,cpuacct/outer/inner", "-1\n", "100000\n");
    put_v1("/sys/fs/cgroup/cpuset/x", "1000\n", "100000\n"); /* of another matter */
    assert_int_equal(milli_limit(), 3000);
    put_v1("/cg/cpu,cpuacct/outer/inner", "50000\n", "100000\n");
    assert_int_equal(milli_limit(), 500);
    put("/sys/fs/cgroup/unified/z/cpu.max", "25000 100000\n");
    assert_int_equal(milli_limit(), 250);
}

/* In a container without a namespace for cgroups the mount begins at its own group. */
static void a_mount_may_begin_at_an_inner_group(void **state)
{
    (void)state;
    put("/proc/self/mountinfo",
        "33 31 0:30 /docker/c1 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n");
    put("/proc/self/cgroup", "4:cpu:/docker/c1/job\n");
    put_v1("/sys/fs/cgroup/cpu", "200000\n", "100000\n");
    assert_int_equal(milli_limit(), 2000);
    put_v1("/sys/fs/cgroup/cpu/job", "150000\n", "100000\n");
    assert_int_equal(milli_limit(), 1500);
    put("/proc/self/cgroup", "4:cpu:/docker/c1\n");
    assert_int_equal(milli_limit(), 2000);
    put("/proc/self/cgroup", "4:cpu:/elsewhere\n"); /* what is seen holds it */
    assert_int_equal(milli_limit(), 2000);
}

static void a_system_without_cgroups_sets_no_limit(void **state)
{
    (void)state;
    assert_int_equal(milli_limit(), 0);
    put("/proc/self/cgroup", "nonsense\n4:cpu\n0::/\n");
    assert_int_equal(milli_limit(), 0);
    put("/proc/self/mountinfo", "nonsense\n1 2 3 - cgroup2\n" V2_MOUNT);
    assert_int_equal(milli_limit(), 0);
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

static void a_part_of_a_core_counts_as_one(void **state)
{
    (void)state;
    assert_int_equal(cpu_count_within(4, 0), 4); /* no limit */
    assert_int_equal(cpu_count_within(4, 0.001), 1);
    assert_int_equal(cpu_count_within(4, 1), 1);
    assert_int_equal(cpu_count_within(4, 1.5), 2);
    assert_int_equal(cpu_count_within(4, 3.9), 4);
    assert_int_equal(cpu_count_within(4, 4), 4);
    assert_int_equal(cpu_count_within(4, 64), 4);
    assert_int_equal(cpu_count_within(1, 0.5), 1);
}

static void this_machine_has_a_usable_core(void **state)
{
    (void)state;
    struct cpu_count c = cpu_count_usable();
    assert_in_range(c.usable, 1, c.mask);
    assert_true(c.limit >= 0);
}

#define TREE(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_max_is_quota_over_period),
        cmocka_unit_test(what_sets_no_limit_is_zero),
        TREE(the_least_quota_on_the_way_up_counts),
        TREE(quotas_of_version_1_count),
        TREE(a_mount_may_begin_at_an_inner_group),
        TREE(a_system_without_cgroups_sets_no_limit),
        cmocka_unit_test(an_affinity_mask_of_one_core_leaves_one),
        cmocka_unit_test(a_part_of_a_core_counts_as_one),
        cmocka_unit_test(this_machine_has_a_usable_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
