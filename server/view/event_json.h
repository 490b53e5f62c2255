// SPDX-License-Identifier: MIT
/*
 * What happens in the core as events for those who follow.  Pure but for the
 * stream and the time of day.
 */
#ifndef SERVER_VIEW_EVENT_JSON_H
#define SERVER_VIEW_EVENT_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "server/core/coord.h"

/* Whether it is told to them. */
bool event_json_has(const struct effect *e);

/* One event, whole: all members, those that it has nothing for as "" or 0.  Only where
 * it is told to them. */
void event_json_write(FILE *out, const struct effect *e);

#endif
