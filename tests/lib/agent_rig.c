// SPDX-License-Identifier: MIT
#include "tests/lib/agent_rig.h"

#include <string.h>

struct agent_config agent_rig_config(void)
{
    return (struct agent_config){
        .secret = {1, 2, 3},
        .random = {7},
        .name = "lab-03",
        .version = "0.1.0",
        .kernel = "scalar",
        .threads = RIG_THREADS,
        .exit_when_idle_ms = -1,
    };
}

void agent_rig_step(struct agent_rig *r, struct agent_input input)
{
    input.now_ms = r->now_ms;
    agent_step(r->agent, &input, &r->did);
    assert_true(r->did.deadline_ms > r->now_ms);
    assert_true(r->did.deadline_ms <= r->now_ms + 60000);
}

/* The number-th effect of that type of the last step, from 0; or NULL. */
static const struct agent_effect *agent_rig_effect_at(const struct agent_rig *r,
                                                      enum agent_effect_type type,
                                                      size_t number)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == type && number-- == 0)
            return &r->did.effects[i];
    return NULL;
}

const struct agent_effect *agent_rig_effect(const struct agent_rig *r,
                                            enum agent_effect_type type)
{
    return agent_rig_effect_at(r, type, 0);
}

const struct msg *agent_rig_sent_at(const struct agent_rig *r, enum msg_type type,
                                    size_t number)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == AGENT_SEND &&
            r->did.effects[i].message.type == type && number-- == 0)
            return &r->did.effects[i].message;
    return NULL;
}

const struct msg *agent_rig_sent(const struct agent_rig *r, enum msg_type type)
{
    return agent_rig_sent_at(r, type, 0);
}

const char *agent_rig_note(const struct agent_rig *r, enum agent_event type)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == AGENT_EVENT &&
            r->did.effects[i].event.type == type)
            return r->did.effects[i].event.text;
    return NULL;
}

void agent_rig_tick(struct agent_rig *r, int64_t now_ms)
{
    r->now_ms = now_ms;
    agent_rig_step(r, (struct agent_input){.type = AGENT_TICK});
}

int64_t agent_rig_wait(struct agent_rig *r, enum agent_effect_type type,
                       int64_t limit_ms)
{
    int64_t start_ms = r->now_ms;
    do {
        if (r->did.deadline_ms - start_ms > limit_ms)
            return -1;
        agent_rig_tick(r, r->did.deadline_ms);
    } while (!agent_rig_effect(r, type));
    return r->now_ms - start_ms;
}

void agent_rig_message(struct agent_rig *r, struct msg m)
{
    agent_rig_step(r, (struct agent_input){.type = AGENT_MESSAGE, .message = &m});
}

void agent_rig_welcome(struct agent_rig *r)
{
    struct msg m = {.type = MSG_WELCOME};
    m.welcome = (struct msg_welcome){1, "0.1.0", 2000, 6000, 99, "lab-03"};
    agent_rig_message(r, m);
}

void agent_rig_join(struct agent_rig *r)
{
    agent_rig_step(r, (struct agent_input){.type = AGENT_CONNECTED});
    assert_non_null(agent_rig_sent(r, MSG_HELLO));
    agent_rig_welcome(r);
    assert_non_null(agent_rig_sent(r, MSG_RESUME));
}

struct agent_rig agent_rig_new(const struct agent_config *config)
{
    struct agent_rig r = {.agent = agent_new(config), .now_ms = 1000};
    agent_rig_tick(&r, r.now_ms);
    assert_non_null(agent_rig_effect(&r, AGENT_CONNECT));
    return r;
}

struct agent_rig agent_rig_joined(const struct agent_config *config)
{
    struct agent_rig r = agent_rig_new(config);
    agent_rig_join(&r);
    return r;
}

void agent_rig_free(struct agent_rig *r)
{
    agent_free(r->agent);
}

void agent_rig_lost(struct agent_rig *r)
{
    agent_rig_step(r, (struct agent_input){.type = AGENT_LOST, .text = "closed"});
}

void agent_rig_failed(struct agent_rig *r)
{
    agent_rig_step(r, (struct agent_input){.type = AGENT_FAILED, .text = "refused"});
}

void agent_rig_drain(struct agent_rig *r)
{
    agent_rig_step(r, (struct agent_input){.type = AGENT_DRAIN});
}

void agent_rig_rejoin(struct agent_rig *r)
{
    agent_rig_lost(r);
    assert_true(agent_rig_wait(r, AGENT_CONNECT, 500) >= 0);
    agent_rig_join(r);
}

void agent_rig_grant_wide(struct agent_rig *r, uint64_t id, uint32_t thread, uint32_t n,
                          uint32_t log2)
{
    uint8_t token[TOKEN_BYTES] = {(uint8_t)id};
    uint64_t first = id << (log2 + 6), count = (uint64_t)n << log2;
    struct msg m = {.type = MSG_GRANTS};
    m.grants = (struct msg_grants){
        .job = {5}, .seed = 42, .n = 1, &id, &thread, &first, &count, &log2, token};
    agent_rig_message(r, m);
}

void agent_rig_grant(struct agent_rig *r, uint64_t id, uint32_t thread, uint32_t n)
{
    agent_rig_grant_wide(r, id, thread, n, RIG_LOG2);
}

struct agent_input agent_rig_result(uint64_t id, uint32_t thread, uint32_t lease,
                                    const uint64_t *hits)
{
    struct agent_input input = {.type = AGENT_COMPUTED};
    input.computed.thread = thread;
    input.computed.lease = lease;
    input.computed.grant = id;
    input.computed.hits = *hits;
    input.computed.micros = 1000;
    input.computed.pieces = hits;
    input.computed.n_pieces = 1;
    return input;
}

void agent_rig_computed(struct agent_rig *r, uint64_t id, uint32_t thread,
                        uint32_t lease, uint64_t hits)
{
    agent_rig_step(r, agent_rig_result(id, thread, lease, &hits));
}

void agent_rig_counted(struct agent_rig *r, uint64_t id, uint64_t leases)
{
    uint64_t none = 0;
    struct msg m = {.type = MSG_ANSWERS};
    m.answers = (struct msg_answers){1, &id, &leases, &none, &none, &none};
    agent_rig_message(r, m);
}

void agent_rig_cancel(struct agent_rig *r, uint64_t id, uint64_t leases)
{
    struct msg m = {.type = MSG_CANCEL};
    m.leases = (struct msg_leases){1, &id, &leases};
    agent_rig_message(r, m);
}

void agent_rig_expect_counts(const struct agent_rig *r, uint32_t unanswered,
                             uint32_t held)
{
    uint32_t u, h;
    agent_counts(r->agent, &u, &h);
    assert_int_equal(u, unanswered);
    assert_int_equal(h, held);
}

void agent_rig_expect_exit(const struct agent_rig *r, int status)
{
    const struct agent_effect *e = agent_rig_effect(r, AGENT_EXIT);
    assert_non_null(e);
    assert_int_equal(e->exit.status, status);
    assert_non_null(e->exit.text);
    assert_non_null(e->exit.hint);
}
