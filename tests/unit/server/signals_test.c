// SPDX-License-Identifier: MIT
/* Signals on the loop: which is heeded, as what, and each of them twice. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/base.h"
#include "server/signals.h"
#include "tests/lib/caught.h"

enum { TURNS = 20 };

static uv_loop_t loop;
static struct signals signals;
static char told[64]; /* a letter for each call */

static void note(char what)
{
    size_t n = strlen(told);
    assert_true(n + 1 < sizeof(told));
    told[n] = what;
}

static void on_status(void *ctx)
{
    assert_ptr_equal(ctx, told);
    note('s');
}

static void on_drain(void *ctx)
{
    (void)ctx;
    note('d');
}

static void on_stop(void *ctx, int signum)
{
    (void)ctx;
    note(signum == SIGTERM ? 'T' : signum == SIGINT ? 'I' : 'H');
}

static void on_again(void *ctx, int signum)
{
    (void)ctx;
    (void)signum;
    note('!');
}

static bool owns(void *ctx, pid_t pid)
{
    (void)ctx;
    (void)pid;
    return false;
}

static int begin(void **state)
{
    static const struct signals_events events = {on_status, on_drain, on_stop, on_again,
                                                 owns};
    (void)state;
    memset(told, 0, sizeof(told));
    uv_loop_init(&loop);
    signals_open(&signals, &loop, &events, told);
    return 0;
}

static int end(void **state)
{
    (void)state;
    signals_close(&signals);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static void tell(int signum)
{
    raise(signum);
    for (int i = 0; i < TURNS; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
}

static void each_signal_has_its_meaning_each_time(void **state)
{
    (void)state;
    tell(SIGUSR1);
    tell(SIGUSR1);
    tell(SIGUSR2);
    tell(SIGUSR2);
    assert_string_equal(told, "ssdd");
    tell(SIGINT);
    assert_string_equal(told, "ssddI");
    tell(SIGUSR1); /* while it stops */
    assert_string_equal(told, "ssddIs");
}

static void the_second_that_tells_it_to_stop_is_another(void **state)
{
    static const int pairs[][2] = {
        {SIGTERM, SIGTERM}, {SIGTERM, SIGINT}, {SIGINT, SIGTERM}, {SIGINT, SIGINT}};
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        begin(state);
        tell(pairs[i][0]);
        assert_null(strchr(told, '!'));
        assert_int_equal(told[0], pairs[i][0] == SIGTERM ? 'T' : 'I');
        tell(pairs[i][1]);
        assert_int_equal(told[1], '!');
        end(state);
    }
}

static void a_terminal_that_closes_tells_it_to_stop_once(void **state)
{
    (void)state;
    signals.terminal = true;
    tell(SIGHUP);
    tell(SIGHUP); /* it may come twice */
    assert_string_equal(told, "H");
    tell(SIGTERM);
    assert_int_equal(told[1], '!');
}

static void without_a_terminal_nothing_can_have_closed(void **state)
{
    (void)state;
    signals.terminal = false;
    caught_begin(STDERR_FILENO);
    tell(SIGHUP);
    tell(SIGHUP);
    assert_non_null(strstr(caught_end(STDERR_FILENO),
                           "INFO  SIGHUP, but no terminal has closed: it goes on\n"));
    assert_string_equal(told, "");
    tell(SIGTERM); /* is the first */
    assert_string_equal(told, "T");
}

static void under_nohup_it_is_not_heard(void **state)
{
    signal(SIGHUP, SIG_IGN);
    begin(state);
    signals.terminal = true;
    tell(SIGHUP);
    assert_string_equal(told, "");
    end(state);
    signal(SIGHUP, SIG_DFL);
}

/* Some begin and end themselves. */
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_signal_has_its_meaning_each_time),
        cmocka_unit_test(the_second_that_tells_it_to_stop_is_another),
        TEST(a_terminal_that_closes_tells_it_to_stop_once),
        TEST(without_a_terminal_nothing_can_have_closed),
        cmocka_unit_test(under_nohup_it_is_not_heard),
    };
    signal(SIGHUP, SIG_DFL); /* whoever runs this */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
