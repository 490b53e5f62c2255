// SPDX-License-Identifier: MIT
/*
 * How an agent ends a connection, or leaves for good: it gives back leases and delivers
 * results.  Pure.
 */
#include "worker/core/agent_state.h"

#include <string.h>

void agent_remember(char at[TEXT_BYTES + 1], const char *text)
{
    size_t n = strnlen(text, TEXT_BYTES);
    memmove(at, text, n);
    at[n] = '\0';
}

void agent_add_event(struct agent *a, enum agent_event type, const char *text,
                     int64_t ms)
{
    char *copy = arena_printf(&a->out.arena, "%s", text);
    struct agent_effect *e = agent_out_add(&a->out, AGENT_EVENT);
    e->event.type = type;
    e->event.text = copy;
    e->event.ms = ms;
}

void agent_stop(struct agent *a)
{
    a->connection = CONNECTION_OVER;
    for (int i = 0; i < TIMERS; i++)
        a->at[i] = NEVER;
}

void agent_leave(struct agent *a, int status, const char *text, const char *hint)
{
    if (a->connection == CONNECTION_JOINED && status == 0)
        agent_out_send(&a->out, MSG_BYE)->bye.reason = "leaving";
    if (agent_is_connected(a))
        agent_out_add(&a->out, AGENT_CLOSE);
    agent_stop(a);
    text = arena_printf(&a->out.arena, "%s", text);
    hint = arena_printf(&a->out.arena, "%s", hint);
    struct agent_effect *e = agent_out_add(&a->out, AGENT_EXIT);
    e->exit.status = status;
    e->exit.text = text;
    e->exit.hint = hint;
}

void agent_begin_delivery(struct agent *a)
{
    a->leaving = LEAVING_DELIVERS;
    a->at[TIMER_GRACE] = NEVER;
    a->at[TIMER_ANSWERS] = a->now_ms + AGENT_ANSWERS_MS;
    agent_grants_give_back(&a->grants, &a->out, a->connection == CONNECTION_JOINED);
    if (a->connection == CONNECTION_NONE)
        a->at[TIMER_RETRY] = a->now_ms;
}

void agent_begin_leaving(struct agent *a, const char *why)
{
    if (a->leaving != LEAVING_NOT)
        return;
    agent_add_event(a, AGENT_EVENT_DRAINING, why, 0);
    a->at[TIMER_IDLE] = NEVER;
    if (a->config.grace_ms > 0 && a->grants.n_todo > 0) {
        a->leaving = LEAVING_COMPUTES;
        a->at[TIMER_GRACE] = a->now_ms + a->config.grace_ms;
    } else {
        agent_begin_delivery(a);
    }
}

void agent_hang_up(struct agent *a, const char *why)
{
    agent_remember(a->why, why);
    a->connection = CONNECTION_CLOSING;
    a->at[TIMER_HEARTBEAT] = a->at[TIMER_SILENT] = NEVER;
    agent_out_add(&a->out, AGENT_CLOSE);
}

void agent_break_off(struct agent *a, const char *why)
{
    a->broken = true;
    agent_hang_up(a, why);
}
