// SPDX-License-Identifier: MIT
/*
 * --help from a command's table: examples, usage, one line an option, notes.  Meant to
 * fit a small terminal without scrolling, which a test of each program checks.
 */
#ifndef COMMON_CLI_OPT_HELP_H
#define COMMON_CLI_OPT_HELP_H

struct opt_command;

enum { OPT_HELP_LINES = 24, OPT_HELP_COLUMNS = 80 };

/* The help text, as --help prints it. */
void opt_help_print(const struct opt_command *command);

/* Lines of the help text and columns of its longest, for a test to hold against
 * OPT_HELP_LINES and OPT_HELP_COLUMNS.  ret_columns may be NULL. */
int opt_help_lines(const struct opt_command *command, int *ret_columns);

#endif
