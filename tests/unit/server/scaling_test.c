// SPDX-License-Identifier: MIT
/*
 * `picoord --scaling`, which runs itself: this program is then a picoord that answers
 * at once, as the test has said in the environment of both.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/scaling.h"
#include "tests/lib/caught.h"
#include "tests/lib/golden.h"

static const char *after(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], name))
            return argv[i + 1];
    return "";
}

/* The child: n threads need 8 s / n, but for what the fifth costs. */
static int be_picoord(int argc, char **argv)
{
    const char *how = getenv("SCALING_HOW");
    int threads = atoi(after(argc, argv, "--spawn"));
    if (getenv("PI_STATE"))
        return 9; /* settings are not handed on */
    if (how && !strcmp(how, "print")) {
        for (int i = 0; i < argc; i++)
            fprintf(stderr, "%s%s", argv[i], i + 1 < argc ? " " : "\n");
    } else if (how && threads == 2) {
        if (!strcmp(how, "fail"))
            return 7;
        if (!strcmp(how, "die"))
            raise(SIGKILL);
        if (!strcmp(how, "signal")) {
            kill(getppid(), SIGTERM);
            pause();
        }
    }
    printf("{\"id\":\"j-1\",\"seed\":\"%s\",\"hits\":\"%d\",\"pi\":3.14,\"elapsed_ms\":"
           "\"%d\"}\n",
           after(argc, argv, "--seed"), how && !strcmp(how, "lie") ? threads : 785,
           threads == 5 ? 0 : 8000 / threads);
    return 0;
}

static int run(int scaling, bool json, const char *how)
{
    struct server_options o = {.scaling = scaling,
                               .json = json,
                               .trials = 1000,
                               .seed = 42,
                               .seed_given = true};
    if (how)
        setenv("SCALING_HOW", how, 1);
    else
        unsetenv("SCALING_HOW");
    setenv("PI_STATE", "/nowhere", 1);
    return scaling_run(&o);
}

static void the_table_is_whole(void **state)
{
    (void)state;
    caught_begin(STDOUT_FILENO);
    assert_int_equal(run(5, false, NULL), 0);
    golden("scaling.txt", caught_end(STDOUT_FILENO));
    caught_begin(STDOUT_FILENO);
    assert_int_equal(run(5, true, NULL), 0);
    golden("scaling.json", caught_end(STDOUT_FILENO));
}

static void each_is_a_picoord_with_so_many_workers(void **state)
{
    (void)state;
    caught_begin(STDOUT_FILENO);
    caught_begin(STDERR_FILENO);
    assert_int_equal(run(8, false, "print"), 0);
    golden("scaling-started.txt", caught_end(STDERR_FILENO));
    caught_end(STDOUT_FILENO);
}

static const struct {
    const char *how;
    int status;
    const char *said;
} ends[] = {
    {"fail", 7, ""},
    {"die", 7, ""},
    {"lie", 1, "picoord: 2 threads count 2 hits, one 1\n"},
    {"signal", 6, ""},
};

static void it_ends_with_the_status_of_what_went_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        caught_begin(STDOUT_FILENO);
        caught_begin(STDERR_FILENO);
        int status = run(4, false, ends[i].how);
        assert_string_equal(caught_end(STDERR_FILENO), ends[i].said);
        assert_null(strstr(caught_end(STDOUT_FILENO), "each time"));
        assert_int_equal(status, ends[i].status);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return be_picoord(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_whole),
        cmocka_unit_test(each_is_a_picoord_with_so_many_workers),
        cmocka_unit_test(it_ends_with_the_status_of_what_went_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
