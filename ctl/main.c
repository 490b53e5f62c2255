// SPDX-License-Identifier: MIT
/*
 * pictl: the operator's program.  Runs its command line and checks that its output
 * could be written.
 */
#include <signal.h>

#include "common/sys/first_process.h"
#include "common/sys/late_signals.h"
#include "common/sys/standard.h"
#include "ctl/command_table.h"

int main(int argc, char **argv)
{
    standard_open();
    first_process_begin();
    signal(SIGPIPE, SIG_IGN);
    return standard_flush("pictl",
                          ctl_main(&command_table, argc, argv, late_signals_ignore));
}
