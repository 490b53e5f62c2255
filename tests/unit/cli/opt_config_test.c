// SPDX-License-Identifier: MIT
/*
 * Config files: the values, their precedence, and error messages.  stderr is redirected
 * to a file.
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

#include "common/cli/opt_config.h"

struct values {
    uint64_t trials;
    int spawn;
    bool quiet, lan;
    const char *name;
    struct opt_list listen;
    int64_t grace_ms;
    int level;
    double chance;
    uint64_t seed;
};

static const struct opt options[] = {
    {.name = "trials",
     .kind = OPT_TRIALS,
     .metavar = "N",
     .help = "",
     .at = offsetof(struct values, trials)},
    {.name = "spawn",
     .kind = OPT_INT,
     .metavar = "N",
     .help = "",
     .at = offsetof(struct values, spawn),
     .max = 9},
    {.name = "quiet",
     .kind = OPT_FLAG,
     .help = "",
     .at = offsetof(struct values, quiet)},
    {.name = "name",
     .kind = OPT_STRING,
     .metavar = "S",
     .help = "",
     .at = offsetof(struct values, name)},
    {.name = "listen",
     .kind = OPT_LIST,
     .metavar = "A",
     .help = "",
     .group = 1,
     .at = offsetof(struct values, listen)},
    {.name = "lan",
     .kind = OPT_FLAG,
     .help = "",
     .group = 1,
     .at = offsetof(struct values, lan)},
    {.name = "grace",
     .kind = OPT_DURATION,
     .metavar = "D",
     .help = "",
     .at = offsetof(struct values, grace_ms)},
    {.name = "level",
     .kind = OPT_CHOICE,
     .metavar = "warn|info",
     .help = "",
     .at = offsetof(struct values, level)},
    {.name = "chance",
     .kind = OPT_REAL,
     .metavar = "P",
     .help = "",
     .high = 1,
     .at = offsetof(struct values, chance)},
    {.name = "seed",
     .kind = OPT_NUMBER,
     .metavar = "S",
     .help = "",
     .max = UINT64_MAX,
     .at = offsetof(struct values, seed)},
    OPT_END,
};

static const struct opt_command command = {.program = "prog", .options = options};

struct outcome {
    struct values v;
    struct opt_values from;
    int status;
    char said[600];
};

/* Parses the flag, if any, then the file of that text. */
static void run(struct outcome *o, const char *flag, const char *text)
{
    char path[] = "/tmp/opt_config_XXXXXX",
         *argv[] = {"prog", (char *)(uintptr_t)flag, NULL};
    struct opt_operands operands;
    *o = (struct outcome){0};
    o->from.at = &o->v;
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    assert_true(
        opt_parse(&command, flag ? 2 : 1, argv, &o->from, NULL, &operands, &o->status));
    FILE *said = tmpfile();
    assert_non_null(said);
    fflush(stderr);
    int kept = dup(2);
    dup2(fileno(said), 2);
    o->status = opt_config(&command, &o->from, path, "name");
    fflush(stderr);
    dup2(kept, 2);
    close(kept);
    rewind(said);
    size_t n = fread(o->said, 1, sizeof(o->said) - 1, said);
    o->said[n] = '\0';
    fclose(said);
    unlink(path);
}

static void every_kind_of_option_can_be_set(void **state)
{
    struct outcome o;
    (void)state;
    run(&o, NULL,
        "# comment\ntrials = 2.5k\nspawn=3\nquiet = 1\nlisten = a\nlisten = b\n");
    assert_int_equal(o.status, 0);
    assert_int_equal(o.v.trials, 2500);
    assert_int_equal(o.v.spawn, 3);
    assert_true(o.v.quiet);
    assert_int_equal(o.v.listen.n, 2);
    assert_string_equal(o.v.listen.items[0], "a");
    assert_string_equal(o.v.listen.items[1], "b");
    assert_int_equal(opt_source(options, &o.from, "spawn"), OPT_FROM_CONFIG);
    assert_int_equal(opt_source(options, &o.from, "name"), OPT_UNSET);
    opt_list_release(&o.v.listen);
}

static void a_flag_and_the_environment_beat_the_file(void **state)
{
    struct outcome o;
    (void)state;
    run(&o, "--spawn=7", "spawn = 3\ntrials = 5\n");
    assert_int_equal(o.status, 0);
    assert_int_equal(o.v.spawn, 7);
    assert_int_equal(o.v.trials, 5);
    setenv("PI_TRIALS", "9", 1);
    run(&o, NULL, "trials = 5\n");
    unsetenv("PI_TRIALS");
    assert_int_equal(o.v.trials, 9);
    assert_int_equal(opt_source(options, &o.from, "trials"), OPT_FROM_ENV);
}

static void a_wrong_file_is_told_in_two_lines(void **state)
{
    static const struct {
        const char *text, *said;
    } wrong[] = {
        {"spwan = 3\n", ":1: unknown option 'spwan'; did you mean 'spawn'?\n"},
        {"# why\n\nname = x\n", ":3: unknown option 'name'\n"},
        {"quiet = 1\nspawn = 12x\nname = x\n", ":2: spawn '12x' is not a number\n"},
        {"spawn = 10\n", ":1: spawn '10' is too large\n"},
        {"spawn = 3\n[part]\nspawn = 3\n", ":3: there are no sections\n"},
        {"spawn = 3\ngibberish\n", ":2: this is no setting\n"},
        {"quiet = maybe\n", ":1: quiet 'maybe' is none of the words it takes\n"},
        {"listen = a\nlan = on\n",
         "listen in the config file and lan in the config file exclude each other\n"},
    };
    struct outcome o;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        run(&o, NULL, wrong[i].text);
        assert_int_equal(o.status, 2);
        assert_non_null(strstr(o.said, wrong[i].said));
        const char *second = strchr(o.said, '\n') + 1;
        assert_string_equal(strchr(second, '\n'), "\n");
        opt_list_release(&o.v.listen);
    }
}

static void what_excludes_each_other_goes_by_precedence(void **state)
{
    struct outcome o;
    (void)state;
    run(&o, "--lan", "listen = a\n");
    assert_int_equal(o.status, 0);
    assert_true(o.v.lan && o.v.listen.n == 0);
    setenv("PI_LISTEN", "b", 1);
    run(&o, NULL, "lan = true\n");
    unsetenv("PI_LISTEN");
    assert_int_equal(o.status, 0);
    assert_true(!o.v.lan && o.v.listen.n == 1);
    opt_list_release(&o.v.listen);
    run(&o, NULL, "lan = false\nlisten = c\n");
    assert_int_equal(o.status, 0);
    opt_list_release(&o.v.listen);
}

/* What opt_config_print() says of these values. */
static void print(struct outcome *o, char text[4000])
{
    FILE *out = tmpfile();
    assert_non_null(out);
    fflush(stdout);
    int kept = dup(1);
    dup2(fileno(out), 1);
    opt_config_print(&command, &o->from, "name");
    fflush(stdout);
    dup2(kept, 1);
    close(kept);
    rewind(out);
    text[fread(text, 1, 3999, out)] = '\0';
    fclose(out);
}

static void what_is_printed_is_read_back(void **state)
{
    static const char *const files[] = {
        "",
        ("trials = 2^62\nspawn = 7\nquiet = yes\nlisten = a b\nlisten = [::]:1\n"
         "grace = 1h30m\nlevel = info\nchance = 0.1\nseed = 18446744073709551615\n"),
        "lan = on\nquiet = off\nseed = 0\ngrace = 0s\nchance = 0\n"};
    struct outcome o, again;
    char text[4000];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        run(&o, NULL, files[i]);
        assert_int_equal(o.status, 0);
        print(&o, text);
        run(&again, NULL, text);
        assert_string_equal(again.said, "");
        assert_int_equal(o.v.trials, again.v.trials);
        assert_int_equal(o.v.spawn, again.v.spawn);
        assert_int_equal(o.v.quiet, again.v.quiet);
        assert_int_equal(o.v.lan, again.v.lan);
        assert_int_equal(o.v.grace_ms, again.v.grace_ms);
        assert_int_equal(o.v.level, again.v.level);
        assert_true(o.v.seed == again.v.seed && o.v.listen.n == again.v.listen.n);
        assert_memory_equal(&o.v.chance, &again.v.chance, sizeof(o.v.chance));
        for (size_t k = 0; k < o.v.listen.n; k++)
            assert_string_equal(o.v.listen.items[k], again.v.listen.items[k]);
        opt_list_release(&o.v.listen);
        opt_list_release(&again.v.listen);
    }
}

static void what_is_printed_says_where_it_came_from(void **state)
{
    struct outcome o;
    char text[4000];
    (void)state;
    setenv("PI_QUIET", "on", 1);
    run(&o, "--spawn=3", "trials = 5\n");
    unsetenv("PI_QUIET");
    print(&o, text);
    assert_non_null(strstr(text, "\nquiet           = true         "));
    assert_non_null(strstr(text, " ; PI_QUIET\n"));
    assert_non_null(strstr(text, "\nspawn           = 3            "));
    assert_non_null(strstr(text, " ; flag\n"));
    assert_non_null(strstr(text, " ; config file\n"));
    assert_non_null(strstr(text, "\n; name          =              "));
    assert_non_null(strstr(text, "\n; chance        =              "));
    assert_non_null(strstr(text, "\nlevel           = warn         "));
}

/* It would be read as another value, so it is no setting. */
static void what_reads_like_a_comment_is_printed_as_one(void **state)
{
    static const char *const values[] = {"--listen=a ;b", "--listen=;a",
                                         "--listen=a\nb"};
    struct outcome o;
    char text[4000];
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        run(&o, values[i], "");
        assert_int_equal(o.status, 0);
        print(&o, text);
        assert_non_null(strstr(text, "\n; listen        = "));
        assert_null(strstr(text, "\nlisten"));
        opt_list_release(&o.v.listen);
    }
    run(&o, "--listen=a;b", ""); /* this one is none */
    print(&o, text);
    assert_non_null(strstr(text, "\nlisten          = a;b"));
    opt_list_release(&o.v.listen);
}

static void a_line_that_is_longer_than_the_buffer_counts_once(void **state)
{
    struct outcome o;
    char text[1200];
    (void)state;
    snprintf(text, sizeof(text), "# %01000d\nspawn = x\n", 0);
    run(&o, NULL, text);
    assert_int_equal(o.status, 2);
    assert_non_null(strstr(o.said, ":2: spawn 'x' is not a number\n"));
}

static void a_file_that_is_not_there_is_a_local_fault(void **state)
{
    struct values v = {0};
    struct opt_values from = {.at = &v};
    (void)state;
    assert_int_equal(opt_config(&command, &from, "/nowhere/at/all", ""), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_option_can_be_set),
        cmocka_unit_test(a_flag_and_the_environment_beat_the_file),
        cmocka_unit_test(a_wrong_file_is_told_in_two_lines),
        cmocka_unit_test(what_excludes_each_other_goes_by_precedence),
        cmocka_unit_test(what_is_printed_is_read_back),
        cmocka_unit_test(what_is_printed_says_where_it_came_from),
        cmocka_unit_test(what_reads_like_a_comment_is_printed_as_one),
        cmocka_unit_test(a_line_that_is_longer_than_the_buffer_counts_once),
        cmocka_unit_test(a_file_that_is_not_there_is_a_local_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
