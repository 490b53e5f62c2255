// SPDX-License-Identifier: MIT
/* What somebody has typed, in messages: letters stay letters, and nothing else passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/base.h"
#include "common/base/format.h"
#include "common/cli/term.h"

static void in_locale(const char *locale)
{
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    setenv("LANG", locale, 1);
}

static void letters_are_shown_where_the_terminal_has_them(void **state)
{
    (void)state;
    static const char *const words[] = {"Vorlesung_π", "Zoë",  "名前", "日本.json",
                                        "a b",         "🥧", "x"};
    char buf[64];
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        in_locale("de_DE.UTF-8");
        assert_string_equal(term_typed(buf, sizeof(buf), words[i]), words[i]);
    }
    in_locale("C");
    assert_string_equal(term_typed(buf, sizeof(buf), "Zoë"), "Zo\\xc3\\xab");
}

static void what_is_no_letter_is_escaped(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\x1b[31m",      "a\nb",     "\xc2\x9b",          "\xc3",
        "\xff\xfe",      "\xc0\xaf", "\xe2\x80\xae evil", "\xe2\x80\xa8",
        "\xed\xa0\x80",  "\x7f",     "\xef\xbb\xbf",      "\xf4\x90\x80\x80",
        "\xe2\x81\xa6x", "a\\b",     "\xf0\x80\x80\x80",  "\xe0\x80\xaf"};
    char buf[64], escaped[64];
    in_locale("C.UTF-8");
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_string_equal(term_typed(buf, sizeof(buf), texts[i]),
                            format_escape_str(escaped, sizeof(escaped), texts[i]));
    assert_int_equal(strlen(term_typed(buf, 8, "ëëëëëëëë")), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_shown_where_the_terminal_has_them),
        cmocka_unit_test(what_is_no_letter_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
