// SPDX-License-Identifier: MIT
/* All subcommands of pictl, in the order of the help, and its own command line. */
#ifndef CTL_COMMAND_TABLE_H
#define CTL_COMMAND_TABLE_H

#include "ctl/lib/ctl.h"

extern const struct command_table command_table;

#endif
