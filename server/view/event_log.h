// SPDX-License-Identifier: MIT
/*
 * What happens in the core as log lines: one event, one line, at the level of its
 * consequence; none for what goes on a lease at a time.  Keeps nothing.
 */
#ifndef SERVER_VIEW_EVENT_LOG_H
#define SERVER_VIEW_EVENT_LOG_H

#include "server/core/coord.h"

/* EFFECT_NOTE and EFFECT_REVOKE. */
void say_effect(const struct effect *e);

/* The block that SIGUSR1 asks for. */
void say_status(const struct status_view *s);

#endif
