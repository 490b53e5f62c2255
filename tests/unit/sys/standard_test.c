// SPDX-License-Identifier: MIT
/* Descriptors 0, 1 and 2: opened where they were closed, and flushed at the end. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sys/standard.h"

static int child(int (*play)(int which), int which)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(play(which));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The exit status says what was wrong. */
static int play_closed(int which)
{
    char byte;
    for (int fd = 0; fd <= 2; fd++)
        if (which & 1 << fd)
            close(fd);
    standard_open();
    int next = dup(0);
    if (next <= 2)
        return 1;
    if ((which & 1) && read(0, &byte, 1) != 0)
        return 2;
    if ((which & 2) && (write(1, "x", 1) >= 0 || errno != EBADF))
        return 3;
    if ((which & 4) && write(2, "x", 1) != 1)
        return 4;
    return 0;
}

static void what_was_closed_is_opened(void **state)
{
    (void)state;
    for (int which = 0; which < 8; which++)
        assert_int_equal(child(play_closed, which), 0);
}

enum { NULL_DEVICE, FULL, CLOSED, UNREAD };

static int play_answer(int to)
{
    int pipe_[2], fd;
    signal(SIGPIPE, SIG_IGN);
    switch (to) {
    case FULL:
    case NULL_DEVICE:
        fd = open(to == FULL ? "/dev/full" : "/dev/null", O_WRONLY);
        dup2(fd, STDOUT_FILENO);
        break;
    case CLOSED:
        close(STDOUT_FILENO);
        standard_open();
        break;
    case UNREAD:
        if (pipe(pipe_) < 0)
            return 99;
        dup2(pipe_[1], STDOUT_FILENO);
        close(pipe_[0]);
        break;
    }
    close(STDERR_FILENO);
    standard_open();
    fputs("the answer\n", stdout);
    return standard_flush("test", 0);
}

static int play_no_answer(int status)
{
    close(STDOUT_FILENO);
    standard_open();
    return standard_flush("test", status);
}

static int play_failure(int status)
{
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    standard_open();
    fputs("the answer\n", stdout);
    return standard_flush("test", status);
}

static void an_answer_that_cannot_be_written_is_a_failure(void **state)
{
    (void)state;
    assert_int_equal(child(play_answer, NULL_DEVICE), 0);
    assert_int_equal(child(play_answer, FULL), 7);
    assert_int_equal(child(play_answer, CLOSED), 7);
    assert_int_equal(child(play_answer, UNREAD), 0);
    assert_int_equal(child(play_no_answer, 0), 0);
    assert_int_equal(child(play_failure, 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_closed_is_opened),
        cmocka_unit_test(an_answer_that_cannot_be_written_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
