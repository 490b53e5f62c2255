// SPDX-License-Identifier: MIT
#include "common/sys/first_process.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/base.h"
#include "common/base/exit.h"

bool first_process_is(void)
{
    return getpid() == 1;
}

static void leave(int signum)
{
    _exit(EXIT_SIGNAL + signum);
}

void first_process_begin(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct sigaction action = {.sa_handler = leave}, old;
    for (size_t i = 0; first_process_is() && i < ARRAY_SIZE(signals); i++)
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(signals[i], &action, NULL);
}

void first_process_reap(bool own(void *ctx, pid_t pid), void *ctx)
{
    for (;;) {
        siginfo_t who = {.si_pid = 0};
        int err = waitid(P_ALL, 0, &who, WEXITED | WNOHANG | WNOWAIT);
        if (err < 0 && errno == EINTR)
            continue;
        if (err < 0 || who.si_pid == 0 || (own && own(ctx, who.si_pid)))
            return;
        waitpid(who.si_pid, NULL, WNOHANG);
    }
}
