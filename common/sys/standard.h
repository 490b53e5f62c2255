// SPDX-License-Identifier: MIT
/*
 * Standard input, output and error: made safe when a program starts, checked when it
 * ends.  Owns nothing.
 */
#ifndef COMMON_SYS_STANDARD_H
#define COMMON_SYS_STANDARD_H

#include "common/base/base.h"

/*
 * Call it first in main().  Opens each of the descriptors 0, 1 and 2 that is closed
 * (`cmd >&-`), so that no socket or file of the program gets its number.  Then 0 is at
 * its end at once and 2 discards output.  A write to 1 fails with EBADF: messages on
 * standard error may get lost, but an answer that cannot be delivered must count as a
 * failure.  Ends the process with EXIT_LOCAL if a descriptor cannot be opened.
 */
void standard_open(void);

/*
 * Call it last in main() and return its result.  If the answer could not be written, it
 * says so on standard error under the program's name and turns success into EXIT_LOCAL.
 * A reader that stops early (`pictl jobs | head`) is no failure.
 */
MUST_USE int standard_flush(const char *program, int status);

#endif
