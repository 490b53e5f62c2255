// SPDX-License-Identifier: MIT
/*
 * What people type who know other tools, or put words in another order: each time the
 * exit code and both lines.  Nothing of it reaches a coordinator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/base.h"
#include "common/base/exit.h"
#include "tests/lib/ctl_stage.h"

#define USAGE "-n N|--until-stderr E|--until-digits D|--for D [OPTION]..."

static void words_of_other_tools_are_answered_with_ours(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *what, *hint;
    } rows[] = {
        {"ls", "there is no command 'ls'",
         "hint: pictl jobs lists the jobs, pictl workers the workers"},
        {"list", "there is no command 'list'",
         "hint: pictl jobs lists the jobs, pictl workers the workers"},
        {"ps", "there is no command 'ps'",
         "hint: pictl jobs lists the jobs, pictl workers the workers"},
        {"stop j-1", "there is no command 'stop'",
         "hint: pictl cancel JOB, pictl pause JOB; of a worker: pictl drain WORKER"},
        {"kill j-1", "there is no command 'kill'",
         "hint: pictl cancel JOB; of a worker: pictl kick WORKER"},
        {"run", "there is no command 'run'",
         "hint: pictl submit --trials N submits a job, with --wait to its end"},
        {"top", "there is no command 'top'",
         "hint: pictl watch shows a job's progress, pictl status how all goes"},
        {"delete j-1", "there is no command 'delete'",
         "hint: pictl rm JOB removes one that has ended, pictl cancel JOB ends it"},
        {"stauts", "unknown command 'stauts'; did you mean 'status'?",
         "Try 'pictl --help'."},
        {"submit 1e6", "unexpected '1e6'", "hint: --trials 1e6?"},
        {"submit --seed 4 10G", "unexpected '10G'", "hint: --trials 10G?"},
        {"--wait submit", "--wait comes after submit", "hint: pictl submit " USAGE},
        {"--trials=1e6 submit", "--trials comes after submit",
         "hint: pictl submit " USAGE},
        {"-n 1e6 submit", "-n comes after submit", "hint: pictl submit " USAGE},
        {"--timeout 5s wait j-1", "--timeout comes after wait",
         "hint: pictl wait JOB... [--timeout D]"},
        {"--plaintext --sample 3 verify", "--sample comes after verify",
         "hint: pictl verify [JOB | FILE] [OPTION]..."},
        {"--frobnicate submit", "unknown option '--frobnicate'", "Try 'pictl --help'."},
        {"submit --trials 5 --timeout 5s", "--timeout is for who waits for the job",
         "hint: add --wait"},
        {"extend j-1 --trials 5 --timeout 5s", "--timeout is for who waits for the job",
         "hint: add --wait"},
        {"submit --until-stderr 1e-12", "--until-stderr '1e-12' is too small",
         "hint: --until-stderr takes a number from 7.7e-10 to 1"},
        {"submit --until-digits 10", "--until-digits '10' is too large",
         "hint: --until-digits takes a whole number from 1 to 9"},
        {"submit --until-digits 5 --trials 5",
         "--trials and --until-digits exclude each other", "hint: give one of them"},
    };
    char expected[512];
    struct said said;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        pictl(&said, "127.0.0.1:1", rows[i].typed);
        snprintf(expected, sizeof(expected), "pictl: %s\n%s\n", rows[i].what,
                 rows[i].hint);
        assert_string_equal(said.err, expected);
        assert_string_equal(said.out, "");
        assert_int_equal(said.status, EXIT_USAGE);
    }
}

/* Wherever the option stands, and whatever is wrong: one object, a line. */
static void with_json_errors_are_json(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *code, *what, *hint;
        int status;
    } rows[] = {
        {"--json", "USAGE", "no COMMAND given", "Try 'pictl --help'.", EXIT_USAGE},
        {"sumbit --json", "USAGE", "unknown command 'sumbit'; did you mean 'submit'?",
         "Try 'pictl --help'.", EXIT_USAGE},
        {"submit --json -n \"", "USAGE", "--trials '\\\"' is not a number",
         "--trials takes a whole number from 1 to 2^62, such as 200000, 2e5, 200k or "
         "10G",
         EXIT_USAGE},
        {"jobs --json", "UNREACHED",
         "cannot reach 127.0.0.1:1: connection refused: host is up, nothing listens",
         "is picoord running there? Its banner and log name the address: --coordinator "
         "HOST:PORT",
         EXIT_UNREACHED},
    };
    char expected[512];
    struct said said;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        pictl(&said, "127.0.0.1:1", rows[i].typed);
        snprintf(expected, sizeof(expected),
                 "{\"error\":{\"code\":\"%s\",\"message\":\"%s\",\"hint\":\"%s\"}}\n",
                 rows[i].code, rows[i].what, rows[i].hint);
        assert_string_equal(said.err, expected);
        assert_string_equal(said.out, "");
        assert_int_equal(said.status, rows[i].status);
    }
    pictl(&said, "127.0.0.1:1", "sumbit"); /* and not without it */
    assert_memory_equal(said.err, "pictl: unknown", 14);
}

static void help_before_a_command_is_of_that_command(void **state)
{
    (void)state;
    struct said one, other, general;
    pictl(&one, "127.0.0.1:1", "--help status");
    pictl(&other, "127.0.0.1:1", "help status");
    pictl(&general, "127.0.0.1:1", "--help");
    assert_int_equal(one.status, EXIT_DONE);
    assert_string_equal(one.out, other.out);
    assert_string_not_equal(one.out, general.out);
    pictl(&one, "127.0.0.1:1", "-h frobnicate");
    assert_string_equal(one.out, general.out);
}

static void letters_are_letters_in_messages(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *utf8, *ascii;
    } rows[] = {
        {"lösche", "unknown command 'lösche'", "unknown command 'l\\xc3\\xb6sche'"},
        {"submit -n zwölf", "--trials 'zwölf' is", "--trials 'zw\\xc3\\xb6lf' is"},
        {"submit -n 5 --name π", "--name 'π' is no name",
         "--name '\\xcf\\x80' is no name"},
        {"status Zoë", "'Zoë' names no job", "'Zo\\xc3\\xab' names no job"},
        {"jobs ü", "unexpected 'ü'", "unexpected '\\xc3\\xbc'"},
    };
    struct said said;
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        setenv("LANG", "C.UTF-8", 1);
        pictl(&said, "127.0.0.1:1", rows[i].typed);
        assert_non_null(strstr(said.err, rows[i].utf8));
        setenv("LANG", "C", 1);
        pictl(&said, "127.0.0.1:1", rows[i].typed);
        assert_non_null(strstr(said.err, rows[i].ascii));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_other_tools_are_answered_with_ours),
        cmocka_unit_test(letters_are_letters_in_messages),
        cmocka_unit_test(with_json_errors_are_json),
        cmocka_unit_test(help_before_a_command_is_of_that_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
