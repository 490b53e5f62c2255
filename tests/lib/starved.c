// SPDX-License-Identifier: MIT
#include "tests/lib/starved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

static struct rlimit usual;

void starved_begin(void)
{
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

void starved_end(void)
{
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
}
