// SPDX-License-Identifier: MIT
/*
 * An agent on a bench: a virtual clock, inputs in a line each, and a look at the
 * effects of the last step.  For agent_test.c, agent_work_test.c
 * and agent_leave_test.c.
 */
#ifndef TESTS_LIB_AGENT_RIG_H
#define TESTS_LIB_AGENT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/core/agent.h"

enum { RIG_LOG2 = 16, RIG_THREADS = 4 };

struct rig {
    struct agent *agent;
    int64_t now_ms;
    struct agent_update did;
};

static inline struct agent_config rig_config(void)
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

static inline void rig_step(struct rig *r, struct agent_input input)
{
    input.now_ms = r->now_ms;
    agent_step(r->agent, &input, &r->did);
    assert_true(r->did.deadline_ms > r->now_ms);
    assert_true(r->did.deadline_ms <= r->now_ms + 60000);
}

/* The number-th effect of that type of the last step, from 0; or NULL. */
static inline const struct agent_effect *
rig_effect_at(const struct rig *r, enum agent_effect_type type, size_t number)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == type && number-- == 0)
            return &r->did.effects[i];
    return NULL;
}

static inline const struct agent_effect *rig_effect(const struct rig *r,
                                                    enum agent_effect_type type)
{
    return rig_effect_at(r, type, 0);
}

/* The number-th message of that type sent in the last step; or NULL. */
static inline const struct msg *rig_sent_at(const struct rig *r, enum msg_type type,
                                            size_t number)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == AGENT_SEND &&
            r->did.effects[i].message.type == type && number-- == 0)
            return &r->did.effects[i].message;
    return NULL;
}

static inline const struct msg *rig_sent(const struct rig *r, enum msg_type type)
{
    return rig_sent_at(r, type, 0);
}

static inline const char *rig_note(const struct rig *r, enum agent_event type)
{
    for (size_t i = 0; i < r->did.n; i++)
        if (r->did.effects[i].type == AGENT_EVENT &&
            r->did.effects[i].event.type == type)
            return r->did.effects[i].event.text;
    return NULL;
}

static inline void rig_tick(struct rig *r, int64_t now_ms)
{
    r->now_ms = now_ms;
    rig_step(r, (struct agent_input){.type = AGENT_TICK});
}

/* Ticks at each deadline until a step has that effect; returns how long it took, or -1
 * if it was more than limit_ms. */
static inline int64_t rig_wait(struct rig *r, enum agent_effect_type type,
                               int64_t limit_ms)
{
    int64_t start_ms = r->now_ms;
    do {
        if (r->did.deadline_ms - start_ms > limit_ms)
            return -1;
        rig_tick(r, r->did.deadline_ms);
    } while (!rig_effect(r, type));
    return r->now_ms - start_ms;
}

static inline void rig_message(struct rig *r, struct msg m)
{
    rig_step(r, (struct agent_input){.type = AGENT_MESSAGE, .message = &m});
}

static inline void rig_welcome(struct rig *r)
{
    struct msg m = {.type = MSG_WELCOME};
    m.welcome = (struct msg_welcome){1, "0.1.0", 2000, 6000, 99, "lab-03"};
    rig_message(r, m);
}

/* From an asked for connection to one that has been welcomed. */
static inline void rig_join(struct rig *r)
{
    rig_step(r, (struct agent_input){.type = AGENT_CONNECTED});
    assert_non_null(rig_sent(r, MSG_HELLO));
    rig_welcome(r);
    assert_non_null(rig_sent(r, MSG_RESUME));
}

static inline struct rig rig_new(const struct agent_config *config)
{
    struct rig r = {.agent = agent_new(config), .now_ms = 1000};
    rig_tick(&r, r.now_ms);
    assert_non_null(rig_effect(&r, AGENT_CONNECT));
    return r;
}

static inline struct rig rig_joined(const struct agent_config *config)
{
    struct rig r = rig_new(config);
    rig_join(&r);
    return r;
}

static inline void rig_free(struct rig *r)
{
    agent_free(r->agent);
}

static inline void rig_lost(struct rig *r)
{
    rig_step(r, (struct agent_input){.type = AGENT_LOST, .text = "closed"});
}

static inline void rig_failed(struct rig *r)
{
    rig_step(r, (struct agent_input){.type = AGENT_FAILED, .text = "refused"});
}

static inline void rig_drain(struct rig *r)
{
    rig_step(r, (struct agent_input){.type = AGENT_DRAIN});
}

/* Loses the connection and comes back with the next one. */
static inline void rig_rejoin(struct rig *r)
{
    rig_lost(r);
    assert_true(rig_wait(r, AGENT_CONNECT, 500) >= 0);
    rig_join(r);
}

/* Grants of n leases of 2^log2 trials each, one for each id, all for one thread. */
static inline void rig_grant_wide(struct rig *r, uint64_t id, uint32_t thread,
                                  uint32_t n, uint32_t log2)
{
    uint8_t token[TOKEN_BYTES] = {(uint8_t)id};
    uint64_t first = id << (log2 + 6), count = (uint64_t)n << log2;
    struct msg m = {.type = MSG_GRANTS};
    m.grants = (struct msg_grants){
        .job = {5}, .seed = 42, .n = 1, &id, &thread, &first, &count, &log2, token};
    rig_message(r, m);
}

static inline void rig_grant(struct rig *r, uint64_t id, uint32_t thread, uint32_t n)
{
    rig_grant_wide(r, id, thread, n, RIG_LOG2);
}

/* The result of a lease that has one piece. */
static inline struct agent_input rig_result(uint64_t id, uint32_t thread,
                                            uint32_t lease, const uint64_t *hits)
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

static inline void rig_computed(struct rig *r, uint64_t id, uint32_t thread,
                                uint32_t lease, uint64_t hits)
{
    rig_step(r, rig_result(id, thread, lease, &hits));
}

static inline void rig_counted(struct rig *r, uint64_t id, uint64_t leases)
{
    uint64_t none = 0;
    struct msg m = {.type = MSG_ANSWERS};
    m.answers = (struct msg_answers){1, &id, &leases, &none, &none, &none};
    rig_message(r, m);
}

static inline void rig_cancel(struct rig *r, uint64_t id, uint64_t leases)
{
    struct msg m = {.type = MSG_CANCEL};
    m.leases = (struct msg_leases){1, &id, &leases};
    rig_message(r, m);
}

static inline void rig_expect_counts(const struct rig *r, uint32_t unanswered,
                                     uint32_t held)
{
    uint32_t u, h;
    agent_counts(r->agent, &u, &h);
    assert_int_equal(u, unanswered);
    assert_int_equal(h, held);
}

/* The last step ended the agent with that status. */
static inline void rig_expect_exit(const struct rig *r, int status)
{
    const struct agent_effect *e = rig_effect(r, AGENT_EXIT);
    assert_non_null(e);
    assert_int_equal(e->exit.status, status);
    assert_non_null(e->exit.text);
    assert_non_null(e->exit.hint);
}

#endif
