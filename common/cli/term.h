// SPDX-License-Identifier: MIT
/*
 * Properties of the terminal behind a descriptor.  Each call asks the environment
 * (TERM, COLUMNS, NO_COLOR, the locale) and the operating system; keeps no state.
 */
#ifndef COMMON_CLI_TERM_H
#define COMMON_CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cli/job_format.h"

/* Whether fd is a terminal on which a line can be redrawn. */
bool term_is(int fd);

/* Its width in columns: from the terminal, else COLUMNS, else 80. */
unsigned term_columns(int fd);

/* Whether to use colour: fd is a terminal, and NO_COLOR is unset or empty. */
bool term_colour(int fd);

/* Whether the locale (LC_ALL, LC_CTYPE, LANG) is a UTF-8 one. */
bool term_utf8(void);

/* What somebody has typed, for a message: letters outside ASCII as they are where the
 * locale is UTF-8 and they are valid, otherwise as format_escape_str() does. */
const char *term_typed(char *buf, size_t size, const char *text);

/* The style of progress lines: a bar on a terminal, otherwise plain lines. */
enum job_line term_job_line(int fd);

/* Whether the process should outlive its terminal: it was started with SIGHUP ignored,
 * as by nohup. */
bool term_is_outlived(void);

/* Whether the process has a controlling terminal, whose end it is told by SIGHUP.  Ask
 * when it starts: once the terminal has closed, there is none. */
bool term_controls(void);

/* Moves to the start of the current line and clears it. */
#define TERM_REDRAW "\r\033[K"

#endif
