// SPDX-License-Identifier: MIT
/*
 * What the coordinator says, and what the agent does about it (worker/core/agent.h).
 * Messages come checked field by field; here is only whether they fit the moment and
 * what is held.  Grants that are not held are no error: answers and cancellations may
 * cross what made them pointless.  Pure.
 */
#include "common/base/exit.h"
#include "common/wire/limits.h"
#include "common/wire/names.h"
#include "worker/core/agent_state.h"

static int64_t within(uint32_t ms, int64_t usual)
{
    if (ms == 0)
        return usual;
    return ms < 10 ? 10 : ms > MINUTE_MS ? MINUTE_MS : (int64_t)ms;
}

/* Which protocols they speak, and which are spoken here. */
static const char *other_protocol(struct agent *a, uint32_t min, uint32_t max)
{
    char theirs[PROTOCOLS_TEXT_BYTES], ours[PROTOCOLS_TEXT_BYTES];
    return arena_printf(&a->out.arena, "speaks protocol %s, this piworker %s speaks %s",
                        protocols_text(theirs, min, max), a->config.version,
                        protocols_text(ours, PROTOCOL_MIN, PROTOCOL_MAX));
}

static void on_welcome(struct agent *a, const struct msg_welcome *m)
{
    if (!protocols_meet(m->protocol, m->protocol)) {
        agent_leave(a, EXIT_REFUSED, other_protocol(a, m->protocol, m->protocol),
                    "bring both to the same release");
        return;
    }
    a->connection = CONNECTION_JOINED;
    a->joined = a->ever_joined = true;
    a->told[0] = '\0';
    a->heartbeat_ms = within(m->heartbeat_ms, HEARTBEAT_MS);
    a->silent_ms = within(m->silent_ms, SILENT_MS);
    a->at[TIMER_HEARTBEAT] = a->now_ms + a->heartbeat_ms;
    a->at[TIMER_SILENT] = a->now_ms + a->silent_ms;
    agent_say(a, AGENT_EVENT_JOINED, m->name, 0);
    grants_put_resume(&a->hold, &a->out);
    agent_grants_unsend(&a->hold); /* the results follow when the step ends */
}

static void on_refusal(struct agent *a, const struct msg_refusal *m)
{
    switch (m->code) {
    case REFUSAL_PROTOCOL:
        if (m->protocol_max > 0 && !protocols_meet(m->protocol_min, m->protocol_max)) {
            agent_leave(a, EXIT_REFUSED,
                        other_protocol(a, m->protocol_min, m->protocol_max), m->hint);
            return;
        }
        __attribute__((fallthrough));
    case REFUSAL_TOKEN:
    case REFUSAL_PLAINTEXT:
    case REFUSAL_BANNED:
    case REFUSAL_MALFORMED:
    case REFUSAL_REPLACED:
    case REFUSAL_ROLE:
    case REFUSAL_KERNEL:
        agent_leave(a, EXIT_REFUSED,
                    arena_printf(&a->out.arena, "refused this worker: %s", m->sentence),
                    m->hint);
        return;
    case REFUSAL_FULL:
        break;
    }
    agent_break_off(
        a, m->sentence); /* and one that we do not know: trying later is safe */
}

/* A worker that leaves takes no more work. */
static void decline(struct agent *a, const struct msg_grants *m)
{
    uint64_t *grant = arena_array(&a->out.arena, m->n, sizeof(*grant));
    uint64_t *leases = arena_array(&a->out.arena, m->n, sizeof(*leases));
    for (size_t i = 0; i < m->n; i++) {
        grant[i] = m->grant[i];
        leases[i] =
            leases_mask(grant_leases(m->first[i], m->count[i], m->lease_log2[i]));
    }
    if (m->n > 0)
        agent_out_send(&a->out, MSG_GIVE_BACK)->leases =
            (struct msg_leases){m->n, grant, leases};
}

static void on_grants(struct agent *a, const struct msg_grants *m)
{
    if (a->leaving != LEAVING_NOT) {
        decline(a, m);
        return;
    }
    for (size_t i = 0; i < m->n; i++) {
        struct agent_grant *g;
        const char *wrong = agent_grants_add(&a->hold, m, i, &g);
        if (wrong) {
            agent_break_off(a, wrong);
            return;
        }
        struct agent_effect *e = agent_out_add(&a->out, AGENT_ASSIGN);
        e->assign.grant = g->id;
        e->assign.seed = m->seed;
        e->assign.first = g->first;
        e->assign.count = g->count;
        e->assign.leases = g->todo;
        e->assign.thread = g->thread;
        e->assign.lease_log2 = g->lease_log2;
    }
}

static void on_answers(struct agent *a, const struct msg_answers *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct agent_grant *g = agent_grants_find(&a->hold, m->grant[i]);
        if (g) /* a lease that is not computed has no result to be answered */
            agent_grants_forget(
                &a->hold, g,
                (m->counted[i] | m->covered[i] | m->dropped[i] | m->stale[i]) &
                    g->computed);
    }
}

static void on_cancel(struct agent *a, const struct msg_leases *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct agent_grant *g = agent_grants_find(&a->hold, m->grant[i]);
        if (!g)
            continue;
        if (g->todo & m->leases[i]) {
            struct agent_effect *e = agent_out_add(&a->out, AGENT_UNASSIGN);
            e->assign.grant = g->id;
            e->assign.thread = g->thread;
            e->assign.leases = g->todo & m->leases[i];
        }
        agent_grants_forget(&a->hold, g, m->leases[i]);
    }
}

static void on_joined_message(struct agent *a, const struct msg *m)
{
    switch (m->type) {
    case MSG_GRANTS:
        on_grants(a, &m->grants);
        return;
    case MSG_ANSWERS:
        on_answers(a, &m->answers);
        return;
    case MSG_CANCEL:
        on_cancel(a, &m->leases);
        return;
    case MSG_DRAIN:
        agent_begin_leaving(a, "the coordinator asked for it");
        return;
    case MSG_HEARTBEAT:
        return;
    case MSG_HELLO:
    case MSG_WELCOME:
    case MSG_REFUSAL:
    case MSG_BYE:
    case MSG_RESUME:
    case MSG_RESULTS:
    case MSG_GIVE_BACK:
    case MSG_REQUEST:
    case MSG_REPLY:
        break;
    }
    agent_break_off(a, "the coordinator sent a message out of turn");
}

void agent_on_message(struct agent *a, const struct msg *m)
{
    if (!agent_is_connected(a))
        return;
    a->at[TIMER_SILENT] = a->now_ms + a->silent_ms;
    if (m->type == MSG_REFUSAL)
        on_refusal(a, &m->refusal);
    else if (m->type == MSG_BYE)
        agent_hang_up(a, m->bye.reason[0] ? m->bye.reason
                                          : "the coordinator said goodbye");
    else if (a->connection == CONNECTION_JOINED)
        on_joined_message(a, m);
    else if (m->type == MSG_WELCOME)
        on_welcome(a, &m->welcome);
    else
        agent_break_off(a, "the coordinator did not answer Hello with Welcome");
}
