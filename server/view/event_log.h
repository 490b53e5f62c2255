// SPDX-License-Identifier: MIT
/*
 * The core's events as log lines: one line an event, at the level that fits its
 * consequence.  Ordinary leases and results are not logged.  Keeps no state.
 */
#ifndef SERVER_VIEW_EVENT_LOG_H
#define SERVER_VIEW_EVENT_LOG_H

#include "server/core/coord.h"

/* Logs EFFECT_EVENT and EFFECT_REVOKE; ignores other effects. */
void event_log_write(const struct effect *e);

/* Logs the status and that of the current job; SIGUSR1 requests it. */
void event_log_status(const struct status_view *s);

#endif
