// SPDX-License-Identifier: MIT
/*
 * Preloaded: as soon as a program gives a signal that it has heeded back to its
 * default, that signal comes.  Not in children on their way to another program.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static pid_t program;

__attribute__((constructor)) static void begin(void)
{
    program = getpid();
}

int sigaction(int signum, const struct sigaction *action, struct sigaction *before)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    struct sigaction was;
    *(void **)&real = dlsym(RTLD_NEXT, "sigaction");
    int err = real(signum, NULL, &was) < 0 ? -1 : real(signum, action, before);
    if (err == 0 && action && action->sa_handler == SIG_DFL && getpid() == program &&
        was.sa_handler != SIG_DFL && was.sa_handler != SIG_IGN)
        kill(program, signum);
    return err;
}
