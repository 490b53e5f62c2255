// SPDX-License-Identifier: MIT
/*
 * The core's events as viewers and operators get them: all with the same members. Pure,
 * but for the time of day.
 */
#ifndef SERVER_VIEW_EVENT_VIEW_H
#define SERVER_VIEW_EVENT_VIEW_H

#include <stdbool.h>

#include "server/core/coord.h"

/* Whether anybody is shown an event for this effect. */
bool event_view_has(const struct effect *e);

/* The event, with the present time.  Requires event_view_has().  Its strings are those
 * of the effect. */
struct event_view event_view_of(const struct effect *e);

#endif
