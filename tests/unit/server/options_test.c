// SPDX-License-Identifier: MIT
/*
 * picoord's command line: the help, whole; the values that it gives; and whatever is
 * refused, with its exit status.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "common/cli/opt_help.h"
#include "common/sys/log.h"
#include "common/wire/limits.h"
#include "server/options.h"
#include "tests/lib/caught.h"
#include "tests/lib/golden.h"

enum { ARGS_MAX = 40 };

static struct server_options got;

/* Parses the words of a line. */
static bool parse(const char *line, int *ret_status)
{
    static char words[2048];
    char *argv[ARGS_MAX] = {(char *)"picoord"}, *rest = words;
    int argc = 1;
    snprintf(words, sizeof(words), "%s", line);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        assert_true(argc + 1 < ARGS_MAX);
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    *ret_status = -1;
    return options_parse(argc, argv, &got, ret_status);
}

static void taken(const char *line)
{
    int status;
    if (!parse(line, &status))
        fail_msg("'%s' is refused", line);
}

/* The addresses that are listened on, with spaces between them. */
static const char *listening(void)
{
    static char text[OPTIONS_LISTEN_MAX * ADDRESS_BYTES];
    text[0] = '\0';
    for (size_t i = 0; i < got.n_addresses; i++) {
        if (i)
            strcat(text, " ");
        address_text((const struct sockaddr *)&got.addresses[i], text + strlen(text));
    }
    return text;
}

static int no_settings(void **state)
{
    (void)state;
    unsetenv("STATE_DIRECTORY");
    setenv("HOME", "/home/ada", 1);
    return unsetenv("XDG_STATE_HOME");
}

static void the_help_is_whole(void **state)
{
    int status;
    (void)state;
    caught_begin(STDOUT_FILENO);
    assert_false(parse("--help", &status));
    golden("picoord-help.txt", caught_end(STDOUT_FILENO));
    assert_int_equal(status, 0);
    assert_in_range(opt_help_lines(&picoord_command, NULL), 1, OPT_HELP_LINES);
}

static void what_is_not_said_is_this(void **state)
{
    (void)state;
    taken("");
    assert_string_equal(listening(), "127.0.0.1:31415 [::1]:31415");
    assert_true(got.default_addresses);
    assert_int_equal(got.audit_cpu, 0); /* by what jobs there are */
    assert_int_equal(got.audit, AUDIT_ADAPTIVE);
    assert_int_equal(got.per_address, LIMIT_NEW_IDS_HOUR_ORIGIN);
    assert_int_equal(got.log_level, LOG_LEVEL_INFO);
    assert_int_equal(got.log_format, LOG_FORMAT_TEXT);
    assert_true(got.trials == 0 && !got.seed_given && got.spawn == 0 &&
                got.scaling == 0);
    assert_true(got.grace_ms == 0 && got.view == 0 && !got.show_join && !got.plaintext);
    assert_true(!got.program && !got.arg && got.offer.n == 0 && got.offers.n == 0);
    assert_true(!got.access.state && !got.access.ephemeral &&
                !got.access.contact_file && !got.access.advertise);
    options_release(&got);
}

static void what_is_said_goes_where_it_belongs(void **state)
{
    (void)state;
    taken("--state /st --trials 2e9 --seed 7 --spawn 3 --exit-when-done --json "
          "--audit all --audit-cpu 9 --per-address 11 --grace 13s --contact-file /c "
          "--plaintext --view open --view-host pi.example --view-host 10.0.0.1 "
          "--show-join --advertise a.example:17 --log-level debug --log-format json "
          "--listen 10.0.0.1:19 --listen [::1]:0");
    assert_string_equal(got.access.state, "/st");
    assert_string_equal(got.access.contact_file, "/c");
    assert_string_equal(got.access.advertise, "a.example:17");
    assert_true(got.trials == 2000000000 && got.seed == 7 && got.seed_given);
    assert_true(got.spawn == 3 && got.exit_when_done && got.json && got.plaintext);
    assert_int_equal(got.audit, AUDIT_ALL);
    assert_int_equal(got.audit_cpu, 9);
    assert_int_equal(got.per_address, 11);
    assert_int_equal(got.grace_ms, 13000);
    assert_true(got.view == 1 && got.show_join && got.view_hosts.n == 2);
    assert_string_equal(got.view_hosts.items[1], "10.0.0.1");
    assert_int_equal(got.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(got.log_format, LOG_FORMAT_JSON);
    assert_string_equal(listening(), "10.0.0.1:19 [::1]:0");
    assert_false(got.default_addresses);
    options_release(&got);
    taken(
        "--trials 5 --program walk --arg n=7 --offer ruin=./ruin --offer walk=./walk");
    assert_string_equal(got.program, "walk");
    assert_string_equal(got.arg, "n=7");
    assert_int_equal(got.offers.n, 2);
    assert_string_equal(got.offers.items[0].name, "ruin");
    assert_string_equal(got.offers.items[1].name, "walk");
    assert_string_equal(got.offers.items[1].command, "./walk");
    options_release(&got);
    taken("--ephemeral --trials 5 --seed 0");
    assert_true(got.access.ephemeral && got.seed_given && got.seed == 0);
    options_release(&got);
}

static const struct {
    const char *line, *listening;
} addresses[] = {
    {"--lan", "0.0.0.0:31415 [::]:31415"},
    {"--room", "0.0.0.0:31415 [::]:31415"},
    {"--listen 8080", "127.0.0.1:8080"},
    {"--listen :8080", "127.0.0.1:8080"},
    {"--listen localhost", "127.0.0.1:31415"},
    {"--listen LOCALHOST:0", "127.0.0.1:0"},
    {"--listen 0.0.0.0:65535", "0.0.0.0:65535"},
    {"--listen [2001:db8::1]", "[2001:db8::1]:31415"},
};

static void addresses_are_read_in_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
        taken(addresses[i].line);
        assert_string_equal(listening(), addresses[i].listening);
        options_release(&got);
    }
}

/* Each limit, at it and one beyond it, among others that cannot be. */
static const char *const refused[] = {
    "--listen pi.example:80",
    "--listen 127.0.0.1:65536",
    "--listen 1.2.3:80",
    "--advertise :80",
    "--advertise a.example:0",
    "--init --listen 127.0.0.1:0",
    "--init --ephemeral",
    "--check --ephemeral",
    "--check --init",
    "--state /s --ephemeral",
    "--lan --listen 127.0.0.1:1",
    "--seed 5",
    "--scaling 2",
    "--trials 0",
    "--trials 5e18",
    "--spawn 0",
    "--spawn 1025",
    "--scaling 1025 --trials 5",
    "--spawn 2 --scaling 2 --trials 5",
    "--audit some",
    "--audit-cpu 0",
    "--audit-cpu 409601",
    "--per-address 0",
    "--grace 5",
    "--json",
    "--lan --room",
    "--room --view local",
    "--view open --show-join",
    "--show-join --lan",
    "--program walk",
    "--trials 5 --arg n=7",
    "--trials 70368744177665 --program walk",
    "--offer walk",
    "--offer pi=./pi",
    "--offer abcdefghijklmnopqrstuvwxyz0123456=./walk",
    "--offer walk=./a --offer walk=./b",
    "--port 80",
    "--log-level loud",
    "submit",
    "--listen 1 --listen 2 --listen 3 --listen 4 --listen 5 --listen 6 --listen 7 "
    "--listen 8 --listen 9 --listen 10 --listen 11 --listen 12 --listen 13 --listen 14 "
    "--listen 15 --listen 16 --listen 17",
};

static void what_cannot_be_is_refused_in_two_lines(void **state)
{
    (void)state;
    FILE *out = golden_begin();
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        int status;
        caught_begin(STDERR_FILENO);
        bool taken_ = parse(refused[i], &status);
        fprintf(out, "> %s\n%s", refused[i], caught_end(STDERR_FILENO));
        assert_false(taken_);
        assert_int_equal(status, 2);
    }
    golden_end("picoord-refused.txt");
}

static void a_file_that_cannot_be_read_is_no_usage(void **state)
{
    int status;
    (void)state;
    caught_begin(STDERR_FILENO);
    assert_false(parse("--config /nowhere/picoord.ini", &status));
    assert_non_null(strstr(caught_end(STDERR_FILENO), "/nowhere/picoord.ini"));
    assert_int_equal(status, 7);
}

static void at_each_limit_it_is_taken(void **state)
{
    char line[64];
    (void)state;
    taken("--trials 4611686018427387904 --seed 18446744073709551615 --spawn 1024");
    assert_true(got.trials == TRIALS_MAX && got.seed == UINT64_MAX &&
                got.spawn == 1024);
    options_release(&got);
    taken("--trials 70368744177664 --program walk");
    options_release(&got);
    taken("--trials 1 --scaling 1024");
    options_release(&got);
    snprintf(line, sizeof(line), "--audit-cpu %u", options_audit_cpu_most());
    taken(line);
    options_release(&got);
    snprintf(line, sizeof(line), "--per-address %d", LIMIT_NEW_IDS_HOUR);
    taken(line);
    options_release(&got);
    taken(
        "--listen 1 --listen 2 --listen 3 --listen 4 --listen 5 --listen 6 --listen 7 "
        "--listen 8 --listen 9 --listen 10 --listen 11 --listen 12 --listen 13 "
        "--listen 14 --listen 15 --listen 16");
    assert_int_equal(got.n_addresses, OPTIONS_LISTEN_MAX);
    options_release(&got);
    int status;
    snprintf(line, sizeof(line), "--audit-cpu %u", options_audit_cpu_most() + 1);
    caught_begin(STDERR_FILENO);
    assert_false(parse(line, &status));
    assert_non_null(strstr(caught_end(STDERR_FILENO), "is more than this machine has"));
    assert_int_equal(status, 2);
    snprintf(line, sizeof(line), "--per-address %d", LIMIT_NEW_IDS_HOUR + 1);
    caught_begin(STDERR_FILENO);
    assert_false(parse(line, &status));
    caught_end(STDERR_FILENO);
    assert_int_equal(status, 2);
}

static void a_room_is_three_options(void **state)
{
    (void)state;
    taken("--room");
    assert_true(got.room && got.view == 1 && got.show_join && got.default_addresses);
    options_release(&got);
    setenv("PI_VIEW", "local", 1); /* what is typed holds */
    taken("--room");
    assert_true(got.view == 1 && got.show_join);
    options_release(&got);
    unsetenv("PI_VIEW");
}

static void values_are_printed_as_a_file_of_them(void **state)
{
    int status;
    (void)state;
    FILE *out = golden_begin();
    static const char *const lines[] = {
        "--print-config",
        ("--print-config --lan --audit none --grace 1500ms --view open "
         "--view-host a.example --spawn 3"),
        "--print-config --room"};
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        caught_begin(STDOUT_FILENO);
        assert_false(parse(lines[i], &status));
        fprintf(out, "%s\n", caught_end(STDOUT_FILENO));
        assert_int_equal(status, 0);
    }
    golden_end("picoord-config.txt");
}

static void only_the_first_default_address_must_work(void **state)
{
    (void)state;
    taken("");
    assert_false(options_may_lack(&got, 0, UV_EADDRNOTAVAIL));
    assert_true(options_may_lack(&got, 1, UV_EADDRNOTAVAIL));
    assert_true(options_may_lack(&got, 1, UV_EAFNOSUPPORT));
    assert_false(options_may_lack(&got, 1, UV_EADDRINUSE));
    options_release(&got);
    taken("--listen 127.0.0.1:0 --listen [::1]:0");
    assert_false(options_may_lack(&got, 1, UV_EADDRNOTAVAIL));
    options_release(&got);
}

#define TEST(f) cmocka_unit_test_setup(f, no_settings)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_help_is_whole),
        TEST(what_is_not_said_is_this),
        TEST(what_is_said_goes_where_it_belongs),
        TEST(addresses_are_read_in_every_form),
        TEST(what_cannot_be_is_refused_in_two_lines),
        TEST(a_file_that_cannot_be_read_is_no_usage),
        TEST(at_each_limit_it_is_taken),
        TEST(a_room_is_three_options),
        TEST(values_are_printed_as_a_file_of_them),
        TEST(only_the_first_default_address_must_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
