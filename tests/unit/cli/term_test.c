// SPDX-License-Identifier: MIT
/*
 * What somebody has typed, in messages: letters stay letters, and nothing else passes.
 * What a terminal shows: colours, columns, letters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

/* ---- a terminal of this test ---- */

static int terminal = -1, its_other_end = -1;

static int open_terminal(void **state)
{
    (void)state;
    its_other_end = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (its_other_end < 0 || grantpt(its_other_end) < 0 || unlockpt(its_other_end) < 0)
        return -1;
    terminal = open(ptsname(its_other_end), O_RDWR | O_NOCTTY | O_CLOEXEC);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    unsetenv("COLUMNS");
    return terminal < 0 ? -1 : 0;
}

static int close_terminal(void **state)
{
    (void)state;
    close(terminal);
    close(its_other_end);
    return 0;
}

static void colours_are_for_terminals_that_show_them(void **state)
{
    int pipe_[2];
    (void)state;
    assert_true(term_is(terminal));
    assert_true(term_colour(terminal));
    setenv("NO_COLOR", "", 1);
    assert_true(term_colour(terminal));
    setenv("NO_COLOR", "1", 1);
    assert_true(term_is(terminal));
    assert_false(term_colour(terminal));
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    assert_false(term_is(terminal));
    assert_false(term_colour(terminal));
    unsetenv("TERM");
    assert_false(term_is(terminal));
    setenv("TERM", "xterm", 1);
    assert_int_equal(pipe(pipe_), 0);
    assert_false(term_is(pipe_[1]));
    assert_false(term_colour(pipe_[1]));
    close(pipe_[0]);
    close(pipe_[1]);
}

static void columns_are_its_own_then_those_it_is_said_to_have(void **state)
{
    static const struct {
        const char *said;
        unsigned columns;
    } cases[] = {{"", 80},  {"132", 132},  {"1", 1},   {"9999", 9999},
                 {"0", 80}, {"10000", 80}, {"-5", 80}, {"wide", 80}};
    struct winsize size = {.ws_row = 24, .ws_col = 61};
    (void)state;
    setenv("COLUMNS", "100", 1);
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
    assert_int_equal(term_columns(terminal), 61);
    size.ws_col = 0; /* it does not know */
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        setenv("COLUMNS", cases[i].said, 1);
        assert_int_equal(term_columns(terminal), cases[i].columns);
    }
}

static void a_line_of_progress_suits_its_terminal(void **state)
{
    (void)state;
    in_locale("C.UTF-8");
    assert_int_equal(term_job_line(terminal), JOB_LINE_UTF8);
    in_locale("C");
    assert_int_equal(term_job_line(terminal), JOB_LINE_ASCII);
    setenv("TERM", "dumb", 1);
    assert_int_equal(term_job_line(terminal), JOB_LINE_PLAIN);
}

/* The first that is set: LC_ALL, LC_CTYPE, LANG. */
static void the_locale_is_the_first_that_is_set(void **state)
{
    (void)state;
    in_locale("C");
    assert_false(term_utf8());
    in_locale("de_DE.utf8");
    assert_true(term_utf8());
    setenv("LC_CTYPE", "C", 1);
    assert_false(term_utf8());
    setenv("LC_ALL", "C.UTF-8", 1);
    assert_true(term_utf8());
    setenv("LC_CTYPE", "C.UTF-8", 1);
    setenv("LC_ALL", "C", 1);
    assert_false(term_utf8());
    setenv("LC_ALL", "", 1); /* as if it were not */
    assert_true(term_utf8());
    in_locale("C");
}

#define ON_TERMINAL(f) cmocka_unit_test_setup_teardown(f, open_terminal, close_terminal)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_are_shown_where_the_terminal_has_them),
        cmocka_unit_test(what_is_no_letter_is_escaped),
        ON_TERMINAL(colours_are_for_terminals_that_show_them),
        ON_TERMINAL(columns_are_its_own_then_those_it_is_said_to_have),
        ON_TERMINAL(a_line_of_progress_suits_its_terminal),
        cmocka_unit_test(the_locale_is_the_first_that_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
