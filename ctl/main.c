// SPDX-License-Identifier: MIT
/*
 * pictl: the operator's program.  Takes the common options, finds the subcommand, and
 * sees to it that what it printed has arrived.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/subcommands.h"

/* A reader that has seen enough (`pictl jobs | head`) is no failure; a full disk is. */
static int flush_answer(int status)
{
    struct stat st;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    bool pipe = fstat(STDOUT_FILENO, &st) == 0 &&
                (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
    if (!pipe)
        ctl_complain("is the disk full?", "cannot write the answer");
    return status ? status : pipe ? CTL_OK : CTL_LOCAL;
}

int main(int argc, char **argv)
{
    struct ctl ctl = {.options = {.coordinator = NULL}};
    struct opt_operands operands;
    int status;
    signal(SIGPIPE, SIG_IGN);
    ctl.values.at = &ctl.options;
    if (!opt_parse(&ctl_command, argc, argv, &ctl.values, NULL, &operands, &status))
        return flush_answer(status);
    const struct subcommand *s = ctl_find(operands.items[0]);
    if (!s)
        return ctl_unknown(operands.items[0]);
    status = s->run(&ctl, operands.n, operands.items);
    ctl_close(&ctl);
    return flush_answer(status);
}
