// SPDX-License-Identifier: MIT
/*
 * What events are called, in metrics, server-sent events, the log and documents.  Pure.
 */
#ifndef SERVER_VIEW_EVENT_NAME_H
#define SERVER_VIEW_EVENT_NAME_H

#include "common/sys/log.h"
#include "server/core/coord.h"

enum { EVENT_TYPES = EVENT_CLOCK_LATE + 2 }; /* the core's, and a revocation */

struct event_name {
    const char *name;  /* "worker_joined" */
    const char *topic; /* the server-sent event that tells it; NULL: none does */
    enum log_level level;
    const char *line; /* the log's words for it; NULL: others log it */
};

/* By the number of the event. */
extern const struct event_name event_names[EVENT_TYPES];

/* Its place in event_names; -1 where the effect is no event. */
int event_number(const struct effect *e);

/* Whose token it is. */
const char *event_role(enum role role);

#endif
