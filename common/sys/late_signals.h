// SPDX-License-Identifier: MIT
/*
 * Signals that come when a program has settled how it ends.  libuv gives a signal back
 * to its default, which is death, as soon as its last handle has closed: one that comes
 * between that and exit() would change the exit status.
 */
#ifndef COMMON_SYS_LATE_SIGNALS_H
#define COMMON_SYS_LATE_SIGNALS_H

/* Before the handles of signals are closed for the last time: from here on SIGTERM,
 * SIGINT, SIGHUP, SIGUSR1 and SIGUSR2 do nothing, whatever closes.  Once a process. */
void late_signals_ignore(void);

#endif
