// SPDX-License-Identifier: MIT
/*
 * The last events of this process, for operators who ask for them, and the operators
 * who follow.  Not pure: sends through a function of the caller.
 */
#ifndef SERVER_VIEW_EVENT_FEED_H
#define SERVER_VIEW_EVENT_FEED_H

#include <stdbool.h>

#include "server/core/coord.h"

enum {
    EVENTS_KEPT = 100,    /* what a reply may have */
    EVENT_FOLLOWERS = 64, /* at a time; more are told so */
};

struct event_feed;

/* Sends a reply on a connection.  False: the connection is closed, for good. */
typedef bool event_sender(void *ctx, conn_id conn, const struct msg_reply *reply);

struct event_feed *event_feed_new(event_sender *send, void *ctx);
void event_feed_free(struct event_feed *f); /* accepts NULL */

/* The last events, the oldest first; returns how many.  Their strings are valid until
 * the next event. */
size_t event_feed_last(const struct event_feed *f, struct event_view ret[EVENTS_KEPT]);

/* For every effect of the core: keeps and passes on an event, answers EFFECT_EVENTS. */
void event_feed_effect(struct event_feed *f, const struct effect *e);

#endif
