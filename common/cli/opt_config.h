// SPDX-License-Identifier: MIT
/*
 * A config file: one `name = value` a line.  Names are long options; flags are true
 * or false (OPT_FLAG_WORDS); an option that may be given several times may appear
 * several times; # and ; begin comments.  Read it after the command line: it sets only
 * the options that neither a flag nor the environment has set.
 *
 * Not pure: reads the file, prints errors.  The values point into copies that live as
 * long as the process.  Call it from one thread.
 */
#ifndef COMMON_CLI_OPT_CONFIG_H
#define COMMON_CLI_OPT_CONFIG_H

#include "common/cli/opt.h"

/*
 * excluded: names of options that the file must not contain, separated by spaces.  0,
 * or an exit status after two lines on stderr: EXIT_USAGE if the file is wrong,
 * EXIT_LOCAL if it cannot be read.
 */
MUST_USE int opt_config(const struct opt_command *command, struct opt_values *values,
                        const char *path, const char *excluded);

/* Prints all values on stdout, as such a file, each with where it came from.  What is
 * not set, what a file must not contain, and a list that was not given are comments. */
void opt_config_print(const struct opt_command *command,
                      const struct opt_values *values, const char *excluded);

#endif
