// SPDX-License-Identifier: MIT
/*
 * The agent's connection, timers and exit (worker/core/agent.h).  Each step handles its
 * input.  Then settle() acts on the new state: it sends results, ends a drain that has
 * nothing left, and requests a connection when a retry is due.  Pure.
 */
#include "worker/core/agent.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/exit.h"
#include "common/wire/limits.h"
#include "worker/core/agent_state.h"

struct agent *agent_new(const struct agent_config *config)
{
    assert(config->threads >= 1 && config->threads <= WORKER_THREADS_MAX);
    struct agent *a = mem_zero(1, sizeof(*a));
    a->config = *config;
    rng_init(&a->rng, config->random);
    agent_grants_init(&a->grants, config->threads, config->n_programs);
    arena_init(&a->out.arena, 0);
    for (int i = 0; i < TIMERS; i++)
        a->at[i] = NEVER;
    a->now_ms = INT64_MIN;
    a->deadline_ms = NEVER;
    a->backoff_ms = AGENT_RETRY_MS;
    agent_programs_init(a);
    return a;
}

void agent_free(struct agent *a)
{
    if (!a)
        return;
    agent_grants_release(&a->grants);
    arena_release(&a->out.arena);
    free(a->out.items);
    free(a->programs);
    free(a);
}

void agent_counts(const struct agent *a, uint32_t *ret_unanswered, uint32_t *ret_todo)
{
    *ret_unanswered = a->grants.n_computed;
    *ret_todo = a->grants.n_todo;
}

/* Whether a timer is due; if so, clears it. */
static bool take_due(struct agent *a, enum timer timer)
{
    if (a->at[timer] > a->now_ms)
        return false;
    a->at[timer] = NEVER;
    return true;
}

/* ---- the end ---- */

static void on_drain(struct agent *a)
{
    if (a->signalled) {
        agent_leave(a, 0, "left at the second signal", "");
        return;
    }
    a->signalled = true;
    agent_begin_leaving(a, "on request");
}

/* ---- the connection ---- */

/* Returns the delay in ms.  soon: retry within AGENT_RETRY_MS, with jitter, so that the
 * workers of a restarted coordinator spread out.  Otherwise exponential backoff. */
static int64_t schedule_retry(struct agent *a, bool soon)
{
    int64_t ms;
    if (soon) {
        a->backoff_ms = AGENT_RETRY_MS;
        ms = 1 + (int64_t)rng_below(&a->rng, AGENT_RETRY_MS);
    } else {
        uint64_t percent = 75 + rng_below(&a->rng, 51);
        ms = a->backoff_ms * (int64_t)percent / 100;
        a->backoff_ms *= 2;
        if (a->backoff_ms > AGENT_RETRY_MAX_MS)
            a->backoff_ms = AGENT_RETRY_MAX_MS;
    }
    if (a->leaving == LEAVING_DELIVERS && ms > HURRY_MS)
        ms = HURRY_MS;
    a->at[TIMER_RETRY] = a->now_ms + ms;
    return ms;
}

static void connection_ended(struct agent *a, const char *why)
{
    bool joined = a->joined;
    a->connection = CONNECTION_NONE;
    a->joined = false;
    a->at[TIMER_HEARTBEAT] = a->at[TIMER_SILENT] = NEVER;
    if (a->config.once && !a->returns) {
        if (a->ever_joined)
            agent_leave(a, 0, "the connection has ended", "");
        else
            agent_leave(a, EXIT_UNREACHED, why,
                        "without --once this worker keeps trying");
        return;
    }
    int64_t ms = schedule_retry(a, joined && !a->broken);
    if (joined)
        agent_add_event(a, AGENT_EVENT_DISCONNECTED, why, ms);
    else if (strncmp(a->last_failure, why, TEXT_BYTES) != 0)
        agent_add_event(a, AGENT_EVENT_RETRY, why, ms);
    agent_remember(a->last_failure, joined ? "" : why);
}

static void request_connection(struct agent *a)
{
    a->connection = CONNECTION_DIALLED;
    a->broken = a->returns = false;
    a->why[0] = '\0';
    a->at[TIMER_RETRY] = NEVER;
    agent_add_event(a, AGENT_EVENT_CONNECTING, "", 0);
    agent_out_add(&a->out, AGENT_CONNECT);
}

static void on_connected(struct agent *a)
{
    const struct agent_config *config = &a->config;
    assert(a->connection == CONNECTION_DIALLED);
    a->connection = CONNECTION_GREETING;
    a->silent_ms = SILENT_MS;
    a->at[TIMER_SILENT] = a->now_ms + a->silent_ms;
    struct msg_hello *hello = &agent_out_send(&a->out, MSG_HELLO)->hello;
    *hello = (struct msg_hello){
        .protocol_min = PROTOCOL_MIN,
        .protocol_max = PROTOCOL_MAX,
        .program = "piworker",
        .version = config->version,
        .role = ROLE_WORKER,
        .proof = config->proof,
        .proof_bytes = config->proof_bytes,
        .name = config->name,
        .threads = config->threads,
        .kernel = config->kernel,
        .test_hits = config->test_hits,
    };
    memcpy(hello->secret, config->secret, UID_BYTES);
    agent_put_offers(a, hello);
}

static void on_lost(struct agent *a, const char *text)
{
    assert(agent_is_connected(a) || a->connection == CONNECTION_CLOSING);
    char why[TEXT_BYTES + 1];
    agent_remember(why, a->why[0] ? a->why : text ? text : "the connection was closed");
    connection_ended(a, why);
}

/*
 * Before the worker has ever joined, a peer that is not a picoord means a wrong
 * address, and another key a wrong join string: exit.  Later, another program may be
 * using the port for a while, and the worker may hold results: retry.  Until
 * AGENT_CONNECTED the text `why` already continues a sentence that begins with the
 * peer's address.
 */
static void on_bad(struct agent *a, enum conn_fault fault, const char *why)
{
    const char *hint = "check the host and the port";
    bool dialled = a->connection == CONNECTION_DIALLED;
    if (!dialled && !agent_is_connected(a))
        return;
    if (a->ever_joined) {
        if (!dialled) /* else AGENT_FAILED follows */
            agent_break_off(a, why);
        return;
    }
    if (fault == CONN_OTHER_KEY)
        hint =
            "is the join string that of the picoord there? 'pictl token show' prints "
            "it";
    else if (!dialled && fault != CONN_NOT_PICOORD)
        why = arena_printf(&a->out.arena, "is not a picoord (%s)", why);
    agent_leave(a, EXIT_REFUSED, why, hint);
}

/* ---- time ---- */

/* Draws once a minute, then the time within it: the probability is exact. */
static void on_minute(struct agent *a)
{
    double u = (double)(rng_next(&a->rng) >> 11) * 0x1p-53;
    a->at[TIMER_MINUTE] = a->now_ms + MINUTE_MS;
    if (u < a->config.volatility)
        a->at[TIMER_DEATH] = a->now_ms + 1 + (int64_t)rng_below(&a->rng, MINUTE_MS);
}

static void on_silence(struct agent *a)
{
    char why[TEXT_BYTES];
    snprintf(why, sizeof(why), "silent for %" PRId64 ".%" PRId64 " s",
             a->silent_ms / 1000, a->silent_ms % 1000 / 100);
    agent_hang_up(a, why);
}

/* A batch system would take a worker that never got in for one that has done its work.
 */
static void on_idle(struct agent *a)
{
    if (a->ever_joined)
        agent_begin_leaving(a, "no work for so long as --exit-when-idle says");
    else
        agent_leave(a, EXIT_UNREACHED,
                    a->last_failure[0] ? a->last_failure
                                       : "none was found in all that time",
                    "without --exit-when-idle this worker keeps trying");
}

static void on_tick(struct agent *a)
{
    if (take_due(a, TIMER_DEATH)) {
        agent_stop(a);
        agent_out_add(&a->out, AGENT_DIE);
        return;
    }
    if (take_due(a, TIMER_MINUTE))
        on_minute(a);
    if (take_due(a, TIMER_SILENT))
        on_silence(a);
    if (take_due(a, TIMER_HEARTBEAT)) {
        grants_put_heartbeat(&a->grants, &a->out);
        a->at[TIMER_HEARTBEAT] = a->now_ms + a->heartbeat_ms;
    }
    if (take_due(a, TIMER_PROGRAM))
        agent_try_programs(a);
    if (take_due(a, TIMER_GRACE))
        agent_begin_delivery(a);
    if (take_due(a, TIMER_IDLE))
        on_idle(a);
    if (take_due(a, TIMER_ANSWERS))
        agent_leave(a, 0, "some results have not been answered", "");
}

/* After the machine has slept or the process was stopped, all deadlines have passed.
 * Moves them by the lateness of the step. */
static void catch_up(struct agent *a, int64_t now_ms)
{
    assert(now_ms >= a->now_ms);
    a->now_ms = now_ms;
    if (a->deadline_ms == NEVER || now_ms - a->deadline_ms <= LATE_MS)
        return;
    int64_t late_ms = now_ms - a->deadline_ms;
    for (int i = 0; i < TIMERS; i++)
        if (a->at[i] != NEVER)
            a->at[i] += late_ms;
}

/* ---- the step ---- */

static void agent_start(struct agent *a)
{
    a->started = true;
    a->at[TIMER_RETRY] = a->now_ms;
    if (a->config.volatility > 0)
        on_minute(a);
    agent_programs_start(a);
}

static void on_computed(struct agent *a, const struct agent_input *input)
{
    const struct agent_grant *g = agent_grants_find(&a->grants, input->computed.grant);
    a->more = input->computed.more;
    if (!input->computed.failed)
        agent_grants_computed(&a->grants, input, a->config.bare);
    else if (g)
        agent_program_failed(a, g->program, input->computed.failed,
                             input->computed.said);
}

static void handle_input(struct agent *a, const struct agent_input *input)
{
    switch (input->type) {
    case AGENT_CONNECTED:
        on_connected(a);
        return;
    case AGENT_FAILED:
        assert(a->connection == CONNECTION_DIALLED);
        connection_ended(a, input->text);
        return;
    case AGENT_LOST:
        on_lost(a, input->text);
        return;
    case AGENT_BAD:
        on_bad(a, input->bad.fault, input->bad.why);
        return;
    case AGENT_MESSAGE:
        agent_on_message(a, input->message);
        return;
    case AGENT_COMPUTED:
        on_computed(a, input);
        return;
    case AGENT_TESTED:
        agent_program_tested(a, input);
        return;
    case AGENT_DRAIN:
        on_drain(a);
        return;
    case AGENT_TICK:
        on_tick(a);
        return;
    }
}

/* Acts on the state, after any input. */
static void settle(struct agent *a)
{
    if (a->connection == CONNECTION_JOINED && !a->more)
        grants_put_results(&a->grants, &a->out);
    if (a->leaving == LEAVING_COMPUTES && a->grants.n_todo == 0)
        agent_begin_delivery(a);
    if (a->leaving == LEAVING_DELIVERS && a->grants.n_grants == 0) {
        agent_leave(a, 0, "nothing is left to deliver", "");
        return;
    }
    if (a->leaving == LEAVING_NOT && a->config.exit_when_idle_ms >= 0) {
        if (a->grants.n_todo > 0)
            a->at[TIMER_IDLE] = NEVER;
        else if (a->at[TIMER_IDLE] == NEVER)
            a->at[TIMER_IDLE] = a->now_ms + a->config.exit_when_idle_ms;
    }
    if (a->connection == CONNECTION_NONE && take_due(a, TIMER_RETRY))
        request_connection(a);
}

static int64_t next_deadline(const struct agent *a)
{
    int64_t next = a->now_ms + FAR_MS;
    for (int i = 0; i < TIMERS; i++)
        if (a->at[i] < next)
            next = a->at[i];
    return next > a->now_ms ? next : a->now_ms + 1;
}

void agent_step(struct agent *a, const struct agent_input *input,
                struct agent_update *ret)
{
    agent_out_clear(&a->out);
    a->more = false;
    catch_up(a, input->now_ms);
    if (!a->started)
        agent_start(a);
    if (a->connection != CONNECTION_OVER)
        handle_input(a, input);
    if (a->connection != CONNECTION_OVER)
        settle(a);
    a->deadline_ms = next_deadline(a);
    *ret = (struct agent_update){a->out.items, a->out.n, a->deadline_ms};
}
