// SPDX-License-Identifier: MIT
/*
 * --help from a command's table: examples, usage, one line an option, notes.  It should
 * fit on a small terminal without scrolling; each program has a test for that.
 */
#ifndef COMMON_CLI_OPT_HELP_H
#define COMMON_CLI_OPT_HELP_H

struct opt_command;

enum { OPT_HELP_LINES = 24, OPT_HELP_COLUMNS = 80 };

/* Prints the help text on stdout. */
void opt_help_print(const struct opt_command *command);

/* The number of lines of the help text and the columns of the longest line, for a test
 * against OPT_HELP_LINES and OPT_HELP_COLUMNS.  ret_columns may be NULL. */
int opt_help_lines(const struct opt_command *command, int *ret_columns);

#endif
