// SPDX-License-Identifier: MIT
/*
 * Drives an agent (worker/core/agent.h) in a test: a virtual clock, a function for each
 * kind of input, and queries about the effects of the last step.
 */
#ifndef TESTS_LIB_AGENT_RIG_H
#define TESTS_LIB_AGENT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "worker/core/agent.h"

enum { RIG_LOG2 = 16, RIG_THREADS = 4 };

struct agent_rig {
    struct agent *agent;
    int64_t now_ms;
    struct agent_update did; /* of the last step */
};

/* ---- life ---- */

/* Worker lab-03 with RIG_THREADS threads and no idle timeout. */
struct agent_config agent_rig_config(void);

/* An agent that has asked for a connection, at 1,000 ms; agent_rig_joined(): welcomed,
 * after an empty Resume.  Freed by agent_rig_free(). */
struct agent_rig agent_rig_new(const struct agent_config *config);
struct agent_rig agent_rig_joined(const struct agent_config *config);
void agent_rig_free(struct agent_rig *r);

/* ---- steps ---- */

/* Steps with any input at now_ms.  The new deadline must be within a minute. */
void agent_rig_step(struct agent_rig *r, struct agent_input input);

/* Sets the clock and steps. */
void agent_rig_tick(struct agent_rig *r, int64_t now_ms);

/* Ticks at each deadline until a step has that effect.  Returns the virtual
 * milliseconds it took, or -1 if more than limit_ms. */
int64_t agent_rig_wait(struct agent_rig *r, enum agent_effect_type type,
                       int64_t limit_ms);

/* The connection that the agent asked for opens and is welcomed. */
void agent_rig_join(struct agent_rig *r);

/* The connection is lost; the dial fails; the operator asks for a drain. */
void agent_rig_lost(struct agent_rig *r);
void agent_rig_failed(struct agent_rig *r);
void agent_rig_drain(struct agent_rig *r);

/* Loses the connection, reconnects and is welcomed. */
void agent_rig_rejoin(struct agent_rig *r);

/* ---- messages of the coordinator ---- */

void agent_rig_message(struct agent_rig *r, struct msg m);
void agent_rig_welcome(struct agent_rig *r);

/* A grant of n leases of 2^log2 trials each for that thread; agent_rig_grant():
 * 2^RIG_LOG2. */
void agent_rig_grant_wide(struct agent_rig *r, uint64_t id, uint32_t thread, uint32_t n,
                          uint32_t log2);
void agent_rig_grant(struct agent_rig *r, uint64_t id, uint32_t thread, uint32_t n);

/* These leases of the grant, a mask, are answered COUNTED; or cancelled. */
void agent_rig_counted(struct agent_rig *r, uint64_t id, uint64_t leases);
void agent_rig_cancel(struct agent_rig *r, uint64_t id, uint64_t leases);

/* ---- results of its threads ---- */

/* The input with the result of a lease of one piece; borrows *hits. */
struct agent_input agent_rig_result(uint64_t id, uint32_t thread, uint32_t lease,
                                    const uint64_t *hits);
void agent_rig_computed(struct agent_rig *r, uint64_t id, uint32_t thread,
                        uint32_t lease, uint64_t hits);

/* ---- effects of the last step; pointers are valid until the next one ---- */

/* The first effect of that type; or NULL. */
const struct agent_effect *agent_rig_effect(const struct agent_rig *r,
                                            enum agent_effect_type type);

/* The number-th message of that type that was sent, counted from 0; or NULL.
 * agent_rig_sent(): the first. */
const struct msg *agent_rig_sent_at(const struct agent_rig *r, enum msg_type type,
                                    size_t number);
const struct msg *agent_rig_sent(const struct agent_rig *r, enum msg_type type);

/* The text of the first event of that type; or NULL. */
const char *agent_rig_note(const struct agent_rig *r, enum agent_event type);

/* The agent must have so many results unanswered and so many grants. */
void agent_rig_expect_counts(const struct agent_rig *r, uint32_t unanswered,
                             uint32_t held);

/* The last step must have ended the agent with that status. */
void agent_rig_expect_exit(const struct agent_rig *r, int status);

#endif
