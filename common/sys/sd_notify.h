// SPDX-License-Identifier: MIT
/*
 * Reports the process's state to the service manager by systemd's notify protocol: one
 * datagram to the socket that NOTIFY_SOCKET names (a path, or @ and an abstract name).
 * Without that variable all functions do nothing and succeed.  Never blocks.  Owns no
 * memory and keeps no state.
 *
 * A unit with WatchdogSec= sets WATCHDOG_USEC: call sd_notify_watchdog() every
 * sd_notify_watchdog_ms().
 */
#ifndef COMMON_SYS_SD_NOTIFY_H
#define COMMON_SYS_SD_NOTIFY_H

#include <stdint.h>

enum { SD_NOTIFY_MAX = 256 }; /* bytes of a message; longer ones are cut */

/* All return 0, or a negative errno that callers may ignore. */

int sd_notify_ready(void);    /* READY=1: call it once listen() has succeeded */
int sd_notify_stopping(void); /* STOPPING=1 */
int sd_notify_watchdog(void); /* WATCHDOG=1 */

/* STATUS=..., one line; control characters become spaces. */
int sd_notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often to call sd_notify_watchdog(), in ms: half the allowed time, at most
 * 5000.  0: no watchdog monitors this process. */
int64_t sd_notify_watchdog_ms(void);

#endif
