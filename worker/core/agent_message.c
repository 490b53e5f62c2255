// SPDX-License-Identifier: MIT
/*
 * Handles the coordinator's messages (worker/core/agent.h).  Their fields have been
 * validated; this file checks them against the agent's state.  An unknown grant is no
 * error: an answer or a cancellation may arrive after its grant is gone.  Pure.
 */
#include "common/base/exit.h"
#include "common/wire/limits.h"
#include "common/wire/names.h"
#include "worker/core/agent_state.h"

/* An interval from the coordinator: 0 means `usual`, others are 10 ms to a minute. */
static int64_t interval_or(uint32_t ms, int64_t usual)
{
    if (ms == 0)
        return usual;
    return ms < 10 ? 10 : ms > MINUTE_MS ? MINUTE_MS : (int64_t)ms;
}

/* A message about the protocols of the coordinator and of this worker. */
static const char *other_protocol(struct agent *a, uint32_t min, uint32_t max)
{
    char remote[PROTOCOLS_TEXT_BYTES], local[PROTOCOLS_TEXT_BYTES];
    return arena_printf(&a->out.arena, "speaks protocol %s, this piworker %s speaks %s",
                        protocols_text(remote, min, max), a->config.version,
                        protocols_text(local, PROTOCOL_MIN, PROTOCOL_MAX));
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
    a->last_failure[0] = '\0';
    a->heartbeat_ms = interval_or(m->heartbeat_ms, HEARTBEAT_MS);
    a->silent_ms = interval_or(m->silent_ms, SILENT_MS);
    a->at[TIMER_HEARTBEAT] = a->now_ms + a->heartbeat_ms;
    a->at[TIMER_SILENT] = a->now_ms + a->silent_ms;
    agent_add_event(a, AGENT_EVENT_JOINED, m->name, 0);
    agent_put_failures(a);
    grants_put_resume(&a->grants, &a->out);
    agent_grants_unsend(&a->grants); /* the results follow when the step ends */
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
    agent_break_off(a, m->sentence); /* also for unknown codes: a retry is safe */
}

/* A leaving worker gives new grants back. */
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
    uint32_t program = agent_program_of(a, m->program);
    if (program == UINT32_MAX) {
        agent_break_off(a, "a grant is of a program that this worker does not offer");
        return;
    }
    const char *arg = program ? arena_printf(&a->out.arena, "%s", m->arg) : "";
    for (size_t i = 0; i < m->n; i++) {
        struct agent_grant *g;
        const char *wrong = agent_grants_add(&a->grants, m, i, program, &g);
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
        e->assign.program = program;
        e->assign.arg = arg;
        e->assign.score = m->score;
    }
}

static void on_answers(struct agent *a, const struct msg_answers *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct agent_grant *g = agent_grants_find(&a->grants, m->grant[i]);
        if (g) /* only computed leases have results to answer */
            agent_grants_forget(
                &a->grants, g,
                (m->counted[i] | m->covered[i] | m->dropped[i] | m->stale[i]) &
                    g->computed);
    }
}

static void on_cancel(struct agent *a, const struct msg_leases *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct agent_grant *g = agent_grants_find(&a->grants, m->grant[i]);
        if (!g)
            continue;
        if (g->todo & m->leases[i]) {
            struct agent_effect *e = agent_out_add(&a->out, AGENT_UNASSIGN);
            e->assign.grant = g->id;
            e->assign.thread = g->thread;
            e->assign.leases = g->todo & m->leases[i];
        }
        agent_grants_forget(&a->grants, g, m->leases[i]);
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
