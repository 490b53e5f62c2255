// SPDX-License-Identifier: MIT
/*
 * What a step puts out, and its timers: what every part of the core adds to.
 */
#include "server/core/state.h"

struct effect *effect_add(struct coord *c, enum effect_type type, conn_id conn)
{
    struct effect *e = LIST_PUSH(&c->effects);
    *e = (struct effect){.type = type, .conn = conn};
    return e;
}

void send_msg(struct coord *c, conn_id conn, const struct msg *m)
{
    effect_add(c, EFFECT_SEND, conn)->send.message = *m;
}

struct note *note_add(struct coord *c, enum note_type type)
{
    struct note *n = &effect_add(c, EFFECT_NOTE, 0)->note;
    *n = (struct note){.type = type, .worker = "", .address = "", .text = ""};
    return n;
}

void timer_set(struct coord *c, struct timer *t, int64_t at_ms)
{
    heap_set(&c->timers, &t->item, at_ms);
}
