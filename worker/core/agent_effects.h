// SPDX-License-Identifier: MIT
/*
 * The effects of one step of the agent, in order, and the memory that they borrow.
 * The next step reuses both, so steps allocate nothing after warm-up.  Pure; private to
 * worker/core.
 */
#ifndef WORKER_CORE_AGENT_EFFECTS_H
#define WORKER_CORE_AGENT_EFFECTS_H

#include "common/base/arena.h"
#include "common/base/vec.h"
#include "worker/core/agent.h"

struct agent_effects {
    struct arena arena;
    VEC(struct agent_effect);
};

static inline void agent_out_clear(struct agent_effects *o)
{
    arena_reset(&o->arena);
    o->n = 0;
}

/* Appends an effect for the caller to fill in; valid until the next one is added. */
static inline struct agent_effect *agent_out_add(struct agent_effects *o,
                                                 enum agent_effect_type type)
{
    struct agent_effect *e = VEC_PUSH(o);
    e->type = type;
    return e;
}

/* Appends a message to send, its body cleared; valid until the next effect is added. */
static inline struct msg *agent_out_send(struct agent_effects *o, enum msg_type type)
{
    struct msg *m = &agent_out_add(o, AGENT_SEND)->message;
    *m = (struct msg){.type = type};
    return m;
}

#endif
