// SPDX-License-Identifier: MIT
/*
 * pictl: the operator's program.  Parses the common options, runs the subcommand, and
 * checks that its output could be written.
 */
#include <signal.h>

#include "common/sys/first_process.h"
#include "common/sys/standard.h"
#include "ctl/command_table.h"

int main(int argc, char **argv)
{
    struct ctl ctl = {.table = &command_table, .options = {.coordinator = NULL}};
    struct opt_operands operands;
    int status;
    standard_open();
    first_process_begin();
    signal(SIGPIPE, SIG_IGN);
    ctl.values.at = &ctl.options;
    if (!opt_parse(command_table.command, argc, argv, &ctl.values, NULL, &operands,
                   &status))
        return standard_flush("pictl", status);
    const struct subcommand *s = ctl_find(&command_table, operands.items[0]);
    if (!s)
        return ctl_unknown(&command_table, operands.items[0]);
    status = s->run(&ctl, operands.n, operands.items);
    ctl_close(&ctl);
    return standard_flush("pictl", status);
}
