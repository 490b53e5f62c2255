// SPDX-License-Identifier: MIT
/*
 * The workers that picoord starts, with a script in place of piworker that writes what
 * it was given.
 */
#include <errno.h>
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

#include "common/join/join.h"
#include "server/spawn.h"
#include "tests/lib/caught.h"
#include "tests/lib/clock.h"
#include "tests/lib/scratch.h"

enum { WORKERS = 2 };

static const struct opt_list no_offers;
static const struct opt_list *offers = &no_offers;
static uv_loop_t loop;
static uv_timer_t beat; /* so that the loop turns while a file is waited for */
static struct spawn *spawn;
static unsigned gone;
static struct join ours;
static char join_text[JOIN_TEXT_BYTES];

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
}

static void on_gone(void *ctx)
{
    (void)ctx;
    gone++;
    spawn = NULL;
}

static int begin(void **state)
{
    scratch_make(state);
    gone = 0;
    uv_loop_init(&loop);
    uv_timer_init(&loop, &beat);
    uv_timer_start(&beat, on_beat, 5, 5);
    memset(&ours, 7, sizeof(ours));
    strcpy(ours.host, "127.0.0.1");
    strcpy(ours.port, "31415");
    join_format(&ours, join_text);
    setenv("PATH", scratch_folder, 1);
    setenv("SCRATCH", scratch_folder, 1);
    setenv("PI_KERNEL", "scalar", 1);
    setenv("PI_LISTEN", "0.0.0.0:1", 1);
    return 0;
}

static int end(void **state)
{
    if (spawn) {
        spawn_stop(spawn);
        spawn_kill(spawn);
    }
    while (spawn)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&beat, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    setenv("PATH", "/usr/bin:/bin", 1);
    return scratch_remove(state);
}

/* It counts its starts: the file is NAME.1, then NAME.2. */
static void write_worker(const char *last_words)
{
    char text[1024];
    snprintf(text, sizeof(text),
             "#!/bin/sh\nn=1\nwhile [ -e \"$SCRATCH/$2.$n\" ]; do n=$((n + 1)); done\n"
             "{ echo \"$$\"; echo \"$@\"; echo \"$PI_JOIN\"; "
             "echo \"$PI_KERNEL,$PI_LISTEN,\"; } >\"$SCRATCH/$2.$n-\"\n"
             "/bin/mv \"$SCRATCH/$2.$n-\" \"$SCRATCH/$2.$n\"\n%s\n",
             last_words);
    scratch_write(scratch("piworker"), text, 0755);
}

/* What worker `number` was given at that start: its process, arguments, join, others.
 */
static struct given {
    int pid;
    char args[256], join[256], others[64];
} given(int number, int start)
{
    struct given g;
    char name[32];
    snprintf(name, sizeof(name), "spawn-%d.%d", number, start);
    while (access(scratch(name), F_OK) < 0)
        uv_run(&loop, UV_RUN_ONCE);
    FILE *in = fopen(scratch(name), "r");
    assert_int_equal(
        fscanf(in, "%d %255[^\n] %255s %63s", &g.pid, g.args, g.join, g.others), 4);
    fclose(in);
    return g;
}

static void start(void)
{
    assert_int_equal(
        spawn_new(&loop, WORKERS, join_text, offers, on_gone, NULL, &spawn), 0);
}

static void each_gets_a_name_and_a_token_of_their_own(void **state)
{
    struct join join;
    char why[JOIN_WHY_BYTES];
    (void)state;
    write_worker("exec /bin/sleep 100");
    start();
    struct given one = given(1, 1), two = given(2, 1);
    assert_string_equal(one.args, "--name spawn-1 --threads 1 --once --log-level warn");
    assert_string_equal(two.args, "--name spawn-2 --threads 1 --once --log-level warn");
    assert_string_equal(one.others, "scalar,,");
    assert_string_equal(one.join, two.join);
    assert_int_equal(join_parse(one.join, &join, why), 0);
    assert_string_equal(join.host, "127.0.0.1");
    assert_string_equal(join.port, "31415");
    assert_memory_equal(join.pin, ours.pin, sizeof(join.pin));
    assert_memory_not_equal(join.token, ours.token, sizeof(join.token));
    assert_true(spawn_authorize(spawn, join.token, sizeof(join.token)));
    assert_false(spawn_authorize(spawn, join.token, sizeof(join.token) - 1));
    assert_false(spawn_authorize(spawn, ours.token, sizeof(join.token)));
    assert_false(spawn_authorize(spawn, NULL, 0));
    assert_false(spawn_authorize(NULL, join.token, sizeof(join.token)));
    join.token[sizeof(join.token) - 1] ^= 1;
    assert_false(spawn_authorize(spawn, join.token, sizeof(join.token)));
    assert_true(spawn_owns(spawn, one.pid));
    assert_true(spawn_owns(spawn, two.pid));
    assert_false(spawn_owns(spawn, getpid()));
    assert_false(spawn_owns(NULL, one.pid));
}

/* All of them, and in their order. */
static void each_has_the_programs_of_picoord(void **state)
{
    (void)state;
    const char *items[] = {"walk=./walk", "ruin=./ruin"};
    const struct opt_list two = {.items = items, .n = 2};
    write_worker("exec /bin/sleep 100");
    offers = &two;
    start();
    offers = &no_offers;
    for (int i = 1; i <= WORKERS; i++)
        assert_non_null(strstr(given(i, 1).args, "--log-level warn --offer walk=./walk "
                                                 "--offer ruin=./ruin"));
}

/* Twice, and after a second each time. */
static void one_that_ends_is_started_again_and_again(void **state)
{
    (void)state;
    write_worker("exec /bin/sleep 100");
    start();
    given(1, 1);
    for (int i = 1; i <= 2; i++) {
        caught_begin(STDERR_FILENO);
        int pid = given(2, i).pid;
        kill(pid, SIGKILL);
        while (spawn_owns(spawn, pid))
            uv_run(&loop, UV_RUN_ONCE);
        assert_non_null(
            strstr(caught_end(STDERR_FILENO),
                   "spawned worker ended, starting it again in 1 s number=2 status=0 "
                   "signal=9\n"));
        uv_run(&loop, UV_RUN_NOWAIT); /* its handle closes, and its timer begins */
        clock_leap(1000);
        assert_true(spawn_owns(spawn, given(2, i + 1).pid));
        assert_int_not_equal(given(2, i + 1).pid, pid);
    }
    assert_int_equal(gone, 0);
}

/* Nor one that waits for its next start. */
static void told_to_stop_none_is_left_or_starts_again(void **state)
{
    (void)state;
    write_worker("exec /bin/sleep 100");
    start();
    struct given one = given(1, 1), two = given(2, 1);
    caught_begin(STDERR_FILENO);
    kill(two.pid, SIGKILL);
    while (spawn_owns(spawn, two.pid))
        uv_run(&loop, UV_RUN_ONCE);
    uv_run(&loop, UV_RUN_NOWAIT);
    caught_end(STDERR_FILENO);
    caught_begin(STDERR_FILENO);
    spawn_stop(spawn);
    spawn_stop(spawn);
    assert_int_equal(gone, 0); /* never from within */
    while (spawn)
        uv_run(&loop, UV_RUN_ONCE);
    assert_string_equal(caught_end(STDERR_FILENO), "");
    assert_int_equal(gone, 1);
    assert_int_equal(kill(one.pid, 0), -1);
    assert_int_equal(access(scratch("spawn-2.2"), F_OK), -1);
}

static void one_that_does_not_listen_is_killed(void **state)
{
    (void)state;
    write_worker("trap '' TERM\nwhile :; do /bin/sleep 0.01; done");
    start();
    given(1, 1);
    given(2, 1);
    spawn_stop(spawn);
    spawn_kill(NULL);
    spawn_kill(spawn);
    while (spawn)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(gone, 1);
}

static void where_there_is_none_it_says_so(void **state)
{
    (void)state;
    assert_int_equal(
        spawn_new(&loop, WORKERS, join_text, &no_offers, on_gone, NULL, &spawn),
        -ENOENT);
    spawn_stop(spawn);
    while (spawn)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(gone, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_gets_a_name_and_a_token_of_their_own),
        TEST(each_has_the_programs_of_picoord),
        TEST(one_that_ends_is_started_again_and_again),
        TEST(told_to_stop_none_is_left_or_starts_again),
        TEST(one_that_does_not_listen_is_killed),
        TEST(where_there_is_none_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
