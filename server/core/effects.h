// SPDX-License-Identifier: MIT
/*
 * What a step puts out, its timers, and its memory.  What the arena gives is valid
 * until the next step.  Pure, like all of server/core.
 */
#ifndef SERVER_CORE_EFFECTS_H
#define SERVER_CORE_EFFECTS_H

#include "server/core/state.h"

void effects_init(struct coord *c);
void effects_release(struct coord *c);

/* A step begins: what the last one has put out is gone. */
void effects_begin(struct coord *c);

/* One more, all zero but for type and conn; valid until the next is added. */
struct effect *effect_add(struct coord *c, enum effect_type type, conn_id conn);

/* Strings and arrays of the message are borrowed until the step has been applied. */
void send_msg(struct coord *c, conn_id conn, const struct msg *m);

/* Strings are borrowed until the step has been applied. */
void event_add(struct coord *c, struct event e);

/* Sets the timer, or moves it. */
void timer_set(struct coord *c, struct timer *t, int64_t at_ms);

/* The string, cut where it does not fit into size bytes with its NUL. */
void copy_text(char *to, size_t size, const char *from);

#endif
