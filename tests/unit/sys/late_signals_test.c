// SPDX-License-Identifier: MIT
/* Signals that come while, and after, their handles close. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <uv.h>

#include "common/base/base.h"
#include "common/sys/late_signals.h"

static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};

static int taken;

static void on_signal(uv_signal_t *handle, int signum)
{
    (void)signum;
    taken++;
    uv_close((uv_handle_t *)handle, NULL);
}

static void raise_all(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
        raise(numbers[i]);
}

/* A program that ends at the first signal of each kind; more come at every moment. */
static void play(bool ignore)
{
    uv_loop_t loop;
    uv_signal_t handles[ARRAY_SIZE(numbers)];
    uv_loop_init(&loop);
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uv_signal_init(&loop, &handles[i]);
        uv_signal_start(&handles[i], on_signal, numbers[i]);
    }
    raise_all();
    if (ignore)
        late_signals_ignore();
    raise_all();
    uv_run(&loop, UV_RUN_DEFAULT);
    raise_all();
    if (uv_loop_close(&loop) == 0 && taken == ARRAY_SIZE(numbers))
        _exit(42);
}

static int child(bool ignore)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        play(ignore);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void what_comes_late_does_not_change_the_exit_status(void **state)
{
    (void)state;
    int status = child(true);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

static void otherwise_it_does(void **state)
{
    (void)state;
    assert_true(WIFSIGNALED(child(false)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_late_does_not_change_the_exit_status),
        cmocka_unit_test(otherwise_it_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
