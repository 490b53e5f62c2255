// SPDX-License-Identifier: MIT
/*
 * What the first process of a container owes the others: in a process namespace of this
 * test's own, where one can be made; reaping anywhere, since any child will do.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/first_process.h"

/* A child that has ended and is not waited for. */
static pid_t zombie(void)
{
    siginfo_t who;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &who, WEXITED | WNOWAIT), 0);
    return pid;
}

static bool is_own(void *ctx, pid_t pid)
{
    return *(pid_t *)ctx == pid;
}

static void all_orphans_that_have_ended_are_waited_for(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        zombie();
    first_process_reap(NULL, NULL);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    first_process_reap(NULL, NULL); /* there is nobody */
}

static void those_that_go_on_are_left_alone(void **state)
{
    int fds[2];
    (void)state;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        close(fds[1]);
        _exit(read(fds[0], &byte, 1) == 0 ? 0 : 1);
    }
    first_process_reap(NULL, NULL);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* it is there, and goes on */
    close(fds[1]);
    close(fds[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_child_that_another_waits_for_is_his(void **state)
{
    (void)state;
    pid_t own = zombie(); /* and those behind it wait for the next call */
    first_process_reap(is_own, &own);
    assert_int_equal(waitpid(own, NULL, WNOHANG), own);
    zombie();
    first_process_reap(is_own, &own);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* ---- as the first process ---- */

enum { NOT_FIRST = 91, NO_NAMESPACE = 92, LIVES_ON = 93 };

/* The exit status of a process that is the first of its namespace, once it has been
 * told by that signal; `ignored`: which it had been told to ignore. */
static int first_told(int signum, bool ignored)
{
    int status;
    pid_t outer = fork();
    if (outer == 0) {
        if (unshare(CLONE_NEWPID) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
            _exit(NO_NAMESPACE);
        pid_t first = fork();
        if (first == 0) {
            if (ignored)
                signal(signum, SIG_IGN);
            if (!first_process_is())
                _exit(NOT_FIRST);
            first_process_begin();
            raise(signum);
            _exit(LIVES_ON);
        }
        _exit(waitpid(first, &status, 0) == first && WIFEXITED(status)
                  ? WEXITSTATUS(status)
                  : 99);
    }
    assert_int_equal(waitpid(outer, &status, 0), outer);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void signals_end_it_as_they_end_others(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        int status = first_told(signals[i], false);
        if (status == NO_NAMESPACE)
            skip();
        assert_int_equal(status, 128 + signals[i]);
        assert_int_equal(first_told(signals[i], true), LIVES_ON); /* nohup */
    }
    assert_int_equal(first_told(SIGUSR1, false), LIVES_ON); /* the kernel's rule */
}

static void elsewhere_nothing_is_changed(void **state)
{
    struct sigaction now;
    (void)state;
    if (getpid() == 1)
        skip();
    assert_false(first_process_is());
    first_process_begin();
    assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_orphans_that_have_ended_are_waited_for),
        cmocka_unit_test(those_that_go_on_are_left_alone),
        cmocka_unit_test(a_child_that_another_waits_for_is_his),
        cmocka_unit_test(signals_end_it_as_they_end_others),
        cmocka_unit_test(elsewhere_nothing_is_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
