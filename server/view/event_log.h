// SPDX-License-Identifier: MIT
/*
 * What happens in the core as log lines: one event, one line, at the level of its
 * consequence; none for what goes on a lease at a time.  Keeps nothing.
 */
#ifndef SERVER_VIEW_EVENT_LOG_H
#define SERVER_VIEW_EVENT_LOG_H

#include "server/core/coord.h"

/* EFFECT_EVENT and EFFECT_REVOKE. */
void event_log_write(const struct effect *e);

/* The block that SIGUSR1 asks for. */
void event_log_status(const struct status_view *s);

#endif
