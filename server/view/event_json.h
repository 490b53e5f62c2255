// SPDX-License-Identifier: MIT
/*
 * The core's events as server-sent events with JSON data.  Pure except for the stream
 * and the time of day.
 */
#ifndef SERVER_VIEW_EVENT_JSON_H
#define SERVER_VIEW_EVENT_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "common/base/json_writer.h"
#include "server/core/coord.h"

/* Whether viewers get an event for this effect. */
bool event_json_has(const struct effect *e);

/* Writes one complete event.  It has all members; those without a value are "" or 0.
 * Requires event_json_has().  The caller checks ferror(). */
void event_json_write(FILE *out, const struct effect *e);

/* Writes an event that has been as an object, without the members that say nothing. */
void event_json_brief(struct json_writer *w, const struct event_view *v);

#endif
