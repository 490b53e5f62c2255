// SPDX-License-Identifier: MIT
/*
 * Suggestions for mistyped words, and the hints of values that will not do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cli/opt_help.h"
#include "common/cli/opt_message.h"
#include "common/cli/opt_table.h"

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

/* ---- hints ---- */

static const struct opt_command program = {.program = "prog"};

struct hint {
    struct opt opt;
    const char *text;
};

static const struct hint hints[] = {
    {{.name = "n", .kind = OPT_TRIALS},
     "a whole number from 1 to 2^62, such as 200000, 2e5, 200k or 10G"},
    {{.name = "n", .kind = OPT_NUMBER, .max = OPT_NUMBER_MAX - 1},
     "a whole number from 0 to 2^62 - 1, such as 200000, 2e5, 200k or 10G"},
    {{.name = "n", .kind = OPT_NUMBER, .max = OPT_NUMBER_MAX - 2},
     "a whole number from 0 to 4611686018427387902, such as 200000, 2e5, 200k or 10G"},
    {{.name = "n", .kind = OPT_NUMBER, .max = UINT64_MAX},
     "a whole number from 0 to 2^64 - 1, such as 200000, 2e5, 200k or 10G"},
    {{.name = "n", .kind = OPT_INT, .min = 1, .max = 199999},
     "a whole number from 1 to 199999"},
    {{.name = "n", .kind = OPT_INT, .min = 1, .max = 200000},
     "a whole number from 1 to 200000, such as 200000, 2e5, 200k or 10G"},
    {{.name = "n", .kind = OPT_REAL, .low = 1e-12, .high = 1},
     "a number from 1e-12 to 1"},
    {{.name = "n", .kind = OPT_DURATION}, "a duration, such as 500ms, 30s, 2h"},
    {{.name = "n", .kind = OPT_DURATION, .min = 1500, .max = 7200000},
     "a duration from 1500ms to 2h, such as 500ms, 30s, 2h"},
    {{.name = "n", .kind = OPT_DURATION, .min = 90000},
     "a duration from 90s to 10 years, such as 500ms, 30s, 2h"},
    {{.name = "n", .kind = OPT_FLAG}, "true or false, yes or no, on or off, 1 or 0"},
    {{.name = "n", .kind = OPT_STRING, .metavar = "FILE"}, "a value, FILE"},
    {{.name = "n", .kind = OPT_CHOICE, .metavar = "a|b"}, "a|b"},
};

/* What a command prints on stdout or stderr. */
static void said_on(int fd, char said[600], void print(void))
{
    FILE *file = tmpfile();
    fflush(NULL);
    int saved = dup(fd);
    dup2(fileno(file), fd);
    print();
    fflush(NULL);
    dup2(saved, fd);
    close(saved);
    rewind(file);
    said[fread(said, 1, 599, file)] = '\0';
    fclose(file);
}

static void print_help(void)
{
    static const struct opt options[] = {
        {.name = "trials",
         .kind = OPT_TRIALS,
         .metavar = "N",
         .letter = 'n',
         .help = "how many"},
        {.name = "an-option-of-a-long-name",
         .kind = OPT_STRING,
         .metavar = "LONG-VALUE",
         .help = "shifts its own line only"},
        {.name = "on", .kind = OPT_FLAG},
        {.name = "off", .kind = OPT_FLAG, .help = "share a line"},
        OPT_END,
    };
    static const struct opt_command command = {.program = "prog",
                                               .usage = "[OPTION]...",
                                               .summary = "Tries help.",
                                               .options = options};
    opt_help_print(&command);
}

/* A long synopsis does not push all others to the right. */
static void help_stands_in_two_columns(void **state)
{
    char said[600];
    (void)state;
    said_on(STDOUT_FILENO, said, print_help);
    assert_string_equal(
        said, "Usage: prog [OPTION]...\nTries help.\n\n"
              "  -n, --trials N  how many\n"
              "  --an-option-of-a-long-name LONG-VALUE  shifts its own line only\n"
              "  --on, --off     share a line\n"
              "  -h, --help\n");
}

static void a_hint_says_what_an_option_takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
        char expected[300], said[300];
        FILE *file = tmpfile();
        fflush(NULL);
        int saved = dup(STDERR_FILENO);
        dup2(fileno(file), STDERR_FILENO);
        int status = opt_missing_value(&program, &hints[i].opt);
        fflush(NULL);
        dup2(saved, STDERR_FILENO);
        close(saved);
        rewind(file);
        said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
        fclose(file);
        snprintf(expected, sizeof(expected),
                 "prog: --n needs a value\nhint: --n takes %s\n", hints[i].text);
        assert_string_equal(said, expected);
        assert_int_equal(status, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggestions_are_near_or_none),
        cmocka_unit_test(help_stands_in_two_columns),
        cmocka_unit_test(a_hint_says_what_an_option_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
