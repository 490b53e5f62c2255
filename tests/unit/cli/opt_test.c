// SPDX-License-Identifier: MIT
/* Command lines: where values go, which source wins, and the two lines for a wrong one.
 * Output is caught by pointing fds 1 and 2 at files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/exit.h"
#include "common/cli/opt.h"

/* One program that has an option of every kind, and one subcommand. */

struct options {
    bool json;
    const char *name, *state;
    bool ephemeral;
    struct opt_list listen;
    uint64_t trials, seed;
    int threads;
    double stderr_goal;
    int64_t grace_ms;
    int kernel;
};

#define OPTION(name_, kind_, metavar_, help_, at_, ...)                                \
    {                                                                                  \
        .name = name_, .kind = kind_, .metavar = metavar_, .help = help_,              \
        .at = offsetof(struct options, at_), __VA_ARGS__                               \
    }

static const struct opt options_table[] = {
    OPTION("json", OPT_FLAG, NULL, "JSON", json),
    OPTION("name", OPT_STRING, "S", "a name", name),
    OPTION("state", OPT_STRING, "DIR", NULL, state, .group = 1),
    OPTION("ephemeral", OPT_FLAG, NULL, "where state is kept, or nowhere", ephemeral,
           .group = 1),
    OPTION("listen", OPT_LIST, "ADDR:PORT", "repeatable", listen),
    OPTION("trials", OPT_TRIALS, "N", "how many", trials, .letter = 'n'),
    OPTION("seed", OPT_NUMBER, "S", "a seed", seed, .max = UINT64_MAX,
           .no_variable = true),
    OPTION("threads", OPT_INT, "N", "threads", threads, .letter = 't',
           .letter_too = 'j', .min = 1, .max = 1024),
    OPTION("until-stderr", OPT_REAL, "E", "an error", stderr_goal, .low = 1e-12,
           .high = 1),
    OPTION("grace", OPT_DURATION, "D", "a time", grace_ms, .max = 3600000),
    OPTION("kernel", OPT_CHOICE, "auto|scalar|avx2", "a kernel", kernel),
    OPT_END,
};

static const char *const examples[] = {"piprog --trials 1e9", NULL};

static const struct opt_elsewhere elsewhere[] = {
    {"port", "it is in --listen"}, {"p", "it is in --listen"}, {NULL, NULL}};

static const struct opt_command program = {
    .program = "piprog",
    .usage = "[OPTION]... [HOST]",
    .summary = "Tries options.",
    .versions = "protocol 1, libuv 1.44.2",
    .more = "man piprog",
    .examples = examples,
    .options = options_table,
    .elsewhere = elsewhere,
    .operand = "HOST",
    .max_operands = 1,
};

struct sub_options {
    uint64_t count;
};

static const struct opt sub_table[] = {
    {.name = "count", .kind = OPT_NUMBER, .metavar = "N", .help = "a count", .at = 0},
    OPT_END,
};

static const struct opt_command top = {
    .program = "piprog",
    .usage = "[OPTION]... COMMAND",
    .summary = "Tries subcommands.",
    .options = options_table,
    .operand = "COMMAND",
    .min_operands = 1,
    .stops_at_operand = true,
};

static const struct opt_command sub = {
    .program = "piprog",
    .name = "show",
    .usage = "[OPTION]... JOB",
    .summary = "Shows a job.",
    .options = sub_table,
    .common = options_table,
    .operand = "JOB",
    .min_operands = 1,
    .max_operands = 1,
};

enum { ARGS_MAX = 16, OUT_MAX = 8192 };

struct run {
    struct options options;
    struct opt_values values;
    struct opt_operands operands;
    char *argv[ARGS_MAX];
    bool went_on;
    int status;
    char out[OUT_MAX], err[OUT_MAX];
};

struct capture {
    int fd, saved;
    FILE *file;
};

static struct capture capture_begin(int fd)
{
    struct capture c = {.fd = fd, .saved = dup(fd), .file = tmpfile()};
    assert_non_null(c.file);
    fflush(NULL);
    assert_int_equal(dup2(fileno(c.file), fd), fd);
    return c;
}

static void capture_end(struct capture *c, char text[OUT_MAX])
{
    fflush(NULL);
    dup2(c->saved, c->fd);
    close(c->saved);
    ssize_t n = pread(fileno(c->file), text, OUT_MAX - 1, 0);
    fclose(c->file);
    assert_true(n >= 0);
    text[n] = '\0';
}

/* Parses the words of `line`, which are cut in place; '_' stands for an empty word. */
static void run_command(struct run *run, const struct opt_command *command,
                        const char *line)
{
    static char words[512];
    int argc = 0;
    *run = (struct run){.values.at = &run->options, .status = -1};
    run->options = (struct options){.threads = 7, .kernel = 1};
    snprintf(words, sizeof(words), "piprog %s", line);
    for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
        run->argv[argc++] = strcmp(w, "_") == 0 ? w + 1 : w;
    assert_true(argc < ARGS_MAX);
    struct capture out = capture_begin(1), err = capture_begin(2);
    run->went_on = opt_parse(command, argc, run->argv, &run->values, NULL,
                             &run->operands, &run->status);
    capture_end(&err, run->err);
    capture_end(&out, run->out);
}

static struct run run;

static void goes_on(const char *line)
{
    run_command(&run, &program, line);
    if (!run.went_on)
        fail_msg("'%s' was refused: %s", line, run.err);
    assert_string_equal(run.err, "");
    assert_string_equal(run.out, "");
}

static void says(const char *line, const char *expected)
{
    run_command(&run, &program, line);
    assert_false(run.went_on);
    assert_int_equal(run.status, EXIT_USAGE);
    assert_string_equal(run.err, expected);
    assert_string_equal(run.out, "");
}

static void every_kind_reaches_its_value(void **state)
{
    (void)state;
    goes_on("--json --name ada --trials 2e5 --seed=18446744073709551615 -t3 "
            "--until-stderr 1e-6 --grace 2s --kernel avx2 lab-01");
    assert_true(run.options.json);
    assert_string_equal(run.options.name, "ada");
    assert_int_equal(run.options.trials, 200000);
    assert_true(run.options.seed == UINT64_MAX);
    assert_int_equal(run.options.threads, 3);
    assert_true(run.options.stderr_goal == 1e-6);
    assert_int_equal(run.options.grace_ms, 2000);
    assert_int_equal(run.options.kernel, 2);
    assert_int_equal(run.operands.n, 1);
    assert_string_equal(run.operands.items[0], "lab-01");
}

static void what_is_not_given_keeps_its_default(void **state)
{
    (void)state;
    goes_on("");
    assert_int_equal(run.options.threads, 7);
    assert_int_equal(run.options.kernel, 1);
    assert_int_equal(run.operands.n, 0);
    assert_int_equal(opt_source(options_table, &run.values, "threads"), OPT_UNSET);
}

static void operands_and_options_mix_until_two_dashes(void **state)
{
    (void)state;
    goes_on("lab-01 --json");
    assert_true(run.options.json);
    goes_on("-- --json");
    assert_false(run.options.json);
    assert_string_equal(run.operands.items[0], "--json");
}

static void the_last_of_a_repeated_option_holds(void **state)
{
    (void)state;
    goes_on("--threads 3 --threads=4 -j 6 -t 5");
    assert_int_equal(run.options.threads, 5);
}

static void a_list_keeps_its_order(void **state)
{
    (void)state;
    goes_on("--listen a:1 --listen b:2");
    assert_int_equal(run.options.listen.n, 2);
    assert_string_equal(run.options.listen.items[0], "a:1");
    assert_string_equal(run.options.listen.items[1], "b:2");
    opt_list_release(&run.options.listen);
    assert_int_equal(run.options.listen.n, 0);
}

static void a_flag_beats_the_environment_and_that_beats_the_default(void **state)
{
    (void)state;
    setenv("PI_KERNEL", "auto", 1);
    setenv("PI_NAME", "", 1);
    setenv("PI_JSON", "1", 1);
    goes_on("");
    assert_int_equal(run.options.kernel, 0);
    assert_null(run.options.name);
    assert_true(run.options.json);
    assert_int_equal(opt_source(options_table, &run.values, "kernel"), OPT_FROM_ENV);
    goes_on("--kernel avx2");
    assert_int_equal(run.options.kernel, 2);
    assert_int_equal(opt_source(options_table, &run.values, "kernel"), OPT_FROM_FLAG);
    unsetenv("PI_KERNEL");
    unsetenv("PI_NAME");
    unsetenv("PI_JSON");
}

static void a_list_from_the_environment_is_cut_at_commas(void **state)
{
    (void)state;
    setenv("PI_LISTEN", "a:1,[::]:2", 1);
    goes_on("");
    assert_int_equal(run.options.listen.n, 2);
    assert_string_equal(run.options.listen.items[1], "[::]:2");
    opt_list_release(&run.options.listen);
    goes_on("--listen c:3");
    assert_int_equal(run.options.listen.n, 1);
    assert_string_equal(run.options.listen.items[0], "c:3");
    opt_list_release(&run.options.listen);
    unsetenv("PI_LISTEN");
}

static void a_flag_of_a_group_hides_the_environment_of_the_others(void **state)
{
    (void)state;
    setenv("PI_STATE", "/srv/pi", 1);
    goes_on("--ephemeral");
    assert_null(run.options.state);
    goes_on("");
    assert_string_equal(run.options.state, "/srv/pi");
    unsetenv("PI_STATE");
}

static void every_option_but_those_that_say_what_to_do_has_a_variable(void **state)
{
    (void)state;
    static const char *const set[][2] = {
        {"PI_JSON", "true"},         {"PI_NAME", "ada"},       {"PI_STATE", "/srv"},
        {"PI_LISTEN", "a:1,b:2"},    {"PI_TRIALS", "2k"},      {"PI_THREADS", "3"},
        {"PI_UNTIL_STDERR", "1e-3"}, {"PI_GRACE", "2s"},       {"PI_KERNEL", "avx2"},
        {"PI_SEED", "no number"},    {"PI_EPHEMERAL", "false"}};
    for (size_t i = 0; i < ARRAY_SIZE(set); i++)
        setenv(set[i][0], set[i][1], 1);
    goes_on("");
    assert_true(run.options.json && !run.options.ephemeral);
    assert_string_equal(run.options.name, "ada");
    assert_string_equal(run.options.state, "/srv");
    assert_int_equal(run.options.listen.n, 2);
    opt_list_release(&run.options.listen);
    assert_int_equal(run.options.trials, 2000);
    assert_int_equal(run.options.threads, 3);
    assert_true(run.options.stderr_goal == 1e-3);
    assert_int_equal(run.options.grace_ms, 2000);
    assert_int_equal(run.options.kernel, 2);
    for (const struct opt *opt = options_table; opt->name; opt++)
        assert_int_equal(opt_source(options_table, &run.values, opt->name),
                         opt->no_variable ? OPT_UNSET : OPT_FROM_ENV);
    for (size_t i = 0; i < ARRAY_SIZE(set); i++)
        unsetenv(set[i][0]);
}

static void a_flag_is_set_by_many_words(void **state)
{
    (void)state;
    static const char *const words[] = {"false", "true", "no", "yes",
                                        "off",   "on",   "0",  "1"};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        setenv("PI_JSON", words[i], 1);
        goes_on("");
        assert_int_equal(run.options.json, i % 2);
    }
    unsetenv("PI_JSON");
}

static void common_options_stand_before_and_after_the_subcommand(void **state)
{
    (void)state;
    char *argv[] = {"piprog",  "--kernel", "avx2",   "show", "j-1",
                    "--count", "5",        "--json", NULL};
    struct options options = {.kernel = 1};
    struct sub_options sub_options = {.count = 0};
    struct opt_values values = {.at = &options}, sub_values = {.at = &sub_options};
    struct opt_operands operands;
    int status;
    setenv("PI_KERNEL", "scalar", 1);
    assert_true(opt_parse(&top, 8, argv, &values, NULL, &operands, &status));
    assert_string_equal(operands.items[0], "show");
    assert_false(options.json);
    assert_true(opt_parse(&sub, operands.n, operands.items, &sub_values, &values,
                          &operands, &status));
    assert_true(options.json);
    assert_int_equal(options.kernel, 2); /* the environment came second again */
    assert_int_equal(sub_options.count, 5);
    assert_int_equal(operands.n, 1);
    assert_string_equal(operands.items[0], "j-1");
    unsetenv("PI_KERNEL");
}

static void the_environment_yields_to_flags_after_the_subcommand(void **state)
{
    (void)state;
    char *argv[] = {"piprog", "show", "--ephemeral", "j-1", NULL};
    struct options options = {.kernel = 1};
    struct sub_options sub_options = {.count = 0};
    struct opt_values values = {.at = &options}, sub_values = {.at = &sub_options};
    struct opt_operands operands;
    int status;
    setenv("PI_STATE", "/srv", 1);
    setenv("PI_COUNT", "7", 1);
    assert_true(opt_parse(&top, 4, argv, &values, NULL, &operands, &status));
    assert_true(opt_parse(&sub, operands.n, operands.items, &sub_values, &values,
                          &operands, &status));
    assert_true(options.ephemeral);
    assert_null(options.state);
    assert_int_equal(sub_options.count, 0); /* a subcommand's own have no variables */
    unsetenv("PI_STATE");
    unsetenv("PI_COUNT");
}

#define TRY "Try 'piprog --help'.\n"
#define WHOLE(subject) "hint: " subject " takes a whole number from "
#define WHOLE_TRIALS(subject)                                                          \
    WHOLE(subject) "1 to 2^62, such as 200000, 2e5, 200k or 10G\n"
#define WHOLE_THREADS WHOLE("--threads") "1 to 1024\n"

static void an_unknown_option_gets_one_suggestion(void **state)
{
    (void)state;
    static const char trials[] =
        "piprog: unknown option '--trails'; did you mean '--trials'?\n" TRY;
    says("--trails 5", trials);
    says("--trails=5", trials);
    says("--wibble", "piprog: unknown option '--wibble'\n" TRY);
    says("-x", "piprog: unknown option '-x'\n" TRY);
    says("-\x01", "piprog: unknown option '-\\x01'\n" TRY);
}

static void an_option_of_other_programs_gets_its_own_hint(void **state)
{
    (void)state;
    says("--port 80", "piprog: unknown option '--port'\nhint: it is in --listen\n");
    says("--port=80", "piprog: unknown option '--port'\nhint: it is in --listen\n");
    says("-p80", "piprog: unknown option '-p'\nhint: it is in --listen\n");
}

static void an_abbreviation_is_refused(void **state)
{
    (void)state;
    static const char trials[] =
        "piprog: unknown option '--tri'; did you mean '--trials'?\n" TRY;
    says("--tri 5", trials);
    says("--tri=5", trials);
    says("--js", "piprog: unknown option '--js'; did you mean '--json'?\n" TRY);
}

static void a_bad_value_is_one_line_and_a_hint(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"12x", "is not a number"},
        {"0", "is zero"},
        {"-5", "is negative"},
        {"1e30", "is too large"},
        {"1.0001k", "is not a whole number"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char line[64], expected[256];
        snprintf(line, sizeof(line), "--trials %s", cases[i][0]);
        snprintf(expected, sizeof(expected), "piprog: --trials '%s' %s\n%s",
                 cases[i][0], cases[i][1], WHOLE_TRIALS("--trials"));
        says(line, expected);
    }
    says("--trials _", "piprog: --trials is empty\n" WHOLE_TRIALS("--trials"));
    says("--threads 2000", "piprog: --threads '2000' is too large\n" WHOLE_THREADS);
    says("--seed 1e20",
         "piprog: --seed '1e20' is too large\n" WHOLE(
             "--seed") "0 to 2^64 - 1, such as 200000, 2e5, 200k or 10G\n");
    says("--until-stderr 5", "piprog: --until-stderr '5' is too large\n"
                             "hint: --until-stderr takes a number from 1e-12 to 1\n");
    says("--grace 30", "piprog: --grace '30' has no unit\n"
                       "hint: --grace takes a duration from 0s to 1h, such as "
                       "500ms, 30s, 2h\n");
    says("--name _", "piprog: --name is empty\nhint: --name takes a value, S\n");
    says("--kernel avx3", "piprog: unknown --kernel 'avx3'; did you mean 'avx2'?\n"
                          "hint: --kernel takes auto|scalar|avx2\n");
}

static void a_bad_value_from_the_environment_names_the_variable(void **state)
{
    (void)state;
    setenv("PI_TRIALS", "12x", 1);
    says("", "piprog: PI_TRIALS '12x' is not a number\n" WHOLE_TRIALS("PI_TRIALS"));
    unsetenv("PI_TRIALS");
    setenv("PI_JSON", "si", 1);
    says("", "piprog: PI_JSON 'si' is none of the words it takes\n"
             "hint: PI_JSON takes true or false, yes or no, on or off, 1 or 0\n");
    unsetenv("PI_JSON");
    setenv("PI_UNTIL_STDERR", "7", 1);
    says("", "piprog: PI_UNTIL_STDERR '7' is too large\n"
             "hint: PI_UNTIL_STDERR takes a number from 1e-12 to 1\n");
    unsetenv("PI_UNTIL_STDERR");
}

static void foreign_text_is_escaped(void **state)
{
    (void)state;
    says("--threads \x1b[2J",
         "piprog: --threads '\\x1b[2J' is not a number\n" WHOLE_THREADS);
}

static void values_and_operands_that_are_too_few_or_too_many(void **state)
{
    (void)state;
    says("--threads", "piprog: --threads needs a value\n" WHOLE_THREADS);
    says("-t", "piprog: --threads needs a value\n" WHOLE_THREADS);
    says("-j", "piprog: --threads needs a value\n" WHOLE_THREADS);
    says("--json=1", "piprog: --json takes no value\n" TRY);
    says("--help=1", "piprog: --help takes no value\n" TRY);
    says("a b", "piprog: unexpected 'b'\n" TRY);
    run_command(&run, &top, "");
    assert_string_equal(run.err, "piprog: no COMMAND given\n" TRY);
}

static void options_of_a_group_exclude_each_other(void **state)
{
    (void)state;
    says("--state /x --ephemeral",
         "piprog: --state and --ephemeral exclude each other\n"
         "hint: give one of them\n");
    setenv("PI_EPHEMERAL", "1", 1);
    setenv("PI_STATE", "/x", 1);
    says("", "piprog: PI_STATE and PI_EPHEMERAL exclude each other\n"
             "hint: give one of them\n");
    setenv("PI_EPHEMERAL", "0", 1);
    goes_on("");
    unsetenv("PI_EPHEMERAL");
    unsetenv("PI_STATE");
}

static void a_subcommands_errors_name_its_help(void **state)
{
    (void)state;
    char *argv[] = {"show", "--cuont", "5", "j-1", NULL};
    struct options options = {.kernel = 1};
    struct sub_options sub_options = {.count = 0};
    struct opt_values values = {.at = &options}, sub_values = {.at = &sub_options};
    struct opt_operands operands;
    int status = 0;
    struct capture err = capture_begin(2);
    bool went_on = opt_parse(&sub, 4, argv, &sub_values, &values, &operands, &status);
    static const char *const commands[] = {"status", "submit"};
    int unknown = opt_unknown(&top, "command", "sbumit", commands, 2);
    capture_end(&err, run.err);
    assert_true(!went_on && status == EXIT_USAGE && unknown == EXIT_USAGE);
    assert_string_equal(run.err,
                        "piprog: unknown option '--cuont'; did you mean '--count'?\n"
                        "Try 'piprog show --help'.\n"
                        "piprog: unknown command 'sbumit'; did you mean 'submit'?\n"
                        "Try 'piprog --help'.\n");
}

static const char help_text[] =
    "Examples:\n"
    "  piprog --trials 1e9\n"
    "\n"
    "Usage: piprog [OPTION]... [HOST]\n"
    "Tries options.\n"
    "\n"
    "  --json                     JSON\n"
    "  --name S                   a name\n"
    "  --state DIR, --ephemeral   where state is kept, or nowhere\n"
    "  --listen ADDR:PORT         repeatable\n"
    "  -n, --trials N             how many\n"
    "  --seed S                   a seed\n"
    "  -t, --threads N            threads\n"
    "  --until-stderr E           an error\n"
    "  --grace D                  a time\n"
    "  --kernel auto|scalar|avx2  a kernel\n"
    "  -h, --help, -V, --version; man piprog says more\n"
    "More: man piprog\n";

static void help_goes_to_stdout_and_exits_0(void **state)
{
    (void)state;
    static const char *const lines[] = {"--help", "-h", "--threads 3 --help --wibble"};
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        run_command(&run, &program, lines[i]);
        assert_true(!run.went_on && run.status == 0);
        assert_string_equal(run.out, help_text);
        assert_string_equal(run.err, "");
    }
}

static void help_is_measured(void **state)
{
    (void)state;
    int columns;
    assert_int_equal(opt_help_lines(&program, &columns), 18);
    assert_int_equal(columns, 60);
    assert_int_equal(opt_help_lines(&sub, NULL), 6);
}

static void version_names_the_libraries(void **state)
{
    (void)state;
    run_command(&run, &program, "-V");
    assert_false(run.went_on);
    assert_int_equal(run.status, 0);
    assert_string_equal(run.out, "piprog " PI_VERSION " (" PI_COMMIT
                                 ") protocol 1, libuv 1.44.2\n");
    run_command(&run, &top, "--version"); /* it has no versions to show */
    assert_int_equal(run.status, EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_reaches_its_value),
        cmocka_unit_test(what_is_not_given_keeps_its_default),
        cmocka_unit_test(operands_and_options_mix_until_two_dashes),
        cmocka_unit_test(the_last_of_a_repeated_option_holds),
        cmocka_unit_test(a_list_keeps_its_order),
        cmocka_unit_test(a_flag_beats_the_environment_and_that_beats_the_default),
        cmocka_unit_test(a_list_from_the_environment_is_cut_at_commas),
        cmocka_unit_test(a_flag_of_a_group_hides_the_environment_of_the_others),
        cmocka_unit_test(every_option_but_those_that_say_what_to_do_has_a_variable),
        cmocka_unit_test(a_flag_is_set_by_many_words),
        cmocka_unit_test(common_options_stand_before_and_after_the_subcommand),
        cmocka_unit_test(the_environment_yields_to_flags_after_the_subcommand),
        cmocka_unit_test(an_unknown_option_gets_one_suggestion),
        cmocka_unit_test(an_option_of_other_programs_gets_its_own_hint),
        cmocka_unit_test(an_abbreviation_is_refused),
        cmocka_unit_test(a_bad_value_is_one_line_and_a_hint),
        cmocka_unit_test(a_bad_value_from_the_environment_names_the_variable),
        cmocka_unit_test(foreign_text_is_escaped),
        cmocka_unit_test(values_and_operands_that_are_too_few_or_too_many),
        cmocka_unit_test(options_of_a_group_exclude_each_other),
        cmocka_unit_test(a_subcommands_errors_name_its_help),
        cmocka_unit_test(help_goes_to_stdout_and_exits_0),
        cmocka_unit_test(help_is_measured),
        cmocka_unit_test(version_names_the_libraries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
