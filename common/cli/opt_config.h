// SPDX-License-Identifier: MIT
/*
 * A config file: one `name = value` a line, names are long options, flags are 1 or 0, a
 * name that may be given several times stands several times, # and ; begin comments.
 * Read after the command line, it sets what neither flag nor environment has set.
 *
 * Not pure: reads the file, prints errors.  The values borrow from copies that live as
 * long as the process; call it from one thread.
 */
#ifndef COMMON_CLI_OPT_CONFIG_H
#define COMMON_CLI_OPT_CONFIG_H

#include "common/cli/opt.h"

/*
 * `but` names options that a file may not hold, separated by spaces.  0, or an exit
 * status after two lines on stderr: 2 where the file is wrong, 7 where it cannot be
 * read.
 */
MUST_USE int opt_config(const struct opt_command *command, struct opt_values *values,
                        const char *path, const char *but);

#endif
