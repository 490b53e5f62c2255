// SPDX-License-Identifier: MIT
/*
 * Stands around each test of every unit program: a descriptor that its test has left
 * open, or has closed without having opened it, fails the test; in a sanitized build
 * memory that nothing points to any more does as well.
 */
#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

enum { FDS_MAX = 1024 };

struct fds {
    bool open[FDS_MAX];
};

static const struct CMUnitTest *around; /* the test that runs */
static struct fds before;

/* There in sanitized builds only. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

int __real__cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests,
                                   size_t n, CMFixtureFunction setup,
                                   CMFixtureFunction teardown);
int __wrap__cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests,
                                   size_t n, CMFixtureFunction setup,
                                   CMFixtureFunction teardown);

static void list_fds(struct fds *fds)
{
    memset(fds, 0, sizeof(*fds));
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return; /* then none is ever missed */
    for (const struct dirent *e; (e = readdir(dir));) {
        int fd = atoi(e->d_name);
        if (e->d_name[0] != '.' && fd < FDS_MAX && fd != dirfd(dir))
            fds->open[fd] = true;
    }
    closedir(dir);
}

/* Returns how many descriptors are not as they were. */
static int changed_fds(void)
{
    struct fds now;
    list_fds(&now);
    int changed = 0;
    for (int fd = 0; fd < FDS_MAX; fd++) {
        if (now.open[fd] == before.open[fd])
            continue;
        char link[32], target[PATH_MAX] = "closed";
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t len = readlink(link, target, sizeof(target) - 1);
        if (len >= 0)
            target[len] = '\0';
        print_error("%s: descriptor %d was %s, now %s\n", around->name, fd,
                    before.open[fd] ? "open" : "closed", target);
        changed++;
    }
    return changed;
}

static int setup_around(void **state)
{
    around = *state;
    *state = around->initial_state;
    list_fds(&before);
    return around->setup_func ? around->setup_func(state) : 0;
}

static int teardown_around(void **state)
{
    int r = around->teardown_func ? around->teardown_func(state) : 0;
    if (changed_fds() > 0)
        r = -1;
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
        r = -1;
    return r;
}

/* What the first loop of a process opens for good, before a test makes one. */
static void open_for_good(void)
{
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int __wrap__cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests,
                                   size_t n, CMFixtureFunction setup,
                                   CMFixtureFunction teardown)
{
    open_for_good();
    struct CMUnitTest *wrapped = calloc(n, sizeof(*wrapped));
    assert_non_null(wrapped);
    for (size_t i = 0; i < n; i++) {
        wrapped[i] = tests[i];
        wrapped[i].setup_func = setup_around;
        wrapped[i].teardown_func = teardown_around;
        wrapped[i].initial_state = (void *)(uintptr_t)&tests[i];
    }
    int r = __real__cmocka_run_group_tests(name, wrapped, n, setup, teardown);
    free(wrapped);
    return r;
}
