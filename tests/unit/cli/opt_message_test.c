// SPDX-License-Identifier: MIT
/*
 * Suggestions for mistyped words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/cli/opt_message.h"

static void suggestions_are_near_or_none(void **state)
{
    (void)state;
    static const char *const words[] = {"status",  "submit", "jobs",
                                        "workers", "resume", "contact-file"};
    size_t n = ARRAY_SIZE(words);
    assert_string_equal(opt_suggest("stauts", words, n), "status");
    assert_string_equal(opt_suggest("worker", words, n), "workers");
    assert_string_equal(opt_suggest("contact", words, n), "contact-file");
    assert_string_equal(opt_suggest("job", words, n), "jobs");
    assert_null(opt_suggest("x", words, n));
    assert_null(opt_suggest("", words, n));
    assert_null(opt_suggest("explode", words, n));
    char longest[300];
    memset(longest, 's', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_null(opt_suggest(longest, words, n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggestions_are_near_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
