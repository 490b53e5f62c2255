// SPDX-License-Identifier: MIT
/*
 * The effects of a step, the timers and the memory of a step, for all of the core.
 */
#include "server/core/effects.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void effects_init(struct coord *c)
{
    heap_init(&c->out.timers);
    arena_init(&c->out.arena, 0);
}

void effects_release(struct coord *c)
{
    free(c->out.effects.items);
    heap_release(&c->out.timers);
    arena_release(&c->out.arena);
}

void effects_begin(struct coord *c)
{
    c->out.effects.n = 0;
    arena_reset(&c->out.arena);
}

struct effect *effect_add(struct coord *c, enum effect_type type, conn_id conn)
{
    assert(conn != CONN_LOCAL || type != EFFECT_CLOSE);
    struct effect *e = VEC_PUSH(&c->out.effects);
    *e = (struct effect){.type = type, .conn = conn};
    return e;
}

void send_msg(struct coord *c, conn_id conn, const struct msg *m)
{
    effect_add(c, EFFECT_SEND, conn)->send.message = *m;
}

void event_add(struct coord *c, struct event e)
{
    effect_add(c, EFFECT_EVENT, 0)->event = e;
}

void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

void timer_set(struct coord *c, struct timer *t, int64_t at_ms)
{
    heap_set(&c->out.timers, &t->item, at_ms);
}
