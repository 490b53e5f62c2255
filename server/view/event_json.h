// SPDX-License-Identifier: MIT
/*
 * What happens in the core as events for those who follow.  Pure but for the
 * stream and the time of day.
 */
#ifndef SERVER_VIEW_EVENT_JSON_H
#define SERVER_VIEW_EVENT_JSON_H

#include <stdio.h>

#include "server/core/coord.h"

/* "worker", "ranges", "job" or "coordinator"; NULL: not for them. */
const char *event_topic(const struct effect *e);

/* One event, whole; only where there is a name for it. */
void event_json_write(FILE *out, const struct effect *e);

#endif
