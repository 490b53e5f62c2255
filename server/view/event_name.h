// SPDX-License-Identifier: MIT
/*
 * Names of events in metrics, server-sent events, the log and documents.  Pure.
 */
#ifndef SERVER_VIEW_EVENT_NAME_H
#define SERVER_VIEW_EVENT_NAME_H

#include "common/sys/log.h"
#include "server/core/coord.h"

enum { EVENT_TYPES = EVENT_CLOCK_LATE + 2 }; /* the core's, and revocation */

struct event_name {
    const char *name;  /* "worker_joined" */
    const char *topic; /* name of the server-sent event; NULL: there is none */
    enum log_level level;
    const char *line; /* message in the log; NULL: logged elsewhere */
};

/* Indexed by event_number(). */
extern const struct event_name event_names[EVENT_TYPES];

/* Index in event_names; -1 if the effect is no event. */
int event_number(const struct effect *e);

/* "worker" or "operator": the role that a token is for. */
const char *event_role(enum role role);

#endif
