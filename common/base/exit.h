// SPDX-License-Identifier: MIT
/*
 * Exit codes, the same in all three programs.  Constants only.
 */
#ifndef COMMON_BASE_EXIT_H
#define COMMON_BASE_EXIT_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_NO = 1, /* it ran, with a negative result: failed, cancelled, mismatch */
    EXIT_USAGE = 2,
    EXIT_UNREACHED = 3, /* no coordinator, or a worker that never joined */
    EXIT_REFUSED = 4,   /* token, version */
    EXIT_UNKNOWN = 5,   /* no such job or worker */
    EXIT_TIMEOUT = 6,
    EXIT_LOCAL = 7,   /* a local resource: port, disk, state, output */
    EXIT_SIGNAL = 128 /* plus the number of the signal that ended the program */
};

#endif
