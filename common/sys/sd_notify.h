// SPDX-License-Identifier: MIT
/*
 * Tells the service manager how it goes: systemd's notify protocol, one datagram to
 * the socket that NOTIFY_SOCKET names (a path, or @ and an abstract name).  Without
 * that variable everything here does nothing and succeeds.  Never blocks.  Owns no
 * memory and keeps no state.
 *
 * A unit with WatchdogSec= sets WATCHDOG_USEC: call sd_notify_watchdog() every
 * sd_notify_watchdog_ms().
 */
#ifndef COMMON_SYS_SD_NOTIFY_H
#define COMMON_SYS_SD_NOTIFY_H

#include <stdint.h>

enum { SD_NOTIFY_MAX = 256 }; /* bytes of a message; a longer status is cut */

/* All: 0, or a negative errno that a caller may ignore. */

int sd_notify_ready(void);    /* READY=1: after listen has succeeded */
int sd_notify_stopping(void); /* STOPPING=1 */
int sd_notify_watchdog(void); /* WATCHDOG=1 */

/* STATUS=..., one line; control bytes become spaces. */
int sd_notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often to call sd_notify_watchdog(), in ms: half of the time allowed, at most
 * 5000. 0: no watchdog waits for this process. */
int64_t sd_notify_watchdog_ms(void);

#endif
