// SPDX-License-Identifier: MIT
/*
 * What the terminal behind a descriptor is and can show.  Asks the environment (TERM,
 * COLUMNS, NO_COLOR, the locale) and the kernel at each call; keeps nothing.
 */
#ifndef COMMON_CLI_TERM_H
#define COMMON_CLI_TERM_H

#include <stdbool.h>

#include "common/cli/job_format.h"

/* A terminal on which a line can be redrawn. */
bool term_is(int fd);

/* Its columns: by the kernel, else COLUMNS, else 80. */
unsigned term_columns(int fd);

/* Whether colour is welcome: a terminal, and NO_COLOR unset or empty. */
bool term_colour(int fd);

/* Whether the locale (LC_ALL, LC_CTYPE, LANG) is a UTF-8 one. */
bool term_utf8(void);

/* How progress is shown there: a bar on a terminal, plain lines elsewhere. */
enum job_line term_job_line(int fd);

/* Whether this process is to go on when its terminal closes: it was started with SIGHUP
 * ignored, as by nohup. */
bool term_is_outlived(void);

/* Redraws the line that the cursor is in, and leaves it clean for other output. */
#define TERM_REDRAW "\r\033[K"

#endif
