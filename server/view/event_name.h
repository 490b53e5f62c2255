// SPDX-License-Identifier: MIT
/*
 * What events are called in metrics, server-sent events and documents.  Pure.
 */
#ifndef SERVER_VIEW_EVENT_NAME_H
#define SERVER_VIEW_EVENT_NAME_H

#include "server/core/coord.h"

enum { EVENT_TYPES = EVENT_CLOCK_LATE + 2 }; /* the core's, and a revocation */

/* By the number of the event: "worker_joined". */
extern const char *const event_names[EVENT_TYPES];

/* Its place in event_names; -1 where the effect is no event. */
int event_number(const struct effect *e);

/* Its name; NULL where the effect is no event. */
const char *event_name(const struct effect *e);

#endif
