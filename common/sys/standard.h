// SPDX-License-Identifier: MIT
/*
 * The three descriptors that a program is started with, at its begin and at its end.
 * Owns nothing.
 */
#ifndef COMMON_SYS_STANDARD_H
#define COMMON_SYS_STANDARD_H

#include "common/base/base.h"

/*
 * The first thing in main().  Whichever of descriptors 0, 1 and 2 is closed (`cmd >&-`)
 * is opened, so that no socket or file of ours ever gets its number: 0 reads the end of
 * a file at once, what is written to 2 is gone, and a write to 1 fails with EBADF.  For
 * what is said on standard error may be missed, but an answer that nobody can have must
 * not pass for one that was given.  Ends the process with 7 where no descriptor can be
 * opened.
 */
void standard_open(void);

/*
 * The last thing in main(), whose exit status it returns.  An answer that could not be
 * written turns success into 7, which has then been said on standard error under the
 * program's name.  A reader that has seen enough (`pictl jobs | head`) is no failure.
 */
MUST_USE int standard_flush(const char *program, int status);

#endif
