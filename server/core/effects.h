// SPDX-License-Identifier: MIT
/*
 * The effects of a step, the timers, and memory from an arena that is valid until the
 * next step.  Pure, like all of server/core.
 */
#ifndef SERVER_CORE_EFFECTS_H
#define SERVER_CORE_EFFECTS_H

#include "server/core/state.h"

void effects_init(struct coord *c);
void effects_release(struct coord *c);

/* Begins a step: discards the effects and the memory of the step before. */
void effects_begin(struct coord *c);

/* Adds an effect, zero except for type and conn.  The pointer is valid until the next
 * effect is added. */
struct effect *effect_add(struct coord *c, enum effect_type type, conn_id conn);

/* Adds an EFFECT_SEND.  Strings and arrays of the message are borrowed until the caller
 * has applied the step. */
void send_msg(struct coord *c, conn_id conn, const struct msg *m);

/* Adds an EFFECT_EVENT.  Strings are borrowed until the caller has applied the step. */
void event_add(struct coord *c, struct event e);

/* Sets the timer, or moves it, to at_ms of the core's clock. */
void timer_set(struct coord *c, struct timer *t, int64_t at_ms);

/* Copies the string, truncated to size - 1 characters. */
void copy_text(char *to, size_t size, const char *from);

#endif
