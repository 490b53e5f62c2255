// SPDX-License-Identifier: MIT
/* What is wrong, and what to do about it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/error.h"

static void an_error_replaces_the_one_before(void **state)
{
    (void)state;
    struct error e;
    assert_int_equal(error_set(&e, -ENOENT, "look elsewhere", "%s: %d", "a file", 7),
                     -ENOENT);
    assert_string_equal(e.what, "a file: 7");
    assert_string_equal(e.hint, "look elsewhere");
    assert_int_equal(error_set(&e, -EIO, NULL, "the disk"), -EIO);
    assert_string_equal(e.what, "the disk");
    assert_string_equal(e.hint, "");
}

static void what_is_too_long_is_cut(void **state)
{
    (void)state;
    struct error e;
    char text[2 * sizeof(e)];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(error_set(&e, 3, text, "%s", text), 3);
    assert_int_equal(strlen(e.what), sizeof(e.what) - 1);
    assert_int_equal(strlen(e.hint), sizeof(e.hint) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_replaces_the_one_before),
        cmocka_unit_test(what_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
